//! Operating the Mattilda side from outside.

use super::{Mattilda, TransactionSpec, model::Refund};
use crate::{
    ledger::Entry,
    lock::lock,
    operate::{NewPayment, Operate, PaymentSums},
    settle::Outcome,
};

const EVENTS: [&str; 4] = ["refund.pending", "refund.succeeded", "refund.failed", "refund.declined"];

impl Operate for Mattilda {
    fn payments(&self) -> Vec<PaymentSums> {
        let state = lock(&self.state);
        let mut transactions: Vec<_> = state.transactions.values().collect();
        transactions.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        let sums = transactions.into_iter().map(|transaction| {
            let sum = |ended: Option<Outcome>| {
                let refunds = state.refunds.iter().filter(|refund| refund.transaction_id == transaction.id);
                refunds.filter(|refund| refund.ended == ended).map(|refund| refund.amount).sum()
            };
            let cards = &transaction.gift_cards;
            PaymentSums {
                id: transaction.id.clone(),
                currency: transaction.spec.currency.clone(),
                captured: transaction.spec.captured + cards.iter().map(|card| card.amount).sum::<i64>(),
                refunded: sum(Some(Outcome::Succeeded)),
                pending: sum(None),
                left: state.left(transaction, None)
                    + cards.iter().map(|card| state.left(transaction, Some(&card.id))).sum::<i64>(),
            }
        });
        sums.collect()
    }

    fn add_payment(&self, payment: NewPayment) -> String {
        let NewPayment { amount, captured, currency, reference, asynchronous, outcome } = payment;
        let mut spec = TransactionSpec::new(amount, currency).captured(captured);
        if let Some(reference) = reference {
            spec = spec.external_identifier(reference);
        }
        self.add_transaction(if asynchronous { spec.asynchronous(outcome) } else { spec.ends(outcome) })
    }

    fn usual_payment(&self) -> (i64, &'static str) {
        (129_900, "MXN")
    }

    /// Declined, failed and voided are one in the ledger.
    fn status(&self, refund_id: &str) -> Option<&'static str> {
        let state = lock(&self.state);
        let refund = state.refunds.iter().find(|refund| refund.id == refund_id)?;
        refund.ended.map(Outcome::as_str)
    }

    fn end_refund(&self, refund_id: &str, outcome: Outcome) -> bool {
        let is_meant = |_, refund: &mut Refund| refund.id == refund_id && refund.pending.is_some();
        self.settle_where(&mut lock(&self.state), Some(outcome), is_meant) > 0
    }

    fn events(&self) -> &'static [&'static str] {
        &EVENTS
    }

    fn trigger(&self, event: &str, refund: &Entry) -> usize {
        let state = lock(&self.state);
        let found = state.refunds.iter().find(|found| found.id == refund.refund_id);
        found.map_or(0, |found| self.queue(&state, found, event))
    }
}
