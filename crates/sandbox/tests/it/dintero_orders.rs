use refunds_sandbox::dintero::OrderSpec;
use serde_json::json;

use crate::common::{Dintero, read, start};

#[tokio::test]
async fn an_order_names_what_captured_it() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(44_850, "NOK");
    let spec = OrderSpec::new("NOK").line(1, 29_900).line(2, 14_950).captured_by(&payment);
    let order = dintero.order(&sandbox.dintero().order(spec));

    let (status, body) = read(dintero.get(&order)).await;
    assert_eq!((status, &body["currency"]), (200, &json!("NOK")));
    let (_, captures) = read(dintero.get(&format!("{order}/captures"))).await;
    let capture = &captures["captures"][0];
    assert_eq!(capture["payment_details"]["payment_id"], payment);
    assert_eq!((&capture["amount"], &capture["success"]), (&json!(44_850), &json!(true)));
    let (_, authorizations) = read(dintero.get(&format!("{order}/authorizations"))).await;
    assert_eq!(authorizations["authorizations"][0]["amount"], 44_850);
    let (_, refunds) = read(dintero.get(&format!("{order}/refunds"))).await;
    assert_eq!(refunds, json!({"refunds": []}));
    assert_eq!(read(dintero.get(&dintero.order("unknown"))).await.0, 404);
}

#[tokio::test]
async fn captures_may_name_another_payment_or_none() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let spec = OrderSpec::new("NOK")
        .id("order-42")
        .line(1, 100)
        .captured_elsewhere("Bambora", "b-1")
        .captured_anonymously()
        .capture_of("T11223344.a", [(1, 60)])
        .failed_capture_by("T11223344.b")
        .capture_elsewhere_of("Bambora", "b-2", [(1, 30)])
        .capture_in_cash([(1, 10)])
        .capture_with(json!({"psp": "dintero"}), [(1, 5)])
        .capture_with(json!(null), [(1, 4)]);
    assert_eq!(sandbox.dintero().order(spec), "order-42");
    let (_, body) = read(dintero.get(&format!("{}/captures", dintero.order("order-42")))).await;
    let captures = body["captures"].as_array().unwrap();
    assert_eq!(captures[0]["payment_details"], json!({"psp": "Bambora", "payment_id": "b-1"}));
    assert!(captures[1].get("payment_details").is_none());
    assert_eq!(captures[2]["amount"], 60);
    assert_eq!(captures[3]["success"], false);
    assert_eq!((&captures[4]["processed_by"], &captures[4]["amount"]), (&json!("Bambora"), &json!(30)));
    let cash = (&captures[5]["processed_by"], captures[5]["payment_details"].get("payment_id"));
    assert_eq!(cash, (&json!("cash-register"), None));
    assert_eq!(captures[6]["payment_details"], json!({"psp": "dintero"}));
    assert_eq!(captures[6]["processed_by"], "dintero-checkout");
    assert!(captures[7].get("payment_details").is_none());
}

#[tokio::test]
async fn a_record_moves_no_money() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let spec = OrderSpec::new("NOK").line(1, 29_900).line(2, 14_950).captured_anonymously();
    let id = sandbox.dintero().order(spec);
    let path = format!("{}/refunds", dintero.order(&id));
    let body = json!({
        "items": [{"line_id": 2, "amount": 14_950}],
        "processed_at": "2026-09-21T13:33:20Z", "processed_by": "refunds-rs",
        "payment_details": {"psp": "dintero", "payment_id": "T11223344.9rQ2xW"},
        "success": true, "metadata": {"refund_reference": "rf-000187"}, "id": "chosen",
    });
    let (status, made) = read(dintero.post(&path, &body)).await;
    assert_eq!((status, &made["amount"], &made["id"]), (200, &json!(14_950), &json!("chosen")));
    assert_eq!(made["processed_by"], "refunds-rs");
    assert!(made.get("currency").is_none(), "a refund of an order has no currency");
    assert_eq!(read(dintero.post(&path, &body)).await.0, 409, "the id is taken");
    assert_eq!(read(dintero.get(&path)).await.1, json!({"refunds": [made.clone()]}));
    assert_eq!(read(dintero.get(&format!("{path}/chosen"))).await.1, made);
    assert_eq!(read(dintero.get(&format!("{path}/other"))).await.0, 404);
    assert_eq!(sandbox.dintero().order_refunds(&id), [made]);
    assert!(sandbox.ledger().entries().is_empty());
}

#[tokio::test]
async fn invalid_records_are_refused() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let id = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_anonymously());
    let path = format!("{}/refunds", dintero.order(&id));
    for body in [
        json!({}),
        json!({"items": []}),
        json!({"items": [{"line_id": "1", "amount": 10}]}),
        json!({"items": [{"line_id": 9, "amount": 10}]}),
        json!({"items": [{"line_id": 1, "amount": 0}]}),
        json!({"items": [{"line_id": 1, "amount": 101}]}),
        json!({"items": [{"line_id": 1, "amount": 10}], "success": "yes"}),
        json!({"items": [{"line_id": 1, "amount": 10}], "id": "x".repeat(41)}),
    ] {
        let (status, response) = read(dintero.post(&path, &body)).await;
        assert_eq!(status, 400, "{body} {response}");
    }
    let failed = json!({"items": [{"line_id": 1, "amount": 100}], "success": false});
    for _ in 0..2 {
        assert_eq!(read(dintero.post(&path, &failed)).await.0, 200, "what failed takes nothing away");
    }
    assert_eq!(read(dintero.post("/accounts/T11223344/shopping/orders/no/refunds", &failed)).await.0, 404);
}

#[tokio::test]
async fn an_inserted_body_is_served_byte_for_byte() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let bytes = "{ \"refunds\" : [ ] , \"x\": 1.50 }\n";
    sandbox.dintero().insert_order_refunds_bytes("o-1", bytes);
    let path = format!("{}/refunds", dintero.order("o-1"));
    let response = dintero.get(&path).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), bytes);

    sandbox.dintero().insert_order_refunds_bytes("o-2", r#"{"refunds": [{"amount": 5}]}"#);
    let (_, body) = read(dintero.get(&format!("{}/refunds", dintero.order("o-2")))).await;
    assert_eq!(body["refunds"][0]["amount"], 5);
    let stranger = dintero.client.get(format!("{}{path}", dintero.settings["api_url"]));
    assert_eq!(read(stranger).await.0, 401, "but not to everybody");
}
