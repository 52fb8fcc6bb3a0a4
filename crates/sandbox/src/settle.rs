//! How refunds end.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ledger::EntryState;

/// How a refund ends.
///
/// Dintero has only `success: true` and `false`: there, every outcome but [`Outcome::Succeeded`] is `false`.
///
/// ```
/// use refunds_sandbox::Outcome;
///
/// assert_eq!("declined".parse(), Ok(Outcome::Declined));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Outcome {
    /// The money went back.
    #[default]
    Succeeded,
    /// The bank or payment service declined it.
    Declined,
    /// A technical failure.
    Failed,
    /// The platform voided it.
    Voided,
}

impl Outcome {
    pub(crate) fn entry(self) -> EntryState {
        match self {
            Self::Succeeded => EntryState::Moved,
            Self::Declined | Self::Failed | Self::Voided => EntryState::Failed,
        }
    }

    /// The word in Mattilda's `status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Voided => "voided",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Succeeded, Self::Declined, Self::Failed, Self::Voided]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or(UnknownOutcome)
    }
}

/// A word that is not an [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown outcome, expected `succeeded`, `declined`, `failed` or `voided`")]
pub struct UnknownOutcome;
