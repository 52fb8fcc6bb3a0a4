//! What can go wrong between an adapter and its provider, as data.

use std::fmt;

/// Something that goes wrong on the way to a provider, or at it.
///
/// The kit asks a [`Harness`](super::Harness) for one with
/// [`inject`](super::Harness::inject), and then looks at what the adapter makes of it.
///
/// ```
/// use refunds_core::testing::Fault;
///
/// let processed: Vec<_> = Fault::ALL.into_iter().filter(|fault| fault.is_processed()).collect();
/// assert!(processed.contains(&Fault::AnswerLost) && !processed.contains(&Fault::NeverSent));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused: not a byte of the request arrives.
    NeverSent,
    /// The request arrives, is not carried out, and no answer comes.
    NoAnswer,
    /// The request is carried out, and no answer comes.
    AnswerLost,
    /// The request is carried out and answered with a server error (5xx).
    ErrorAfterwards,
    /// The request is not carried out and answered with a server error (5xx).
    ServerError,
    /// The request is turned away: too many of them (429).
    RateLimited,
    /// The request is carried out, and the answer is garbage.
    Unreadable,
    /// The request is carried out, and the answer tells one minor unit more than was asked for.
    OtherAmount,
    /// The request is turned away for its credentials (401).
    Unauthorized,
}

impl Fault {
    /// Every fault, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::NeverSent,
        Self::NoAnswer,
        Self::AnswerLost,
        Self::ErrorAfterwards,
        Self::ServerError,
        Self::RateLimited,
        Self::Unreadable,
        Self::OtherAmount,
        Self::Unauthorized,
    ];

    /// Whether the provider carries the request out all the same.
    #[must_use]
    pub const fn is_processed(self) -> bool {
        matches!(self, Self::AnswerLost | Self::ErrorAfterwards | Self::Unreadable | Self::OtherAmount)
    }

    /// The fault in words, for reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverSent => "never sent",
            Self::NoAnswer => "no answer",
            Self::AnswerLost => "answer lost",
            Self::ErrorAfterwards => "server error afterwards",
            Self::ServerError => "server error",
            Self::RateLimited => "rate limited",
            Self::Unreadable => "unreadable answer",
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
    /// The next one that asks for a refund.
    Submit,
    /// The next one that only reads: a payment, a list or a refund. A harness may arm each of
    /// them; the kit [heals](super::Harness::heal) what is left over.
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
