//! Webhooks that are not what one hopes for.

use std::time::Duration;

use aws_lc_rs::hmac::HMAC_SHA256;
use refunds_sandbox::{
    Outcome, Sandbox, SignedRequest, WebhookMode, dintero::OrderSpec, mattilda::TransactionSpec,
};
use serde_json::{Value, json};

use crate::{
    common::{Dintero, Mattilda, read, start},
    receiver::{Receiver, Respond, is_signed},
};

async fn make_refunds(sandbox: &Sandbox, refunds: usize) -> String {
    let payment = sandbox.mattilda().captured(1_000, "MXN");
    for _ in 0..refunds {
        assert_eq!(read(Mattilda::of(sandbox).refund(&payment, &json!({"amount": 10}))).await.0, 201);
    }
    payment
}

fn is_authentic(sandbox: &Sandbox, request: &SignedRequest) -> bool {
    let secret = &sandbox.settings("mattilda")["webhook_secret"];
    let time = request.header("x-gr4vy-webhook-timestamp").unwrap();
    let message = [time.as_bytes(), b".", &request.body].concat();
    is_signed(HMAC_SHA256, secret, &message, request.header("x-gr4vy-webhook-signatures").unwrap())
}

#[tokio::test]
async fn duplicates_have_the_same_id_and_are_retried_separately() {
    let sandbox = start().await;
    let shop = Receiver::responding([Respond::Status(200), Respond::Status(500)]).await;
    sandbox.mattilda().subscribe(shop.url("/"));
    sandbox.webhooks().add(WebhookMode::Twice);
    make_refunds(&sandbox, 1).await;
    let deliveries = sandbox.webhooks().deliver_all().await;
    let seen: Vec<_> = deliveries.iter().map(|delivery| (delivery.attempt, delivery.status)).collect();
    assert_eq!(seen, [(1, Some(200)), (1, Some(500)), (2, Some(200))]);
    assert!(deliveries.iter().all(|delivery| delivery.delivery_id == deliveries[0].delivery_id));
    sandbox.webhooks().clear_modes();
    make_refunds(&sandbox, 1).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 1);
}

#[tokio::test]
async fn the_shuffled_order_follows_the_seed() {
    let mut orders = Vec::new();
    for seed in [1, 1, 2] {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        sandbox.mattilda().subscribe("http://127.0.0.1:1/");
        let payment = make_refunds(&sandbox, 6).await;
        sandbox.webhooks().add(WebhookMode::Shuffled);
        let taken = sandbox.webhooks().queue().take();
        let made: Vec<String> = sandbox.ledger().of(&payment).map(|entry| entry.refund_id.clone()).collect();
        let order: Vec<usize> = taken
            .iter()
            .map(|taken| serde_json::from_slice::<Value>(&taken.body).unwrap())
            .map(|webhook| made.iter().position(|id| webhook["target"]["id"] == id.as_str()).unwrap())
            .collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5], "all of them");
        assert_ne!(sorted, order);
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
}

#[tokio::test]
async fn two_are_always_out_of_order() {
    for seed in 0..8 {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        sandbox.mattilda().subscribe("http://127.0.0.1:1/");
        sandbox.webhooks().add(WebhookMode::Shuffled);
        let spec = TransactionSpec::new(100, "MXN").asynchronous(Outcome::Succeeded);
        let payment = sandbox.mattilda().transaction(spec);
        read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
        sandbox.settle_all();
        let names: Vec<_> = sandbox.webhooks().queue().take().into_iter().map(|taken| taken.event).collect();
        assert_eq!(names, ["refund.succeeded", "refund.pending"], "{seed}");
    }
}

#[tokio::test]
async fn the_nth_is_lost() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    sandbox.mattilda().subscribe(shop.url("/"));
    sandbox.webhooks().add(WebhookMode::Lose(2));
    make_refunds(&sandbox, 2).await;
    assert_eq!(sandbox.webhooks().deliver().await.len(), 1);
    make_refunds(&sandbox, 1).await;
    assert_eq!(sandbox.webhooks().deliver().await.len(), 1, "only the second");
    assert_eq!((shop.got().len(), sandbox.webhooks().pending()), (2, 0));
}

#[tokio::test]
async fn a_wrong_secret_a_wrong_clock_and_a_changed_body() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    for (mode, authentic, off) in [
        (None, true, 0),
        (Some(WebhookMode::WrongSecret), false, 0),
        (Some(WebhookMode::TamperedBody), false, 0),
        (Some(WebhookMode::ClockAhead(Duration::from_secs(3_600))), true, 3_600),
        (Some(WebhookMode::ClockBehind(Duration::from_secs(3_600))), true, -3_600),
    ] {
        sandbox.webhooks().clear_modes();
        mode.clone().into_iter().for_each(|mode| sandbox.webhooks().add(mode));
        make_refunds(&sandbox, 1).await;
        let request = sandbox.webhooks().queue().take().remove(0);
        assert_eq!(is_authentic(&sandbox, &request), authentic, "{mode:?}");
        let time: i64 = request.header("x-gr4vy-webhook-timestamp").unwrap().parse().unwrap();
        let apart = time - sandbox.now().unix_timestamp();
        assert!((apart - off).abs() < 60, "{mode:?}: {apart}");
        serde_json::from_slice::<Value>(&request.body).unwrap();
    }
    sandbox.webhooks().clear_modes();
    sandbox.webhooks().add(WebhookMode::ClockAhead(Duration::MAX));
    make_refunds(&sandbox, 1).await;
    assert_eq!(sandbox.webhooks().queue().take().len(), 1, "however far");
}

#[tokio::test]
async fn reads_do_not_show_an_early_event_yet() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let shop = Receiver::responding([Respond::Status(503)]).await;
    sandbox.mattilda().subscribe(shop.url("/"));
    sandbox.webhooks().add(WebhookMode::Early(Duration::from_secs(3_600)));
    let payment = make_refunds(&sandbox, 1).await;
    let list =
        async || read(mattilda.get(&format!("/transactions/{payment}/refunds"))).await.1["items"].clone();
    let id = sandbox.ledger().entries()[0].refund_id.clone();
    assert_eq!(sandbox.webhooks().deliver().await[0].status, Some(503), "the shop does not find it");
    assert_eq!(list().await, json!([]));
    assert_eq!(read(mattilda.get(&format!("/refunds/{id}"))).await.0, 404);
    let (_, transaction) = read(mattilda.get(&format!("/transactions/{payment}"))).await;
    assert_eq!(transaction["refunded_amount"], 0);
    sandbox.advance(Duration::from_secs(3_600));
    assert_eq!(list().await[0]["id"], id.as_str());
    assert_eq!(sandbox.webhooks().deliver().await[0].status, Some(200), "the retry");

    let spec = TransactionSpec::new(100, "MXN").asynchronous(Outcome::Declined);
    let slow = sandbox.mattilda().transaction(spec);
    read(mattilda.refund(&slow, &json!({}))).await;
    sandbox.advance(Duration::from_secs(3_600));
    sandbox.settle_all();
    let status = async || {
        let (_, page) = read(mattilda.get(&format!("/transactions/{slow}/refunds"))).await;
        page["items"][0]["status"].clone()
    };
    assert_eq!(sandbox.webhooks().queue().take()[1].event, "refund.declined");
    assert_eq!(status().await, "processing");
    sandbox.advance(Duration::from_secs(3_600));
    assert_eq!(status().await, "declined");
}

#[tokio::test]
async fn reads_do_not_show_an_early_event_of_dintero_yet() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    sandbox.dintero().subscribe("http://127.0.0.1:1/", ["checkout_transaction", "shopping_order_update"]);
    sandbox.webhooks().add(WebhookMode::Early(Duration::from_secs(60)));
    let payment = sandbox.dintero().captured(100, "NOK");
    assert_eq!(dintero.transaction(&payment).await["status"], "CAPTURED", "what was made by hand shows");
    let (_, response) = read(dintero.refund(&payment, &json!({"amount": 100}))).await;
    assert_eq!(response["status"], "REFUNDED", "the response shows it");
    assert_eq!(sandbox.webhooks().pending(), 1);
    let before = dintero.transaction(&payment).await;
    assert_eq!((&before["status"], before["events"].as_array().unwrap().len()), (&json!("CAPTURED"), 2));
    let (_, found) = read(dintero.get("/transactions?status=REFUNDED")).await;
    assert_eq!(found, json!([]));
    let (_, found) = read(dintero.get(&format!("/transactions?id={payment}"))).await;
    assert_eq!(found[0], before);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 1}))).await.0, 400, "the money is gone");

    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&payment));
    let path = format!("{}/refunds", dintero.order(&order));
    let (_, record) = read(dintero.post(&path, &json!({"items": [{"line_id": 1, "amount": 100}]}))).await;
    let record = format!("{path}/{}", record["id"].as_str().unwrap());
    assert_eq!(read(dintero.get(&path)).await.1, json!({"refunds": []}));
    assert_eq!(read(dintero.get(&record)).await.0, 404);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(dintero.transaction(&payment).await["status"], "REFUNDED");
    assert_eq!(read(dintero.get(&record)).await.0, 200);
}

#[tokio::test]
async fn a_refund_that_ends_at_once_may_be_reported_as_pending_first() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    sandbox.webhooks().add(WebhookMode::PendingFirst);
    make_refunds(&sandbox, 1).await;
    let taken = sandbox.webhooks().queue().take();
    let names: Vec<_> = taken.iter().map(|taken| taken.event.as_str()).collect();
    assert_eq!(names, ["refund.pending", "refund.succeeded"]);
    let first: Value = serde_json::from_slice(&taken[0].body).unwrap();
    assert_eq!(first["target"]["status"], "processing");
}
