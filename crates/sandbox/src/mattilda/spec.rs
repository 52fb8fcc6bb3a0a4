//! Specifying a transaction for a test.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settle::Outcome;

/// Specifies a transaction. By default, it is paid and captured in full, and its refunds succeed at once.
///
/// ```
/// use refunds_sandbox::{Outcome, mattilda::TransactionSpec};
///
/// let slow = TransactionSpec::new(129_900, "MXN")
///     .external_identifier("invoice-5531")
///     .asynchronous(Outcome::Declined);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct TransactionSpec {
    pub(super) id: Option<String>,
    pub(super) amount: i64,
    pub(super) captured: i64,
    pub(super) currency: String,
    pub(super) merchant_account: String,
    pub(super) external_identifier: Option<String>,
    pub(super) stored_instrument: bool,
    pub(super) gift_cards: Vec<i64>,
    pub(super) asynchronous: bool,
    pub(super) outcome: Outcome,
    pub(super) settles_after: Option<Duration>,
    pub(super) failure: Failure,
}

impl TransactionSpec {
    /// A transaction that is captured in full.
    pub fn new(amount_minor: i64, currency: impl Into<String>) -> Self {
        Self {
            id: None,
            amount: amount_minor,
            captured: amount_minor,
            currency: currency.into(),
            merchant_account: String::new(),
            external_identifier: None,
            stored_instrument: true,
            gift_cards: Vec::new(),
            asynchronous: false,
            outcome: Outcome::Succeeded,
            settles_after: None,
            failure: Failure::default(),
        }
    }

    /// Sets the id, which must be a UUID to be found.
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

    /// Sets the merchant account, instead of the sandbox's own.
    pub fn merchant_account(mut self, id: impl Into<String>) -> Self {
        self.merchant_account = id.into();
        self
    }

    /// Sets the merchant's own reference.
    pub fn external_identifier(mut self, reference: impl Into<String>) -> Self {
        self.external_identifier = Some(reference.into());
        self
    }

    /// The instrument is not stored: the refunds' `target_id` is null.
    pub fn without_stored_instrument(mut self) -> Self {
        self.stored_instrument = false;
        self
    }

    /// Adds a gift card payment, on top of the amount.
    pub fn gift_card(mut self, amount_minor: i64) -> Self {
        self.gift_cards.push(amount_minor);
        self
    }

    /// Refunds begin as `processing` and end with this outcome later.
    pub fn asynchronous(mut self, outcome: Outcome) -> Self {
        self.asynchronous = true;
        self.outcome = outcome;
        self
    }

    /// Asynchronous refunds end this long after they are requested, on the sandbox's clock, and however often they are
    /// read.
    pub fn settles_after(mut self, time: Duration) -> Self {
        self.settles_after = Some(time);
        self
    }

    /// Refunds end with this outcome at once.
    pub fn ends(mut self, outcome: Outcome) -> Self {
        self.asynchronous = false;
        self.outcome = outcome;
        self
    }

    /// Sets why refunds do not succeed.
    pub fn failure(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }
}

/// Why a refund did not succeed: members that only the newest generation has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Failure {
    pub(super) error_code: String,
    pub(super) raw_code: Option<String>,
    pub(super) raw_description: Option<String>,
}

impl Default for Failure {
    fn default() -> Self {
        Self::new("service_decline")
    }
}

impl Failure {
    /// A failure with Gr4vy's own `error_code`.
    pub fn new(error_code: impl Into<String>) -> Self {
        Self { error_code: error_code.into(), raw_code: None, raw_description: None }
    }

    /// Sets the payment service's `raw_response_code` and `raw_response_description`.
    pub fn raw(mut self, code: impl Into<String>, description: impl Into<String>) -> Self {
        self.raw_code = Some(code.into());
        self.raw_description = Some(description.into());
        self
    }
}
