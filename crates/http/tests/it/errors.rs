//! From a response to the error that callers see.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use refunds_core::{Error, ErrorKind, FieldError, testing::ManualClock};
use refunds_http::{
    BaseUrl, ErrorBody, HttpClient, HttpClientBuilder, ProviderError, Request, TransportErrorKind,
    classify_status,
    testing::{Reply, ScriptedTransport},
};
use serde::Deserialize;

use crate::common::{all_of, read, write};

fn builder(replies: impl IntoIterator<Item = Reply>) -> HttpClientBuilder {
    let base = BaseUrl::parse("https://api.example.com", false).unwrap();
    HttpClient::builder("acme", base)
        .transport(Arc::new(ScriptedTransport::new(replies)))
        .error_decoder(decode)
}

async fn fail(reply: Reply, request: Request) -> Error {
    builder([reply]).build().unwrap().send(request).await.unwrap_err()
}

fn decode(response: &ErrorBody) -> Option<ProviderError> {
    #[derive(Deserialize)]
    struct Wire {
        code: Option<String>,
        message: Option<String>,
        trace: Option<String>,
        #[serde(default)]
        details: Vec<(String, String)>,
    }
    let wire: Wire = response.json()?;
    let mut error = ProviderError::new();
    if wire.code.as_deref() == Some("concurrent_request") {
        error = error.with_retryable(true).with_may_have_applied(false);
    }
    if wire.code.as_deref() == Some("reference_taken") {
        error = error.with_may_have_applied(false);
    }
    if wire.code.as_deref() == Some("already_refunded") {
        error = error.with_kind(ErrorKind::NotRefundable).with_may_have_applied(false);
    }
    if let Some(id) = wire.trace {
        error = error.with_request_id(id);
    }
    if wire.code.as_deref() == Some("try_later") {
        error = error.with_kind(ErrorKind::Unavailable);
    }
    error.code = wire.code;
    error.message = wire.message;
    for (field, message) in wire.details {
        error = error.with_detail(FieldError::new(field, message));
    }
    Some(error)
}

#[tokio::test]
async fn every_status_becomes_what_the_table_says() {
    for status in (100..1000).filter(|status| !(200..300).contains(status)) {
        for request in [write(), read()] {
            let class = classify_status(status, request.is_write());
            let error = fail(Reply::bytes(status, "<html>canary</html>"), request).await;
            assert_eq!(error.kind(), class.kind, "{status}");
            assert_eq!(error.is_retryable(), class.retryable, "{status}");
            assert_eq!(error.may_have_applied(), class.may_have_applied, "{status}");
            assert!(error.message().starts_with(&format!("HTTP {status}")), "{error}");
            assert_eq!(error.provider(), Some("acme"));
            assert!(!all_of(&error).contains("canary"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn every_failure_below_http_says_whether_it_was_sent() {
    use {ErrorKind as E, TransportErrorKind as T};
    for (kind, want) in [
        (T::Setup, E::Config),
        (T::Request, E::InvalidRequest),
        (T::Connect, E::Transport),
        (T::Timeout, E::Timeout),
        (T::Expired, E::Timeout),
        (T::Broken, E::Transport),
    ] {
        for (sent, request) in [(true, write()), (false, write()), (true, read()), (false, read())] {
            let ambiguous = sent && request.is_write();
            let error = fail(Reply::fail(kind, sent), request).await;
            assert_eq!((error.kind(), error.may_have_applied()), (want, ambiguous), "{kind:?} {sent}");
        }
    }
    let error = fail(Reply::json(200, "{").cut(T::Broken), write()).await;
    assert_eq!((error.kind(), error.may_have_applied()), (E::Transport, true));
    let client = builder([Reply::silence()]).timeout(Duration::from_millis(20)).build().unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (E::Timeout, true));
}

#[tokio::test]
async fn the_decoder_knows_better_than_the_status() {
    let body = r#"{"code":"concurrent_request","message":"still being\nprocessed","details":[["/amount","too much"]]}"#;
    let error = fail(Reply::json(409, body).header("request-id", "req-7"), write()).await;
    assert_eq!(
        (error.kind(), error.is_retryable(), error.may_have_applied()),
        (ErrorKind::Conflict, true, false)
    );
    assert_eq!((error.code(), error.request_id()), (Some("concurrent_request"), Some("req-7")));
    assert_eq!(error.message(), "HTTP 409: still being processed");
    assert_eq!(error.details(), [FieldError::new("/amount", "too much")]);

    // A provider that refuses what it has seen: the reference is spent, and this request made nothing.
    let error = fail(Reply::json(409, r#"{"code":"reference_taken"}"#), write()).await;
    let facts = (error.kind(), error.is_retryable(), error.may_have_applied());
    assert_eq!(facts, (ErrorKind::Conflict, false, false));

    let error = fail(Reply::json(500, r#"{"code":"already_refunded"}"#), write()).await;
    let facts = (error.kind(), error.is_retryable(), error.may_have_applied());
    assert_eq!(facts, (ErrorKind::NotRefundable, false, false));
    assert_eq!(error.message(), "HTTP 500 Internal Server Error");

    let error = fail(Reply::json(400, r#"{"code":"try_later"}"#), write()).await;
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn what_the_provider_says_is_cleaned() {
    let body = serde_json::json!({
        "code": "bad kari@example.com",
        "message": format!("card 4111-1111-1111-1111 \u{1b}[31m of kari@example.com, Bearer abc123def {}", "x".repeat(9999)),
        "details": [["eyJhbGciOiJFUzUxMiJ9.eyJpc3MiOiJ4In0.c2ln", "4111111111111111"]],
    });
    let error = fail(Reply::json(400, body.to_string()), write()).await;
    let all = all_of(&error);
    for leak in ["kari", "4111", "abc123def", "eyJ", "\u{1b}", "\\u{1b}"] {
        assert!(!all.contains(leak), "{leak}: {all}");
    }
    assert!(error.message().chars().count() < 320, "{error}");
}

#[tokio::test]
async fn which_request_ids_are_kept() {
    let long = "x".repeat(129);
    for (name, value, want) in [
        ("request-id", "a-1", Some("a-1")),
        ("x-request-id", "a-1", Some("a-1")),
        ("x-amzn-requestid", "a-1", Some("a-1")),
        ("cf-ray", "a-1", Some("a-1")),
        ("x-other", "a-1", None),
        ("request-id", "", None),
        ("request-id", "a b", None),
        ("request-id", "kari@example.com", None),
        ("request-id", &long, None),
    ] {
        let error = fail(Reply::bytes(404, "").header(name, value), read()).await;
        assert_eq!(error.request_id(), want, "{name}: {value}");
        let client = builder([Reply::json(200, "{}").header(name, value)]).build().unwrap();
        assert_eq!(client.send(read()).await.unwrap().request_id(), want, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_request_id_in_the_body_counts_more_than_a_header() {
    let long = "x".repeat(129);
    for (trace, header, want) in [
        ("b-1", "", Some("b-1")),
        ("b-1", "a-1", Some("b-1")),
        ("", "a-1", Some("a-1")),
        ("kari@example.com", "a-1", Some("a-1")),
        ("canary-secret", "a-1", Some("a-1")),
        ("b 1", "", None),
        (&long, "", None),
    ] {
        let body = serde_json::json!({ "trace": trace }).to_string();
        let reply = Reply::json(404, body).header("request-id", header);
        let client = builder([reply]).sensitive_default_header("x-key", "canary-secret").build().unwrap();
        let error = client.send(read()).await.unwrap_err();
        assert_eq!(error.request_id(), want, "{trace:?} {header:?}");
    }
}

#[tokio::test]
async fn a_provider_may_have_a_header_of_its_own_for_request_ids() {
    for (own, usual, want) in
        [("o-1", "a-1", Some("o-1")), ("", "a-1", Some("a-1")), ("o 1", "a-1", Some("a-1")), ("", "", None)]
    {
        for status in [200, 404] {
            let reply = Reply::json(status, "[]").header("acme-trace", own).header("request-id", usual);
            let client = builder([reply]).request_id_header("Acme-Trace").build().unwrap();
            let error = client.json::<u8>(read()).await.unwrap_err();
            assert_eq!(error.request_id(), want, "{own:?} {usual:?} {status}");
        }
    }
    let error = builder([]).request_id_header("no name").build().unwrap_err();
    assert_eq!((error.kind(), error.provider()), (ErrorKind::Config, Some("acme")));
}

#[tokio::test]
async fn how_long_the_provider_asks_to_wait() {
    let day = Some(86_400);
    for (value, want) in [
        ("0", Some(0)),
        ("7", Some(7)),
        (" 7 ", Some(7)),
        ("86401", day),
        ("99999999999999999999999999", day),
        ("Sat, 21 Nov 2026 12:00:30 GMT", Some(30)),
        ("Wed, 31 Dec 2025 23:59:59 GMT", Some(0)),
        // Recipients must take these two as well.
        ("Saturday, 21-Nov-26 12:00:30 GMT", Some(30)),
        ("Sat Nov 21 12:00:30 2026", Some(30)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", day),
        ("-1", None),
        ("1.5", None),
        ("+3", None),
        ("soon", None),
        ("", None),
        ("Thu, 99 Jan 2026 00:00:30 GMT", None),
    ] {
        let client = builder([Reply::bytes(429, "").header("retry-after", value)])
            .clock(ManualClock::new().shared())
            .build()
            .unwrap();
        let error = client.send(write()).await.unwrap_err();
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), want, "{value:?}");
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::RateLimited, false));
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Done,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only the reading is tested")]
struct Wire {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only the reading is tested")]
struct Item {
    amount: i64,
    status: Option<Status>,
}

#[tokio::test]
async fn an_undocumented_response_names_the_field_and_not_its_value() {
    for (body, want) in [
        (
            r#"{"items":[{"amount":1},{"amount":"canary"}]}"#,
            "`items[1].amount` is not as documented: expected i64",
        ),
        (
            r#"{"items":[{"amount":1,"status":"canary"}]}"#,
            "`items[0].status` is not as documented: expected `done`",
        ),
        (r#"{"items":[{"amount":"canary, expected x"}]}"#, "expected i64"),
        (r#"{"items":[{}]}"#, "missing field `amount`"),
        (r#"{"items":[{"amount":99999999999999999999}]}"#, "`items[0].amount`"),
        (r#"{"items":[{"amount":1"#, "ends too early"),
        (r#"{"items":[]} canary"#, "continues after"),
        ("canary", "is not JSON (line 1 column 1), content type: application/json"),
        ("", "is empty"),
        ("[[[[", "the response"),
    ] {
        for (request, ambiguous) in [(write(), true), (read(), false)] {
            let client = builder([Reply::json(200, body).header("request-id", "req-7")]).build().unwrap();
            let error = client.json::<Wire>(request).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, ambiguous), "{body}");
            assert!(error.message().contains(want), "{body}: {error}");
            assert!(!all_of(&error).contains("canary"), "{error:?}");
            assert_eq!(error.request_id(), Some("req-7"));
        }
    }
    let html = Reply::bytes(200, r#"{"items":[]}"#).header("content-type", "text/html");
    assert!(builder([html]).build().unwrap().json::<Wire>(read()).await.is_ok(), "JSON whatever its label");
}

#[tokio::test]
async fn deep_nesting_is_an_error_and_no_overflow() {
    let client = builder([Reply::json(200, "[".repeat(100_000))]).build().unwrap();
    let error = client.json::<serde_json::Value>(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
}

proptest! {
    #[test]
    fn any_bytes_with_any_status_become_an_error(status in 300u16..1000, body: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let error = runtime.block_on(fail(Reply::bytes(status, body), write()));
        prop_assert_eq!(error.kind(), classify_status(status, true).kind);
    }

    #[test]
    fn any_bytes_of_a_success_are_read_or_refused(body: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let client = builder([Reply::json(201, body)]).build().unwrap();
        if let Err(error) = runtime.block_on(client.json::<Wire>(write())) {
            prop_assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
        }
    }
}
