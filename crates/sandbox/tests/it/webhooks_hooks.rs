//! Dintero's hook subscriptions.

use aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::{Value, json};

use crate::{
    common::{Dintero, read, start},
    receiver::{Receiver, Respond, is_signed},
};

fn body(url: &str) -> Value {
    json!({
        "config": {
            "url": url, "content_type": "application/json", "insecure_ssl": 0,
            "secret": {"type": "HMAC-SHA1", "value": "s3cret"},
        },
        "events": ["checkout_transaction", "shopping_order_event_add"],
        "active": true,
    })
}

struct Api {
    dintero: Dintero,
    path: String,
}

impl Api {
    async fn of(sandbox: &Sandbox) -> Self {
        let dintero = Dintero::of(sandbox).await;
        let path = format!("/accounts/{}/hooks/subscriptions", sandbox.dintero().account_id());
        Self { dintero, path }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.dintero.get(&format!("{}{path}", self.path))).await
    }

    async fn create(&self, body: &Value) -> (u16, Value) {
        read(self.dintero.post(&self.path, body)).await
    }

    async fn ping(&self, id: &str) -> u16 {
        let path = format!("{}/{id}/ping", self.path);
        self.dintero.post(&path, &json!({})).send().await.unwrap().status().as_u16()
    }

    async fn delete(&self, id: &str) -> u16 {
        let url = format!("{}{}/{id}", self.dintero.settings["api_url"], self.path);
        let request = self.dintero.client.delete(url).bearer_auth(&self.dintero.token);
        request.send().await.unwrap().status().as_u16()
    }

    async fn refund(&self, payment: &str) {
        let (status, response) = read(self.dintero.refund(payment, &json!({"amount": 10}))).await;
        assert!(status < 300, "{response}");
    }
}

#[tokio::test]
async fn subscriptions_are_created_and_deleted() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    let api = Api::of(&sandbox).await;
    assert_eq!(api.get("").await, (200, json!([])));
    let (status, made) = api.create(&body(&shop.url("/hooks"))).await;
    assert_eq!(status, 200, "{made}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["config"]["url"], shop.url("/hooks"));
    assert!(!made.to_string().contains("s3cret"));
    assert_eq!(api.get(&format!("/{id}")).await, (200, made.clone()));
    assert_eq!(api.get("").await, (200, json!([made])));

    sandbox.webhooks().deliver().await;
    let ping = shop.got().remove(0);
    assert_eq!((ping.header("event"), ping.json()["id"].as_str()), ("ping", Some(id)));
    assert_eq!(api.ping(id).await, 204);
    assert_eq!(sandbox.webhooks().pending(), 1);

    assert_eq!(api.delete(id).await, 200);
    assert_eq!(sandbox.webhooks().pending(), 0, "what was on its way is dropped");
    assert!(!sandbox.dintero().is_subscribed(id));
    assert_eq!(
        (api.get(&format!("/{id}")).await.0, api.delete(id).await, api.ping(id).await),
        (404, 404, 404)
    );
    assert_eq!(api.get("").await.1, json!([]));
    let (_, all) = api.get("?include_deleted=true").await;
    assert!(all[0]["deleted_at"].is_string());
}

#[tokio::test]
async fn invalid_subscriptions_are_refused() {
    let sandbox = start().await;
    let api = Api::of(&sandbox).await;
    let good = body("http://localhost:8080/hooks");
    for (pointer, wrong) in [
        ("/config", json!(null)),
        ("/config/url", json!("https://shop.example/hooks")),
        ("/config/url", json!("http://10.0.0.1/hooks")),
        ("/config/url", json!(7)),
        ("/config/content_type", json!("text/xml")),
        ("/config/insecure_ssl", json!(2)),
        ("/config/secret", json!({"type": "HMAC-SHA1"})),
        ("/config/secret", json!({"type": "HMAC-MD5", "value": "x"})),
        ("/config/secret", json!({"type": "Authorization", "value": "Bearer x"})),
        ("/events", json!([])),
        ("/events", json!(["refund"])),
        ("/active", json!("yes")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        let (status, response) = api.create(&body).await;
        assert_eq!(status, 400, "{pointer}: {response}");
        assert!(response["error"]["message"].is_string());
    }
    assert_eq!(api.create(&good).await.0, 200);

    sandbox.dintero().set_scopes(["admin:checkout", "read:hooks"]);
    assert_eq!((api.create(&good).await.0, api.get("").await.0), (403, 200));
    sandbox.dintero().set_scopes(["write:hooks"]);
    assert_eq!((api.create(&good).await.0, api.get("").await.0), (200, 403));
    sandbox.dintero().set_scopes(["admin:checkout"]);
    assert_eq!((api.create(&good).await.0, api.get("").await.0), (403, 403));
    sandbox.dintero().set_scopes(["admin:hooks"]);
    let elsewhere = api.dintero.get("/accounts/T00000000/hooks/subscriptions");
    assert_eq!(read(elsewhere).await.0, 403);
}

#[tokio::test]
async fn a_hook_reports_a_refund_without_its_amount() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    let api = Api::of(&sandbox).await;
    sandbox.dintero().subscribe(shop.url("/hooks?a=1"), ["checkout_transaction"]);
    let spec = TransactionSpec::new(100, "NOK").merchant_reference("order-42");
    let payment = sandbox.dintero().transaction(spec);
    assert_eq!(sandbox.webhooks().pending(), 0, "neither a ping nor news of what was made by hand");
    api.refund(&payment).await;
    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!(deliveries[0].event, "checkout_transaction");

    let got = shop.got().remove(0);
    assert_eq!((got.method.as_str(), got.target.as_str()), ("POST", "/hooks?a=1"));
    assert_eq!(got.header("event"), "checkout_transaction");
    assert_eq!(got.header("event-delivery"), deliveries[0].delivery_id);
    assert!(got.header("user-agent").starts_with("Dintero-Hook/"));
    let secret = &sandbox.settings("dintero")["hook_secret"];
    let signature = got.header("event-signature");
    assert!(is_signed(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, &got.body, signature));
    let document = sandbox.dintero().transaction_json(&payment).unwrap();
    let expected = json!({
        "account_id": sandbox.dintero().account_id(),
        "event": "checkout_transaction",
        "event_delivery": deliveries[0].delivery_id,
        "transaction": {
            "id": payment, "session_id": document["session_id"], "merchant_reference": "order-42",
            "created_at": document["created_at"], "updated_at": document["updated_at"],
            "status": "PARTIALLY_REFUNDED",
        },
    });
    assert_eq!(got.json(), expected);
}

#[tokio::test]
async fn initiating_and_ending_are_two_updates_and_nothing_else_is_reported() {
    let sandbox = start().await;
    let api = Api::of(&sandbox).await;
    sandbox.dintero().subscribe("http://127.0.0.1:1/", ["checkout_transaction"]);
    sandbox.dintero().subscribe("http://127.0.0.1:1/", ["settlement_add"]);
    let mut inactive = body("http://127.0.0.1:1/");
    inactive["active"] = json!(false);
    api.create(&inactive).await;
    sandbox.webhooks().queue().clear();
    let spec = TransactionSpec::new(100, "SEK").asynchronous(Outcome::Succeeded);
    let payment = sandbox.dintero().transaction(spec);
    api.refund(&payment).await;
    sandbox.settle_all();
    let taken = sandbox.webhooks().queue().take();
    let statuses: Vec<Value> = taken
        .iter()
        .map(|taken| serde_json::from_slice::<Value>(&taken.body).unwrap()["transaction"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["CAPTURED", "PARTIALLY_REFUNDED"]);
}

#[tokio::test]
async fn a_record_on_an_order_is_reported() {
    let sandbox = start().await;
    let api = Api::of(&sandbox).await;
    let events = ["shopping_order_event_add", "shopping_order_update"];
    sandbox.dintero().subscribe("http://127.0.0.1:1/", events);
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_anonymously());
    let path = format!("{}/refunds", api.dintero.order(&order));
    let (_, refund) = read(api.dintero.post(&path, &json!({"items": [{"line_id": 1, "amount": 40}]}))).await;
    let taken = sandbox.webhooks().queue().take();
    let names: Vec<_> = taken.iter().map(|taken| taken.event.as_str()).collect();
    assert_eq!(names, events);
    let webhook: Value = serde_json::from_slice(&taken[0].body).unwrap();
    assert_eq!((&webhook["order"]["id"], &webhook["order_event"]["id"]), (&json!(order), &refund["id"]));
    assert!(webhook["order_event"].get("amount").is_none());
}

#[tokio::test]
async fn a_400_stops_the_delivery_and_everything_else_is_retried() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    let api = Api::of(&sandbox).await;
    let hook = sandbox.dintero().subscribe(shop.url("/"), ["checkout_transaction"]);
    let payment = sandbox.dintero().captured(100, "NOK");
    shop.will([Respond::Status(400)]);
    api.refund(&payment).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 1);

    shop.will([Respond::Status(500), Respond::Status(404), Respond::Status(302), Respond::Hangup]);
    api.refund(&payment).await;
    let deliveries = sandbox.webhooks().deliver_all().await;
    assert_eq!((deliveries.len(), deliveries[4].status), (5, Some(200)));
    assert!(sandbox.dintero().is_subscribed(&hook));

    let (_, list) = api.get(&format!("/{hook}/deliveries")).await;
    let list = list.as_array().unwrap();
    let statuses: Vec<_> = list.iter().map(|kept| kept.get("status").cloned().unwrap_or_default()).collect();
    assert_eq!(statuses, [json!(400), json!(500), json!(404), json!(302), Value::Null, json!(200)]);
    assert_eq!(list[5]["event_delivery"], deliveries[0].delivery_id.as_str());
    let id = list[5]["id"].as_str().unwrap();
    let (_, detail) = api.get(&format!("/{hook}/deliveries/{id}")).await;
    assert_eq!(detail["details"]["delivery_success"], true);
    assert_eq!(detail["request"]["headers"]["event"], "checkout_transaction");
    assert_eq!(api.get(&format!("/{hook}/deliveries/none")).await.0, 404);
}

#[tokio::test]
async fn a_subscription_that_keeps_failing_is_deleted() {
    let sandbox = start().await;
    let shop = Receiver::responding([Respond::Status(500); 5]).await;
    let api = Api::of(&sandbox).await;
    let hook = sandbox.dintero().subscribe(shop.url("/"), ["checkout_transaction"]);
    let payment = sandbox.dintero().captured(100, "NOK");
    api.refund(&payment).await;
    let deliveries = sandbox.webhooks().deliver_all().await;
    assert_eq!((deliveries.len(), deliveries[4].attempt, deliveries[4].next_attempt), (5, 5, None));
    assert!(!sandbox.dintero().is_subscribed(&hook));
    api.refund(&payment).await;
    assert!(sandbox.webhooks().deliver_all().await.is_empty(), "for good: polling has to find it");
}

#[tokio::test]
async fn nothing_is_sent_to_a_deleted_subscription() {
    // A clock that stands still, so that both are always due at the same time.
    let at = time::macros::datetime!(2026-09-21 13:33:20 UTC);
    let sandbox = Sandbox::builder().clock_at(at).start().await.unwrap();
    let shop = Receiver::responding([Respond::Status(500); 10]).await;
    let api = Api::of(&sandbox).await;
    sandbox.dintero().subscribe(shop.url("/"), ["checkout_transaction"]);
    let payment = sandbox.dintero().captured(100, "NOK");
    api.refund(&payment).await;
    api.refund(&payment).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 9, "the fifth try of the first was the end");
    assert_eq!((shop.got().len(), sandbox.webhooks().pending()), (9, 0));
}

#[tokio::test]
async fn a_success_in_between_keeps_a_subscription() {
    let sandbox = start().await;
    let mut answers = [Respond::Status(500); 6];
    answers[1] = Respond::Status(200);
    let shop = Receiver::responding(answers).await;
    let api = Api::of(&sandbox).await;
    let hook = sandbox.dintero().subscribe(shop.url("/"), ["checkout_transaction"]);
    let payment = sandbox.dintero().captured(100, "NOK");
    api.refund(&payment).await;
    api.refund(&payment).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 6, "five of the first, one of the second");
    assert!(sandbox.dintero().is_subscribed(&hook));
}
