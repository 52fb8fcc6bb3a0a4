//! The payloads, exactly as Acme sends them.
//!
//! Fields that money depends on are typed: if one is missing or malformed, the response cannot be read. The
//! rest is a [`Value`], which always decodes: a refund must not disappear because its note has an unexpected type.

use std::collections::BTreeMap;

use refunds_core::serde_json::Value;
use serde::{Deserialize, Serialize};

/// `POST /tokens`.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) valid_seconds: Option<u64>,
}

/// `GET /payments/{payment}`.
#[derive(Deserialize)]
pub(crate) struct PaymentResponse {
    pub(crate) payment: Payment,
}

#[derive(Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) captured: Amount,
    pub(crate) returned: Amount,
    pub(crate) in_flight: Amount,
    pub(crate) state: Option<Value>,
}

/// One return: after a look-up or a submission.
#[derive(Deserialize)]
pub(crate) struct ReturnResponse {
    pub(crate) r#return: Return,
}

/// `GET /payments/{payment}/returns`.
#[derive(Deserialize)]
pub(crate) struct ReturnList {
    pub(crate) returns: Vec<Return>,
    pub(crate) page: Page,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) size: Option<Value>,
    /// Strict: a misread cursor would cut the list short.
    pub(crate) after: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Return {
    pub(crate) id: String,
    pub(crate) payment: String,
    pub(crate) state: String,
    pub(crate) amount: Amount,
    /// `None` if the field is missing; JSON's null if the return has no reference.
    #[serde(default, deserialize_with = "refunds_http::present")]
    pub(crate) merchant_ref: Option<Value>,
    pub(crate) note: Option<Value>,
    pub(crate) labels: Option<Value>,
    pub(crate) made_at: Option<Value>,
    pub(crate) changed_at: Option<Value>,
    pub(crate) bank_trace: Option<Value>,
    pub(crate) channel: Option<Value>,
    pub(crate) clerk: Option<Value>,
    pub(crate) why: Option<Value>,
}

/// `POST /payments/{payment}/returns`.
#[derive(Serialize)]
pub(crate) struct NewReturn<'a> {
    pub(crate) merchant_ref: &'a str,
    pub(crate) amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: &'a BTreeMap<String, String>,
}

/// Acme's units as a string, and the currency.
#[derive(Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) units: String,
    pub(crate) currency: String,
}

/// A webhook's body.
#[derive(Deserialize)]
pub(crate) struct WebhookBody {
    pub(crate) delivery: String,
    pub(crate) event: String,
    pub(crate) at: String,
    /// Only events of returns promise its shape.
    #[serde(default, rename = "return")]
    pub(crate) subject: Value,
}

/// What a delivery of `return.changed` is about.
#[derive(Deserialize)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) payment: String,
}
