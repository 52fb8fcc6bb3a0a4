//! The provider's payloads, as they travel.
//!
//! A refund has to have `id`, `status`, `currency` and `amount`. Everything else is optional, may be
//! null, and comes in as whatever JSON it is: Mattilda's documented refund has half of Gr4vy's fields,
//! [the API grows](https://docs.gr4vy.com/guides/api/compatibility), and a new refund must not become
//! unreadable by a detail.

use std::{borrow::Cow, fmt};

use refunds_http::{
    Json, Text,
    lenient::{FromLenient, Lenient},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, Unexpected, Visitor},
};
use serde_json::Value;

pub(crate) const PAYMENT_METHOD: &str = "payment-method";
pub(crate) const GIFT_CARD: &str = "gift-card-redemption";

/// The payloads of a page of refunds, for callers that keep them.
#[derive(Deserialize)]
pub(crate) struct RawList {
    pub(crate) items: Vec<Value>,
}

/// A refund: <https://docs.gr4vy.com/api-reference/refunds/get-refund>
#[derive(Deserialize)]
pub(crate) struct Refund<'a> {
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) status: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) currency: Cow<'a, str>,
    pub(crate) amount: Amount,
    #[serde(borrow)]
    pub(crate) transaction_id: Option<Text<'a>>,
    /// `None` where the response has no such member, JSON's null where it says that there is none.
    #[serde(borrow, default, deserialize_with = "refunds_http::present")]
    pub(crate) external_identifier: Option<Json<'a>>,
    #[serde(borrow, default)]
    pub(crate) payment_service_refund_id: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) reason: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) target_type: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) target_id: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) created_at: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) updated_at: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) error_code: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) raw_response_code: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) raw_response_description: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) creator: Lenient<Creator<'a>>,
    #[serde(borrow, default)]
    pub(crate) r#type: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) reconciliation_id: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) transaction_reconciliation_id: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) transaction_external_identifier: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) settled: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) settled_amount: Json<'a>,
    #[serde(borrow, default)]
    pub(crate) settled_currency: Json<'a>,
}

/// The dashboard's user who made a refund: the id alone, so that no name and no e-mail address is read.
pub(crate) struct Creator<'a> {
    pub(crate) id: Json<'a>,
}

/// Whatever else is in it, and however often.
impl<'de: 'a, 'a> FromLenient<'de> for Creator<'a> {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut id = Json::default();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if &*name == "id" {
                id = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(Self { id }))
    }
}

/// A transaction, as far as refunds are concerned:
/// <https://docs.gr4vy.com/api-reference/transactions/get-transaction>
#[derive(Deserialize)]
pub(crate) struct Transaction {
    pub(crate) id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) currency: String,
    pub(crate) captured_amount: Option<Amount>,
    pub(crate) refunded_amount: Option<Amount>,
    pub(crate) amount: Option<Value>,
    pub(crate) authorized_amount: Option<Value>,
    pub(crate) external_identifier: Option<Value>,
    pub(crate) intent: Option<Value>,
    pub(crate) reconciliation_id: Option<Value>,
    pub(crate) gift_card_redemptions: Option<Value>,
}

/// `POST /transactions/{id}/refunds`. The provider refuses members that it does not know.
#[derive(Serialize)]
pub(crate) struct NewRefund<'a> {
    pub(crate) amount: i64,
    pub(crate) external_identifier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_id: Option<&'a str>,
}

/// Minor units: a whole number from zero up, or its digits in a string as one old page shows them.
#[derive(Clone, Copy)]
pub(crate) struct Amount(pub(crate) i64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of minor units, not below zero")
    }

    fn visit_u64<E: Error>(self, units: u64) -> Result<Amount, E> {
        i64::try_from(units).map(Amount).map_err(|_| E::invalid_value(Unexpected::Unsigned(units), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let units = if digits { text.parse().ok() } else { None };
        units.map(Amount).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
