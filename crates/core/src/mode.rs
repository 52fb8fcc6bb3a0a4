//! Whether money is real.

use std::fmt;

use serde::Serialize;

/// Whether an account moves real money; see [`RefundProvider::mode`](crate::RefundProvider::mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// It moves real money.
    Live,
    /// It is for tests: no real money moves.
    Test,
    /// The configuration does not show it. Treat it like [`Live`](Self::Live).
    Unknown,
}

impl Mode {
    /// The mode in JSON: `live`, `test`, `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
