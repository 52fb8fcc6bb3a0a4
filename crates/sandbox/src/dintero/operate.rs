//! Operating the Dintero side from outside.

use serde_json::Value;

use super::{
    Decline, Dintero, TransactionSpec,
    announce::CHECKOUT_TRANSACTION,
    document::{Sums, events, text},
    transaction::UnderWay,
};
use crate::{
    ledger::Entry,
    lock::lock,
    operate::{NewPayment, Operate, PaymentSums},
    settle::Outcome,
};

/// The event of a transaction's callback.
const REFUND: &str = "REFUND";

impl Operate for Dintero {
    fn payments(&self) -> Vec<PaymentSums> {
        let state = lock(&self.state);
        let sums = state.transactions.iter().map(|transaction| {
            let sums = Sums::of(&transaction.document);
            PaymentSums {
                id: transaction.id.clone(),
                currency: text(&transaction.document, "currency").to_owned(),
                captured: sums.captured,
                refunded: sums.refunded,
                pending: sums.pending,
                left: sums.left(),
            }
        });
        sums.collect()
    }

    fn add_payment(&self, payment: NewPayment) -> String {
        let NewPayment { amount, captured, currency, reference, asynchronous, outcome } = payment;
        let mut spec = TransactionSpec::new(amount, currency).captured(captured);
        if let Some(reference) = reference {
            spec = spec.merchant_reference(reference);
        }
        self.add_transaction(match (asynchronous, outcome) {
            (true, _) => spec.asynchronous(outcome),
            (false, Outcome::Succeeded) => spec,
            (false, _) => spec.declines(Decline::default()),
        })
    }

    fn usual_payment(&self) -> (i64, &'static str) {
        (44_850, "NOK")
    }

    fn end_refund(&self, refund_id: &str, outcome: Outcome) -> bool {
        let mut state = lock(&self.state);
        let is_meant = |refund: &mut UnderWay| refund.request_id == refund_id;
        let ended = state
            .transactions
            .iter_mut()
            .any(|transaction| transaction.settle_where(&self.common, Some(outcome), is_meant) > 0);
        self.announce(&mut state);
        ended
    }

    fn events(&self) -> &'static [&'static str] {
        &[CHECKOUT_TRANSACTION, REFUND]
    }

    fn trigger(&self, event: &str, refund: &Entry) -> usize {
        let state = lock(&self.state);
        let Some(transaction) = state.transactions.iter().find(|found| found.id == refund.payment_id) else {
            return 0;
        };
        if event == CHECKOUT_TRANSACTION {
            return self.publish_transaction(&state.hooks, transaction);
        }
        let is_refund = |event: &&Value| event.get("event").and_then(Value::as_str) == Some(REFUND);
        let newest = events(&transaction.document).iter().rev().find(is_refund);
        newest.map_or(0, |event| self.call_back(transaction, event))
    }
}
