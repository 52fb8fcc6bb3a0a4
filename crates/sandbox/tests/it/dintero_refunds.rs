use refunds_sandbox::{
    EntryState, Outcome,
    dintero::{Decline, ErrorType, TransactionSpec},
};
use serde_json::{Value, json};

use crate::common::{Dintero, header, read, start};

fn newest(transaction: &Value) -> &Value {
    transaction["events"].as_array().unwrap().last().unwrap()
}

#[tokio::test]
async fn refunds_follow_the_table_of_statuses() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let whole = sandbox.dintero().captured(44_850, "NOK");
    let part = sandbox.dintero().transaction(TransactionSpec::new(44_850, "NOK").captured(20_000));
    assert_eq!(dintero.transaction(&whole).await["status"], "CAPTURED");
    assert_eq!(dintero.transaction(&part).await["status"], "PARTIALLY_CAPTURED");

    for (payment, amount, status) in [
        (&whole, 14_950, "PARTIALLY_REFUNDED"),
        (&whole, 29_900, "REFUNDED"),
        (&part, 5_000, "PARTIALLY_CAPTURED_REFUNDED"),
        (&part, 15_000, "PARTIALLY_CAPTURED_REFUNDED"),
    ] {
        let (code, body) = read(dintero.refund(payment, &json!({"amount": amount}))).await;
        assert_eq!((code, &body["status"]), (200, &json!(status)), "{amount}");
        assert_eq!(body["amount"], 44_850, "the amount of the transaction never changes");
        assert_eq!(newest(&body)["transaction_status"], status);
    }
    assert_eq!(sandbox.ledger().total_refunded(&whole), 44_850);
    assert_eq!(sandbox.ledger().total_refunded(&part), 20_000);
}

#[tokio::test]
async fn events_may_be_shown_twice() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").with_repeated_events());
    let (_, made) = read(dintero.refund(&payment, &json!({"amount": 60}))).await;
    for body in [made, dintero.transaction(&payment).await] {
        let kinds: Vec<_> = body["events"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
        assert_eq!(kinds, ["AUTHORIZE", "AUTHORIZE", "CAPTURE", "CAPTURE", "REFUND", "REFUND"]);
        assert_eq!(body["events"][4], body["events"][5]);
    }
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 41}))).await.0, 400);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 40}))).await.0, 200);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
}

#[tokio::test]
async fn a_refund_is_an_event_with_everything_that_was_sent() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let spec = TransactionSpec::new(44_850, "NOK").line("1", 29_900).line("2", 14_950);
    let payment = sandbox.dintero().transaction(spec);
    let items = json!([{"line_id": "2", "quantity": 1, "amount": 14_950}]);
    let (_, body) = read(dintero.refund(
        &payment,
        &json!({
            "amount": 14_950, "reason": "Returned", "refund_reference": "rf-000187",
            "items": items, "metadata": {"ext_rma": "RMA-551"},
        }),
    ))
    .await;
    let event = newest(&body);
    assert_eq!(event["event"], "REFUND");
    assert_eq!(event["success"], true);
    assert_eq!(event["event_reference"], "rf-000187");
    assert_eq!(event["items"], items);
    assert_eq!(event["metadata"]["ext_rma"], "RMA-551");
    assert!(event["id"].is_string() && event["request_id"].is_string());
    assert_eq!(sandbox.ledger().by_reference(&payment, "rf-000187"), 1);
    assert_eq!(sandbox.ledger().entries()[0].refund_id, event["request_id"].as_str().unwrap());
}

#[tokio::test]
async fn the_same_reference_twice_moves_the_money_twice() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(300, "NOK");
    for _ in 0..2 {
        let body = json!({"amount": 100, "refund_reference": "once"});
        assert_eq!(read(dintero.refund(&payment, &body)).await.0, 200);
    }
    assert_eq!(sandbox.ledger().by_reference(&payment, "once"), 2);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 200);
}

#[tokio::test]
async fn invalid_refunds_are_refused_and_move_no_money() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(3_000_000_000, "NOK");
    let long = "x".repeat(257);
    for body in [
        json!({}),
        json!({"amount": 0}),
        json!({"amount": -5}),
        json!({"amount": 100.0}),
        json!({"amount": 99.5}),
        json!({"amount": "100"}),
        json!({"amount": null}),
        json!({"amount": 2_147_483_648_i64}),
        json!({"amount": 100, "reason": 5}),
        json!({"amount": 100, "refund_reference": 5}),
        json!({"amount": 100, "items": [{"line_id": "1", "amount": 99}]}),
        json!({"amount": 100, "items": [{"line_id": 1, "amount": 100}]}),
        json!({"amount": 100, "items": [{"line_id": "1"}]}),
        json!({"amount": 100, "items": [{"line_id": "1", "amount": 50}, {"line_id": "1", "amount": 50}]}),
        json!({"amount": 100, "items": {}}),
        json!({"amount": 100, "metadata": {"rma": "1"}}),
        json!({"amount": 100, "metadata": {"ext_rma": 1}}),
        json!({"amount": 100, "metadata": {"ext_rma": long}}),
        json!([]),
    ] {
        let (status, response) = read(dintero.refund(&payment, &body)).await;
        assert_eq!(status, 400, "{body} {response}");
        assert!(response["error"]["message"].is_string());
    }
    let url = format!("{}/transactions/{payment}/refund", dintero.settings["checkout_url"]);
    for (kind, body) in [("application/json", "{"), ("text/plain", r#"{"amount":1}"#)] {
        let request = dintero.client.post(&url).bearer_auth(&dintero.token);
        assert_eq!(read(request.header("content-type", kind).body(body)).await.0, 400);
    }
    assert_eq!(read(dintero.refund("T11223344.unknown", &json!({"amount": 1}))).await.0, 404);
    assert!(sandbox.ledger().entries().is_empty());
}

#[tokio::test]
async fn no_more_than_what_is_left() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(100, "NOK");
    let authorized = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").authorized_only());
    assert_eq!(read(dintero.refund(&authorized, &json!({"amount": 1}))).await.0, 400);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 101}))).await.0, 400);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 60}))).await.0, 200);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 41}))).await.0, 400);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 40}))).await.0, 200);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 1}))).await.0, 400);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);

    let spec = TransactionSpec::new(100, "NOK").product("instabank", "instabank.invoice");
    let instabank = sandbox.dintero().transaction(spec);
    assert_eq!(read(dintero.refund(&instabank, &json!({"amount": 1}))).await.0, 400);
}

#[tokio::test]
async fn an_asynchronous_refund_is_initiated_and_completed_later() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let spec = TransactionSpec::new(100, "SEK").product("swish", "swish.swish");
    let payment = sandbox.dintero().transaction(spec.asynchronous(Outcome::Succeeded));
    let body = json!({"amount": 70, "refund_reference": "r"});
    let response = dintero.refund(&payment, &body).send().await.unwrap();
    assert_eq!(response.status(), 202);
    let accepted = header(&response, "event-request-id").to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "CAPTURED");
    assert_eq!(newest(&body)["event"], "INITIATE_REFUND");
    assert_eq!(newest(&body)["request_id"], accepted);
    assert_eq!(newest(&body)["event_reference"], "r");
    assert_eq!(sandbox.ledger().pending(&payment), 70);
    assert_eq!(
        read(dintero.refund(&payment, &json!({"amount": 31}))).await.0,
        400,
        "what is pending is gone"
    );

    for _ in 0..2 {
        assert_eq!(dintero.transaction(&payment).await["status"], "CAPTURED");
    }
    let settled = dintero.transaction(&payment).await;
    assert_eq!(settled["status"], "PARTIALLY_REFUNDED");
    assert_eq!(newest(&settled)["correlation_request_id"], accepted);
    assert_ne!(newest(&settled)["request_id"], accepted);
    assert_eq!(newest(&settled)["success"], true);
    assert_eq!((sandbox.ledger().pending(&payment), sandbox.ledger().total_refunded(&payment)), (0, 70));
}

#[tokio::test]
async fn an_asynchronous_refund_can_fail_and_frees_its_money() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let spec = TransactionSpec::new(100, "SEK")
        .asynchronous(Outcome::Failed)
        .with_corrections()
        .with_plain_request_ids()
        .without_reference_on_initiate();
    let payment = sandbox.dintero().transaction(spec);
    let request = dintero.refund(&payment, &json!({"amount": 70, "refund_reference": "r"}));
    let (status, body) = read(request).await;
    assert_eq!(status, 202);
    assert!(newest(&body).get("event_reference").is_none());
    assert!(!newest(&body)["request_id"].as_str().unwrap().contains('-'));

    sandbox.settle_all();
    let failed = dintero.transaction(&payment).await;
    assert_eq!((&failed["status"], &newest(&failed)["success"]), (&json!("CAPTURED"), &json!(false)));
    assert_eq!(newest(&failed)["event_reference"], "r");
    assert_eq!(newest(&failed)["correction"]["remaining_refund_amount"], 100);
    assert_eq!(sandbox.ledger().entries()[0].state, EntryState::Failed);
    let refused = read(dintero.refund(&payment, &json!({"amount": 100}))).await;
    assert_eq!(refused.0, 202, "{}", refused.1);
    sandbox.settle(&payment, Outcome::Succeeded);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
}

#[tokio::test]
async fn a_decline_is_a_200_that_moves_nothing() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let decline =
        Decline::new(ErrorType::InsufficientFunds).retry_after_delay("PT24H").result_code("51").code("X");
    let payment = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").declines(decline));
    let (status, body) = read(dintero.refund(&payment, &json!({"amount": 10}))).await;
    assert_eq!((status, &body["status"]), (200, &json!("CAPTURED")));
    let event = newest(&body);
    assert_eq!(event["success"], false);
    assert_eq!(event["error"]["type"], json!(["INSUFFICIENT_FUNDS"]));
    assert_eq!(event["error"]["result_code"], "51");
    assert_eq!(event["error"]["retry_policy"]["retry_codes"], json!(["RETRY_AFTER_DELAY"]));
    assert_eq!(event["error"]["retry_policy"]["retry_after"], "PT24H");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
    assert_eq!(sandbox.ledger().entries()[0].state, EntryState::Failed);
}

#[tokio::test]
async fn transactions_are_searched_in_real_pages() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let reference = "order 42/æ";
    let made: Vec<String> = (0..12)
        .map(|_| {
            let spec = TransactionSpec::new(100, "NOK").merchant_reference(reference);
            sandbox.dintero().transaction(spec)
        })
        .collect();
    sandbox.dintero().captured(100, "NOK");

    let mut seen: Vec<String> = Vec::new();
    loop {
        let mut query = vec![("merchant_reference", reference), ("limit", "5")];
        query.extend(seen.last().map(|last| ("starting_after", last.as_str())));
        let (status, page) = read(dintero.get("/transactions").query(&query)).await;
        assert_eq!(status, 200);
        let page: Vec<String> =
            page.as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect();
        let is_last = page.len() < 5;
        seen.extend(page);
        if is_last {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, made);
    let (_, all) = read(dintero.get("/transactions")).await;
    assert_eq!(all.as_array().unwrap().len(), 10, "the default limit");
    for query in ["limit=0", "limit=101", "limit=x", "starting_after=unknown"] {
        assert_eq!(read(dintero.get(&format!("/transactions?{query}"))).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn an_inserted_document_can_be_refunded() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let document = json!({
        "id": "T11223344.own", "amount": 500, "currency": "EUR", "status": "PARTIALLY_REFUNDED",
        "payment_product": "vipps", "payment_product_type": "vipps", "unknown": {"kept": true},
        "events": [
            {"id": "e1", "event": "CAPTURE", "success": true, "amount": 500},
            {"id": "e2", "event": "REFUND", "success": true, "amount": 200, "event_reference": "old"},
        ],
    });
    let id = sandbox.dintero().insert_transaction_json(document.clone());
    assert_eq!(dintero.transaction(&id).await, document);
    assert_eq!(read(dintero.refund(&id, &json!({"amount": 301}))).await.0, 400);
    let (status, body) = read(dintero.refund(&id, &json!({"amount": 300}))).await;
    assert_eq!((status, &body["status"]), (200, &json!("REFUNDED")));
    assert_eq!(sandbox.ledger().total_refunded(&id), 300, "the ledger knows what happened here");
    let account_scoped = format!("/accounts/T11223344/payments/transactions/{id}");
    assert_eq!(read(dintero.get(&account_scoped)).await.0, 200);
}
