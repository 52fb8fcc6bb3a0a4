//! The values of a scenario, each with the message that explains what is expected.

use std::{fmt, str::FromStr, time::Duration};

use refunds_core::Currency;
use refunds_sandbox::RateLimit;
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// Anything that a text describes.
#[derive(Clone, Debug)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

/// The size of a page of Mattilda's lists.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct PageSize(pub(super) u8);

impl TryFrom<i64> for PageSize {
    type Error = &'static str;

    fn try_from(size: i64) -> Result<Self, Self::Error> {
        let size = u8::try_from(size).ok().filter(|size| (1..=100).contains(size));
        size.map(Self).ok_or("expected a number between 1 and 100")
    }
}

/// A time as on the command line: `30s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) Duration);

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_duration(text).map(Self).map_err(|_| "expected a time, such as 30s or 10m")
    }
}

/// The code of a currency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(pub(super) Currency);

impl FromStr for Code {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Currency::new(code).map(Self).map_err(|error| error.message().to_owned())
    }
}

/// So many requests in a time: `50/1m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub(super) RateLimit);

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let limit = || {
            let (requests, per) = text.split_once('/')?;
            Some(RateLimit::new(requests.parse().ok()?, humantime::parse_duration(per).ok()?))
        };
        limit().map(Self).ok_or("expected requests and a time, such as 50/1m")
    }
}

/// An amount in major units, as written: the currency decides how many decimals are allowed.
#[derive(Clone, Debug)]
pub(super) struct Amount(pub(super) String);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrInteger("an amount in quotes, such as \"448.50\"")).map(Self)
    }
}

/// The id of an order line: a text in Checkout, a number in Order Management.
#[derive(Clone, Debug)]
pub(super) struct LineId(pub(super) String);

impl<'de> Deserialize<'de> for LineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrInteger("a text or a whole number")).map(Self)
    }
}

/// A floating-point number is refused: it does not hold every amount exactly.
struct TextOrInteger(&'static str);

impl Visitor<'_> for TextOrInteger {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
