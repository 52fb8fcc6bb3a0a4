//! The normalized refund.

mod merge;
mod parts;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub use self::parts::{
    Card, PaymentMethod, Payout, PayoutDestination, RefundFailure, RefundLine, RefundTarget, RetryAdvice,
    TargetKind,
};
use crate::{Money, PaymentId, Reference, RefundId};

/// Where a refund stands, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundStatus {
    /// Accepted and under way; the money counts as gone.
    Pending,
    /// Made. Banks do reverse successes later, so it may still become [`Failed`](Self::Failed).
    Succeeded,
    /// The payment service or the bank said no. No money moved.
    Declined,
    /// It could not be carried out. No money moved, or it came back.
    Failed,
    /// Taken back before it was carried out. No money moved.
    Voided,
    /// The provider used a word that its adapter does not know; [`Refund::provider_status`] holds
    /// it. Never final, and the money counts as gone.
    #[serde(other)]
    Unknown,
}

impl RefundStatus {
    /// Every status, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Succeeded, Self::Declined, Self::Failed, Self::Voided, Self::Unknown];

    /// Whether the provider has nothing more to do.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Declined | Self::Failed | Self::Voided)
    }

    /// Whether its amount counts against what is left to refund: all but those that ended without
    /// money.
    #[must_use]
    pub const fn reduces_refundable(self) -> bool {
        matches!(self, Self::Pending | Self::Succeeded | Self::Unknown)
    }

    /// The status as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Voided => "voided",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One refund of one payment, the same shape for every provider.
///
/// Times that the provider does not tell are `None`, never invented. What a provider tells and this
/// model has no home for is in [`extra`](Self::extra), under the provider's own names.
///
/// In JSON, `status` is in lower case, amounts as
/// `{"minor_units": 1299, "currency": "MXN"}`, times as RFC 3339 in UTC.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The provider's name in the registry.
    pub provider: String,
    /// The provider's id of this refund, constant over its life.
    pub id: RefundId,
    /// The payment that it gives money back from.
    pub payment_id: PaymentId,
    /// The merchant's own key, where the refund carries one. A refund that was made elsewhere may carry
    /// one that is [not valid for a request](Reference::is_valid_for_request) of ours.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's own word for it.
    pub provider_status: String,
    /// How much.
    pub amount: Money,
    /// Why, in the merchant's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why it did not succeed, where it did not and the provider tells.
    #[serde(default)]
    pub failure: Option<RefundFailure>,
    /// What the money goes back to.
    #[serde(default)]
    pub target: Option<RefundTarget>,
    /// The order lines that it covers.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// How the payment was made.
    #[serde(default)]
    pub payment_method: Option<PaymentMethod>,
    /// The id of the payment service behind the provider.
    #[serde(default)]
    pub provider_reference: Option<String>,
    /// When the provider took it in.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When the provider last changed it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub updated_at: Option<OffsetDateTime>,
    /// When the payment service carried it out.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub processed_at: Option<OffsetDateTime>,
    /// What the merchant attached to it.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// What else the provider tells, under its own names.
    #[serde(default)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    hidden_reference: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    needs_completion: bool,
    #[serde(skip)]
    money_id: Option<RefundId>,
    #[serde(skip)]
    made_for: Option<PaymentId>,
    #[serde(skip)]
    raw: Option<Box<Value>>,
}

impl Refund {
    /// A refund with what every one of them has; the rest are public fields to fill in.
    pub fn new(
        provider: impl Into<String>,
        id: RefundId,
        payment_id: PaymentId,
        status: RefundStatus,
        provider_status: impl Into<String>,
        amount: Money,
    ) -> Self {
        Self {
            provider: provider.into(),
            id,
            payment_id,
            reference: None,
            status,
            provider_status: provider_status.into(),
            amount,
            reason: None,
            failure: None,
            target: None,
            lines: Vec::new(),
            payment_method: None,
            provider_reference: None,
            created_at: None,
            updated_at: None,
            processed_at: None,
            metadata: Map::new(),
            extra: Map::new(),
            hidden_reference: false,
            needs_completion: false,
            money_id: None,
            made_for: None,
            raw: None,
        }
    }

    /// Marks that the provider's answer can not tell a reference, so that this refund may well
    /// have one. (An answer that tells "none" is not marked: then it is somebody else's refund.)
    ///
    /// For adapters. Creation is careful about such a refund: it may be the very one asked for.
    #[must_use]
    pub fn with_unreported_reference(mut self) -> Self {
        self.hidden_reference = true;
        self
    }

    /// Whether the provider's answer could not tell this refund's reference.
    #[must_use]
    pub fn reference_is_unreported(&self) -> bool {
        self.hidden_reference && self.reference.is_none()
    }

    /// Marks that this refund is over, for better or worse, and that a step is left which moves no
    /// money: it is not written down yet where its payment is kept, say.
    ///
    /// For adapters whose refunds take more than one call. Where creation meets the mark, it submits the
    /// refund again with [`SubmitRefund::completing`](crate::SubmitRefund::completing) set. The adapter then does that
    /// step and **nothing that moves money**, even if it does not see the refund that was made; where it
    /// can not, it fails, and creation answers with the refund as it stands.
    #[must_use]
    pub fn with_needs_completion(mut self) -> Self {
        self.needs_completion = true;
        self
    }

    /// Whether a step that moves no money is left, which creating it again, with the same reference,
    /// would do.
    #[must_use]
    pub fn needs_completion(&self) -> bool {
        self.needs_completion
    }

    /// Names the refund that moved the money, where this one is a record of it under another id.
    ///
    /// For adapters whose refunds go by two ids.
    #[must_use]
    pub fn with_money_id(mut self, id: RefundId) -> Self {
        self.money_id = Some(id);
        self
    }

    /// The id of the refund that moved the money: this one's own, unless it is a record.
    #[must_use]
    pub fn money_id(&self) -> &RefundId {
        self.money_id.as_ref().unwrap_or(&self.id)
    }

    /// Names the payment that the refund was made for, where it is listed under another one: the order,
    /// of a refund of the transaction that paid it. Refunds of one reference that were made for
    /// different payments are different refunds.
    #[must_use]
    pub fn with_made_for(mut self, payment: PaymentId) -> Self {
        self.made_for = Some(payment);
        self
    }

    /// The payment that the refund was made for.
    #[must_use]
    pub fn made_for(&self) -> &PaymentId {
        self.made_for.as_ref().unwrap_or(&self.payment_id)
    }

    /// Keeps the provider's payload, for callers that asked their adapter for it.
    #[must_use]
    pub fn with_raw(mut self, raw: Value) -> Self {
        self.raw = Some(Box::new(raw));
        self
    }

    /// The provider's payload, where the adapter was configured to keep it (`keep_raw`). It is not
    /// serialized and in no `Debug`.
    #[must_use]
    pub fn raw(&self) -> Option<&Value> {
        self.raw.as_deref()
    }
}

/// Names what there is and shows no card, no metadata and no payload.
impl fmt::Debug for Refund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refund")
            .field("provider", &self.provider)
            .field("id", &self.id)
            .field("payment_id", &self.payment_id)
            .field("reference", &self.reference)
            .field("status", &self.status)
            .field("provider_status", &self.provider_status)
            .field("amount", &self.amount)
            .field("failure", &self.failure)
            .field("target", &self.target)
            .field("lines", &self.lines)
            .field("payment_method", &self.payment_method)
            .field("provider_reference", &self.provider_reference)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .field("processed_at", &self.processed_at)
            .field("metadata", &self.metadata.keys().collect::<Vec<_>>())
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
