//! What the names of events mean.

/// Every event of Dintero's specification, and `INITIATE`, which only its samples have.
const KINDS: [(&str, Kind); 10] = [
    ("INITIALIZE", Kind::Other),
    ("INITIATE", Kind::Other),
    ("AUTHORIZE", Kind::Other),
    ("CAPTURE", Kind::Capture),
    ("INITIATE_CAPTURE", Kind::Other),
    ("REFUND", Kind::Refund),
    ("INITIATE_REFUND", Kind::InitiateRefund),
    ("VOID", Kind::Other),
    ("INITIATE_VOID", Kind::Other),
    ("SETTLEMENT", Kind::Other),
];

/// What an event is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Capture,
    Refund,
    InitiateRefund,
    /// A word that we do not know and that speaks of refunds: money may be gone.
    UnknownRefund,
    Other,
}

impl Kind {
    pub(crate) fn named(word: &str) -> Self {
        let word = word.trim();
        match KINDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
            Some((_, kind)) => *kind,
            None if word.to_ascii_uppercase().contains("REFUND") => Self::UnknownRefund,
            None => Self::Other,
        }
    }

    pub(crate) fn is_refund(self) -> bool {
        matches!(self, Self::Refund | Self::InitiateRefund | Self::UnknownRefund)
    }
}
