//! Dintero's payloads, as far as refunds are concerned.
//!
//! Almost nothing in them is demanded: `status`, `events` and `success` are optional in Dintero's own
//! specification, and new members and words appear over time. Unknown members are ignored.

use std::{collections::BTreeMap, fmt};

use refunds_http::lenient::{FromLenient, Lenient, LenientObject};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

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

/// A line's id: an integer in Order Management, a text in Checkout.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum LineId {
    Number(i64),
    Text(String),
}

impl FromLenient<'_> for LineId {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Some(Self::Number(integer))
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A Checkout transaction, as `GET …/transactions/{id}` returns it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Transaction {
    pub(crate) id: Lenient<String>,
    pub(crate) currency: Lenient<String>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) status: Lenient<String>,
    pub(crate) settlement_status: Lenient<String>,
    pub(crate) payment_product: Lenient<String>,
    pub(crate) payment_product_type: Lenient<String>,
    pub(crate) merchant_reference: Lenient<String>,
    pub(crate) merchant_reference_2: Lenient<String>,
    pub(crate) session_id: Lenient<String>,
    pub(crate) card: Lenient<Card>,
    pub(crate) items: Lenient<Vec<Item>>,
    pub(crate) events: Lenient<Vec<Event>>,
}

/// Something that happened to a transaction. A refund is one or two of them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "these are Dintero's names")]
pub(crate) struct Event {
    pub(crate) id: Lenient<String>,
    pub(crate) event: Lenient<String>,
    pub(crate) transaction_status: Lenient<String>,
    pub(crate) success: Lenient<bool>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) items: Lenient<Vec<Item>>,
    pub(crate) event_reference: Lenient<String>,
    pub(crate) request_id: Lenient<String>,
    pub(crate) correlation_request_id: Lenient<String>,
    pub(crate) error: Lenient<Map<String, Value>>,
    pub(crate) correction: Lenient<Map<String, Value>>,
    pub(crate) created_at: Lenient<String>,
    pub(crate) created_by: Lenient<String>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
}

/// A line of a transaction, an event, a capture or a refund.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    pub(crate) line_id: Lenient<LineId>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) quantity: Lenient<Number>,
    pub(crate) id: Lenient<String>,
    pub(crate) description: Lenient<String>,
    pub(crate) vat: Lenient<Number>,
    pub(crate) vat_amount: Lenient<Number>,
    #[serde(rename = "type")]
    pub(crate) kind: Lenient<String>,
    pub(crate) payout: Lenient<Payout>,
    pub(crate) splits: Lenient<Vec<Split>>,
}

/// How sellers share in a line of an order.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payout {
    pub(crate) rule_id: Lenient<String>,
    pub(crate) rule_type: Lenient<String>,
    pub(crate) destinations: Lenient<Vec<Destination>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Destination {
    pub(crate) destination: Lenient<String>,
    pub(crate) amount: Lenient<Amount>,
}

/// How sellers share in a line of a transaction.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Split {
    pub(crate) payout_destination_id: Lenient<String>,
    pub(crate) amount: Lenient<Amount>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    pub(crate) brand: Lenient<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Lenient<String>,
    pub(crate) masked_pan: Lenient<String>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
}

/// An order: of it, only the currency matters here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) currency: Lenient<String>,
    pub(crate) status: Lenient<String>,
    pub(crate) payment_status: Lenient<String>,
}

/// `GET …/orders/{id}/captures`.
#[derive(Default, Deserialize)]
pub(crate) struct Captures {
    pub(crate) captures: Vec<Operation>,
}

/// `GET …/orders/{id}/refunds`: <https://docs.dintero.com/api-reference/orderlist/get-refunds-collection>.
#[derive(Default, Deserialize)]
pub(crate) struct Refunds {
    pub(crate) refunds: Vec<Operation>,
}

/// A capture or a refund as it is recorded on an order; the two have the same members.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Operation {
    pub(crate) id: Lenient<String>,
    pub(crate) amount: Lenient<Amount>,
    pub(crate) success: Lenient<bool>,
    pub(crate) items: Lenient<Vec<Item>>,
    pub(crate) payment_details: Lenient<PaymentDetails>,
    pub(crate) metadata: Lenient<Map<String, Value>>,
    pub(crate) authorization_id: Lenient<String>,
    pub(crate) processed_at: Lenient<String>,
    pub(crate) processed_by: Lenient<String>,
    pub(crate) created_at: Lenient<String>,
    pub(crate) created_by: Lenient<String>,
    #[serde(rename = "_links")]
    pub(crate) links: Option<Value>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PaymentDetails {
    pub(crate) psp: Lenient<String>,
    pub(crate) payment_id: Lenient<String>,
    pub(crate) payment_product: Lenient<String>,
    pub(crate) payment_product_type: Lenient<String>,
    pub(crate) card: Lenient<Card>,
}

impl LenientObject<'_> for Event {}
impl LenientObject<'_> for Item {}
impl LenientObject<'_> for Payout {}
impl LenientObject<'_> for Destination {}
impl LenientObject<'_> for Split {}
impl LenientObject<'_> for Card {}
impl LenientObject<'_> for PaymentDetails {}

/// `POST …/transactions/{id}/refund`.
#[derive(Serialize)]
pub(crate) struct RefundBody<'a> {
    pub(crate) amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    pub(crate) refund_reference: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<RefundItem>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, &'a str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RefundItem {
    pub(crate) line_id: String,
    pub(crate) amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vat: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vat_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    pub(crate) kind: Option<String>,
}

/// `POST …/orders/{id}/refunds`:
/// <https://docs.dintero.com/docs/order-management/checkout-orders>.
#[derive(Serialize)]
pub(crate) struct RecordBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    pub(crate) items: &'a [RecordItem],
    pub(crate) success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) processed_at: Option<String>,
    pub(crate) processed_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_details: Option<RecordDetails<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_id: Option<&'a str>,
    pub(crate) metadata: BTreeMap<&'a str, &'a str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RecordItem {
    pub(crate) line_id: LineId,
    pub(crate) amount: i64,
}

#[derive(Serialize)]
pub(crate) struct RecordDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) psp: Option<&'a str>,
    pub(crate) payment_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_product_type: Option<&'a str>,
}

/// `POST …/auth/token`: <https://docs.dintero.com/api-reference/authenticate/get-token>.
#[derive(Serialize)]
pub(crate) struct TokenBody<'a> {
    pub(crate) grant_type: &'a str,
    pub(crate) audience: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) expires_in: Lenient<u64>,
}

/// `POST …/hooks/subscriptions`:
/// <https://docs.dintero.com/api-reference/subscriptions/create-new-subscription>.
#[derive(Serialize)]
pub(crate) struct HookBody<'a> {
    pub(crate) config: HookConfig<'a>,
    pub(crate) events: &'a [&'a str],
    pub(crate) active: bool,
}

#[derive(Serialize)]
pub(crate) struct HookConfig<'a> {
    pub(crate) url: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) secret: HookSecret<'a>,
    pub(crate) insecure_ssl: u8,
}

#[derive(Serialize)]
pub(crate) struct HookSecret<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
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
