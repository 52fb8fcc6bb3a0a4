//! A sandbox that goes on from the records of another one.

use refunds_sandbox::{Outcome, Record, Sandbox, dintero, mattilda};
use serde_json::json;

use crate::common::{Dintero, Mattilda, read, start};

async fn next(sandbox: Sandbox) -> Sandbox {
    // As they are stored: kind, id and text.
    let records = sandbox.records().into_iter().map(|record| {
        let document = record.document().to_string();
        Record::new(record.kind(), record.id(), serde_json::from_str(&document).unwrap())
    });
    Sandbox::builder().records(records).start().await.unwrap()
}

#[tokio::test]
async fn money_credentials_and_clock_go_on() {
    let first = start().await;
    let spec = || mattilda::TransactionSpec::new(300, "MXN").gift_card(50).external_identifier("inv-1");
    let paid = first.mattilda().transaction(spec());
    let slow = first.mattilda().transaction(spec().asynchronous(Outcome::Voided));
    let dintero_paid = first.dintero().captured(300, "NOK");
    let spec = dintero::TransactionSpec::new(300, "SEK").line("1", 300).asynchronous(Outcome::Succeeded);
    let dintero_slow = first.dintero().transaction(spec.without_reference_on_initiate());
    let order = dintero::OrderSpec::new("NOK").line(1, 300).captured_by(&dintero_paid);
    let order = first.dintero().order(order);
    let asked = json!({"amount": 100, "external_identifier": "r-1"});
    let mattilda = Mattilda::of(&first);
    let keyed = |mattilda: &Mattilda| mattilda.refund(&paid, &asked).header("idempotency-key", "k-1");
    let (_, made) = read(keyed(&mattilda)).await;
    read(mattilda.refund(&slow, &asked)).await;
    let dintero = Dintero::of(&first).await;
    for payment in [&dintero_paid, &dintero_slow] {
        read(dintero.refund(payment, &json!({"amount": 100, "refund_reference": "r-1"}))).await;
    }
    let record = json!({"items": [{"line_id": 1, "amount": 100}]});
    read(dintero.post(&format!("{}/refunds", dintero.order(&order)), &record)).await;
    first.advance(std::time::Duration::from_secs(3600));
    let (settings, ledger) = (first.settings("dintero"), first.ledger());
    let (token, records) =
        (first.mattilda().static_token().to_owned(), first.dintero().order_refunds(&order));

    let second = next(first).await;
    assert_eq!(second.ledger(), ledger);
    assert!(second.now() > ledger.entries()[0].at + std::time::Duration::from_secs(3500));
    assert_eq!(second.settings("dintero")["client_secret"], settings["client_secret"]);
    let mattilda = Mattilda { token, ..Mattilda::of(&second) };
    assert_eq!(read(keyed(&mattilda)).await, (201, made), "the key repeats its response");
    let (_, other) = read(mattilda.refund(&paid, &json!({"amount": 200}))).await;
    assert!(!ledger.entries().iter().any(|entry| other["id"] == entry.refund_id), "ids do not repeat");
    assert_eq!(read(mattilda.refund(&paid, &json!({"amount": 1}))).await.0, 400, "nothing is left");
    assert_eq!(second.dintero().order_refunds(&order), records);
    second.settle_all();
    assert_eq!((second.ledger().pending(&slow), second.ledger().pending(&dintero_slow)), (0, 0));
    assert_eq!(second.ledger().total_refunded(&dintero_slow), 100);
    let third = next(second).await;
    let (_, list) = read(Mattilda::of(&third).get(&format!("/transactions/{slow}/refunds"))).await;
    assert_eq!(list["items"][0]["status"], "voided");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_the_start() {
    let wrong = Record::new("ledger", "00000000", json!({"amount": "much"}));
    assert_eq!(format!("{wrong:?}"), r#"Record { kind: "ledger", id: "00000000", .. }"#);
    let error = Sandbox::builder().records([wrong]).start().await.unwrap_err();
    assert!(error.to_string().starts_with("the record ledger 00000000 cannot be read: "), "{error}");
}
