//! The most that one refund may be.

use std::collections::HashSet;

use refunds_core::{Currency, Money};

/// Limits in major units, one for each currency: `5000 NOK, 500 EUR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MaxAmount(Vec<Money>);

impl MaxAmount {
    /// # Errors
    ///
    /// What it must be, to follow the name of the setting.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let (amount, code) = part.trim().split_once(char::is_whitespace)?;
            let money = Money::parse_major(amount, Currency::new(code.trim()).ok()?).ok()?;
            (money.minor_units() > 0).then_some(money)
        };
        let limits: Option<Vec<Money>> = text.split(',').map(one).collect();
        let are_distinct = |limits: &Vec<Money>| {
            let currencies: HashSet<_> = limits.iter().map(|limit| limit.currency()).collect();
            currencies.len() == limits.len()
        };
        limits
            .filter(are_distinct)
            .map(Self)
            .ok_or_else(|| "must be one amount for each currency, such as 5000 NOK, 500 EUR".to_owned())
    }

    /// Why a refund of `amount` is refused; `None` if it is not.
    pub(crate) fn refuses(&self, amount: Money) -> Option<String> {
        match self.0.iter().find(|limit| limit.currency() == amount.currency()) {
            None => {
                Some(format!("no refund in {} is allowed: the maximum is set for {self}", amount.currency()))
            }
            Some(limit) if limit.minor_units() < amount.minor_units() => {
                Some(format!("{amount} is more than the maximum of {limit} for one refund"))
            }
            Some(_) => None,
        }
    }
}

impl std::fmt::Display for MaxAmount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codes: Vec<_> = self.0.iter().map(|limit| limit.currency().to_string()).collect();
        f.write_str(&codes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, code: &str) -> Money {
        Money::parse_major(text, code.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_refund_has_to_be_within_the_limit_of_its_currency() {
        let limits = MaxAmount::parse("5000 NOK, 500.50 EUR").unwrap();
        for (amount, code, refused) in [
            ("5000", "NOK", None),
            ("5000.01", "NOK", Some("5000.01 NOK is more than the maximum of 5000.00 NOK for one refund")),
            ("500.50", "EUR", None),
            ("1", "SEK", Some("no refund in SEK is allowed: the maximum is set for NOK, EUR")),
        ] {
            assert_eq!(limits.refuses(money(amount, code)).as_deref(), refused);
        }
    }

    #[test]
    fn what_is_no_limit() {
        for text in [
            "",
            "5000",
            "NOK",
            "5000NOK",
            "-1 NOK",
            "0 NOK",
            "1.234 NOK",
            "1 XYZ",
            "1 NOK,",
            "1 NOK 2 EUR",
            "1 NOK, 2 NOK",
        ] {
            assert!(MaxAmount::parse(text).is_err(), "{text:?}");
        }
    }
}
