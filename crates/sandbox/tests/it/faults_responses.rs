//! Faults that change the response.

use refunds_sandbox::{Call, FaultAction, FaultRule, Provider, Sandbox};
use serde_json::{Value, json};

use crate::common::{Dintero, Mattilda, header, read, start};

struct Submitted {
    status: u16,
    kind: String,
    headers: String,
    text: String,
    moved: i64,
    entries: usize,
}

/// The response to a submission of 100 under this fault, and what it moved.
async fn submit(action: FaultAction) -> Submitted {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(action));
    let response = mattilda.refund(&payment, &json!({"amount": 100})).send().await.unwrap();
    let ledger = sandbox.ledger();
    assert_eq!(sandbox.requests()[0].status, Some(response.status().as_u16()));
    Submitted {
        status: response.status().as_u16(),
        kind: header(&response, "content-type").to_owned(),
        headers: format!("{:?}", response.headers()),
        moved: ledger.total_refunded(&payment),
        entries: ledger.entries().len(),
        text: response.text().await.unwrap(),
    }
}

#[tokio::test]
async fn statuses_with_and_without_the_money() {
    for (action, status, moved, code) in [
        (FaultAction::ProcessThenStatus(500), 500, 100, "server_error"),
        (FaultAction::ProcessThenStatus(502), 502, 100, "bad_gateway"),
        (FaultAction::ProcessThenStatus(503), 503, 100, "service_unavailable"),
        (FaultAction::ProcessThenStatus(504), 504, 100, "gateway_timeout"),
        (FaultAction::StatusOnly(500), 500, 0, "server_error"),
        (FaultAction::StatusOnly(409), 409, 0, "duplicate_record"),
        (FaultAction::StatusOnly(425), 425, 0, "too_early"),
        (FaultAction::Unauthorized, 401, 0, "unauthorized"),
        (FaultAction::RateLimited { retry_after: None }, 429, 0, "too_many_requests"),
    ] {
        let name = action.to_string();
        let answer = submit(action).await;
        let body: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((answer.status, answer.moved), (status, moved), "{name}");
        assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)), "{name}");
    }
    let limited = submit(FaultAction::RateLimited { retry_after: Some(7) }).await;
    assert!(limited.headers.contains(r#""retry-after": "7""#), "{}", limited.headers);
}

#[tokio::test]
async fn bodies_that_are_not_the_response() {
    let html = submit(FaultAction::HtmlBody).await;
    assert_eq!((html.status, html.moved), (201, 100));
    assert!(html.kind.starts_with("text/html") && html.text.starts_with("<!doctype html>"));

    let malformed = submit(FaultAction::MalformedBody).await;
    assert_eq!((malformed.status, malformed.moved), (201, 100));
    assert!(serde_json::from_str::<Value>(&malformed.text).is_err());

    let plain = submit(FaultAction::WrongContentType).await;
    assert_eq!((plain.status, plain.moved), (201, 100));
    assert!(plain.kind.starts_with("text/plain"));
    assert!(serde_json::from_str::<Value>(&plain.text).is_ok());

    let detail = submit(FaultAction::DetailBody(422)).await;
    assert_eq!((detail.status, detail.moved), (422, 0));
    assert!(detail.text.contains("\"loc\""));

    let own = submit(FaultAction::ErrorBody {
        status: 418,
        content_type: "text/teapot".to_owned(),
        body: "short".to_owned(),
    })
    .await;
    assert_eq!(
        (own.status, own.kind.as_str(), own.text.as_str(), own.moved),
        (418, "text/teapot", "short", 0)
    );

    let unsendable = FaultAction::Redirect("http://a/\r\nx: y".to_owned());
    let sandbox = start().await;
    sandbox.faults().add(FaultRule::on(Call::Any).then(unsendable));
    assert!(Mattilda::of(&sandbox).get("/").send().await.is_err(), "no answer rather than a wrong one");
}

#[tokio::test]
async fn a_redirect_processes_nothing() {
    let answer = submit(FaultAction::Redirect("http://127.0.0.1:1/elsewhere".to_owned())).await;
    assert_eq!((answer.status, answer.moved), (307, 0));
    assert!(answer.headers.contains("http://127.0.0.1:1/elsewhere"));
}

#[tokio::test]
async fn a_repeated_delivery_moves_the_money_twice() {
    let answer = submit(FaultAction::DuplicateDelivery).await;
    assert_eq!((answer.status, answer.moved, answer.entries), (201, 200, 2));
}

#[tokio::test]
async fn a_response_may_be_about_another_refund() {
    let altered = submit(FaultAction::AlteredAmount).await;
    let body: Value = serde_json::from_str(&altered.text).unwrap();
    assert_eq!((altered.status, &body["amount"], altered.moved), (201, &json!(101), 100));

    let rewrite = |pointer: &str, value: Value| FaultAction::Rewrite { pointer: pointer.to_owned(), value };
    let rewritten = submit(rewrite("/currency", json!("USD"))).await;
    let body: Value = serde_json::from_str(&rewritten.text).unwrap();
    assert_eq!((&body["currency"], rewritten.moved), (&json!("USD"), 100));

    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(300, "NOK");
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::AlteredAmount));
    let reference = rewrite("/events/-1/event_reference", json!("another"));
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(2).then(reference));
    let request = || dintero.refund(&payment, &json!({"amount": 100, "refund_reference": "r"}));
    assert_eq!(read(request()).await.1["events"][2]["amount"], 101);
    assert_eq!(read(request()).await.1["events"][3]["event_reference"], "another");
    assert_eq!(sandbox.ledger().by_reference(&payment, "r"), 2);
    assert_eq!(dintero.transaction(&payment).await["events"][2]["amount"], 100);
}

#[tokio::test]
async fn faults_apply_to_their_calls_and_times() {
    let status = |sandbox: &Sandbox| {
        let mattilda = Mattilda::of(sandbox);
        let payment = sandbox.mattilda().captured(300, "MXN");
        async move { read(mattilda.get(&format!("/transactions/{payment}"))).await.0 }
    };
    for (fault, expected) in [
        ("payment:2:status=503", [200, 503, 200, 200]),
        ("payment:2x2:status=503", [200, 503, 503, 200]),
        ("payment:every:status=503", [503, 503, 503, 503]),
        ("read:1:status=503", [503, 200, 200, 200]),
        ("any:1:status=503", [503, 200, 200, 200]),
        ("submit:every:status=503", [200, 200, 200, 200]),
        ("dintero/payment:every:status=503", [200, 200, 200, 200]),
        ("mattilda/payment:1:status=503", [503, 200, 200, 200]),
        ("GET /transactions/*:1:status=503", [503, 200, 200, 200]),
        ("mattilda/* /trans*:1:status=503", [503, 200, 200, 200]),
        ("POST /transactions/*:1:status=503", [200, 200, 200, 200]),
        ("any:0%:status=503", [200, 200, 200, 200]),
        ("any:100%:status=503", [503, 503, 503, 503]),
    ] {
        let sandbox = start().await;
        sandbox.faults().add(fault.parse().unwrap());
        let mut seen = Vec::new();
        for _ in expected {
            seen.push(status(&sandbox).await);
        }
        assert_eq!(seen, expected, "{fault}");
        sandbox.faults().clear();
        assert_eq!(status(&sandbox).await, 200, "{fault}");
    }
}

#[tokio::test]
async fn percentages_follow_the_seed() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let mattilda = Mattilda::of(&sandbox);
        let fault = FaultRule::on(Call::Any).at(Provider::Mattilda).percent(50);
        sandbox.faults().add(fault.then(FaultAction::StatusOnly(503)));
        let mut run = Vec::new();
        for _ in 0..40 {
            run.push(read(mattilda.get("/nothing")).await.0);
        }
        assert!(run.contains(&503) && run.contains(&404));
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn tokens_and_orders_have_their_faults() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let limited = FaultAction::RateLimited { retry_after: Some(3) };
    sandbox.faults().add(FaultRule::on(Call::Token).nth(1).then(limited));
    sandbox.faults().add(FaultRule::on(Call::Orders).nth(1).then(FaultAction::StatusOnly(500)));
    sandbox.faults().add(FaultRule::on(Call::Search).nth(1).then(FaultAction::StatusOnly(503)));
    sandbox.faults().add(FaultRule::on(Call::Record).nth(1).then(FaultAction::StatusOnly(502)));
    let response = dintero.token_request().send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (429, "3"));
    assert_eq!(read(dintero.token_request()).await.0, 200);
    let (status, body) = read(dintero.get(&dintero.order("o"))).await;
    assert_eq!((status, body["error"]["message"].is_string()), (500, true));
    assert_eq!(read(dintero.get("/transactions")).await.0, 503);
    let record = format!("{}/refunds", dintero.order("o"));
    assert_eq!(read(dintero.post(&record, &json!({}))).await.0, 502);
}

#[test]
fn fault_rules_round_trip_as_text() {
    for text in [
        "any:every:drop-before",
        "token:1:unauthorized",
        "payment:2:reset-before",
        "search:3:process-then-reset",
        "list:1x2:truncated-body",
        "get:10%:malformed-body",
        "submit:1:html-body",
        "orders:1:endless-body",
        "record:1:silence",
        "read:1:process-then-silence",
        "submit:1:duplicate-delivery",
        "submit:1:wrong-content-type",
        "submit:1:altered-amount",
        "submit:1:latency=200ms",
        "submit:1:slow-drip=3s",
        "submit:1:process-late=90s",
        "submit:1:process-late-after=2",
        "submit:1:process-then-status=500",
        "submit:1:status=429",
        "submit:1:rate-limited",
        "submit:1:rate-limited=7",
        "submit:1:redirect=http://127.0.0.1:1/x?y=z",
        "submit:1:rewrite=/currency=\"USD\"",
        "submit:1:detail-body=422",
        "submit:1:error-body=500,text/plain,a,b=c",
        "dintero/GET /v1/*:1:status=404",
    ] {
        assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
    }
    assert_eq!(
        "look:*:process-late=2m".parse::<FaultRule>().unwrap().to_string(),
        "list:every:process-late=120s"
    );
    for text in [
        "",
        "submit",
        "submit:1",
        "pay:1:silence",
        "submit:0:silence",
        "submit:x:silence",
        "submit:1:status",
        "submit:1:status=99",
        "submit:1:latency=soon",
        "submit:1:silence=1",
        "submit:1:rewrite=/a",
        "submit:300%:silence",
        "submit:1:rewrite=/a=x",
        "submit:1:error-body=x",
        "other/submit:1:silence",
    ] {
        let error = text.parse::<FaultRule>().unwrap_err();
        assert!(error.to_string().starts_with("not a valid fault rule: "), "{text}");
    }
}
