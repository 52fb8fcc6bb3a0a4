//! The faults that the kit injects between an adapter and its provider.

use std::fmt;

/// A failure on the way to a provider, or at the provider.
///
/// The kit requests one from a [`Harness`](super::Harness) with
/// [`inject`](super::Harness::inject), and then checks the adapter's result.
///
/// ```
/// use refunds_core::testing::Fault;
///
/// let processed: Vec<_> = Fault::ALL.into_iter().filter(|fault| fault.is_processed()).collect();
/// assert!(processed.contains(&Fault::ResponseLost) && !processed.contains(&Fault::NeverSent));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused: no byte of the request arrives.
    NeverSent,
    /// The request arrives but is not processed, and no response comes.
    NoResponse,
    /// The request is processed, and no response comes.
    ResponseLost,
    /// The request is processed, and the response is a server error (5xx).
    ErrorAfterwards,
    /// The request is not processed, and the response is a server error (5xx).
    ServerError,
    /// The request is rejected: too many requests (429).
    RateLimited,
    /// The request is processed, and the response is garbage.
    Unreadable,
    /// The request is processed, and the response shows one [step](super::Harness::amount_step) more than
    /// was requested.
    OtherAmount,
    /// The request is rejected for its credentials (401).
    Unauthorized,
}

impl Fault {
    /// Every fault, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::NeverSent,
        Self::NoResponse,
        Self::ResponseLost,
        Self::ErrorAfterwards,
        Self::ServerError,
        Self::RateLimited,
        Self::Unreadable,
        Self::OtherAmount,
        Self::Unauthorized,
    ];

    /// Whether the provider processes the request.
    #[must_use]
    pub const fn is_processed(self) -> bool {
        matches!(self, Self::ResponseLost | Self::ErrorAfterwards | Self::Unreadable | Self::OtherAmount)
    }

    /// The fault in words, for reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverSent => "never sent",
            Self::NoResponse => "no response",
            Self::ResponseLost => "response lost",
            Self::ErrorAfterwards => "server error afterwards",
            Self::ServerError => "server error",
            Self::RateLimited => "rate limited",
            Self::Unreadable => "unreadable response",
            Self::OtherAmount => "another amount",
            Self::Unauthorized => "unauthorized",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which request a [`Fault`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultTarget {
    /// The next request that submits a refund.
    Submit,
    /// The next request that only reads: a payment, a list or a refund. A harness may arm each of
    /// them; the kit [heals](super::Harness::heal) the rest.
    Read,
}

impl fmt::Display for FaultTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submit => "the next submission",
            Self::Read => "the next read",
        })
    }
}
