//! Why refunds do not succeed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// As the reference of the payments API lists them.
const TYPES: [(ErrorType, &str); 17] = [
    (ErrorType::Error, "ERROR"),
    (ErrorType::Declined, "DECLINED"),
    (ErrorType::IssuerError, "ISSUER_ERROR"),
    (ErrorType::PickUpCard, "PICK_UP_CARD"),
    (ErrorType::InvalidMerchant, "INVALID_MERCHANT"),
    (ErrorType::InvalidTransaction, "INVALID_TRANSACTION"),
    (ErrorType::InvalidAmount, "INVALID_AMOUNT"),
    (ErrorType::InsufficientFunds, "INSUFFICIENT_FUNDS"),
    (ErrorType::ClosedAccount, "CLOSED_ACCOUNT"),
    (ErrorType::ExpiredCard, "EXPIRED_CARD"),
    (ErrorType::ExceedsApprovalLimit, "EXCEEDS_APPROVAL_LIMIT"),
    (ErrorType::ExceedsWithdrawalFrequencyLimit, "EXCEEDS_WITHDRAWAL_FREQUENCY_LIMIT"),
    (ErrorType::RestrictedCard, "RESTRICTED_CARD"),
    (ErrorType::PinRequired, "PIN_REQUIRED"),
    (ErrorType::FailedVerification, "FAILED_VERIFICATION"),
    (ErrorType::AdditionalVerificationRequired, "ADDITIONAL_VERIFICATION_REQUIRED"),
    (ErrorType::Unknown, "UNKNOWN"),
];

/// A documented value of `error.type` in the event of a refund that did not succeed.
///
/// ```
/// use refunds_sandbox::dintero::ErrorType;
///
/// assert_eq!("EXPIRED_CARD".parse(), Ok(ErrorType::ExpiredCard));
/// assert_eq!(ErrorType::all().count(), 17);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorType {
    /// A technical failure.
    Error,
    /// Declined without a reason.
    Declined,
    /// A failure at the card's issuer.
    IssuerError,
    /// The card is to be kept.
    PickUpCard,
    /// The merchant is not known or not allowed.
    InvalidMerchant,
    /// The transaction is not allowed.
    InvalidTransaction,
    /// The amount is not allowed.
    InvalidAmount,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The account is closed.
    ClosedAccount,
    /// The card has expired.
    ExpiredCard,
    /// The amount is above the limit of the card.
    ExceedsApprovalLimit,
    /// The card was used too often.
    ExceedsWithdrawalFrequencyLimit,
    /// The card is restricted.
    RestrictedCard,
    /// The card needs its PIN.
    PinRequired,
    /// The cardholder could not be verified.
    FailedVerification,
    /// The cardholder must be verified first.
    AdditionalVerificationRequired,
    /// No reason is known.
    Unknown,
}

impl ErrorType {
    /// Every documented value, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.into_iter().map(|(kind, _)| kind)
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        TYPES.iter().find(|(kind, _)| *kind == self).map_or("UNKNOWN", |(_, name)| name)
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorType {
    type Err = UnknownErrorType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TYPES.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind).ok_or(UnknownErrorType)
    }
}

/// A word that is not an [`ErrorType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown error type, expected one of the values of Dintero's `error.type`")]
pub struct UnknownErrorType;

/// Why a refund does not succeed: the `error` of its event.
///
/// ```
/// use refunds_sandbox::dintero::{Decline, ErrorType};
///
/// let decline = Decline::new(ErrorType::InsufficientFunds).retry_after_delay("PT24H").result_code("51");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Decline {
    kind: ErrorType,
    code: Option<String>,
    message: String,
    result_code: Option<String>,
    retry_code: String,
    retry_after: Option<String>,
}

impl Default for Decline {
    fn default() -> Self {
        Self::new(ErrorType::Declined)
    }
}

impl Decline {
    /// A decline of this type; it must not be retried.
    pub fn new(kind: ErrorType) -> Self {
        Self {
            kind,
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
            "type": [self.kind.as_str()],
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
