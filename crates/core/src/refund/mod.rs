//! The normalized refund.

mod merge;
mod parts;

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub use self::parts::{
    Card, PaymentMethod, Payout, PayoutDestination, RefundFailure, RefundLine, RefundTarget, RetryAdvice,
    TargetKind,
};
use crate::{Extra, Money, PaymentId, Reference, RefundId};

/// The status of a refund, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundStatus {
    /// Accepted and in progress. The money counts as gone.
    Pending,
    /// Completed. Banks may reverse it later, so it can still become [`Failed`](Self::Failed).
    Succeeded,
    /// Declined by the payment service or the bank. No money moved.
    Declined,
    /// Not carried out. No money moved, or it came back.
    Failed,
    /// Cancelled before it was carried out. No money moved.
    Voided,
    /// The provider reported a status that its adapter does not know; [`Refund::provider_status`] contains
    /// it. Never final. The money counts as gone.
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

    /// Whether the refund's amount reduces what is left to refund: true unless it ended without moving money.
    #[must_use]
    pub const fn reduces_refundable(self) -> bool {
        matches!(self, Self::Pending | Self::Succeeded | Self::Unknown)
    }

    /// The status in JSON.
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

/// One refund of one payment, in the same shape for every provider.
///
/// Times that the provider does not report are `None`, never invented. Data that has no field in this model
/// is in [`extra`](Self::extra), under the provider's own names.
///
/// In JSON, `status` is in lower case, amounts as
/// `{"minor_units": 1299, "currency": "MXN"}`, times as RFC 3339 in UTC.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The provider's name in the registry.
    pub provider: Cow<'static, str>,
    /// The provider's id of this refund. It never changes.
    pub id: RefundId,
    /// The refunded payment.
    pub payment_id: PaymentId,
    /// The merchant's own key, if the refund carries one. A refund that was made elsewhere may carry one that
    /// is [not valid in a request](Reference::is_valid_for_request) to this crate.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// The normalized status.
    pub status: RefundStatus,
    /// The provider's own status.
    pub provider_status: Cow<'static, str>,
    /// The refunded amount.
    pub amount: Money,
    /// The merchant's reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why it did not succeed, if the provider reports that.
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
    pub payment_method: Option<Arc<PaymentMethod>>,
    /// The id of the payment service behind the provider.
    #[serde(default)]
    pub provider_reference: Option<String>,
    /// When the provider accepted it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When the provider last changed it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub updated_at: Option<OffsetDateTime>,
    /// When the payment service carried it out.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub processed_at: Option<OffsetDateTime>,
    /// Metadata that the merchant attached.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Everything else that the provider reports, under its own names.
    #[serde(default)]
    pub extra: Extra,
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
    /// A refund with the required fields. Set the others directly.
    pub fn new(
        provider: impl Into<Cow<'static, str>>,
        id: RefundId,
        payment_id: PaymentId,
        status: RefundStatus,
        provider_status: impl Into<Cow<'static, str>>,
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
            extra: Extra::new(),
            hidden_reference: false,
            needs_completion: false,
            money_id: None,
            made_for: None,
            raw: None,
        }
    }

    /// Marks that the provider's response cannot contain a reference, so this refund may have one. (Do not
    /// mark a response that explicitly reports no reference: that refund was made elsewhere.)
    ///
    /// For adapters. `create` treats such a refund with care: it may be the requested one.
    #[inline]
    #[must_use]
    pub fn with_unreported_reference(mut self) -> Self {
        self.hidden_reference = true;
        self
    }

    /// Whether the provider's response could not contain this refund's reference.
    #[must_use]
    pub fn reference_is_unreported(&self) -> bool {
        self.hidden_reference && self.reference.is_none()
    }

    /// Marks that this refund has ended, with or without success, but a step that moves no money is missing:
    /// for example, it is not yet recorded on its order.
    ///
    /// For adapters whose refunds take more than one call. When `create` finds the mark, it submits the
    /// refund again with [`SubmitRefund::completing`](crate::SubmitRefund::completing) set. The adapter then
    /// takes that step and does **nothing that moves money**, even if it does not find the refund. If the
    /// step fails, `create` returns the refund as it is.
    #[must_use]
    pub fn with_needs_completion(mut self) -> Self {
        self.needs_completion = true;
        self
    }

    /// Whether a step that moves no money is missing. Creating the refund again with the same reference takes
    /// it.
    #[must_use]
    pub fn needs_completion(&self) -> bool {
        self.needs_completion
    }

    /// Sets the id of the refund that moved the money, if this one is a record of it under another id.
    ///
    /// For adapters whose refunds have two ids.
    #[must_use]
    pub fn with_money_id(mut self, id: RefundId) -> Self {
        self.money_id = Some(id);
        self
    }

    /// The id of the refund that moved the money: its own id, unless it is a record of another.
    #[must_use]
    pub fn money_id(&self) -> &RefundId {
        self.money_id.as_ref().unwrap_or(&self.id)
    }

    /// Sets the payment that the refund was made for, if it is listed under another one: for example the
    /// order, when a refund of its transaction is listed. Refunds with one reference for different payments
    /// are different refunds.
    #[inline]
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

    /// Keeps the provider's payload, for callers that configured it.
    #[inline]
    #[must_use]
    pub fn with_raw(mut self, raw: Value) -> Self {
        self.raw = Some(Box::new(raw));
        self
    }

    /// The provider's payload, if the adapter was configured to keep it (`keep_raw`). It is neither
    /// serialized nor shown by `Debug`.
    #[must_use]
    pub fn raw(&self) -> Option<&Value> {
        self.raw.as_deref()
    }
}

/// Shows field names only for cards, metadata and payloads.
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
            .field("extra", &self.extra)
            .finish_non_exhaustive()
    }
}
