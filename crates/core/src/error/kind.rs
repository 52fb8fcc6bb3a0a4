//! What went wrong and at what, in words that are the same for all providers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing, unknown or malformed. Nothing was sent.
    Config,
    /// What was asked is malformed or breaks a rule; the same request can never succeed.
    InvalidRequest,
    /// The credentials were not accepted.
    Unauthenticated,
    /// The credentials are fine and not allowed to do this.
    PermissionDenied,
    /// The provider knows no such payment or refund (for these credentials).
    NotFound,
    /// The payment can not give this money back: not captured, too much, too old, disputed.
    NotRefundable,
    /// The payment service or the bank said no.
    Declined,
    /// Something else holds this reference or this payment at the moment.
    Conflict,
    /// Too many requests; see [`Error::retry_after`](crate::Error::retry_after).
    RateLimited,
    /// The provider is there and can not serve now (5xx).
    Unavailable,
    /// No answer within the time allowed.
    Timeout,
    /// The connection could not be made, or broke.
    Transport,
    /// The answer was not what the provider's documentation says it is, or not what was asked for.
    Protocol,
    /// A refund may or may not have been made. Carries an [`UnresolvedRefund`](crate::UnresolvedRefund).
    OutcomeUnknown,
    /// The provider, or its adapter, does not offer this.
    Unsupported,
    /// Anything else; the message says what.
    Other,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 16] = [
        Self::Config,
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::NotFound,
        Self::NotRefundable,
        Self::Declined,
        Self::Conflict,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::Transport,
        Self::Protocol,
        Self::OutcomeUnknown,
        Self::Unsupported,
        Self::Other,
    ];

    /// The kind's name as it stands in JSON: `not_found`, `outcome_unknown`, ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::InvalidRequest => "invalid_request",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::NotRefundable => "not_refundable",
            Self::Declined => "declined",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Protocol => "protocol",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }

    /// Whether a repetition may succeed, unless the error itself says otherwise.
    pub(super) const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Timeout | Self::Transport)
    }

    /// Whether a write that failed so may have moved money, unless the error itself says otherwise.
    ///
    /// The careful answer: an adapter has to know better to say that nothing happened.
    pub(super) const fn ambiguous(self) -> bool {
        matches!(
            self,
            Self::Unavailable
                | Self::Timeout
                | Self::Transport
                | Self::Protocol
                | Self::OutcomeUnknown
                | Self::Other
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was being done when an error arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Building a provider or a client from settings.
    Configure,
    /// [`RefundProvider::payment`](crate::RefundProvider::payment).
    Payment,
    /// [`RefundProvider::list_refunds`](crate::RefundProvider::list_refunds).
    ListRefunds,
    /// [`RefundProvider::get_refund`](crate::RefundProvider::get_refund).
    GetRefund,
    /// [`RefundProvider::submit_refund`](crate::RefundProvider::submit_refund).
    SubmitRefund,
    /// [`RefundProvider::verify_webhook`](crate::RefundProvider::verify_webhook).
    VerifyWebhook,
    /// [`RefundClient::create`](crate::RefundClient::create), the whole of it.
    CreateRefund,
    /// [`RefundClient::wait_until_final`](crate::RefundClient::wait_until_final).
    WaitUntilFinal,
}

impl Operation {
    /// The operation's name as it stands in JSON: `list_refunds`, ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Payment => "payment",
            Self::ListRefunds => "list_refunds",
            Self::GetRefund => "get_refund",
            Self::SubmitRefund => "submit_refund",
            Self::VerifyWebhook => "verify_webhook",
            Self::CreateRefund => "create_refund",
            Self::WaitUntilFinal => "wait_until_final",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
