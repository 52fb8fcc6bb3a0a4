//! Payloads in every shape that is documented or was seen, and what they become.

use crate::common::{
    REFUND, adapter, config, fixture, mxn, payment_id, read, read_list, refund_id, refund_json, reply, script,
};
use refunds_core::{ErrorKind, PaymentId, Refund, RefundProvider, RefundStatus, RetryAdvice, TargetKind};
use refunds_http::testing::Reply;
use refunds_mattilda::Mattilda;
use serde_json::{Value, json};

/// Every leaf of a payload, with its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| leaves(value, &format!("{path}/{n}"), found));
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

/// Where each member of a payload is in the normalized JSON, and what it is there.
fn is_kept(normalized: &Value, member: &str, leaf: &Value) -> bool {
    let at = |pointer: &str| normalized.pointer(pointer).cloned().unwrap_or_default();
    let text = leaf.as_str().unwrap_or_default();
    match member {
        "/id" => at("/id") == *leaf,
        "/transaction_id" => at("/payment_id") == *leaf,
        "/payment_service_refund_id" => at("/provider_reference") == *leaf,
        "/status" => at("/provider_status") == *leaf,
        "/currency" => at("/amount/currency") == *leaf,
        "/amount" => at("/amount/minor_units") == *leaf,
        "/external_identifier" => at("/reference") == *leaf,
        "/reason" => at("/reason") == *leaf,
        "/error_code" => at("/failure/code") == *leaf,
        "/target_id" => at("/target/id") == *leaf,
        "/target_type" => match text {
            "payment-method" => at("/target/type") == "payment_method",
            "gift-card-redemption" => at("/target/type") == "gift_card",
            _ => false,
        },
        "/created_at" | "/updated_at" => {
            let reported = at(member);
            let moment = |text: &str| {
                time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
            };
            moment(reported.as_str().unwrap()) == moment(text)
        }
        // The only two that are left out: personal data.
        "/creator/name" | "/creator/email_address" => !normalized.to_string().contains(text),
        other => at(&format!("/extra{other}")) == *leaf,
    }
}

fn assert_nothing_is_lost(payload: &Value, refund: &Refund) {
    let normalized = serde_json::to_value(refund).unwrap();
    let mut found = Vec::new();
    leaves(payload, "", &mut found);
    assert!(found.len() >= 11);
    for (path, leaf) in found {
        assert!(is_kept(&normalized, &path, &leaf), "{path} = {leaf} is not in {normalized:#}");
    }
}

#[tokio::test]
async fn the_documented_list_is_read_whole() {
    let payload = fixture("list_transaction_refunds.json");
    let page = read_list(&payload).await.unwrap();
    assert_eq!(page.next.unwrap().as_str(), "ZXhhbXBsZTE");
    assert_eq!(page.limit, Some(1));
    let [refund] = &page.items[..] else { panic!("one refund") };
    assert_nothing_is_lost(&serde_json::from_str::<Value>(&payload).unwrap()["items"][0], refund);
    assert!(refund.reference_is_unreported(), "the documented refund has no external_identifier");
    insta::assert_json_snapshot!("documented", refund);
}

#[tokio::test]
async fn the_newest_refund_is_read_whole() {
    let payload: Value = serde_json::from_str(&fixture("gr4vy_refund.json")).unwrap();
    let payment = PaymentId::new(payload["transaction_id"].as_str().unwrap()).unwrap();
    let id = refunds_core::RefundId::new(payload["id"].as_str().unwrap()).unwrap();
    let refund = adapter(&script([reply(200, &payload)])).get_refund(&payment, &id).await.unwrap();
    assert_nothing_is_lost(&payload, &refund);
    assert!(!refund.reference_is_unreported());
    insta::assert_json_snapshot!("newest", refund);
}

#[tokio::test]
async fn every_status() {
    use RefundStatus as S;
    for (word, status) in [
        ("processing", S::Pending),
        ("succeeded", S::Succeeded),
        ("declined", S::Declined),
        ("failed", S::Failed),
        ("voided", S::Voided),
        ("Succeeded", S::Succeeded),
        ("DECLINED", S::Declined),
        ("settling", S::Unknown),
        ("pending", S::Unknown),
        ("succeeded ", S::Unknown),
        ("", S::Unknown),
    ] {
        let refund = read(&refund_json(json!({ "status": word }))).await.unwrap();
        assert_eq!((refund.status, &*refund.provider_status), (status, word));
    }
}

#[tokio::test]
async fn amounts_are_whole_or_refused() {
    for (amount, want) in [
        (json!(0), Some(0)),
        (json!(1), Some(1)),
        (json!(99_999_999), Some(99_999_999)),
        (json!(100_000_000), Some(100_000_000)),
        (json!(i64::MAX), Some(i64::MAX)),
        (json!("1299"), Some(1299)),
        (json!("0"), Some(0)),
        (json!(i64::MAX as u64 + 1), None),
        (json!(-1), None),
        (json!(12.0), None),
        (json!(12.5), None),
        (json!("12.5"), None),
        (json!("-1"), None),
        (json!("+1"), None),
        (json!(" 1"), None),
        (json!(""), None),
        (json!("99999999999999999999"), None),
        (json!(true), None),
        (json!({ "value": 1 }), None),
        (Value::Null, None),
        (json!("absent"), None),
    ] {
        let outcome = read(&refund_json(json!({ "amount": amount }))).await;
        match want {
            Some(minor) => assert_eq!(outcome.unwrap().amount, mxn(minor), "{amount}"),
            None => assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Protocol, "{amount}"),
        }
    }
}

#[tokio::test]
async fn four_members_are_needed_and_no_more() {
    let least = json!({ "id": REFUND, "status": "succeeded", "currency": "mxn", "amount": 5 });
    let refund = read(&least).await.unwrap();
    assert_eq!(refund.payment_id, payment_id(), "the payment that was asked for");
    assert_eq!(refund.amount, mxn(5));
    assert!(refund.reference_is_unreported());
    assert!(refund.created_at.is_none() && refund.extra.is_empty());

    for member in ["id", "status", "currency", "amount"] {
        for value in ["absent".into(), Value::Null, json!([])] {
            let error = read(&refund_json(json!({ member: value }))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{member} = {value}");
            assert!(error.message().contains(member), "{error}");
            assert!(!error.may_have_applied() && !error.is_retryable(), "a read: {error}");
        }
    }
    for currency in ["XAU", "ZZZ", "", "MX", "€"] {
        let error = read(&refund_json(json!({ "currency": currency }))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{currency}");
    }
}

#[tokio::test]
async fn optional_members_of_any_shape_do_no_harm() {
    let odd = [json!(7), json!(true), json!(["x"]), json!({ "a": 1 }), Value::Null, json!("absent")];
    for member in [
        "external_identifier",
        "payment_service_refund_id",
        "reason",
        "target_type",
        "target_id",
        "created_at",
        "updated_at",
        "error_code",
        "raw_response_code",
        "raw_response_description",
        "creator",
        "type",
        "settled",
        "settled_amount",
        "settled_currency",
        "never_heard_of",
    ] {
        for value in &odd {
            let refund = read(&refund_json(json!({ member: value, "status": "failed" }))).await.unwrap();
            let kept = refund.extra.get(member);
            // Who made it is personal, and unknown members may be.
            let reported =
                !value.is_null() && value != "absent" && !["creator", "never_heard_of"].contains(&member);
            assert_eq!(kept.as_ref(), reported.then_some(value), "{member} = {value}");
        }
    }
}

#[tokio::test]
async fn who_made_it_never_makes_a_refund_unreadable() {
    for (creator, id) in [
        (r#"{"id":"c-1","name":"n"}"#, Some("c-1")),
        (r#"{"id":"c-1","id":"c-2","name":1,"name":2}"#, Some("c-2")),
        (r#"{"id":7}"#, None),
        (r#"["c-1"]"#, None),
        (r#""c-1""#, None),
        ("null", None),
    ] {
        let body = json!({ "items": [refund_json(json!({ "creator": "CREATOR" }))] });
        let page = read_list(&body.to_string().replace("\"CREATOR\"", creator)).await.unwrap();
        let kept = page.items[0].extra.get("creator");
        assert_eq!(kept, id.map(|id| json!({ "id": id })), "{creator}");
    }
}

#[tokio::test]
async fn a_reference_is_reported_or_null_or_absent() {
    let long = "å".repeat(300);
    for (value, reference, hidden, kept) in [
        (json!("rma-551"), Some("rma-551"), false, false),
        (Value::Null, None, false, false),
        (json!("absent"), None, true, false),
        (json!(""), None, false, true),
        (json!(" padded "), Some(" padded "), false, false),
        (json!("rückgabe"), Some("rückgabe"), false, false),
        (json!(long), Some(long.as_str()), false, false),
        (json!("a\nb"), None, false, true),
        (json!(551), None, true, true),
    ] {
        let refund = read(&refund_json(json!({ "external_identifier": value }))).await.unwrap();
        assert_eq!(refund.reference.as_ref().map(refunds_core::Reference::as_str), reference, "{value}");
        assert_eq!(refund.reference_is_unreported(), hidden, "{value}");
        assert_eq!(refund.extra.get("external_identifier").as_ref(), kept.then_some(&value), "{value}");
        let stored = serde_json::to_string(&refund).unwrap();
        let loaded: Refund = serde_json::from_str(&stored).unwrap();
        assert_eq!(loaded.reference, refund.reference, "{value}");
    }
}

#[tokio::test]
async fn a_time_that_cannot_be_read_is_kept_as_it_is() {
    let payload = refund_json(json!({ "created_at": "soon", "updated_at": "2026-11-03T09:20:31-06:00" }));
    let refund = read(&payload).await.unwrap();
    assert_eq!(refund.created_at, None);
    assert_eq!(refund.extra.text("created_at"), Some("soon"));
    assert_eq!(serde_json::to_value(&refund).unwrap()["updated_at"], "2026-11-03T15:20:31Z");
}

#[tokio::test]
async fn why_a_refund_did_not_succeed() {
    use RetryAdvice::{Later, Never};
    for (code, retry) in [
        (Some("service_network_error"), Some(Later)),
        (Some("service_rate_limit"), Some(Later)),
        (Some("service_error"), Some(Later)),
        (Some("disputed_transaction"), Some(Never)),
        (Some("refund_period_expired"), Some(Never)),
        (Some("refund_already_satisfied"), Some(Never)),
        (Some("invalid_amount"), Some(Never)),
        (Some("invalid_operation"), Some(Never)),
        (Some("issuer_decline"), None),
        (Some("unexpected_state"), None),
        (Some("something_new"), None),
        (None, None),
    ] {
        for status in ["declined", "failed", "voided"] {
            let refund = read(&refund_json(json!({ "status": status, "error_code": code }))).await.unwrap();
            let failure = refund.failure.as_ref();
            assert_eq!(failure.and_then(|failure| failure.code.as_deref()), code);
            assert_eq!(failure.and_then(|failure| failure.retry), retry, "{code:?}");
        }
        for status in ["succeeded", "processing", "settling"] {
            let refund = read(&refund_json(json!({ "status": status, "error_code": code }))).await.unwrap();
            assert_eq!(refund.failure, None);
            assert_eq!(refund.extra.get("error_code"), code.map(Value::from));
        }
    }
    let raw = json!({
        "status": "failed", "raw_response_code": "E104", "raw_response_description": "card 4111111111111111 of a@b.example"
    });
    let refund = read(&refund_json(raw)).await.unwrap();
    let failure = refund.failure.clone().unwrap();
    assert_eq!(failure.code.as_deref(), Some("E104"));
    assert_eq!(failure.message.as_deref(), Some("card [card] of [email]"));
    assert!(!format!("{refund:?}").contains("4111"));
}

#[tokio::test]
async fn where_the_money_goes() {
    for (kind, id, want) in [
        (json!("payment-method"), Value::Null, Some((TargetKind::PaymentMethod, None))),
        (json!("payment-method"), json!("i-1"), Some((TargetKind::PaymentMethod, Some("i-1")))),
        (json!("gift-card-redemption"), json!("g-1"), Some((TargetKind::GiftCard, Some("g-1")))),
        (json!("wallet"), json!("w-1"), Some((TargetKind::Other("wallet".into()), Some("w-1")))),
        (Value::Null, json!("i-1"), None),
        (json!("absent"), json!("absent"), None),
    ] {
        let refund = read(&refund_json(json!({ "target_type": kind, "target_id": id }))).await.unwrap();
        let reported = refund.target.map(|target| (target.kind, target.id));
        assert_eq!(reported, want.clone().map(|(kind, id)| (kind, id.map(ToOwned::to_owned))), "{kind} {id}");
        if want.is_none() && id == "i-1" {
            assert_eq!(refund.extra.text("target_id"), Some("i-1"));
        }
    }
}

#[tokio::test]
async fn lists_that_cannot_be_trusted_are_refused() {
    let item = refund_json(json!({}));
    let other = refund_json(json!({ "transaction_id": "4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704" }));
    let broken = refund_json(json!({ "amount": 1.5 }));
    for (what, body) in [
        ("no items", json!({ "limit": 20 })),
        ("items are null", json!({ "items": null })),
        ("a bare array", json!([item])),
        ("an item that is unreadable", json!({ "items": [item, broken] })),
        ("an item of another transaction", json!({ "items": [item, other] })),
        ("a cursor that cannot be followed", json!({ "items": [item], "next_cursor": 5 })),
        ("a cursor of control characters", json!({ "items": [item], "next_cursor": "a\nb" })),
    ] {
        let error = read_list(&body.to_string()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{what}");
        assert!(!error.may_have_applied(), "{what}");
    }
    for (what, body, limit) in [
        ("the least", json!({ "items": [] }), None),
        ("an empty cursor", json!({ "items": [], "next_cursor": "", "limit": 20 }), Some(20)),
        ("an odd limit", json!({ "items": [item], "next_cursor": null, "limit": "many" }), None),
        (
            "the payment in capitals",
            json!({ "items": [refund_json(json!({ "transaction_id": crate::common::PAYMENT.to_uppercase() }))] }),
            None,
        ),
    ] {
        let page = read_list(&body.to_string()).await.unwrap();
        assert_eq!((page.next, page.limit), (None, limit), "{what}");
        assert!(page.items.iter().all(|refund| refund.payment_id == payment_id()), "{what}");
    }
}

#[tokio::test]
async fn the_payload_is_kept_on_request_only() {
    let payload = refund_json(json!({ "never_heard_of": "canary-81723" }));
    let list = json!({ "items": [payload] });
    let keeping = |reply: Reply| Mattilda::new(config(&script([reply])).with_keep_raw(true)).unwrap();

    let refund = keeping(reply(200, &payload)).get_refund(&payment_id(), &refund_id()).await.unwrap();
    assert_eq!(refund.raw(), Some(&payload));
    assert!(!format!("{refund:?}").contains("canary-81723"));
    let first = refunds_core::PageRequest::first();
    let page = keeping(reply(200, &list)).list_refunds(&payment_id(), &first).await.unwrap();
    assert_eq!(page.items[0].raw(), Some(&payload));

    let refund = read(&payload).await.unwrap();
    assert_eq!(refund.raw(), None);
    assert!(!serde_json::to_string(&refund).unwrap().contains("canary-81723"));
}
