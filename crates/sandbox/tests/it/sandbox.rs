use std::time::Duration;

use refunds_sandbox::{FaultRule, Outcome, Provider, Sandbox, dintero, mattilda::TransactionSpec};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::common::{Dintero, Mattilda, read, start};

async fn raw(url: &str, request: &[u8]) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches("/v1");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    // What is left of a connection that was cut may be an error; what was read until then counts.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn settings_and_environment_fit_the_adapters() {
    let sandbox = start().await;
    let dintero: Vec<String> = sandbox.settings("dintero").into_keys().collect();
    let expected = [
        "account_id",
        "api_url",
        "callback_secret",
        "checkout_url",
        "client_id",
        "client_secret",
        "hook_secret",
    ];
    assert_eq!(dintero, expected);
    let mattilda: Vec<String> = sandbox.settings("mattilda").into_keys().collect();
    assert_eq!(mattilda, ["api_url", "private_key", "webhook_secret"]);
    assert!(sandbox.settings("other").is_empty());
    let env = sandbox.env();
    assert_eq!(env.len(), expected.len() + 3);
    let key = env.iter().find(|(name, _)| name == "MATTILDA_PRIVATE_KEY").unwrap();
    assert!(key.1.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(env.contains(&("DINTERO_API_URL".to_owned(), sandbox.dintero().api_url())));
    let debug = format!("{sandbox:?}");
    for (name, value) in &env {
        if name.contains("SECRET") || name.contains("KEY") {
            assert!(!debug.contains(value.as_str()), "{name}");
        }
    }
}

#[tokio::test]
async fn every_request_is_recorded_as_it_arrived() {
    let sandbox = start().await;
    let url = sandbox.mattilda().api_url().to_owned();
    raw(&url, b"GET /a%2Fb/%2e%2e/c?x=%20y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    raw(&url, b"BREW /coffee HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    let response = raw(&url, b"GET /not a path?q=1 HTTP/1.1\r\nAuthorization: Bearer s3cret\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    raw(&url, b"\x16\x03\x01\x02").await;

    let requests = sandbox.requests();
    let seen: Vec<_> =
        requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
    assert_eq!(seen, [("GET", "/a%2Fb/%2e%2e/c"), ("BREW", "/coffee"), ("GET", "/not a path"), ("", "")]);
    assert_eq!(requests[0].query.as_deref(), Some("x=%20y"));
    assert_eq!((requests[0].status, requests[0].provider), (Some(404), Provider::Mattilda));
    assert!(!format!("{requests:?}").contains("s3cret"));
    sandbox.clear_requests();
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    let body = json!({"reason": "x".repeat(2 * 1024 * 1024)});
    // The response may be lost, since the rest of the request is not read.
    if let Ok(response) = mattilda.refund(&payment, &body).send().await {
        assert_eq!(response.status(), 413);
    }
    assert_eq!(sandbox.requests()[0].status, Some(413));
}

#[tokio::test]
async fn refunds_settle_on_the_clock_or_on_request() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    sandbox.set_settle_after(Some(Duration::from_secs(3_600)));
    let mattilda = Mattilda::of(&sandbox);
    let dintero = Dintero::of(&sandbox).await;
    let slow = || TransactionSpec::new(100, "MXN").asynchronous(Outcome::Succeeded);
    let (one, two) = (sandbox.mattilda().transaction(slow()), sandbox.mattilda().transaction(slow()));
    let three = sandbox.dintero().captured(100, "NOK");
    sandbox.dintero().set_asynchronous(&three, true);
    for payment in [&one, &two] {
        assert_eq!(read(mattilda.refund(payment, &json!({}))).await.0, 201);
    }
    assert_eq!(read(dintero.refund(&three, &json!({"amount": 100}))).await.0, 202);
    for _ in 0..5 {
        let (_, page) = read(mattilda.get(&format!("/transactions/{one}/refunds"))).await;
        assert_eq!(page["items"][0]["status"], "processing");
        assert_eq!(dintero.transaction(&three).await["status"], "CAPTURED");
    }
    sandbox.settle(&one, Outcome::Voided);
    assert_eq!((sandbox.ledger().pending(&one), sandbox.ledger().total_refunded(&one)), (0, 0));
    assert_eq!(sandbox.ledger().pending(&two), 100);
    sandbox.advance(Duration::from_secs(3_600));
    assert_eq!(sandbox.ledger().total_refunded(&two), 100);
    assert_eq!(sandbox.ledger().total_refunded(&three), 100);
    let (_, page) = read(mattilda.get(&format!("/transactions/{one}/refunds"))).await;
    assert_eq!(page["items"][0]["status"], "voided");
}

#[tokio::test]
async fn a_fixed_clock_does_not_move() {
    let at = time::macros::datetime!(2026-09-21 13:33:20 UTC);
    let sandbox = Sandbox::builder().clock_at(at).start().await.unwrap();
    let payment = sandbox.dintero().captured(100, "NOK");
    let document = sandbox.dintero().transaction_json(&payment).unwrap();
    assert_eq!(document["created_at"], "2026-09-21T13:33:20.000Z");
    sandbox.advance(Duration::from_secs(u64::MAX));
    sandbox.advance(Duration::from_secs(u64::MAX));
    assert!(sandbox.now() > at, "however far");
}

#[tokio::test]
async fn ports_can_be_chosen_and_are_free_again_after_the_end() {
    let sandbox = start().await;
    let url = sandbox.mattilda().api_url().to_owned();
    let port: u16 = url.rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(Sandbox::builder().mattilda_port(port).start().await.is_err(), "taken");
    sandbox.stop_listening().await;
    drop(sandbox);
    let sandbox = Sandbox::builder().mattilda_port(port).start().await.unwrap();
    assert_eq!(sandbox.mattilda().api_url(), url);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_refunds_never_exceed_what_was_captured() {
    let sandbox = start().await;
    let payment = sandbox.mattilda().captured(1_000, "MXN");
    let racers: Vec<_> = (0..20)
        .map(|_| {
            let mattilda = Mattilda::of(&sandbox);
            let payment = payment.clone();
            tokio::spawn(async move { read(mattilda.refund(&payment, &json!({"amount": 100}))).await.0 })
        })
        .collect();
    let mut made = 0;
    for racer in racers {
        made += usize::from(racer.await.unwrap() == 201);
    }
    assert_eq!((made, sandbox.ledger().total_refunded(&payment)), (10, 1_000));
}

#[tokio::test]
async fn a_payment_with_a_time_of_its_own_settles_by_that_alone() {
    let sandbox = start().await;
    let (dintero, mattilda) = (Dintero::of(&sandbox).await, Mattilda::of(&sandbox));
    let hour = Duration::from_secs(3_600);
    let spec = TransactionSpec::new(100, "MXN").asynchronous(Outcome::Succeeded);
    let one = sandbox.mattilda().transaction(spec.settles_after(hour));
    let spec = dintero::TransactionSpec::new(100, "NOK").asynchronous(Outcome::Succeeded);
    let other = sandbox.dintero().transaction(spec.settles_after(hour));
    read(mattilda.refund(&one, &json!({}))).await;
    read(dintero.refund(&other, &json!({"amount": 100}))).await;
    for _ in 0..4 {
        read(mattilda.get(&format!("/transactions/{one}/refunds"))).await;
        dintero.transaction(&other).await;
    }
    assert_eq!((sandbox.ledger().pending(&one), sandbox.ledger().pending(&other)), (100, 100));
    sandbox.advance(hour);
    assert_eq!((sandbox.ledger().pending(&one), sandbox.ledger().pending(&other)), (0, 0));
}

#[tokio::test]
async fn a_fault_can_be_of_one_payment() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let (one, other) = (sandbox.mattilda().captured(100, "MXN"), sandbox.mattilda().captured(100, "MXN"));
    sandbox.faults().add(format!("submit@{one}:1:status=503").parse().unwrap());
    for (payment, status) in [(&other, 201), (&one, 503), (&one, 201)] {
        assert_eq!(read(mattilda.refund(payment, &json!({"amount": 1}))).await.0, status);
    }
    let rule: FaultRule = "submit:1:status=503".parse().unwrap();
    assert_eq!(rule.of(&one), format!("submit@{one}:1:status=503").parse().unwrap());
}
