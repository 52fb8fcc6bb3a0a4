//! The twins: what one writes for one provider alone, with typed structs, owned strings and parsed times.

use serde::Deserialize;
use serde_json::{Map, Number, Value};
use time::OffsetDateTime;

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
pub(crate) struct MattildaList {
    pub(crate) items: Vec<MattildaRefund>,
    limit: u16,
    pub(crate) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
pub(crate) struct MattildaRefund {
    r#type: Option<String>,
    id: String,
    transaction_id: String,
    payment_service_refund_id: Option<String>,
    status: MattildaStatus,
    currency: String,
    amount: i64,
    reason: Option<String>,
    target_type: Option<String>,
    target_id: Option<String>,
    reconciliation_id: Option<String>,
    external_identifier: Option<String>,
    transaction_reconciliation_id: Option<String>,
    transaction_external_identifier: Option<String>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    updated_at: Option<OffsetDateTime>,
    creator: Option<Creator>,
    error_code: Option<String>,
    raw_response_code: Option<String>,
    raw_response_description: Option<String>,
    settled: Option<bool>,
    settled_amount: Option<i64>,
    settled_currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum MattildaStatus {
    Processing,
    Succeeded,
    Declined,
    Failed,
    Voided,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
struct Creator {
    id: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
pub(crate) struct DinteroTransaction {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    payment_product: Option<String>,
    payment_product_type: Option<String>,
    merchant_reference: Option<String>,
    session_id: Option<String>,
    settlement_status: Option<String>,
    card: Option<DinteroCard>,
    pub(crate) events: Vec<DinteroEvent>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
struct DinteroCard {
    brand: Option<String>,
    masked_pan: Option<String>,
    r#type: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
pub(crate) struct DinteroEvent {
    id: String,
    event: String,
    transaction_status: Option<String>,
    success: Option<bool>,
    amount: i64,
    event_reference: Option<String>,
    #[serde(default)]
    items: Vec<DinteroItem>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    created_by: Option<String>,
    request_id: Option<String>,
    correlation_request_id: Option<String>,
    metadata: Option<Map<String, Value>>,
    error: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read for its cost")]
struct DinteroItem {
    line_id: String,
    amount: i64,
    quantity: Option<Number>,
}
