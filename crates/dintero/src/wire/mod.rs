//! Dintero's payloads, as far as refunds are concerned.
//!
//! Almost nothing in them is demanded: `status`, `events` and `success` are optional in Dintero's own
//! specification, and new members and words appear over time. Unknown members are ignored.

mod kind;
mod owned;
mod requests;

use std::borrow::Cow;

use refunds_http::lenient::{FromLenient, Lenient, LenientObject};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

pub(crate) use self::{kind::Kind, owned::IntoOwned, requests::*};

/// An amount in minor units, which is never guessed: it is an integer, or it is not there, or it is
/// something that makes the response unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Amount {
    Minor(i64),
    Wrong,
}

impl FromLenient<'_> for Amount {
    fn from_other() -> Option<Self> {
        Some(Self::Wrong)
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Some(Self::Minor(integer))
    }
}

/// The name of an event, and what it is to us.
#[derive(Clone)]
pub(crate) struct EventName<'a> {
    pub(crate) word: Cow<'a, str>,
    pub(crate) kind: Kind,
}

impl<'a> From<Cow<'a, str>> for EventName<'a> {
    fn from(word: Cow<'a, str>) -> Self {
        Self { kind: Kind::named(&word), word }
    }
}

impl<'de: 'a, 'a> FromLenient<'de> for EventName<'a> {
    fn from_text(text: &str) -> Option<Self> {
        Cow::from_text(text).map(Self::from)
    }

    fn from_borrowed(text: &'de str) -> Option<Self> {
        Cow::from_borrowed(text).map(Self::from)
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Cow::from_integer(integer).map(Self::from)
    }
}

/// A line's id: an integer in Order Management, a text in Checkout.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum LineId<'a> {
    Number(i64),
    Text(Cow<'a, str>),
}

impl<'de: 'a, 'a> FromLenient<'de> for LineId<'a> {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Text(Cow::Owned(text.to_owned())))
    }

    fn from_borrowed(text: &'de str) -> Option<Self> {
        Some(Self::Text(Cow::Borrowed(text)))
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Some(Self::Number(integer))
    }
}

impl LineId<'_> {
    /// As a text, which can be compared: integers and texts of digits are the same line.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.to_string(),
        }
    }
}

/// A Checkout transaction, as `GET …/transactions/{id}` returns it.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Transaction<'a> {
    pub(crate) id: Lenient<Cow<'a, str>>,
    pub(crate) currency: Lenient<Cow<'a, str>>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) status: Lenient<Cow<'a, str>>,
    pub(crate) settlement_status: Lenient<Cow<'a, str>>,
    pub(crate) payment_product: Lenient<Cow<'a, str>>,
    pub(crate) payment_product_type: Lenient<Cow<'a, str>>,
    pub(crate) merchant_reference: Lenient<Cow<'a, str>>,
    pub(crate) merchant_reference_2: Lenient<Cow<'a, str>>,
    pub(crate) session_id: Lenient<Cow<'a, str>>,
    pub(crate) card: Lenient<Card<'a>>,
    pub(crate) items: Lenient<Vec<Item<'a>>>,
    pub(crate) events: Lenient<Vec<Event<'a>>>,
}

/// Something that happened to a transaction. A refund is one or two of them.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "these are Dintero's names")]
pub(crate) struct Event<'a> {
    pub(crate) id: Lenient<Cow<'a, str>>,
    pub(crate) event: Lenient<EventName<'a>>,
    pub(crate) transaction_status: Lenient<Cow<'a, str>>,
    pub(crate) success: Lenient<bool>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) items: Lenient<Vec<Item<'a>>>,
    pub(crate) event_reference: Lenient<Cow<'a, str>>,
    pub(crate) request_id: Lenient<Cow<'a, str>>,
    pub(crate) correlation_request_id: Lenient<Cow<'a, str>>,
    pub(crate) error: Lenient<Box<Map<String, Value>>>,
    pub(crate) correction: Lenient<Box<Map<String, Value>>>,
    pub(crate) created_at: Lenient<Cow<'a, str>>,
    pub(crate) created_by: Lenient<Cow<'a, str>>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
}

/// A line of a transaction, an event, a capture or a refund.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Item<'a> {
    pub(crate) line_id: Lenient<LineId<'a>>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) quantity: Lenient<Number>,
    pub(crate) id: Lenient<Cow<'a, str>>,
    pub(crate) description: Lenient<Cow<'a, str>>,
    pub(crate) vat: Lenient<Number>,
    pub(crate) vat_amount: Lenient<Number>,
    #[serde(rename = "type")]
    pub(crate) kind: Lenient<Cow<'a, str>>,
    pub(crate) payout: Lenient<Box<Payout<'a>>>,
    pub(crate) splits: Lenient<Vec<Split<'a>>>,
}

/// How sellers share in a line of an order.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Payout<'a> {
    pub(crate) rule_id: Lenient<Cow<'a, str>>,
    pub(crate) rule_type: Lenient<Cow<'a, str>>,
    pub(crate) destinations: Lenient<Vec<Destination<'a>>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Destination<'a> {
    pub(crate) destination: Lenient<Cow<'a, str>>,
    pub(crate) amount: Lenient<Amount>,
}

/// How sellers share in a line of a transaction.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Split<'a> {
    pub(crate) payout_destination_id: Lenient<Cow<'a, str>>,
    pub(crate) amount: Lenient<Amount>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Card<'a> {
    pub(crate) brand: Lenient<Cow<'a, str>>,
    #[serde(rename = "type")]
    pub(crate) kind: Lenient<Cow<'a, str>>,
    pub(crate) masked_pan: Lenient<Cow<'a, str>>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
}

/// An order: of it, only the currency matters here.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Order<'a> {
    pub(crate) currency: Lenient<Cow<'a, str>>,
    pub(crate) status: Lenient<Cow<'a, str>>,
    pub(crate) payment_status: Lenient<Cow<'a, str>>,
}

/// `GET …/orders/{id}/captures`.
#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Captures<'a> {
    pub(crate) captures: Vec<Operation<'a>>,
}

/// `GET …/orders/{id}/refunds`: <https://docs.dintero.com/api-reference/orderlist/get-refunds-collection>.
#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Refunds<'a> {
    pub(crate) refunds: Vec<Operation<'a>>,
}

/// A capture or a refund as it is recorded on an order; the two have the same members.
#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Operation<'a> {
    pub(crate) id: Lenient<Cow<'a, str>>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) success: Lenient<bool>,
    pub(crate) items: Lenient<Vec<Item<'a>>>,
    pub(crate) payment_details: Lenient<PaymentDetails<'a>>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
    pub(crate) authorization_id: Lenient<Cow<'a, str>>,
    pub(crate) processed_at: Lenient<Cow<'a, str>>,
    pub(crate) processed_by: Lenient<Cow<'a, str>>,
    pub(crate) created_at: Lenient<Cow<'a, str>>,
    pub(crate) created_by: Lenient<Cow<'a, str>>,
    #[serde(rename = "_links")]
    pub(crate) links: Option<Value>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct PaymentDetails<'a> {
    pub(crate) psp: Lenient<Cow<'a, str>>,
    pub(crate) payment_id: Lenient<Cow<'a, str>>,
    pub(crate) payment_product: Lenient<Cow<'a, str>>,
    pub(crate) payment_product_type: Lenient<Cow<'a, str>>,
    pub(crate) card: Lenient<Card<'a>>,
}

impl Kind {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        event.event.as_ref().map_or(Self::Other, |name| name.kind)
    }
}

impl Item<'_> {
    /// The line's id as a text.
    pub(crate) fn key(&self) -> Option<String> {
        self.line_id.as_ref().map(LineId::to_text)
    }
}

impl<'de: 'a, 'a> LenientObject<'de> for Event<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for Item<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for Payout<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for Destination<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for Split<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for Card<'a> {}
impl<'de: 'a, 'a> LenientObject<'de> for PaymentDetails<'a> {}

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) expires_in: Lenient<u64>,
}

/// A subscription in a response.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookSubscriptionResponse {
    pub(crate) id: Lenient<String>,
    pub(crate) config: Lenient<HookConfigResponse>,
    pub(crate) events: Lenient<Vec<String>>,
    pub(crate) active: Lenient<bool>,
    pub(crate) created_at: Lenient<String>,
    pub(crate) updated_at: Lenient<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookConfigResponse {
    pub(crate) url: Lenient<String>,
    pub(crate) secret: Lenient<HookSecretResponse>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookSecretResponse {
    #[serde(rename = "type")]
    pub(crate) kind: Lenient<String>,
}

impl LenientObject<'_> for HookConfigResponse {}
impl LenientObject<'_> for HookSecretResponse {}

/// The envelope of every error.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorEnvelope {
    pub(crate) error: Lenient<ErrorDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorDetails {
    pub(crate) code: Lenient<String>,
    pub(crate) message: Lenient<String>,
    pub(crate) errors: Lenient<Vec<Map<String, Value>>>,
}

impl<'de> FromLenient<'de> for ErrorDetails {
    fn from_text(text: &str) -> Option<Self> {
        let mut said = Self::default();
        said.message.set(text.to_owned());
        Some(said)
    }

    fn from_map<A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_integers_or_wrong() {
        for (json, want) in [
            ("0", Some(Amount::Minor(0))),
            ("-1", Some(Amount::Minor(-1))),
            ("9223372036854775807", Some(Amount::Minor(i64::MAX))),
            ("9223372036854775808", Some(Amount::Wrong)),
            ("100.0", Some(Amount::Wrong)),
            ("1e2", Some(Amount::Wrong)),
            (r#""100""#, Some(Amount::Wrong)),
            ("true", Some(Amount::Wrong)),
            ("{}", Some(Amount::Wrong)),
            ("[1]", Some(Amount::Wrong)),
            ("null", None),
        ] {
            assert_eq!(*serde_json::from_str::<Lenient<Amount>>(json).unwrap(), want, "{json}");
        }
    }
}
