//! Specifying a transaction for a test.

use serde_json::{Value, json};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refunds {
    pub(super) flow: Flow,
    pub(super) outcome: Outcome,
    pub(super) decline: Decline,
    pub(super) corrects: bool,
    /// Members missing from `INITIATE_REFUND` events.
    pub(super) initiate_hides: Vec<&'static str>,
    pub(super) plain_request_ids: bool,
    pub(super) repeats_events: bool,
}

/// Whether a refund is final in its response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
        self.refunds.initiate_hides.push("event_reference");
        self
    }

    /// `INITIATE_REFUND` carries no `metadata`: the documentation does not promise it.
    pub fn without_metadata_on_initiate(mut self) -> Self {
        self.refunds.initiate_hides.push("metadata");
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

/// Why a refund does not succeed: the `error` of its event.
///
/// ```
/// use refunds_sandbox::dintero::Decline;
///
/// let decline = Decline::new("INSUFFICIENT_FUNDS").retry_after_delay("PT24H").result_code("51");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Decline {
    kind: String,
    code: Option<String>,
    message: String,
    result_code: Option<String>,
    retry_code: String,
    retry_after: Option<String>,
}

impl Default for Decline {
    fn default() -> Self {
        Self::new("DECLINED")
    }
}

impl Decline {
    /// A decline with one of the values of `error.type`; it must not be retried.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            code: None,
            message: "The refund was declined".to_owned(),
            result_code: None,
            retry_code: "DO_NOT_RETRY".to_owned(),
            retry_after: None,
        }
    }

    /// Sets the optional `error.code`.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the `error.message`.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The card scheme's own code.
    pub fn result_code(mut self, code: impl Into<String>) -> Self {
        self.result_code = Some(code.into());
        self
    }

    /// It may be retried at once.
    pub fn retry_immediately(mut self) -> Self {
        "RETRY_IMMEDIATELY".clone_into(&mut self.retry_code);
        self
    }

    /// It may be retried after this ISO 8601 duration.
    pub fn retry_after_delay(mut self, after: impl Into<String>) -> Self {
        "RETRY_AFTER_DELAY".clone_into(&mut self.retry_code);
        self.retry_after = Some(after.into());
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let mut policy = json!({"retry_codes": [self.retry_code]});
        if let Some(after) = &self.retry_after {
            policy["retry_after"] = json!(after);
        }
        let mut error = json!({
            "message": self.message,
            "type": [self.kind],
            "retry_policy": policy,
        });
        if let Some(code) = &self.code {
            error["code"] = json!(code);
        }
        if let Some(code) = &self.result_code {
            error["result_code"] = json!(code);
        }
        error
    }
}
