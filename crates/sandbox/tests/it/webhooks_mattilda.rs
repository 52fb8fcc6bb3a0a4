//! Mattilda's webhooks.

use aws_lc_rs::hmac::HMAC_SHA256;
use refunds_sandbox::{
    Outcome, Sandbox,
    mattilda::{FieldSet, TransactionSpec, WebhookShape},
};
use serde_json::{Value, json};

use crate::{
    common::{Mattilda, read, start},
    receiver::{Receiver, Respond, is_signed},
};

async fn refund(sandbox: &Sandbox, payment: &str) -> Value {
    let (status, made) = read(Mattilda::of(sandbox).refund(payment, &json!({"amount": 10}))).await;
    assert_eq!(status, 201, "{made}");
    made
}

fn bodies(sandbox: &Sandbox) -> Vec<Value> {
    let taken = sandbox.webhooks().queue().take();
    taken.iter().map(|taken| serde_json::from_slice(&taken.body).unwrap()).collect()
}

#[tokio::test]
async fn a_webhook_has_the_documented_envelope() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    sandbox.mattilda().subscribe(shop.url("/webhooks"));
    let payment = sandbox.mattilda().captured(100, "MXN");
    let made = refund(&sandbox, &payment).await;
    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!((deliveries.len(), deliveries[0].event.as_str()), (1, "refund.succeeded"));

    let got = shop.got().remove(0);
    assert_eq!((got.method.as_str(), got.target.as_str()), ("POST", "/webhooks"));
    assert_eq!(got.header("X-Gr4vy-Webhook-ID"), deliveries[0].delivery_id);
    let time = got.header("X-Gr4vy-Webhook-Timestamp");
    let apart = sandbox.now().unix_timestamp() - time.parse::<i64>().unwrap();
    assert!((0..60).contains(&apart));
    let secret = &sandbox.settings("mattilda")["webhook_secret"];
    let message = [time.as_bytes(), b".", &got.body].concat();
    assert!(is_signed(HMAC_SHA256, secret, &message, got.header("X-Gr4vy-Webhook-Signatures")));
    let webhook = got.json();
    assert_eq!((&webhook["type"], &webhook["name"]), (&json!("event"), &json!("refund.succeeded")));
    assert_eq!((&webhook["gr4vy_id"], &webhook["environment"]), (&json!("mattilda"), &json!("sandbox")));
    assert_eq!(webhook["merchant_account_id"], "default");
    assert!(webhook["id"].is_string() && webhook["created_at"].is_string());
    assert_eq!(webhook["target"], made, "the whole resource");
}

#[tokio::test]
async fn every_change_except_voiding_has_its_event() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    for (outcome, last) in [
        (Outcome::Succeeded, Some("refund.succeeded")),
        (Outcome::Failed, Some("refund.failed")),
        (Outcome::Declined, Some("refund.declined")),
        (Outcome::Voided, None),
    ] {
        let spec = TransactionSpec::new(100, "MXN").asynchronous(outcome);
        let payment = sandbox.mattilda().transaction(spec);
        refund(&sandbox, &payment).await;
        let webhooks = bodies(&sandbox);
        assert_eq!(
            (&webhooks[0]["name"], &webhooks[0]["target"]["status"]),
            (&json!("refund.pending"), &json!("processing"))
        );
        sandbox.settle_all();
        sandbox.settle_all();
        let webhooks = bodies(&sandbox);
        let names: Vec<_> = webhooks.iter().filter_map(|webhook| webhook["name"].as_str()).collect();
        assert_eq!(names.first().copied(), last, "{outcome}");
        assert!(webhooks.iter().all(|webhook| webhook["target"]["status"] == outcome.as_str()));
        assert!(names.len() <= 1);
    }
}

#[tokio::test]
async fn older_shapes_can_be_chosen() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    let payment = sandbox.mattilda().captured(100, "MXN");
    sandbox.mattilda().set_fields(FieldSet::Documented);
    refund(&sandbox, &payment).await;
    let webhook = bodies(&sandbox).remove(0);
    assert!(webhook["target"].get("external_identifier").is_none());
    sandbox.mattilda().set_webhook_shape(WebhookShape::Bare);
    let made = refund(&sandbox, &payment).await;
    let webhook = bodies(&sandbox).remove(0);
    assert!(webhook.get("name").is_none());
    let expected = json!({"type": "refund", "id": made["id"], "transaction_id": payment});
    assert_eq!(webhook["target"], expected);
}

#[tokio::test]
async fn during_a_rotation_every_active_secret_signs() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    let payment = sandbox.mattilda().captured(100, "MXN");
    let old = sandbox.settings("mattilda")["webhook_secret"].clone();
    let new = sandbox.mattilda().rotate_webhook_secret();
    assert_eq!(sandbox.settings("mattilda")["webhook_secret"], new);
    for expected in [vec![&old, &new], vec![&new]] {
        refund(&sandbox, &payment).await;
        let request = sandbox.webhooks().queue().take().remove(0);
        let time = request.header("x-gr4vy-webhook-timestamp").unwrap();
        let message = [time.as_bytes(), b".", &request.body].concat();
        let signatures: Vec<_> = request.header("x-gr4vy-webhook-signatures").unwrap().split(',').collect();
        assert_eq!(signatures.len(), expected.len());
        for (secret, signature) in expected.iter().zip(signatures) {
            assert!(is_signed(HMAC_SHA256, secret, &message, signature));
        }
        sandbox.mattilda().retire_webhook_secrets();
    }
}

#[tokio::test]
async fn everything_but_2xx_is_sent_again_for_seven_days() {
    let sandbox = start().await;
    let answers = [Respond::Status(400), Respond::Status(302), Respond::Hangup, Respond::Status(202)];
    let shop = Receiver::responding(answers).await;
    sandbox.mattilda().subscribe(shop.url("/"));
    let payment = sandbox.mattilda().captured(100, "MXN");
    refund(&sandbox, &payment).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 4);
    let got = shop.got();
    let ids: Vec<_> = got.iter().map(|got| got.header("X-Gr4vy-Webhook-ID")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "constant over retries");
    let times: Vec<_> = got.iter().map(|got| got.header("X-Gr4vy-Webhook-Timestamp")).collect();
    assert_ne!(times[0], times[3]);

    shop.will([Respond::Status(500); 50]);
    let started = sandbox.now();
    refund(&sandbox, &payment).await;
    let deliveries = sandbox.webhooks().deliver_all().await;
    assert!(deliveries.len() > 10 && deliveries.last().unwrap().next_attempt.is_none());
    let took = (sandbox.now() - started).whole_days();
    assert!((3..=7).contains(&took), "{took} days");
}

#[tokio::test]
async fn each_subscription_has_its_own_delivery_ids_until_it_ends() {
    let sandbox = start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/one");
    let two = sandbox.mattilda().subscribe("http://127.0.0.1:1/two");
    let payment = sandbox.mattilda().captured(100, "MXN");
    refund(&sandbox, &payment).await;
    let taken = sandbox.webhooks().queue().take();
    assert_eq!((taken.len(), taken[0].body == taken[1].body), (2, true), "one event");
    assert_ne!(taken[0].delivery_id, taken[1].delivery_id);
    sandbox.mattilda().unsubscribe(&two);
    refund(&sandbox, &payment).await;
    assert_eq!(sandbox.webhooks().pending(), 1);
}
