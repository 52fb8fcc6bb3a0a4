//! Error kinds and operations, the same for all providers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing, unknown or malformed. Nothing was sent.
    Config,
    /// The request is malformed or breaks a rule. It can never succeed unchanged.
    InvalidRequest,
    /// The credentials were rejected.
    Unauthenticated,
    /// The credentials are valid but not allowed to do this.
    PermissionDenied,
    /// The payment or refund does not exist (for these credentials).
    NotFound,
    /// The payment cannot be refunded by this amount: not captured, too much, too old, disputed.
    NotRefundable,
    /// The payment service or the bank declined.
    Declined,
    /// The reference or the payment is in use by something else.
    Conflict,
    /// Too many requests; see [`Error::retry_after`](crate::Error::retry_after).
    RateLimited,
    /// The provider cannot serve requests now (5xx).
    Unavailable,
    /// No response within the time limit.
    Timeout,
    /// The connection could not be made, or it broke.
    Transport,
    /// The response does not match the provider's documentation or the request.
    Protocol,
    /// A refund may or may not have been made. Carries an [`UnresolvedRefund`](crate::UnresolvedRefund).
    OutcomeUnknown,
    /// The provider or its adapter does not support this.
    Unsupported,
    /// Anything else; see the message.
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

    /// The kind's name in JSON: `not_found`, `outcome_unknown`, ….
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

    /// Whether a retry may succeed, unless the error itself says otherwise.
    pub(super) const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Timeout | Self::Transport)
    }

    /// Whether a failed write may have moved money, unless the error itself says otherwise.
    ///
    /// The conservative default: only an adapter that knows better states that nothing happened.
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

/// The operation during which an error occurred.
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
    /// [`RefundClient::create`](crate::RefundClient::create) as a whole.
    CreateRefund,
    /// [`RefundClient::wait_until_final`](crate::RefundClient::wait_until_final).
    WaitUntilFinal,
}

impl Operation {
    /// The operation's name in JSON: `list_refunds`, ….
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
