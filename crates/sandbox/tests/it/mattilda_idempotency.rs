use std::time::Duration;

use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome,
    mattilda::{IdempotencyMode, TransactionSpec},
};
use serde_json::{Value, json};

use crate::common::{Mattilda, read, start};

const KEY: &str = "idempotency-key";

async fn keyed(mattilda: &Mattilda, payment: &str, key: &str, body: &Value) -> (u16, Value) {
    read(mattilda.refund(payment, body).header(KEY, key)).await
}

#[tokio::test]
async fn the_first_response_to_a_key_is_replayed_for_a_day() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment =
        sandbox.mattilda().transaction(TransactionSpec::new(300, "MXN").asynchronous(Outcome::Succeeded));
    let first = keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await;
    sandbox.settle_all();
    assert_eq!(keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await, first, "status and body");
    assert_eq!(keyed(&mattilda, &payment, "k", &json!({"amount": 50})).await, first, "whatever is asked");
    let other = sandbox.mattilda().captured(100, "MXN");
    assert_eq!(keyed(&mattilda, &other, "k", &json!({})).await, first, "a key is the account's");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
    assert_eq!(sandbox.ledger().total_refunded(&other), 0);

    sandbox.advance(Duration::from_secs(24 * 60 * 60 + 1));
    let again = keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await;
    assert_ne!(again.1["id"], first.1["id"]);
    assert_eq!(sandbox.ledger().entries().len(), 2);
}

#[tokio::test]
async fn refusals_are_kept_and_failed_validation_is_not() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    assert_eq!(keyed(&mattilda, &payment, "a", &json!({"amount": "x"})).await.0, 400);
    assert_eq!(keyed(&mattilda, &payment, "a", &json!({"amount": 1})).await.0, 201);
    assert_eq!(keyed(&mattilda, &payment, "b", &json!({"amount": 100})).await.0, 400, "too much");
    assert_eq!(keyed(&mattilda, &payment, "b", &json!({"amount": 1})).await.0, 400, "the first response");
    assert_eq!(keyed(&mattilda, &payment, &"k".repeat(256), &json!({"amount": 1})).await.0, 400);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 1);
}

#[tokio::test]
async fn keys_may_be_ignored() {
    let sandbox = start().await;
    sandbox.mattilda().set_idempotency(IdempotencyMode::Ignored);
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    for _ in 0..2 {
        assert_eq!(keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await.0, 201);
    }
    assert_eq!(sandbox.ledger().total_refunded(&payment), 200);
}

#[tokio::test]
async fn a_key_in_flight_is_a_conflict() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    let late = FaultAction::ProcessLate(Duration::from_secs(60));
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(late));
    assert!(mattilda.refund(&payment, &json!({"amount": 100})).header(KEY, "k").send().await.is_err());
    let (status, body) = keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await;
    assert_eq!((status, &body["code"]), (409, &json!("concurrent_request")));
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await.0, 201);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100, "the replay of what came late");
}

#[tokio::test]
async fn a_key_is_in_flight_until_its_response_is_sent() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenSilence));
    let first = mattilda.refund(&payment, &json!({"amount": 100})).header(KEY, "k");
    let silent = tokio::spawn(first.send());
    while sandbox.ledger().entries().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await.0, 409);
    silent.abort();
    let _ = silent.await;
    let mut status = 409;
    while status == 409 {
        status = keyed(&mattilda, &payment, "k", &json!({"amount": 100})).await.0;
    }
    assert_eq!(status, 201);
    assert_eq!(sandbox.ledger().entries().len(), 1);
}
