//! Parses the command line into the library's values. An error here means that nothing was sent.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::Path,
};

use refunds_core::{Currency, Money, PaymentId, Reference, RefundId, RefundLine};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::failure::Failure;

/// Far more than any input needs.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

type Result<T> = std::result::Result<T, Failure>;

pub(crate) fn payment_id(text: &str) -> Result<PaymentId> {
    PaymentId::new(text).map_err(|error| Failure::usage(&error))
}

pub(crate) fn refund_id(text: &str) -> Result<RefundId> {
    RefundId::new(text).map_err(|error| Failure::usage(&error))
}

pub(crate) fn reference(text: &str) -> Result<Reference> {
    Reference::new(text).map_err(|error| Failure::usage(&error))
}

/// The reference that the library derives. A part that is empty, as a variable of a shell that is not set, would
/// give different refunds the same one.
pub(crate) fn derived(namespace: &str, parts: &[String]) -> Result<Reference> {
    if namespace.is_empty() || parts.is_empty() || parts.iter().any(String::is_empty) {
        return Err(Failure::Usage(
            "a namespace and at least one part are needed, and none may be empty".into(),
        ));
    }
    Ok(Reference::derive(namespace, parts))
}

pub(crate) fn currency(code: &str) -> Result<Currency> {
    Currency::new(code).map_err(|error| Failure::usage(&error))
}

/// An amount whose currency is not yet known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// In major units, as given: the currency decides how many decimals are allowed.
    Major(String),
    /// In minor units.
    Minor(i64),
}

impl Amount {
    /// Major units: digits, optionally with a point and more digits.
    pub(crate) fn major(text: &str) -> Result<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits(whole) && digits(fraction) {
            Ok(Self::Major(text.to_owned()))
        } else {
            Err(Failure::Usage(
                "an amount in major units must be digits with at most one decimal point".into(),
            ))
        }
    }

    /// Minor units: a whole number.
    pub(crate) fn minor(text: &str) -> Result<Self> {
        text.parse()
            .map(Self::Minor)
            .map_err(|_| Failure::Usage("an amount in minor units must be a 64-bit whole number".into()))
    }

    pub(crate) fn is_positive(&self) -> bool {
        match self {
            Self::Major(text) => {
                !text.starts_with('-') && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
            }
            Self::Minor(minor) => *minor > 0,
        }
    }

    pub(crate) fn in_currency(&self, currency: Currency) -> Result<Money> {
        match self {
            Self::Major(text) => Money::parse_major(text, currency).map_err(|error| Failure::usage(&error)),
            Self::Minor(minor) => Ok(Money::new(*minor, currency)),
        }
    }
}

/// An order line, as `ID=AMOUNT`. The id may contain `=`, the amount cannot.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    id: String,
    amount: Amount,
}

impl Line {
    pub(crate) fn new(text: &str, amount: fn(&str) -> Result<Amount>) -> Result<Self> {
        match text.rsplit_once('=') {
            Some((id, text)) if !id.is_empty() => Ok(Self { id: id.to_owned(), amount: amount(text)? }),
            _ => Err(Failure::Usage("a line must be ID=AMOUNT".into())),
        }
    }

    pub(crate) fn in_currency(&self, currency: Currency) -> Result<RefundLine> {
        Ok(RefundLine::new(self.id.as_str(), self.amount.in_currency(currency)?))
    }
}

/// Pairs of KEY=VALUE; the value may contain `=`. `what` is what a pair is called.
pub(crate) fn pairs(what: &str, pairs: &[String]) -> Result<BTreeMap<String, String>> {
    let mut map = BTreeMap::new();
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure::Usage(format!("{what} must be KEY=VALUE")))?;
        if map.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::Usage(format!("duplicate {what} key {key}")));
        }
    }
    Ok(map)
}

/// A header, as `Name: value`.
pub(crate) fn header(text: &str) -> Result<(String, String)> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() && !name.contains(char::is_whitespace) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        _ => Err(Failure::Usage("a header must be 'Name: value'".into())),
    }
}

/// A time, as RFC 3339 or in seconds since 1970.
pub(crate) fn time(text: &str) -> Result<OffsetDateTime> {
    let seconds = text.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    seconds.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok()).ok_or_else(|| {
        Failure::Usage("a time must be like 2026-09-21T13:33:20Z, or in seconds since 1970".into())
    })
}

/// The contents of a file; `-` is standard input.
pub(crate) fn bytes(file: &Path) -> Result<Vec<u8>> {
    read(file).map_err(|error| unreadable(file, &error))
}

/// As [`bytes`], as text.
pub(crate) fn text(file: &Path) -> Result<String> {
    String::from_utf8(bytes(file)?).map_err(|error| unreadable(file, &error))
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_INPUT + 1;
    if file == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_INPUT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {MAX_INPUT} bytes"),
        ));
    }
    Ok(bytes)
}

fn unreadable(file: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::Usage(format!("cannot read {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_are_accepted() {
        for (text, ok, positive) in [
            ("149.50", true, true),
            ("0.01", true, true),
            ("149", true, true),
            ("0", true, false),
            ("0.00", true, false),
            ("-1", true, false),
            ("", false, false),
            ("-", false, false),
            ("1,50", false, false),
            ("1.5.0", false, false),
            ("5.", false, false),
            (".5", false, false),
            ("1e3", false, false),
            ("+1", false, false),
            ("NaN", false, false),
            ("--1", false, false),
        ] {
            let amount = Amount::major(text);
            assert_eq!(amount.is_ok(), ok, "{text:?}");
            assert_eq!(amount.is_ok_and(|amount| amount.is_positive()), positive, "{text:?}");
        }
        for (text, positive) in [
            ("14950", Some(true)),
            ("9223372036854775807", Some(true)),
            ("0", Some(false)),
            ("-5", Some(false)),
            ("9223372036854775808", None),
            ("149.50", None),
            ("", None),
        ] {
            assert_eq!(Amount::minor(text).ok().map(|amount| amount.is_positive()), positive, "{text:?}");
        }
    }

    #[test]
    fn a_line_is_split_at_its_last_equals_sign() {
        let nok = "NOK".parse().unwrap();
        let line = Line::new("a=b=-1.50", Amount::major).unwrap().in_currency(nok).unwrap();
        assert_eq!(line, RefundLine::new("a=b", Money::new(-150, nok)));
        for text in ["", "=", "=1", "a", "a=", "a=x"] {
            assert!(Line::new(text, Amount::major).is_err(), "{text:?}");
        }
    }

    #[test]
    fn headers_and_times_that_are_accepted() {
        for (text, want) in [
            ("event: ping", Some(("event", "ping"))),
            ("event:ping", Some(("event", "ping"))),
            (
                "Dintero-Signature: t=1,v0-hmac-sha256=00 \r",
                Some(("Dintero-Signature", "t=1,v0-hmac-sha256=00")),
            ),
            ("X-Url: https://shop.example", Some(("X-Url", "https://shop.example"))),
            ("X-Empty:", Some(("X-Empty", ""))),
            ("event", None),
            (": ping", None),
            ("POST / HTTP/1.1", None),
            ("GET http://shop.example/", None),
            ("", None),
        ] {
            let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(header(text).ok(), want, "{text:?}");
        }
        for (text, want) in [
            ("1700000000", Some(1_700_000_000)),
            ("2023-11-14T22:13:20Z", Some(1_700_000_000)),
            ("2023-11-14T23:13:20.999+01:00", Some(1_700_000_000)),
            ("-1", Some(-1)),
            ("2023-11-14", None),
            ("now", None),
            ("9223372036854775807", None),
            ("", None),
        ] {
            assert_eq!(time(text).ok().map(OffsetDateTime::unix_timestamp), want, "{text:?}");
        }
    }
}
