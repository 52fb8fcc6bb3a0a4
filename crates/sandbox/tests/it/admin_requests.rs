//! Requests with their headers and bodies, at the admin port.

use serde_json::{Value, json};

use crate::common::{Admin, Dintero, Mattilda, read};

#[tokio::test]
async fn requests_are_shown_without_secrets() {
    let (sandbox, admin) = Admin::start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    let body = json!({
        "amount": 10,
        "reason": "ada@example.com paid with 4111 1111 1111 1111",
        "external_identifier": "rma-1",
        "access_token": "s3cret-1",
    });
    sandbox.faults().add("submit:1:process-then-status=502".parse().unwrap());
    let request =
        mattilda.refund(&payment, &body).query(&[("api_key", "s3cret-2"), ("q", "bob@example.com")]);
    let request = request.header("cookie", "session=s3cret-3").header("x-api-key", "s3cret-4");
    assert_eq!(read(request.header("idempotency-key", "rma-1")).await.0, 502);

    let shown = admin.get("/api/requests").await["requests"].clone();
    let request = &shown[0];
    assert_eq!(shown.as_array().unwrap().len(), 1);
    for (member, value) in [
        ("number", json!(1)),
        ("provider", json!("mattilda")),
        ("method", json!("POST")),
        ("path", json!(format!("/transactions/{payment}/refunds"))),
        ("query", json!("api_key=[redacted]&q=[redacted]")),
        ("answer", json!("answered")),
        ("status", json!(502)),
        ("fault", json!("submit:1:process-then-status=502")),
    ] {
        assert_eq!(request[member], value, "{member}");
    }
    let headers = request["headers"].as_array().unwrap();
    for header in [
        ["authorization", "Bearer [redacted]"],
        ["cookie", "[redacted]"],
        ["x-api-key", "[redacted]"],
        ["idempotency-key", "rma-1"],
    ] {
        assert!(headers.contains(&json!(header)), "{header:?}: {headers:?}");
    }
    let expected = json!({
        "amount": 10,
        "reason": "[redacted] paid with [redacted]",
        "external_identifier": "rma-1",
        "access_token": "[redacted]",
    });
    assert_eq!(serde_json::from_str::<Value>(request["body"].as_str().unwrap()).unwrap(), expected);
    for secret in ["s3cret", "example.com", "4111", &mattilda.token] {
        assert!(!shown.to_string().contains(secret), "{secret}");
    }
    let recorded = format!("{:?}", sandbox.requests());
    assert!(!recorded.contains("rma-1"), "the library's list has no headers and bodies: {recorded}");
}

#[tokio::test]
async fn a_token_request_shows_no_credentials() {
    let (sandbox, admin) = Admin::start().await;
    let dintero = Dintero::of(&sandbox).await;
    let secret = &dintero.settings["client_secret"];
    // Nor where nobody expects them.
    let odd = dintero.post("/transactions", &json!({"note": secret}));
    odd.header("note", secret).query(&[("note", secret)]).send().await.unwrap();
    let shown = admin.get("/api/requests").await.to_string();
    assert!(shown.contains("client_credentials") && shown.contains("Basic [redacted]"), "{shown}");
    assert!(!shown.contains(secret.as_str()) && !shown.contains(&dintero.token), "{shown}");
}

#[tokio::test]
async fn only_what_can_be_redacted_is_shown() {
    let (sandbox, admin) = Admin::start().await;
    let url = format!("{}/refunds/1", sandbox.mattilda().api_url());
    for (content_type, body) in [
        ("application/json", r#"{"password": "s3cret", broken"#.as_bytes()),
        ("text/plain", b"password: s3cret"),
        ("application/json", b"\xff\xfe s3cret"),
    ] {
        let request = admin.client.post(&url).header("content-type", content_type).body(body.to_vec());
        request.send().await.unwrap();
    }
    let shown = admin.get("/api/requests").await;
    assert!(!shown.to_string().contains("s3cret"));
    for request in shown["requests"].as_array().unwrap() {
        assert_eq!(
            (&request["body"], &request["body_note"]),
            (&Value::Null, &json!("not shown: neither valid JSON nor a form"))
        );
    }
}

#[tokio::test]
async fn long_bodies_and_many_requests_are_bounded() {
    let (sandbox, admin) = Admin::start().await;
    let mattilda = Mattilda::of(&sandbox);
    mattilda.post("/refunds/1", &json!({"reason": "x".repeat(100_000)})).send().await.unwrap();
    let request = admin.get("/api/requests").await["requests"][0].clone();
    assert_eq!(request["body"].as_str().unwrap().len(), 8 * 1024);
    assert!(request["body_bytes"].as_u64().unwrap() > 100_000);
    assert_eq!(request["body_note"], "only the beginning is shown");

    let long = "x".repeat(10_000);
    mattilda.get(&format!("/refunds/{long}?q={long}")).header("note", &long).send().await.unwrap();
    let request = admin.get("/api/requests?after=1").await["requests"][0].clone();
    assert!(request.to_string().len() < 10_000, "{request}");

    for _ in 0..1_000 {
        mattilda.get("/refunds/1").send().await.unwrap();
    }
    let all = admin.get("/api/requests").await["requests"].as_array().unwrap().clone();
    assert_eq!((all.len(), &all[0]["number"], &all[999]["number"]), (1_000, &json!(3), &json!(1_002)));
    let newest = admin.get("/api/requests?after=1000").await["requests"].as_array().unwrap().clone();
    assert_eq!(newest.iter().map(|request| &request["number"]).collect::<Vec<_>>(), [1_001, 1_002]);
    assert_eq!(sandbox.requests().len(), 1_002, "the library's list is whole");
    sandbox.clear_requests();
    assert_eq!(admin.get("/api/requests").await["requests"], json!([]));
}
