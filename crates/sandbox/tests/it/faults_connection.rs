//! Faults that break the connection, or keep it from ending.

use std::time::Duration;

use refunds_sandbox::{Call, FaultAction, FaultRule, Sandbox};
use serde_json::json;

use crate::common::{Dintero, Mattilda, read, start};

const SOON: Duration = Duration::from_millis(150);

/// Whether the body arrived whole, of a submit of 100 that meets this fault, and what the ledger says then.
async fn submit(action: FaultAction) -> (Sandbox, Mattilda, String, reqwest::Result<String>) {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(action));
    let body = json!({"amount": 100, "external_identifier": "r"});
    let request = mattilda.refund(&payment, &body).timeout(SOON);
    let text = match request.send().await {
        Ok(response) => response.text().await,
        Err(error) => Err(error),
    };
    (sandbox, mattilda, payment, text)
}

#[tokio::test]
async fn a_dropped_connection_hides_the_outcome() {
    for (action, moved) in [
        (FaultAction::DropBefore, 0),
        (FaultAction::ResetBefore, 0),
        (FaultAction::ProcessThenDrop, 100),
        (FaultAction::ProcessThenReset, 100),
    ] {
        let name = action.to_string();
        let (sandbox, _, payment, answer) = submit(action).await;
        let error = answer.unwrap_err();
        assert!(!error.is_timeout() && !error.is_connect(), "{name}: {error:?}");
        assert_eq!(sandbox.ledger().total_refunded(&payment), moved, "{name}");
        let requests = sandbox.requests();
        assert_eq!(requests.last().unwrap().status, None, "{name}");
        assert_eq!(requests.last().unwrap().fault.as_deref(), Some(format!("submit:1:{name}").as_str()));
    }
}

#[tokio::test]
async fn silence_and_endless_responses_time_out() {
    for (action, moved) in [
        (FaultAction::Silence, 0),
        (FaultAction::ProcessThenSilence, 100),
        (FaultAction::SlowDrip(Duration::from_secs(60)), 100),
        (FaultAction::EndlessBody, 100),
        (FaultAction::Latency(Duration::from_secs(60)), 100),
    ] {
        let name = action.to_string();
        let (sandbox, _, payment, answer) = submit(action).await;
        assert!(answer.unwrap_err().is_timeout(), "{name}");
        assert_eq!(sandbox.ledger().total_refunded(&payment), moved, "{name}");
    }
}

#[tokio::test]
async fn latency_and_drip_end() {
    for action in
        [FaultAction::Latency(Duration::from_millis(5)), FaultAction::SlowDrip(Duration::from_micros(10))]
    {
        let sandbox = start().await;
        let mattilda = Mattilda::of(&sandbox);
        let payment = sandbox.mattilda().captured(300, "MXN");
        sandbox.faults().add(FaultRule::on(Call::Any).then(action));
        assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 100}))).await.0, 201);
    }
}

#[tokio::test]
async fn a_truncated_response_has_a_head_and_half_a_body() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).then(FaultAction::TruncatedBody));
    let mut response = mattilda.refund(&payment, &json!({"amount": 100})).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let announced = response.content_length().unwrap();
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => received.extend_from_slice(&chunk),
            Ok(None) => panic!("it ended well"),
            Err(error) => break error,
        }
    };
    assert!(!error.is_timeout());
    assert_eq!(received.len() as u64, announced / 2);
    assert!(received.starts_with(b"{"));
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
}

#[tokio::test]
async fn a_late_request_arrives_on_the_sandbox_clock() {
    let (sandbox, mattilda, payment, answer) =
        submit(FaultAction::ProcessLate(Duration::from_secs(30))).await;
    assert!(answer.is_err());
    let look = format!("/transactions/{payment}/refunds");
    for _ in 0..3 {
        assert_eq!(read(mattilda.get(&look)).await.1["items"], json!([]));
    }
    sandbox.advance(Duration::from_secs(29));
    assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
    assert_eq!(read(mattilda.get(&look)).await.1["items"][0]["external_identifier"], "r");
}

#[tokio::test]
async fn a_late_request_may_arrive_after_some_requests() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(300, "NOK");
    let fault = FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessLateAfter(2));
    sandbox.faults().add(fault);
    let body = json!({"amount": 100});
    assert!(dintero.refund(&payment, &body).send().await.is_err());
    for status in ["CAPTURED", "CAPTURED", "PARTIALLY_REFUNDED"] {
        assert_eq!(dintero.transaction(&payment).await["status"], status);
    }

    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessLateAfter(99)));
    assert!(dintero.refund(&payment, &body).send().await.is_err());
    sandbox.deliver_late();
    assert_eq!(sandbox.ledger().total_refunded(&payment), 200);
}

#[tokio::test]
async fn a_refused_request_never_arrives_late() {
    let sandbox = start().await;
    let mattilda = Mattilda { token: "wrong".to_owned(), ..Mattilda::of(&sandbox) };
    let payment = sandbox.mattilda().captured(300, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).then(FaultAction::ProcessLateAfter(0)));
    assert_eq!(read(mattilda.refund(&payment, &json!({}))).await.0, 401);
    sandbox.deliver_late();
    assert!(sandbox.ledger().entries().is_empty());
}

#[tokio::test]
async fn a_port_that_is_closed_refuses() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(300, "MXN");
    let path = format!("/transactions/{payment}");
    assert_eq!(read(mattilda.get(&path)).await.0, 200);
    sandbox.stop_listening().await;
    // A pooled connection that is found closed is an error of another kind, so this client has none.
    let fresh = Mattilda::of(&sandbox);
    assert!(fresh.get(&path).send().await.unwrap_err().is_connect());
    sandbox.resume_listening().await.unwrap();
    sandbox.resume_listening().await.unwrap();
    assert_eq!(read(fresh.get(&path)).await.0, 200);

    let refused = fresh.client.get(sandbox.refused_url().unwrap()).send().await;
    assert!(refused.unwrap_err().is_connect());
}
