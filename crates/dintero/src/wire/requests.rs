//! What is sent to Dintero.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Number;

use super::LineId;

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
    pub(crate) items: &'a [RecordItem<'a>],
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
pub(crate) struct RecordItem<'a> {
    pub(crate) line_id: LineId<'a>,
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
