//! Dintero's payloads, as far as refunds are concerned.
//!
//! Almost nothing in them is demanded: `status`, `events` and `success` are optional in Dintero's own
//! specification, and new members and words appear over time. Unknown members are ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::lenient::{Amount, LineId, Loose, Maybe, objects};

/// A Checkout transaction, as `GET …/transactions/{id}` answers it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Transaction {
    pub(crate) id: Maybe<String>,
    pub(crate) currency: Maybe<String>,
    pub(crate) amount: Maybe<Amount>,
    pub(crate) status: Maybe<String>,
    pub(crate) settlement_status: Maybe<String>,
    pub(crate) payment_product: Maybe<String>,
    pub(crate) payment_product_type: Maybe<String>,
    pub(crate) merchant_reference: Maybe<String>,
    pub(crate) merchant_reference_2: Maybe<String>,
    pub(crate) session_id: Maybe<String>,
    pub(crate) card: Maybe<Card>,
    pub(crate) items: Maybe<Vec<Item>>,
    pub(crate) events: Maybe<Vec<Event>>,
}

/// Something that happened to a transaction. A refund is one or two of them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "these are Dintero's names")]
pub(crate) struct Event {
    pub(crate) id: Maybe<String>,
    pub(crate) event: Maybe<String>,
    pub(crate) transaction_status: Maybe<String>,
    pub(crate) success: Maybe<bool>,
    pub(crate) amount: Maybe<Amount>,
    pub(crate) items: Maybe<Vec<Item>>,
    pub(crate) event_reference: Maybe<String>,
    pub(crate) request_id: Maybe<String>,
    pub(crate) correlation_request_id: Maybe<String>,
    pub(crate) error: Maybe<Map<String, Value>>,
    pub(crate) correction: Maybe<Map<String, Value>>,
    pub(crate) created_at: Maybe<String>,
    pub(crate) created_by: Maybe<String>,
    pub(crate) metadata: Maybe<Map<String, Value>>,
}

/// A line of a transaction, an event, a capture or a refund.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    pub(crate) line_id: Maybe<LineId>,
    pub(crate) amount: Maybe<Amount>,
    pub(crate) quantity: Maybe<Number>,
    pub(crate) id: Maybe<String>,
    pub(crate) description: Maybe<String>,
    pub(crate) vat: Maybe<Number>,
    pub(crate) vat_amount: Maybe<Number>,
    #[serde(rename = "type")]
    pub(crate) kind: Maybe<String>,
    pub(crate) payout: Maybe<Payout>,
    pub(crate) splits: Maybe<Vec<Split>>,
}

/// How sellers share in a line of an order.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payout {
    pub(crate) rule_id: Maybe<String>,
    pub(crate) rule_type: Maybe<String>,
    pub(crate) destinations: Maybe<Vec<Destination>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Destination {
    pub(crate) destination: Maybe<String>,
    pub(crate) amount: Maybe<Amount>,
}

/// How sellers share in a line of a transaction.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Split {
    pub(crate) payout_destination_id: Maybe<String>,
    pub(crate) amount: Maybe<Amount>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    pub(crate) brand: Maybe<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Maybe<String>,
    pub(crate) masked_pan: Maybe<String>,
    pub(crate) metadata: Maybe<Map<String, Value>>,
}

/// An order: of it, only the currency matters here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) currency: Maybe<String>,
    pub(crate) status: Maybe<String>,
    pub(crate) payment_status: Maybe<String>,
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
    pub(crate) id: Maybe<String>,
    pub(crate) amount: Maybe<Amount>,
    pub(crate) success: Maybe<bool>,
    pub(crate) items: Maybe<Vec<Item>>,
    pub(crate) payment_details: Maybe<PaymentDetails>,
    pub(crate) metadata: Maybe<Map<String, Value>>,
    pub(crate) authorization_id: Maybe<String>,
    pub(crate) processed_at: Maybe<String>,
    pub(crate) processed_by: Maybe<String>,
    pub(crate) created_at: Maybe<String>,
    pub(crate) created_by: Maybe<String>,
    #[serde(rename = "_links")]
    pub(crate) links: Option<Value>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PaymentDetails {
    pub(crate) psp: Maybe<String>,
    pub(crate) payment_id: Maybe<String>,
    pub(crate) payment_product: Maybe<String>,
    pub(crate) payment_product_type: Maybe<String>,
    pub(crate) card: Maybe<Card>,
}

objects!(Event, Item, Payout, Destination, Split, Card, PaymentDetails);

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
    pub(crate) expires_in: Maybe<u64>,
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

/// A subscription as it is answered.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookSubscriptionResponse {
    pub(crate) id: Maybe<String>,
    pub(crate) config: Maybe<HookConfigResponse>,
    pub(crate) events: Maybe<Vec<String>>,
    pub(crate) active: Maybe<bool>,
    pub(crate) created_at: Maybe<String>,
    pub(crate) updated_at: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookConfigResponse {
    pub(crate) url: Maybe<String>,
    pub(crate) secret: Maybe<HookSecretResponse>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HookSecretResponse {
    #[serde(rename = "type")]
    pub(crate) kind: Maybe<String>,
}

objects!(HookConfigResponse, HookSecretResponse);

/// The envelope of every error.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorEnvelope {
    pub(crate) error: Maybe<ErrorDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorDetails {
    pub(crate) code: Maybe<String>,
    pub(crate) message: Maybe<String>,
    pub(crate) errors: Maybe<Vec<Map<String, Value>>>,
}

impl Loose for ErrorDetails {
    fn text(text: &str) -> Option<Self> {
        let mut said = Self::default();
        said.message.set(text.to_owned());
        Some(said)
    }

    fn map<'de, A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Some)
    }
}
