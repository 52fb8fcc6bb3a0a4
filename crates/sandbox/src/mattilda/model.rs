//! Transactions and refunds as the sandbox holds them.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::common::{Common, Pending, lock};
use crate::ledger::Line;
use crate::settle::Outcome;

use super::spec::{Failure, TransactionSpec};
use super::{Mattilda, State};

#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) spec: TransactionSpec,
    pub(super) payment_method_id: Option<String>,
    pub(super) gift_cards: Vec<GiftCard>,
    pub(super) created_at: OffsetDateTime,
}

/// What a gift card paid of a transaction: the redemption.
#[derive(Debug, Clone)]
pub(super) struct GiftCard {
    pub(super) id: String,
    pub(super) amount: i64,
}

/// The instrument that money goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    PaymentMethod(Option<String>),
    GiftCard(String),
}

#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) transaction_id: String,
    pub(super) transaction_external_identifier: Option<String>,
    pub(super) service_id: String,
    /// `None` is `processing`.
    pub(super) ended: Option<Outcome>,
    pub(super) will_end: Outcome,
    pub(super) failure: Failure,
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) reason: Option<String>,
    pub(super) external_identifier: Option<String>,
    pub(super) target: Target,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
    pub(super) pending: Option<Pending>,
    pub(super) line: Line,
    /// From when on reads show it, and that it has ended: later than it happens where webhooks are early.
    pub(super) shown_from: OffsetDateTime,
    pub(super) end_shown_from: OffsetDateTime,
}

impl Refund {
    /// Ends what is still processing, as it was going to or otherwise; true when that is news.
    fn settle(&mut self, common: &Common, outcome: Option<Outcome>) -> bool {
        if self.pending.take().is_none() {
            return false;
        }
        let outcome = outcome.unwrap_or(self.will_end);
        self.ended = Some(outcome);
        self.updated_at = common.now();
        self.end_shown_from = common.outbox.shown_from(self.updated_at);
        lock(&common.book).settle(self.line, outcome.entry());
        true
    }

    /// The refund as reads show it.
    pub(super) fn seen(&self, now: OffsetDateTime) -> Option<Cow<'_, Self>> {
        if now < self.shown_from {
            return None;
        }
        if self.ended.is_some() && now < self.end_shown_from {
            return Some(Cow::Owned(self.before_its_end()));
        }
        Some(Cow::Borrowed(self))
    }

    /// As it was while it was processing.
    pub(super) fn before_its_end(&self) -> Self {
        Self { ended: None, updated_at: self.created_at, ..self.clone() }
    }

    /// Whether its money is gone, or may be.
    fn counts(&self) -> bool {
        matches!(self.ended, None | Some(Outcome::Succeeded))
    }
}

impl State {
    /// What succeeded so far on an instrument, for the transaction's own `refunded_amount`.
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

    /// What can still go back to an instrument: what is under way is gone.
    pub(super) fn left(&self, transaction: &Transaction, gift_card: Option<&str>) -> i64 {
        let paid = match gift_card {
            None => transaction.spec.captured,
            Some(id) => {
                transaction.gift_cards.iter().find(|card| card.id == id).map_or(0, |card| card.amount)
            }
        };
        paid.saturating_sub(self.sum(transaction, gift_card, Refund::counts))
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

impl Mattilda {
    pub(super) fn add_transaction(&self, mut spec: TransactionSpec) -> String {
        let ids = &self.common.ids;
        let id = spec.id.clone().unwrap_or_else(|| ids.uuid());
        if spec.merchant_account.is_empty() {
            spec.merchant_account.clone_from(&self.identity.merchant_account);
        }
        let gift_cards = spec.gift_cards.iter().map(|amount| GiftCard { id: ids.uuid(), amount: *amount });
        let transaction = Transaction {
            id: id.clone(),
            payment_method_id: spec.stored_instrument.then(|| ids.uuid()),
            gift_cards: gift_cards.collect(),
            created_at: self.common.now(),
            spec,
        };
        let mut state = lock(&self.state);
        let account = transaction.spec.merchant_account.clone();
        state.merchant_accounts.insert(account);
        state.transactions.insert(id.clone(), transaction);
        id
    }

    pub(super) fn settle(&self, transaction: Option<&str>, outcome: Option<Outcome>) {
        self.settle_where(&mut lock(&self.state), outcome, |_, refund| {
            transaction.is_none_or(|id| id == refund.transaction_id)
        });
    }

    /// Ends the refunds for which this is the moment, and tells so.
    pub(super) fn settle_where(
        &self,
        state: &mut State,
        outcome: Option<Outcome>,
        mut is_time: impl FnMut(usize, &mut Refund) -> bool,
    ) {
        let mut ended = Vec::new();
        for (at, refund) in state.refunds.iter_mut().enumerate() {
            if is_time(at, refund) && refund.settle(&self.common, outcome) {
                ended.push(at);
            }
        }
        for refund in ended.into_iter().filter_map(|at| state.refunds.get(at)) {
            self.tell(state, refund);
        }
    }
}
