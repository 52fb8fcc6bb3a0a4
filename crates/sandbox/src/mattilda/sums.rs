//! What was refunded of a transaction, and what is left, per instrument.

use time::OffsetDateTime;

use super::{
    State,
    model::{Refund, Target, Transaction},
};
use crate::settle::Outcome;

impl State {
    /// What was refunded to an instrument, for the transaction's own `refunded_amount`.
    pub(super) fn refunded(
        &self,
        transaction: &Transaction,
        gift_card: Option<&str>,
        now: OffsetDateTime,
    ) -> i64 {
        self.sum(transaction, gift_card, |refund| {
            refund.seen(now).is_some_and(|seen| seen.ended == Some(Outcome::Succeeded))
        })
    }

    /// What can still be refunded to an instrument. Pending refunds reduce it.
    pub(super) fn left(&self, transaction: &Transaction, gift_card: Option<&str>) -> i64 {
        let paid = match gift_card {
            None => transaction.spec.captured,
            Some(id) => {
                transaction.gift_cards.iter().find(|card| card.id == id).map_or(0, |card| card.amount)
            }
        };
        paid.saturating_sub(self.sum(transaction, gift_card, Refund::reduces_refundable))
    }

    fn sum(
        &self,
        transaction: &Transaction,
        gift_card: Option<&str>,
        is_counted: impl Fn(&Refund) -> bool,
    ) -> i64 {
        let same_target = |refund: &Refund| match &refund.target {
            Target::PaymentMethod(_) => gift_card.is_none(),
            Target::GiftCard(id) => gift_card == Some(id),
        };
        self.refunds
            .iter()
            .filter(|refund| refund.transaction_id == transaction.id)
            .filter(|refund| same_target(refund) && is_counted(refund))
            .fold(0, |sum, refund| sum.saturating_add(refund.amount))
    }
}
