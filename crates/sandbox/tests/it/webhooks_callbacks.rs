//! Dintero's callbacks of one session.

use std::time::Duration;

use aws_lc_rs::hmac::HMAC_SHA256;
use refunds_sandbox::{
    Outcome, Sandbox, SignedRequest,
    dintero::{Decline, TransactionSpec},
};
use serde_json::{Value, json};

use crate::{
    common::{Dintero, read, start},
    receiver::{Receiver, Respond, is_signed},
};

/// The query of a URL, decoded without the sandbox's own code.
fn query(url: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> &'a str {
    query.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
}

/// As the documentation verifies: a WHATWG URL, its parameters sorted by name and written as a form.
fn is_authentic(sandbox: &Sandbox, method: &str, url: &str, header: &str) -> bool {
    let settings = sandbox.settings("dintero");
    let (time, signature) = header.split_once(",v0-hmac-sha256=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let mut query = query(url);
    query.sort_by(|one, other| one.0.cmp(&other.0));
    let mut url = reqwest::Url::parse(url).unwrap();
    url.query_pairs_mut().clear().extend_pairs(query);
    let message = [
        time,
        &settings["account_id"],
        method,
        url.host_str().unwrap(),
        url.path(),
        url.query().unwrap_or_default(),
    ]
    .join("\n");
    is_signed(HMAC_SHA256, &settings["callback_secret"], message.as_bytes(), signature)
}

async fn refund(sandbox: &Sandbox, spec: TransactionSpec) -> String {
    let payment = sandbox.dintero().transaction(spec);
    let dintero = Dintero::of(sandbox).await;
    let body = json!({"amount": 40, "refund_reference": "rf-1"});
    assert!(dintero.refund(&payment, &body).send().await.unwrap().status().is_success());
    payment
}

fn only(mut taken: Vec<SignedRequest>) -> SignedRequest {
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

#[tokio::test]
async fn a_refund_is_called_back_with_a_signed_url() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    let url = shop.url("/call%20back?z=1&report_event=REFUND&shop=a+b%26c");
    let spec = TransactionSpec::new(100, "NOK").merchant_reference("order 42 å").callback_url(url);
    let payment = refund(&sandbox, spec).await;
    assert_eq!(sandbox.webhooks().pending(), 1);
    assert!(shop.got().is_empty(), "nothing goes out by itself");

    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!((deliveries.len(), deliveries[0].status, deliveries[0].attempt), (1, Some(200), 1));
    assert_eq!((deliveries[0].event.as_str(), deliveries[0].next_attempt), ("REFUND", None));
    assert!(deliveries[0].is_accepted());
    assert!(sandbox.webhooks().deliver().await.is_empty(), "once");

    let got = shop.got().remove(0);
    assert_eq!((got.method.as_str(), got.body.len()), ("GET", 0));
    assert_eq!(got.header("event-delivery"), deliveries[0].delivery_id);
    let called = shop.url(&got.target);
    assert_eq!(called, deliveries[0].url);
    assert!(is_authentic(&sandbox, "GET", &called, got.header("Dintero-Signature")));
    assert!(!is_authentic(&sandbox, "POST", &called, got.header("Dintero-Signature")));
    let document = sandbox.dintero().transaction_json(&payment).unwrap();
    let query = query(&called);
    for (name, expected) in [
        ("z", "1"),
        ("shop", "a b&c"),
        ("report_event", "REFUND"),
        ("transaction_id", payment.as_str()),
        ("session_id", document["session_id"].as_str().unwrap()),
        ("merchant_reference", "order 42 å"),
        ("time", document["created_at"].as_str().unwrap()),
        ("event", "REFUND"),
        ("event_id", document["events"][2]["id"].as_str().unwrap()),
    ] {
        assert_eq!(value(&query, name), expected, "{name}");
    }
    assert_eq!(query.len(), 9);
}

#[tokio::test]
async fn options_in_the_url_control_the_callback() {
    let at = time::macros::datetime!(2026-09-21 13:33:20 UTC);
    let sandbox = Sandbox::builder().clock_at(at).start().await.unwrap();
    let url = "https://shop.example/cb?method=POST&report_event=CAPTURE&report_event=REFUND\
               &delay_callback=120&includes=session&sid_parameter_name=sid";
    let payment = sandbox.dintero().captured(100, "NOK");
    sandbox.dintero().set_callback_url(&payment, url);
    let dintero = Dintero::of(&sandbox).await;
    read(dintero.refund(&payment, &json!({"amount": 40}))).await;
    let due = sandbox.webhooks().next_due();
    assert_eq!(due, Some(at + Duration::from_secs(60)), "at most a minute");
    assert!(sandbox.webhooks().deliver().await.is_empty(), "not due");

    let request = only(sandbox.webhooks().queue().take());
    assert_eq!(sandbox.webhooks().pending(), 0);
    assert_eq!(request.method, "POST");
    let signature = request.header("dintero-signature").unwrap();
    assert!(is_authentic(&sandbox, "POST", &request.url, signature), "public host names are signed, too");
    let query = query(&request.url);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(value(&query, "sid"), body["session_id"].as_str().unwrap());
    assert_eq!((value(&query, "session_id"), value(&query, "merchant_reference")), ("", ""));
    assert_eq!(
        (body["id"].as_str(), &body["status"]),
        (Some(payment.as_str()), &json!("PARTIALLY_REFUNDED"))
    );
    assert_eq!(body["session"]["id"], body["session_id"]);
    assert!(!format!("{request:?}").contains(signature));
}

#[tokio::test]
async fn only_requested_events_are_called_back() {
    let sandbox = start().await;
    for query in ["", "?report_event=CAPTURE", "?report_event=refund", "?report_error=true"] {
        let url = format!("http://127.0.0.1:1/cb{query}");
        refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(url)).await;
        assert_eq!(sandbox.webhooks().pending(), 0, "{query}");
    }
}

#[tokio::test]
async fn an_asynchronous_or_failed_refund_is_called_back_when_it_ends() {
    let sandbox = start().await;
    let url = "http://127.0.0.1:1/cb?report_event=REFUND";
    let slow = TransactionSpec::new(100, "SEK").asynchronous(Outcome::Failed).callback_url(url);
    let payment = refund(&sandbox, slow).await;
    assert_eq!(sandbox.webhooks().pending(), 0, "only initiated");
    sandbox.settle_all();
    let request = only(sandbox.webhooks().queue().take());
    let document = sandbox.dintero().transaction_json(&payment).unwrap();
    let event = &document["events"][3];
    assert_eq!(value(&query(&request.url), "event_id"), event["id"].as_str().unwrap());
    assert_eq!(event["success"], false, "but the callback does not show it");

    let declines = TransactionSpec::new(100, "NOK").declines(Decline::default()).callback_url(url);
    refund(&sandbox, declines).await;
    assert_eq!(only(sandbox.webhooks().queue().take()).event, "REFUND");
}

#[tokio::test]
async fn failures_are_retried_twenty_times_and_refusals_never() {
    let sandbox = start().await;
    let answers = [Respond::Status(500), Respond::Hangup, Respond::Status(101), Respond::Status(204)];
    let shop = Receiver::responding(answers).await;
    let url = shop.url("/cb?report_event=REFUND");
    refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(&url)).await;
    let started = sandbox.now();
    let deliveries = sandbox.webhooks().deliver_all().await;
    let statuses: Vec<_> = deliveries.iter().map(|delivery| (delivery.attempt, delivery.status)).collect();
    assert_eq!(statuses, [(1, Some(500)), (2, None), (3, Some(101)), (4, Some(204))]);
    assert!(deliveries[1].error.is_some() && deliveries[2].next_attempt.is_some());
    assert!(deliveries.iter().all(|delivery| delivery.delivery_id == deliveries[0].delivery_id));
    assert!(sandbox.now() - started >= time::Duration::seconds(10 + 20 + 40), "the clock went along");
    let signatures: Vec<_> =
        shop.got().iter().map(|got| got.header("Dintero-Signature").to_owned()).collect();
    assert_ne!(signatures[0], signatures[3], "each attempt is signed with its own time");

    for status in [301, 400, 404, 410] {
        shop.will([Respond::Status(status)]);
        refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(&url)).await;
        assert_eq!(sandbox.webhooks().deliver_all().await.len(), 1, "{status}");
    }

    shop.will([Respond::Status(503); 30]);
    refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(&url)).await;
    let deliveries = sandbox.webhooks().deliver_all().await;
    assert_eq!((deliveries.len(), deliveries[20].next_attempt), (21, None));
}

#[tokio::test]
async fn a_silent_receiver_has_failed() {
    let sandbox = start().await;
    let shop = Receiver::responding([Respond::Silence]).await;
    sandbox.webhooks().set_time_limit(Duration::from_millis(100));
    let url = shop.url("/cb?report_event=REFUND");
    refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(url)).await;
    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!((deliveries[0].status, sandbox.webhooks().pending()), (None, 1));
    assert_eq!(sandbox.webhooks().deliver_all().await[0].status, Some(200));
}

#[tokio::test]
async fn nothing_is_ever_sent_elsewhere() {
    let sandbox = start().await;
    for host in ["https://127.0.0.1:1", "http://shop.example", "http://192.0.2.1:80", "not a url"] {
        let url = format!("{host}/cb?report_event=REFUND");
        refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(url)).await;
        let deliveries = sandbox.webhooks().deliver_all().await;
        assert_eq!((deliveries.len(), deliveries[0].status), (1, None), "{host}");
        assert!(deliveries[0].error.is_some());
    }
}

#[tokio::test]
async fn the_secret_can_be_read_and_replaced() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let first = sandbox.settings("dintero")["callback_secret"].clone();
    let (status, body) = read(dintero.get("/admin/signature")).await;
    assert_eq!(status, 200);
    assert_eq!(body, json!({"signature": {"type": "v0-hmac-sha256", "secret": first}}));
    let (status, body) = read(dintero.post("/admin/signature", &json!({}))).await;
    let second = body["signature"]["secret"].as_str().unwrap();
    assert_eq!(status, 200);
    assert_ne!(second, first);
    assert_eq!(sandbox.settings("dintero")["callback_secret"], second);

    let url = "http://127.0.0.1:1/cb?report_event=REFUND";
    refund(&sandbox, TransactionSpec::new(100, "NOK").callback_url(url)).await;
    let request = only(sandbox.webhooks().queue().take());
    assert!(is_authentic(&sandbox, "GET", &request.url, request.header("Dintero-Signature").unwrap()));
    sandbox.dintero().set_scopes(["admin:shopping"]);
    assert_eq!(read(dintero.get("/admin/signature")).await.0, 403);
}
