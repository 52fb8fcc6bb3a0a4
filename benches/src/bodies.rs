//! Responses as the providers document them, with as many refunds as asked for.

use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) const TRANSACTION: &str = "fe26475d-ec3e-4884-9553-f7356683f7f9";
pub(crate) const DINTERO_ACCOUNT: &str = "T11223344";
pub(crate) const DINTERO_TRANSACTION: &str = "T11223344.9rQ2xW";

/// The digits of ids that [`mattilda_page`] replaces.
const PAGE: &str = "-4a51-";

/// How a creator begins, and what the official SDKs require of one.
const CREATOR: &str = r#""creator":{"id""#;
const SDK_CREATOR: &str = r#""creator":{"name":"A. Merchant","email_address":"merchant@shop.example","id""#;

/// A page of `count` refunds, with every member of
/// <https://docs.gr4vy.com/api-reference/refunds/get-refund>.
pub(crate) fn mattilda_list(count: usize) -> Bytes {
    let items: Vec<Value> = (0..count).map(mattilda_refund).collect();
    json!({"items": items, "limit": 100, "next_cursor": null, "previous_cursor": null}).to_string().into()
}

/// The page `number` of a payment, made of the first one: other ids and references, and a cursor unless it is
/// the last.
pub(crate) fn mattilda_page(first: &str, payment: &str, number: usize) -> Bytes {
    let creator = if payment == payment_of_sdks() { SDK_CREATOR } else { CREATOR };
    let page = first
        .replace(CREATOR, creator)
        .replace(TRANSACTION, payment)
        .replace(PAGE, &format!("-{number:04x}-"))
        .replace("rf-2026-", &format!("rf-{number:04}-"));
    if number >= pages_of(payment) {
        return page.into();
    }
    page.replace("\"next_cursor\":null", &format!("\"next_cursor\":\"{}\"", number + 1)).into()
}

/// The transaction that these pages are of.
pub(crate) fn mattilda_transaction(id: &str) -> Bytes {
    let refunded = pages_of(id) * (0..100).map(|number| 4200 + number).sum::<usize>();
    json!({
        "type": "transaction", "id": id, "status": "capture_succeeded", "intent": "capture",
        "currency": "MXN", "amount": 1_000_000_000, "authorized_amount": 1_000_000_000,
        "captured_amount": 1_000_000_000, "refunded_amount": refunded
    })
    .to_string()
    .into()
}

fn mattilda_refund(number: usize) -> Value {
    json!({
        "type": "refund",
        "id": format!("0b9c1f8e-6a1d-4a51-9d0e-{number:012x}"),
        "transaction_id": TRANSACTION,
        "payment_service_refund_id": format!("psp-rf-{number:06}"),
        "status": "succeeded",
        "currency": "MXN",
        "amount": 4200 + number,
        "reason": "duplicate tuition payment",
        "target_type": "payment-method",
        "target_id": "07e70d14-a0c0-4ff5-bd4a-509959af0e4d",
        "reconciliation_id": "0LuGNJNtt07L50MrZNCDas",
        "external_identifier": format!("rf-2026-{number:06}"),
        "transaction_reconciliation_id": "2PBRkoLAzAtQSyTa15VpAK",
        "transaction_external_identifier": "inv-5531",
        "created_at": "2026-11-03T15:20:31.797987+00:00",
        "updated_at": "2026-11-03T15:24:02.102044+00:00",
        "creator": { "id": "3c1c2f6a-7b8e-4c55-8f2d-6d5ad0c8d7f1" },
        "error_code": null,
        "raw_response_code": "00",
        "raw_response_description": "approved",
        "settled": false,
        "settled_amount": 0,
        "settled_currency": "MXN"
    })
}

/// A transaction that was refunded `count` times:
/// <https://docs.dintero.com/api-reference/merchants/get-transaction>.
pub(crate) fn dintero_transaction(count: usize) -> Bytes {
    let captured = 100 * (count + 1);
    let operation = |id: &str, event: &str, status: &str| {
        json!({
            "id": id, "event": event, "transaction_status": status, "success": true, "amount": captured,
            "created_at": "2026-09-20T10:00:00.000Z", "request_id": format!("8d3b1c5e-0c2b-4a55-9a6f-{:012x}", captured)
        })
    };
    let mut events = vec![operation("e1", "AUTHORIZE", "AUTHORIZED"), operation("e2", "CAPTURE", "CAPTURED")];
    events.extend((0..count).map(dintero_event));
    json!({
        "id": DINTERO_TRANSACTION,
        "amount": captured,
        "currency": "NOK",
        "status": "PARTIALLY_REFUNDED",
        "payment_product": "dintero_psp",
        "payment_product_type": "dintero_psp.creditcard",
        "merchant_reference": "order-42",
        "session_id": "T11223344.8sPkLm",
        "settlement_status": "NOT_SETTLED",
        "card": { "brand": "Visa", "masked_pan": "411111******1111", "type": "Credit" },
        "created_at": "2026-09-20T10:00:00.000Z",
        "updated_at": "2026-09-21T13:33:20.000Z",
        "events": events
    })
    .to_string()
    .into()
}

fn dintero_event(number: usize) -> Value {
    json!({
        "id": format!("6b0f3a52-3e4f-4d0b-8c45-{number:012x}"),
        "event": "REFUND",
        "transaction_status": "PARTIALLY_REFUNDED",
        "success": true,
        "amount": 100,
        "event_reference": format!("rf-{number:06}"),
        "items": [{ "line_id": format!("{number}"), "quantity": 1, "amount": 100 }],
        "created_at": "2026-09-21T13:33:20.000Z",
        "created_by": "2d1ef3c6-0f7f-4c5b-9f31-5b1a4f0a7d42",
        "request_id": format!("8d3b1c5e-0c2b-4a55-9a6e-{number:012x}"),
        "metadata": { "ext_rma": "RMA-551" }
    })
}

/// A payment of Mattilda with so many pages of refunds at the server.
pub(crate) fn payment_of(pages: usize) -> String {
    format!("fe26475d-ec3e-4884-9553-{pages:012}")
}

/// The inverse of [`payment_of`].
pub(crate) fn pages_of(payment: &str) -> usize {
    payment.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

/// A payment with one page of refunds that the official SDKs accept.
pub(crate) fn payment_of_sdks() -> String {
    payment_of(1).replace("9553", "9554")
}
