//! The names of the two providers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One of the sandbox's two providers.
///
/// ```
/// use refunds_sandbox::Provider;
///
/// assert_eq!(Provider::Dintero.as_str(), "dintero");
/// assert_eq!("mattilda".parse(), Ok(Provider::Mattilda));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Provider {
    /// Dintero: Checkout and Order Management.
    Dintero,
    /// Mattilda Payments, which is a Gr4vy instance.
    Mattilda,
}

impl Provider {
    pub(crate) const ALL: [Self; 2] = [Self::Dintero, Self::Mattilda];

    /// The name, as in `REFUNDS_PROVIDER`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dintero => "dintero",
            Self::Mattilda => "mattilda",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(UnknownProvider)
    }
}

/// A name that is neither `dintero` nor `mattilda`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider, expected `dintero` or `mattilda`")]
pub struct UnknownProvider;
