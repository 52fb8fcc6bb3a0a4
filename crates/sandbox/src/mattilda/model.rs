//! The sandbox's transactions and refunds.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::spec::{Failure, TransactionSpec};
use crate::{
    common::{Common, Pending},
    ledger::Line,
    lock::lock,
    settle::Outcome,
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) spec: TransactionSpec,
    pub(super) payment_method_id: Option<String>,
    pub(super) gift_cards: Vec<GiftCard>,
    pub(super) created_at: OffsetDateTime,
}

/// A gift card's share of a payment: the redemption.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GiftCard {
    pub(super) id: String,
    pub(super) amount: i64,
}

/// The instrument that receives the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    PaymentMethod(Option<String>),
    GiftCard(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// When reads first show it, and show its end: later than it happens if webhooks are early.
    pub(super) shown_from: OffsetDateTime,
    pub(super) end_shown_from: OffsetDateTime,
}

impl Refund {
    /// Ends a processing refund, with its planned outcome or another; false if it had already ended.
    pub(super) fn settle(&mut self, common: &Common, outcome: Option<Outcome>) -> bool {
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

    /// The refund as it was while processing.
    pub(super) fn before_its_end(&self) -> Self {
        Self { ended: None, updated_at: self.created_at, ..self.clone() }
    }

    /// Whether it reduces what is left to refund.
    pub(super) fn reduces_refundable(&self) -> bool {
        matches!(self.ended, None | Some(Outcome::Succeeded))
    }
}
