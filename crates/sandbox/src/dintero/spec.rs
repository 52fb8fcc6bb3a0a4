//! Specifying a transaction for a test.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decline::Decline;
use crate::settle::Outcome;

/// Specifies a Checkout transaction. By default, it is paid and captured in full.
///
/// ```
/// use refunds_sandbox::dintero::TransactionSpec;
///
/// let swish = TransactionSpec::new(44_850, "SEK")
///     .product("swish", "swish.swish")
///     .line("1", 44_850)
///     .merchant_reference("order-42")
///     .asynchronous(Default::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct TransactionSpec {
    pub(super) id: Option<String>,
    pub(super) amount: i64,
    pub(super) captured: i64,
    pub(super) currency: String,
    pub(super) product: String,
    pub(super) product_type: String,
    pub(super) merchant_reference: Option<String>,
    pub(super) lines: Vec<(String, i64)>,
    pub(super) callback_url: Option<String>,
    pub(super) refunds: Refunds,
}

/// How a transaction's refunds behave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refunds {
    pub(super) flow: Flow,
    pub(super) outcome: Outcome,
    pub(super) settles_after: Option<Duration>,
    pub(super) decline: Decline,
    pub(super) corrects: bool,
    /// Members missing from `INITIATE_REFUND` events.
    pub(super) initiate_hides: Vec<String>,
    pub(super) plain_request_ids: bool,
    pub(super) repeats_events: bool,
}

/// Whether a refund is final in its response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Flow {
    #[default]
    AtOnce,
    Later,
}

impl TransactionSpec {
    /// A transaction that is captured in full.
    pub fn new(amount_minor: i64, currency: impl Into<String>) -> Self {
        Self {
            id: None,
            amount: amount_minor,
            captured: amount_minor,
            currency: currency.into(),
            product: "dintero_psp".to_owned(),
            product_type: "dintero_psp.creditcard".to_owned(),
            merchant_reference: None,
            lines: Vec::new(),
            callback_url: None,
            refunds: Refunds::default(),
        }
    }

    /// Sets the id, which should begin with the account id and a dot.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Captures this amount only.
    pub fn captured(mut self, amount_minor: i64) -> Self {
        self.captured = amount_minor;
        self
    }

    /// Not captured: it can be voided, but not refunded.
    pub fn authorized_only(self) -> Self {
        self.captured(0)
    }

    /// Sets `payment_product` and `payment_product_type`. Refunds of `instabank` need items.
    pub fn product(mut self, product: impl Into<String>, kind: impl Into<String>) -> Self {
        self.product = product.into();
        self.product_type = kind.into();
        self
    }

    /// Sets the merchant's own reference, which several transactions may share.
    pub fn merchant_reference(mut self, reference: impl Into<String>) -> Self {
        self.merchant_reference = Some(reference.into());
        self
    }

    /// Adds an order line.
    pub fn line(mut self, line_id: impl Into<String>, amount_minor: i64) -> Self {
        self.lines.push((line_id.into(), amount_minor));
        self
    }

    /// The session's `callback_url`: see [`DinteroSandbox::set_callback_url`](super::DinteroSandbox::set_callback_url).
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// Refunds are accepted with 202 and end with this outcome later.
    pub fn asynchronous(mut self, outcome: Outcome) -> Self {
        self.refunds.flow = Flow::Later;
        self.refunds.outcome = outcome;
        self
    }

    /// Asynchronous refunds end this long after they are requested, on the sandbox's clock, and however often they are
    /// read.
    pub fn settles_after(mut self, time: Duration) -> Self {
        self.refunds.settles_after = Some(time);
        self
    }

    /// Refunds get a 200 with a REFUND event that did not succeed.
    pub fn declines(mut self, decline: Decline) -> Self {
        self.refunds.outcome = Outcome::Declined;
        self.refunds.decline = decline;
        self
    }

    /// Failed refunds carry a `correction` with the remaining amounts.
    pub fn with_corrections(mut self) -> Self {
        self.refunds.corrects = true;
        self
    }

    /// `INITIATE_REFUND` carries no `event_reference`: the documentation does not promise it.
    pub fn without_reference_on_initiate(mut self) -> Self {
        self.refunds.initiate_hides.push("event_reference".to_owned());
        self
    }

    /// `INITIATE_REFUND` carries no `metadata`: the documentation does not promise it.
    pub fn without_metadata_on_initiate(mut self) -> Self {
        self.refunds.initiate_hides.push("metadata".to_owned());
        self
    }

    /// Request ids inside events have no dashes, as some documented samples show them.
    pub fn with_plain_request_ids(mut self) -> Self {
        self.refunds.plain_request_ids = true;
        self
    }

    /// Every response shows each event twice, with the same id.
    pub fn with_repeated_events(mut self) -> Self {
        self.refunds.repeats_events = true;
        self
    }
}
