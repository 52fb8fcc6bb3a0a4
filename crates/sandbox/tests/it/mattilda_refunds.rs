use refunds_sandbox::{
    EntryState, Outcome,
    mattilda::{ErrorShape, Failure, FieldSet, TransactionSpec},
};
use serde_json::{Value, json};

use crate::common::{Mattilda, read, start};

const UNKNOWN: &str = "fe26475d-ec3e-4884-9553-f7356683f7f9";

#[tokio::test]
async fn a_refund_is_made_read_and_counted() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let spec = TransactionSpec::new(129_900, "MXN").external_identifier("inv-5531");
    let payment = sandbox.mattilda().transaction(spec);
    let asked = json!({"amount": 4_200, "reason": "duplicate", "external_identifier": "rf-1"});
    let (status, made) = read(mattilda.refund(&payment, &asked)).await;
    assert_eq!(status, 201);
    for (member, expected) in [
        ("type", json!("refund")),
        ("transaction_id", json!(payment)),
        ("status", json!("succeeded")),
        ("currency", json!("MXN")),
        ("amount", json!(4_200)),
        ("reason", json!("duplicate")),
        ("external_identifier", json!("rf-1")),
        ("transaction_external_identifier", json!("inv-5531")),
        ("target_type", json!("payment-method")),
        ("error_code", Value::Null),
        ("settled", json!(false)),
    ] {
        assert_eq!(made[member], expected, "{member}");
    }
    assert_eq!(made["reconciliation_id"].as_str().unwrap().len(), 22);
    let id = made["id"].as_str().unwrap();
    for path in [format!("/refunds/{id}"), format!("/transactions/{payment}/refunds/{id}")] {
        assert_eq!(read(mattilda.get(&path)).await, (200, made.clone()), "{path}");
    }
    let (_, transaction) = read(mattilda.get(&format!("/transactions/{payment}"))).await;
    assert_eq!(transaction["status"], "capture_succeeded");
    assert_eq!(
        (&transaction["captured_amount"], &transaction["refunded_amount"]),
        (&json!(129_900), &json!(4_200))
    );
    assert_eq!(sandbox.ledger().by_reference(&payment, "rf-1"), 1);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 4_200);
}

#[tokio::test]
async fn the_documented_generation_has_the_members_of_the_page_and_no_more() {
    let sandbox = start().await;
    sandbox.mattilda().set_fields(FieldSet::Documented);
    let mattilda = Mattilda::of(&sandbox);
    let spec = TransactionSpec::new(100, "MXN").without_stored_instrument();
    let payment = sandbox.mattilda().transaction(spec);
    let (_, made) = read(mattilda.refund(&payment, &json!({"external_identifier": "rf-1"}))).await;
    let mut members: Vec<&String> = made.as_object().unwrap().keys().collect();
    members.sort();
    let documented = [
        "amount",
        "created_at",
        "currency",
        "id",
        "payment_service_refund_id",
        "status",
        "target_id",
        "target_type",
        "transaction_id",
        "type",
        "updated_at",
    ];
    assert_eq!(members, documented);
    let created = made["created_at"].as_str().unwrap();
    assert_eq!(created.len(), "2013-07-16T19:23:00.000+00:00".len());
    assert!(created.ends_with("+00:00"));
    assert_eq!(made["target_id"], Value::Null);
    assert_eq!(sandbox.ledger().by_reference(&payment, "rf-1"), 1, "it is kept, though not shown");
}

#[tokio::test]
async fn an_omitted_amount_is_what_is_left() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(1_000, "MXN");
    assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 1_001}))).await.0, 400);
    assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 300}))).await.0, 201);
    let (status, rest) = read(mattilda.refund(&payment, &json!({"amount": null}))).await;
    assert_eq!((status, &rest["amount"]), (201, &json!(700)));
    let (status, body) = read(mattilda.refund(&payment, &json!({}))).await;
    assert_eq!((status, &body["code"], &body["type"]), (400, &json!("bad_request"), &json!("error")));
    assert_eq!(sandbox.ledger().total_refunded(&payment), 1_000);

    let authorized = sandbox.mattilda().transaction(TransactionSpec::new(100, "MXN").authorized_only());
    assert_eq!(read(mattilda.refund(&authorized, &json!({}))).await.0, 400);
    let (_, transaction) = read(mattilda.get(&format!("/transactions/{authorized}"))).await;
    assert_eq!(transaction["status"], "authorization_succeeded");
}

#[tokio::test]
async fn bodies_are_strict() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(200_000_000, "MXN");
    for (body, pointer, kind) in [
        (json!({"amount": -1}), "/amount", "greater_than_equal"),
        (json!({"amount": 100_000_000}), "/amount", "less_than_equal"),
        (json!({"amount": 18_446_744_073_709_551_615_u64}), "/amount", "less_than_equal"),
        (json!({"amount": 1.5}), "/amount", "int_type"),
        (json!({"amount": "100"}), "/amount", "int_type"),
        (json!({"amount": true}), "/amount", "int_type"),
        (json!({"reason": "x".repeat(101)}), "/reason", "string_too_long"),
        (json!({"reason": 1}), "/reason", "string_type"),
        (json!({"external_identifier": ""}), "/external_identifier", "string_too_short"),
        (json!({"external_identifier": "x".repeat(301)}), "/external_identifier", "string_too_long"),
        (json!({"target_type": "payment_method"}), "/target_type", "enum"),
        (json!({"target_type": null}), "/target_type", "enum"),
        (json!({"target_id": "nine"}), "/target_id", "uuid_parsing"),
        (json!({"target_type": "gift-card-redemption"}), "/target_id", "missing"),
        (json!({"currency": "MXN"}), "/currency", "extra_forbidden"),
        (json!([]), "", "json_invalid"),
    ] {
        let (status, response) = read(mattilda.refund(&payment, &body)).await;
        assert_eq!((status, &response["code"]), (400, &json!("bad_request")), "{body}");
        let detail = &response["details"][0];
        assert_eq!((&detail["pointer"], &detail["type"]), (&json!(pointer), &json!(kind)), "{body}");
        assert_eq!(detail["location"], "body");
    }
    assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 0}))).await.0, 400);
    let both = json!({"amount": -1, "reason": 1});
    assert_eq!(read(mattilda.refund(&payment, &both)).await.1["details"].as_array().unwrap().len(), 2);
    assert!(sandbox.ledger().entries().is_empty());

    let most =
        json!({"amount": 99_999_999, "reason": "é".repeat(100), "external_identifier": "x".repeat(300)});
    assert_eq!(read(mattilda.refund(&payment, &most)).await.0, 201);
    sandbox.mattilda().set_error_shape(ErrorShape::Detail);
    let (status, response) = read(mattilda.refund(&payment, &json!({"amount": "1"}))).await;
    assert_eq!((status, &response["detail"][0]["loc"]), (422, &json!(["body", "amount"])));
}

#[tokio::test]
async fn unknown_ids_are_not_found_and_malformed_ones_are_reported() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    for path in [
        format!("/transactions/{UNKNOWN}"),
        format!("/transactions/{UNKNOWN}/refunds"),
        format!("/transactions/{payment}/refunds/{UNKNOWN}"),
        format!("/refunds/{UNKNOWN}"),
        "/nothing".to_owned(),
    ] {
        let (status, body) = read(mattilda.get(&path)).await;
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
    let (status, body) = read(mattilda.get("/refunds/abc")).await;
    assert_eq!((status, &body["details"][0]["type"]), (400, &json!("uuid_parsing")));
    assert_eq!(read(mattilda.post(&format!("/refunds/{UNKNOWN}"), &json!({}))).await.0, 405);

    let other = sandbox.mattilda().captured(100, "MXN");
    let (_, made) = read(mattilda.refund(&payment, &json!({}))).await;
    let wrong_parent = format!("/transactions/{other}/refunds/{}", made["id"].as_str().unwrap());
    assert_eq!(read(mattilda.get(&wrong_parent)).await.0, 404);
}

#[tokio::test]
async fn an_asynchronous_refund_settles_after_two_reads() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    for outcome in [Outcome::Succeeded, Outcome::Declined, Outcome::Failed, Outcome::Voided] {
        let spec = TransactionSpec::new(100, "MXN")
            .asynchronous(outcome)
            .failure(Failure::new("issuer_decline").raw("300", "refused by the bank"));
        let payment = sandbox.mattilda().transaction(spec);
        let (status, made) = read(mattilda.refund(&payment, &json!({"amount": 60}))).await;
        assert_eq!((status, &made["status"]), (201, &json!("processing")));
        assert_eq!(sandbox.ledger().pending(&payment), 60);
        assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 41}))).await.0, 400);

        let path = format!("/refunds/{}", made["id"].as_str().unwrap());
        for _ in 0..2 {
            assert_eq!(read(mattilda.get(&path)).await.1["status"], "processing");
        }
        let (_, settled) = read(mattilda.get(&path)).await;
        assert_eq!(settled["status"], outcome.as_str());
        let (moved, code) = match outcome {
            Outcome::Succeeded => (60, Value::Null),
            _ => (0, json!("issuer_decline")),
        };
        assert_eq!(sandbox.ledger().total_refunded(&payment), moved);
        assert_eq!(sandbox.ledger().pending(&payment), 0);
        assert_eq!(settled["error_code"], code, "{outcome}");
    }
}

#[tokio::test]
async fn a_refund_may_fail_at_once() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().transaction(TransactionSpec::new(100, "MXN").ends(Outcome::Declined));
    let (status, made) = read(mattilda.refund(&payment, &json!({}))).await;
    assert_eq!((status, &made["status"]), (201, &json!("declined")));
    assert_eq!(made["error_code"], "service_decline");
    assert_eq!(sandbox.ledger().entries()[0].state, EntryState::Failed);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
}

#[tokio::test]
async fn gift_cards_are_refunded_by_redemption_or_all_together() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment =
        sandbox.mattilda().transaction(TransactionSpec::new(1_000, "MXN").gift_card(250).gift_card(50));
    let cards = sandbox.mattilda().gift_card_redemptions(&payment);
    let card =
        |amount: i64| json!({"amount": amount, "target_type": "gift-card-redemption", "target_id": cards[0]});
    assert_eq!(read(mattilda.refund(&payment, &card(251))).await.0, 400);
    let (status, made) = read(mattilda.refund(&payment, &card(100))).await;
    assert_eq!(
        (status, &made["target_type"], &made["target_id"]),
        (201, &json!("gift-card-redemption"), &json!(cards[0]))
    );
    let stranger = json!({"target_type": "gift-card-redemption", "target_id": UNKNOWN});
    assert_eq!(read(mattilda.refund(&payment, &stranger)).await.0, 400);

    let all = format!("/transactions/{payment}/refunds/all");
    assert_eq!(read(mattilda.post(&all, &json!({"amount": 1}))).await.0, 400);
    let (status, body) = read(mattilda.post(&all, &json!({"external_identifier": "everything"}))).await;
    let amounts: Vec<i64> =
        body["items"].as_array().unwrap().iter().map(|item| item["amount"].as_i64().unwrap()).collect();
    assert_eq!((status, amounts), (201, vec![1_000, 150, 50]));
    assert_eq!(sandbox.ledger().total_refunded(&payment), 1_300);
    assert_eq!(sandbox.ledger().by_reference(&payment, "everything"), 3);
    assert_eq!(
        read(mattilda.client.post(format!("{}{all}", mattilda.url)).bearer_auth(&mattilda.token)).await.0,
        400
    );

    let token =
        sandbox.mattilda().token(&["transactions.write"], std::time::Duration::from_secs(60)).unwrap();
    let limited = Mattilda { token, ..Mattilda::of(&sandbox) };
    assert_eq!(read(limited.post(&all, &json!({}))).await.0, 403, "gift cards have their own scope");
}
