//! ISO 4217.

use std::{cell::Cell, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// An [ISO 4217](https://www.iso.org/iso-4217-currency-codes.html) currency. Past currencies are included:
/// last year's refund must still be readable.
///
/// Codes that are not money (gold, `XXX`, the test code) are refused.
///
/// ```
/// use refunds_core::Currency;
///
/// let tnd: Currency = "TND".parse()?;
/// assert_eq!((tnd.code(), tnd.exponent()), ("TND", 3));
/// assert!("XAU".parse::<Currency>().is_err());
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The currency with a three-letter code, in capitals.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the code is not a currency.
    pub fn new(code: &str) -> Result<Self> {
        lookup(code).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "not an ISO 4217 currency code; expected three capital letters, such as EUR",
            )
        })
    }

    /// The currency that a provider's response names, in capitals or not.
    ///
    /// ```
    /// use refunds_core::Currency;
    ///
    /// assert_eq!(Currency::from_provider("nok"), Currency::new("NOK").ok());
    /// assert_eq!(Currency::from_provider("kroner"), None);
    /// ```
    #[must_use]
    pub fn from_provider(code: &str) -> Option<Self> {
        let mut capitals: [u8; 3] = code.as_bytes().try_into().ok()?;
        capitals.make_ascii_uppercase();
        lookup(std::str::from_utf8(&capitals).ok()?)
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals the major unit has: 2 for NOK, 0 for JPY, 3 for TND.
    #[must_use]
    pub fn exponent(self) -> usize {
        // `new` refuses currencies without an exponent.
        self.0.exponent().map_or(0, usize::from)
    }
}

/// The currency of a code in capitals.
fn lookup(code: &str) -> Option<Currency> {
    // A list of refunds is in one currency, and the table is searched from its beginning.
    thread_local!(static LAST: Cell<Option<Currency>> = const { Cell::new(None) });
    let last = LAST.get().filter(|last| last.code() == code);
    last.or_else(|| {
        let found = iso_currency::Currency::from_code(code)
            .filter(|currency| currency.code() == code && currency.exponent().is_some())
            .map(Currency);
        LAST.set(found);
        found
    })
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self> {
        Self::new(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = Error;

    fn try_from(code: String) -> Result<Self> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that other tables are known to get wrong, and one for each exponent.
    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (code, exponent) in [
            ("NOK", Some(2)),
            ("MXN", Some(2)),
            ("COP", Some(2)),
            ("HUF", Some(2)),
            ("MGA", Some(2)),
            ("MRU", Some(2)),
            ("JPY", Some(0)),
            ("CLP", Some(0)),
            ("ISK", Some(0)),
            ("UGX", Some(0)),
            ("TND", Some(3)),
            ("BHD", Some(3)),
            ("CLF", Some(4)),
            ("UYW", Some(4)),
            ("XCG", Some(2)),
            ("ZWG", Some(2)),
            ("BGN", Some(2)),
            ("XAU", None),
            ("XXX", None),
            ("XTS", None),
            ("nok", None),
            ("NO", None),
            ("NOKK", None),
            ("ABC", None),
            ("", None),
        ] {
            assert_eq!(Currency::new(code).ok().map(Currency::exponent), exponent, "{code}");
        }
    }
}
