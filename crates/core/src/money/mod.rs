//! Money as integers of the currency's smallest unit.

mod currency;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::currency::Currency;
use crate::{Error, ErrorKind, Result};

/// An amount of money: a whole number of the currency's minor units (øre, cents, yen, millimes).
///
/// ```
/// use refunds_core::{Currency, Money};
///
/// let nok: Currency = "NOK".parse()?;
/// let amount = Money::parse_major("149.50", nok)?;
/// assert_eq!(amount, Money::new(14950, nok));
/// assert_eq!(amount.to_string(), "149.50 NOK");
/// assert_eq!(Money::new(500, "JPY".parse()?).to_string(), "500 JPY");
/// # Ok::<(), refunds_core::Error>(())
/// ```
///
/// Arithmetic is checked: a different currency or an overflow is an error, never a wrong number. There is no
/// conversion from or to floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

impl Money {
    /// `minor_units` of `currency`: `Money::new(14950, NOK)` is 149.50 kroner.
    #[must_use]
    pub const fn new(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    /// Zero, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Parses an amount in major units, such as `149.50`, with the currency's number of decimals.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] for anything but digits with at most one `.` and an optional leading
    /// `-`, for more decimals than the currency has, and if the amount overflows 64 bits.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self> {
        // No example amount: next to the caller's own, it would look like a correction.
        let fault = |expected: String| {
            Error::new(ErrorKind::InvalidRequest, format!("not an amount in {currency}: expected {expected}"))
        };
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(fault("digits with at most one decimal point".into()));
        }
        let exponent = currency.exponent();
        // Trailing zeros are accepted: 5.0 is a valid way to write 5 yen.
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > exponent {
            return Err(fault(match exponent {
                0 => "no decimals".into(),
                _ => format!("at most {exponent} decimals"),
            }));
        }
        format!("{whole}{fraction:0<exponent$}")
            .parse::<i64>()
            .ok()
            .and_then(|minor| minor.checked_mul(sign))
            .map(|minor| Self::new(minor, currency))
            .ok_or_else(|| fault(format!("at most {}", Self::new(i64::MAX, currency).to_major())))
    }

    /// The amount of a provider that counts in units of `decimals` decimals, whatever ISO 4217 says about
    /// the currency.
    ///
    /// ```
    /// use refunds_core::{Currency, Money};
    ///
    /// // ISO 4217 gives the króna no decimals, and this provider gives it two.
    /// let isk: Currency = "ISK".parse()?;
    /// let amount = Money::from_units(50_000, 2, isk)?;
    /// assert_eq!(amount.to_string(), "500 ISK");
    /// assert_eq!(amount.to_units(2)?, 50_000);
    /// assert!(Money::from_units(50_050, 2, isk).is_err(), "half a króna");
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if the amount is not a whole number of the currency's minor units, or
    /// overflows 64 bits. It is never rounded. The error says that a refund
    /// [may have been made](Error::may_have_applied), since the amount may be that of a response to a
    /// submission.
    pub fn from_units(units: i64, decimals: usize, currency: Currency) -> Result<Self> {
        rescale(units, decimals, currency.exponent()).map(|minor| Self::new(minor, currency)).ok_or_else(
            || {
                let message =
                    format!("the provider's amount is not a whole number of {currency} minor units");
                Error::new(ErrorKind::Protocol, message)
            },
        )
    }

    /// The amount for a provider that counts in units of `decimals` decimals: the inverse of
    /// [`from_units`](Self::from_units).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`], not applied, if the amount is not a whole number of such units, or
    /// overflows 64 bits. It is never rounded.
    pub fn to_units(self, decimals: usize) -> Result<i64> {
        rescale(self.minor_units, self.currency.exponent(), decimals).ok_or_else(|| {
            let message = format!("the provider cannot express this amount in {} exactly", self.currency);
            Error::new(ErrorKind::InvalidRequest, message)
        })
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is greater than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor_units > 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor_units == 0
    }

    /// The amount in major units without the currency, such as `149.50`.
    #[must_use]
    pub fn to_major(self) -> String {
        let exponent = self.currency.exponent();
        let sign = if self.minor_units < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor_units.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// The sum.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if the currencies differ or the sum overflows 64 bits: summed amounts come
    /// from one provider's response about one payment. A sum moves no money, so the error is
    /// [not applied](Error::not_applied). An adapter that sums after it has sent a refund must set
    /// [`with_may_have_applied`](Error::with_may_have_applied).
    pub fn try_add(self, other: Self) -> Result<Self> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, which may be negative.
    ///
    /// # Errors
    ///
    /// As [`try_add`](Self::try_add).
    pub fn try_sub(self, other: Self) -> Result<Self> {
        self.combine(other, i64::checked_sub)
    }

    /// What is left after subtracting `other`, never below zero.
    ///
    /// # Errors
    ///
    /// As [`try_add`](Self::try_add).
    pub fn remaining_after(self, other: Self) -> Result<Self> {
        let left = self.try_sub(other)?;
        Ok(if left.minor_units < 0 { Self::zero(self.currency) } else { left })
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self> {
        if self.currency != other.currency {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!("amounts of one payment are in {} and {}", self.currency, other.currency),
            )
            .not_applied());
        }
        op(self.minor_units, other.minor_units).map(|minor| Self::new(minor, self.currency)).ok_or_else(
            || Error::new(ErrorKind::Protocol, "a sum of amounts overflows 64 bits").not_applied(),
        )
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_major(), self.currency)
    }
}

/// The same amount with another number of decimals; `None` where it is not whole or overflows.
fn rescale(units: i64, from: usize, to: usize) -> Option<i64> {
    if units == 0 {
        return Some(0);
    }
    let factor = 10_i64.checked_pow(u32::try_from(from.abs_diff(to)).ok()?)?;
    if from <= to { units.checked_mul(factor) } else { (units % factor == 0).then(|| units / factor) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn major_units_follow_the_currency() {
        for (text, code, minor) in [
            ("149.50", "NOK", Some(14950)),
            ("149.5", "NOK", Some(14950)),
            ("149", "NOK", Some(14900)),
            ("0.01", "NOK", Some(1)),
            ("-1.05", "NOK", Some(-105)),
            ("149.505", "NOK", None),
            ("149.500", "NOK", Some(14950)),
            ("500", "JPY", Some(500)),
            ("500.5", "JPY", None),
            ("30.870", "TND", Some(30870)),
            ("30.87", "TND", Some(30870)),
            ("92233720368547758.07", "NOK", Some(i64::MAX)),
            ("92233720368547758.08", "NOK", None),
            ("", "NOK", None),
            (".5", "NOK", None),
            ("5.", "NOK", None),
            ("1,50", "NOK", None),
            ("1e3", "NOK", None),
            ("+1", "NOK", None),
            (" 1", "NOK", None),
            ("٣", "NOK", None),
            ("NaN", "NOK", None),
        ] {
            let read = Money::parse_major(text, currency(code)).ok();
            assert_eq!(read.map(Money::minor_units), minor, "{text:?} {code}");
        }
    }

    #[test]
    fn a_refused_amount_says_what_was_expected_without_a_correction() {
        for (text, code, expected) in [
            ("149.505", "NOK", "at most 2 decimals"),
            ("500.5", "JPY", "no decimals"),
            ("1.23456", "CLF", "at most 4 decimals"),
            ("1,50", "NOK", "digits with at most one decimal point"),
            ("92233720368547758.08", "NOK", "at most 92233720368547758.07"),
        ] {
            let error = Money::parse_major(text, currency(code)).unwrap_err();
            assert_eq!(error.message(), format!("not an amount in {code}: expected {expected}"), "{text}");
            assert!(!error.may_have_applied());
        }
    }

    #[test]
    fn sums_refuse_other_currencies_and_overflow() {
        let nok = currency("NOK");
        let sek = currency("SEK");
        for refused in [
            Money::new(1, nok).try_add(Money::new(1, sek)),
            Money::new(i64::MAX, nok).try_add(Money::new(1, nok)),
            Money::new(i64::MIN, nok).try_sub(Money::new(1, nok)),
            Money::new(1, nok).remaining_after(Money::new(1, sek)),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(!error.may_have_applied(), "a sum moves no money: {error}");
        }
        assert_eq!(Money::new(1, nok).remaining_after(Money::new(2, nok)).unwrap(), Money::zero(nok));
    }

    #[test]
    fn units_of_other_decimals_are_converted_exactly_or_not_at_all() {
        for (units, decimals, code, minor) in [
            (50_000, 2, "ISK", Some(500)),
            (50_050, 2, "ISK", None),
            (-100, 2, "UGX", Some(-1)),
            (5, 0, "MGA", Some(500)),
            (14_950, 2, "NOK", Some(14_950)),
            (149_500, 3, "NOK", Some(14_950)),
            (149_505, 3, "NOK", None),
            (3087, 2, "TND", Some(30_870)),
            (0, 40, "NOK", Some(0)),
            (1, 40, "NOK", None),
            (i64::MAX, 0, "NOK", None),
            (i64::MIN, 0, "JPY", Some(i64::MIN)),
        ] {
            let result = Money::from_units(units, decimals, currency(code));
            assert_eq!(result.as_ref().ok().map(|money| money.minor_units()), minor, "{units} {code}");
            match result {
                Ok(money) => assert_eq!(money.to_units(decimals).unwrap(), units, "{units} {code}"),
                Err(error) => {
                    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
                }
            }
        }
        for (minor, code, decimals) in
            [(30_875, "TND", 2), (1, "NOK", 0), (i64::MAX, "JPY", 2), (1, "JPY", 40)]
        {
            let error = Money::new(minor, currency(code)).to_units(decimals).unwrap_err();
            assert_eq!(
                (error.kind(), error.may_have_applied()),
                (ErrorKind::InvalidRequest, false),
                "{code}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_expressed_in_other_units_reads_back(
            minor in any::<i64>(),
            scale in 0_u32..8,
            decimals in 0_usize..8,
            code in "NOK|JPY|TND|CLF",
        ) {
            // Round ones as well as any.
            let money = Money::new(minor / 10_i64.pow(scale) * 10_i64.pow(scale), currency(&code));
            if let Ok(units) = money.to_units(decimals) {
                prop_assert_eq!(Money::from_units(units, decimals, money.currency()).unwrap(), money);
            }
            if let Ok(money) = Money::from_units(minor, decimals, money.currency()) {
                prop_assert_eq!(money.to_units(decimals).unwrap(), minor);
            }
        }

        #[test]
        fn what_is_printed_reads_back(minor in any::<i64>(), code in "NOK|JPY|TND|CLF") {
            let money = Money::new(minor, currency(&code));
            // i64::MIN has no positive counterpart; every other amount survives the round trip.
            prop_assume!(minor != i64::MIN);
            prop_assert_eq!(Money::parse_major(&money.to_major(), money.currency()).unwrap(), money);
        }
    }
}
