//! What a provider can be like, and what can become of a call.

use refunds_core::Replay;

/// What a provider does with references and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It knows no key and shows references.
    NoKey,
    /// As `NoKey`; its adapter cannot ask the send window where bytes leave.
    NoSendWindow,
    /// It answers a key that it knows with the refund.
    Key,
    /// It refuses a key that it knows.
    KeyRefused,
    /// It knows no key and does not show references.
    Hidden,
    /// It honours a key and does not show references.
    HiddenWithKey,
    /// It knows no key, and its refunds have a step left once the money has moved.
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

/// What becomes of one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Made,
    /// It is made, and the response is lost.
    MadeAndLost,
    /// As `MadeAndLost`, and lists show it as late as `resubmit_after` allows.
    MadeAndLostAndNotListedYet,
    /// It never arrives, and nobody knows.
    LostBefore,
    Refused,
    /// 429: not processed.
    RateLimited,
    /// 503: not made, and nobody knows.
    Unavailable,
    /// The response is lost; it is carried out a second after its connection is gone.
    CarriedOutSoon,
    /// As `CarriedOutSoon`, as late as `resubmit_after` allows.
    CarriedOutLate,
    /// As `CarriedOutLate`; it leaves at the end of its window, and nothing ends its connection but the
    /// attempt limit.
    SlowAndCarriedOutLate,
}

impl Answer {
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

/// What reading the payment and its refunds is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reads {
    #[default]
    Complete,
    /// The provider lists none of the refunds, and says that its list is not complete.
    Incomplete,
    Fail,
}
