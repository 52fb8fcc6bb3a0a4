//! What is captured, refunded, pending and left.

use crate::common::{PAYMENT, adapter, mxn, payment_id, refund_json, reply, script};
use refunds_core::{ErrorKind, Payment, RefundProvider, Result};
use refunds_http::testing::Reply;
use serde_json::{Value, json};

fn transaction(changes: &Value) -> Value {
    let mut transaction = json!({
        "type": "transaction", "id": PAYMENT, "status": "capture_succeeded", "currency": "MXN", "amount": 1000,
        "captured_amount": 1000, "refunded_amount": 0, "buyer": { "billing_details": { "first_name": "canary" } },
    });
    for (name, value) in changes.as_object().unwrap() {
        transaction.as_object_mut().unwrap().insert(name.clone(), value.clone());
    }
    transaction.as_object_mut().unwrap().retain(|_, value| value != "absent");
    transaction
}

/// A list of refunds: status and amount of each.
fn refunds(refunds: &[(&str, i64)]) -> Value {
    let items: Vec<_> = refunds
        .iter()
        .enumerate()
        .map(|(n, (status, amount))| {
            refund_json(json!({ "id": format!("r-{n}"), "status": status, "amount": amount }))
        })
        .collect();
    json!({ "items": items, "limit": 20, "next_cursor": null })
}

async fn payment(transaction: &Value, refunds: &Value) -> Result<Payment> {
    adapter(&script([reply(200, transaction), reply(200, refunds)])).payment(&payment_id()).await
}

#[tokio::test]
async fn what_is_gone_counts_once() {
    for (what, reported, list, refunded, pending, complete) in [
        ("nothing", 0, &[][..], 0, 0, true),
        ("one", 300, &[("succeeded", 300)], 300, 0, true),
        ("pending, not counted by the transaction", 0, &[("processing", 300)], 0, 300, true),
        ("pending, counted by the transaction", 300, &[("processing", 300)], 0, 300, true),
        ("both, pending not counted", 200, &[("succeeded", 200), ("processing", 300)], 200, 300, true),
        ("both, pending counted", 500, &[("succeeded", 200), ("processing", 300)], 200, 300, true),
        ("an unknown word holds money", 0, &[("settling", 300)], 0, 300, true),
        ("those without money", 0, &[("declined", 100), ("failed", 200), ("voided", 300)], 0, 0, true),
        ("the list is ahead", 0, &[("succeeded", 300)], 300, 0, true),
        ("the transaction is ahead, or refunded elsewhere", 400, &[("succeeded", 300)], 400, 0, false),
        ("refunded elsewhere, and pending", 600, &[("succeeded", 200), ("processing", 300)], 300, 300, false),
        (
            "refunded elsewhere less than pending",
            400,
            &[("succeeded", 200), ("processing", 300)],
            200,
            300,
            false,
        ),
        ("all of it", 1000, &[("succeeded", 1000)], 1000, 0, true),
        ("more than there was", 0, &[("succeeded", 900), ("processing", 900)], 900, 900, true),
    ] {
        let payment =
            payment(&transaction(&json!({ "refunded_amount": reported })), &refunds(list)).await.unwrap();
        assert_eq!(payment.captured, mxn(1000), "{what}");
        assert_eq!((payment.refunded, payment.pending), (mxn(refunded), mxn(pending)), "{what}");
        assert_eq!(payment.refundable, mxn((1000 - refunded - pending).max(0)), "{what}");
        assert_eq!(payment.complete, complete, "{what}");
        assert_eq!(payment.provider_status.as_deref(), Some("capture_succeeded"));
    }
}

#[tokio::test]
async fn how_much_is_captured() {
    for (changes, captured) in [
        (json!({ "captured_amount": 400 }), Some(400)),
        (json!({ "captured_amount": "400" }), Some(400)),
        (json!({ "captured_amount": 0, "status": "authorization_succeeded" }), Some(0)),
        (json!({ "captured_amount": "absent", "status": "authorization_succeeded" }), Some(0)),
        (json!({ "captured_amount": null, "status": "processing" }), Some(0)),
        (json!({ "captured_amount": null, "status": "capture_pending" }), Some(0)),
        (json!({ "captured_amount": null, "status": "buyer_approval_pending" }), Some(0)),
        (json!({ "captured_amount": null, "status": "authorization_voided" }), Some(0)),
        (json!({ "refunded_amount": "absent" }), Some(1000)),
        (json!({ "refunded_amount": null, "id": null, "status": null }), Some(1000)),
        (json!({ "id": PAYMENT.to_uppercase() }), Some(1000)),
        (json!({ "captured_amount": "absent" }), None),
        (json!({ "captured_amount": null, "status": null }), None),
        (json!({ "captured_amount": null, "status": "something_new" }), None),
        (json!({ "captured_amount": 12.5 }), None),
        (json!({ "captured_amount": -1 }), None),
        (json!({ "refunded_amount": -1 }), None),
        (json!({ "currency": "absent" }), None),
        (json!({ "currency": "ZZZ" }), None),
        (json!({ "id": "4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704" }), None),
    ] {
        match (payment(&transaction(&changes), &refunds(&[])).await, captured) {
            (Ok(payment), Some(captured)) => assert_eq!(payment.captured, mxn(captured), "{changes}"),
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Protocol, "{changes}"),
            (outcome, _) => panic!("{changes}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn sums_say_when_refunds_could_not_be_reached() {
    let mut page = refunds(&[("succeeded", 300)]);
    page["limit"] = json!(1);
    page["next_cursor"] = json!("ignored");
    let script = script([reply(200, &transaction(&json!({}))), reply(200, &page), reply(200, &page)]);
    let overview = adapter(&script).overview(&payment_id()).await.unwrap();
    assert!(!overview.refunds.complete && !overview.payment.complete);
    assert_eq!(overview.payment.refunded, mxn(300));
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn amounts_of_one_payment_are_in_one_currency() {
    let list = json!({ "items": [refund_json(json!({ "currency": "USD", "status": "succeeded" }))] });
    assert_eq!(payment(&transaction(&json!({})), &list).await.unwrap_err().kind(), ErrorKind::Protocol);
    let huge = refunds(&[("succeeded", i64::MAX), ("succeeded", 1)]);
    assert_eq!(payment(&transaction(&json!({})), &huge).await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn gift_cards_are_shown_and_do_not_count_against_the_main_method() {
    let redemption = json!({
        "id": "g-1", "status": "succeeded", "amount": 500, "refunded_amount": 500,
        "gift_card": { "bin": "412345", "sub_bin": "67890", "last4": "canary" },
    });
    let mut list = refunds(&[("succeeded", 500), ("succeeded", 100)]);
    list["items"][0]["target_type"] = json!("gift-card-redemption");
    let reported = transaction(&json!({ "refunded_amount": 100, "gift_card_redemptions": [redemption] }));
    let payment = payment(&reported, &list).await.unwrap();
    assert_eq!((payment.refunded, payment.refundable), (mxn(100), mxn(900)));
    assert_eq!(
        payment.extra.get("gift_card_redemptions").unwrap(),
        json!([{ "id": "g-1", "status": "succeeded", "amount": 500, "refunded_amount": 500 }])
    );
    assert!(!serde_json::to_string(&payment).unwrap().contains("canary"), "no card, no buyer");
}

#[tokio::test]
async fn either_response_can_fail() {
    let ok = || reply(200, &transaction(&json!({})));
    for (what, replies, kind) in [
        ("no transaction", vec![Reply::json(404, "{}"), reply(200, &refunds(&[]))], ErrorKind::NotFound),
        ("no refunds", vec![ok(), Reply::json(503, "")], ErrorKind::Unavailable),
        (
            "no transaction, in HTML",
            vec![Reply::bytes(200, "<html>"), reply(200, &refunds(&[]))],
            ErrorKind::Protocol,
        ),
    ] {
        let error = adapter(&script(replies)).payment(&payment_id()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{what}");
        assert!(!error.may_have_applied(), "{what}");
    }
}
