//! The kinds of provider, and the outcomes of calls.

use refunds_core::Replay;

/// What a provider does with references and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It supports no key and shows references.
    NoKey,
    /// As `NoKey`; its adapter cannot ask the send window where bytes leave.
    NoSendWindow,
    /// It returns the refund for a known key.
    Key,
    /// It refuses a known key.
    KeyRefused,
    /// It supports no key and does not show references.
    Hidden,
    /// It honours a key and does not show references.
    HiddenWithKey,
    /// It supports no key, and its refunds need a second step after the money has moved.
    Steps,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::NoKey,
        Self::NoSendWindow,
        Self::Key,
        Self::KeyRefused,
        Self::Hidden,
        Self::HiddenWithKey,
        Self::Steps,
    ];

    pub(super) fn replay(self) -> Option<Replay> {
        match self {
            Self::Key | Self::HiddenWithKey => Some(Replay::CurrentState),
            Self::KeyRefused => Some(Replay::Refused),
            Self::NoKey | Self::NoSendWindow | Self::Hidden | Self::Steps => None,
        }
    }
}

/// The outcome of one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submission {
    Made,
    /// It is made, and the response is lost.
    MadeAndLost,
    /// As `MadeAndLost`, and lists show it as late as `resubmit_after` allows.
    MadeAndLostAndNotListedYet,
    /// It never arrives, and the caller cannot know.
    LostBefore,
    Refused,
    /// 429: not processed.
    RateLimited,
    /// 503: not made, and the caller cannot know.
    Unavailable,
    /// The response is lost; the request is processed a second after its connection has ended.
    CarriedOutSoon,
    /// As `CarriedOutSoon`, as late as `resubmit_after` allows.
    CarriedOutLate,
    /// As `CarriedOutLate`; it leaves at the end of its window, and only the attempt limit ends its
    /// connection.
    SlowAndCarriedOutLate,
}

impl Submission {
    pub(crate) const ALL: [Self; 10] = [
        Self::Made,
        Self::MadeAndLost,
        Self::MadeAndLostAndNotListedYet,
        Self::LostBefore,
        Self::Refused,
        Self::RateLimited,
        Self::Unavailable,
        Self::CarriedOutSoon,
        Self::CarriedOutLate,
        Self::SlowAndCarriedOutLate,
    ];
}

/// How reads of the payment and its refunds behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reads {
    #[default]
    Complete,
    /// The provider lists none of the refunds, and says that its list is not complete.
    Incomplete,
    Fail,
}
