//! Whatever Dintero returns, the error says what became of the money.

use std::{error::Error as _, fmt::Write as _};

use crate::common::{asked, before, line, list, scripted, submit};
use refunds_core::{Error, ErrorKind};
use refunds_http::testing::Reply;

const BODIES: [(&str, &str, Option<&str>); 8] = [
    ("code and message", r#"{"error":{"code":"NOT_FOUND","message":"no such thing"}}"#, Some("NOT_FOUND")),
    ("a blank in the code", r#"{"error":{"code":"NOT FOUND","message":"no such thing"}}"#, Some("NOT FOUND")),
    ("no code", r#"{"error":{"message":"BAD_REQUEST"}}"#, None),
    ("details", r#"{"error":{"message":"x","errors":[{"path":"amount","message":"y"}]}}"#, None),
    ("html", "<html><body>Bad Gateway</body></html>", None),
    ("empty", "", None),
    ("truncated", r#"{"error":{"code":"NOT_FO"#, None),
    ("another shape", r#"["error"]"#, None),
];

#[tokio::test]
async fn every_status_with_every_body() {
    use ErrorKind as K;
    for (status, kind, retryable, ambiguous) in [
        (400, K::InvalidRequest, false, false),
        (401, K::Unauthenticated, false, false),
        (402, K::InvalidRequest, false, false),
        (403, K::PermissionDenied, false, false),
        (404, K::NotFound, false, false),
        (405, K::InvalidRequest, false, false),
        (408, K::Timeout, true, true),
        (409, K::Conflict, false, true),
        (413, K::InvalidRequest, false, false),
        (422, K::InvalidRequest, false, false),
        (429, K::RateLimited, true, false),
        (500, K::Unavailable, true, true),
        (502, K::Unavailable, true, true),
        (503, K::Unavailable, true, true),
        (504, K::Unavailable, true, true),
        (302, K::Protocol, false, true),
    ] {
        for (what, body, code) in BODIES {
            let reply = || Reply::bytes(status, body).header("request-id", "req-1");
            // A 401 renews the token and is repeated once.
            let token = || Reply::json(200, r#"{"access_token":"second","expires_in":1}"#);
            let script = || if status == 401 { vec![reply(), token(), reply()] } else { vec![reply()] };
            let reported = |error: &Error| {
                assert_eq!(
                    (error.kind(), error.is_retryable()),
                    (kind, retryable),
                    "{status} {what}: {error}"
                );
                assert_eq!((error.code(), error.request_id()), (code, Some("req-1")), "{status} {what}");
                assert_eq!(error.provider(), Some("dintero"));
                assert_eq!(error.details().len(), usize::from(what == "details"), "{status} {what}");
            };
            let (dintero, transport) = scripted(std::iter::once(before()).chain(script()));
            let request = asked("T11223344.x", 10, "rf-1").with_line(line("1", 10));
            let error = submit(&dintero, request).await.unwrap_err();
            reported(&error);
            assert_eq!(error.may_have_applied(), ambiguous, "a write, {status} {what}");
            assert_eq!(transport.remaining(), 0, "{status} {what}");

            let (dintero, _) = scripted(script());
            let error = list(&dintero, "T11223344.x").await.unwrap_err();
            reported(&error);
            assert!(!error.may_have_applied(), "a read, {status} {what}");
        }
    }
}

#[tokio::test]
async fn a_requested_wait_is_reported() {
    let (dintero, _) = scripted([Reply::json(429, "{}").header("retry-after", "7")]);
    let error = list(&dintero, "T11223344.x").await.unwrap_err();
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
}

#[tokio::test]
async fn unreadable_responses_are_protocol_errors() {
    for body in ["", "null", "[]", "<html>", r#"{"id":"T11223344.x","#, r#"{"id":"T11223344.x"}"#, "7"] {
        for status in [200, 202] {
            let (dintero, _) = scripted([before(), Reply::json(status, body)]);
            let request = asked("T11223344.x", 10, "rf-1").with_line(line("1", 10));
            let error = submit(&dintero, request).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.may_have_applied()),
                (ErrorKind::Protocol, true),
                "{status} {body}"
            );
        }
        let (dintero, _) = scripted([Reply::json(200, body)]);
        let error = list(&dintero, "T11223344.x").await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, false), "{body}");
    }
}

#[tokio::test]
async fn an_accepted_refund_is_found_by_its_request_or_its_reference() {
    let answer = |reference: &str| {
        format!(
            r#"{{"id":"T11223344.x","currency":"NOK","events":[
                {{"id":"i0","event":"INITIATE_REFUND","amount":10,"request_id":"0"}},
                {{"id":"i1","event":"INITIATE_REFUND","amount":10,"request_id":"8D3B1C5E0C2B4A559A6E2F7F3B1F0C04"{reference}}},
                {{"id":"i2","event":"INITIATE_REFUND","amount":10,"request_id":"2"}}]}}"#
        )
    };
    let id = "8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c04";
    for (reference, header, found) in [
        ("", Some(id), true),
        ("", Some("8d3b1c5e0c2b4a559a6e2f7f3b1f0c04"), true),
        (r#","event_reference":"rf-1""#, Some(id), true),
        (r#","event_reference":"rf-1""#, None, true),
        (r#","event_reference":"rf-1""#, Some("unheard-of"), true),
        ("", Some("unheard-of"), false),
        ("", None, false),
    ] {
        let reply = Reply::json(202, answer(reference));
        let reply = match header {
            Some(header) => reply.header("event-request-id", header),
            None => reply,
        };
        let (dintero, _) = scripted([before(), reply]);
        let refund = submit(&dintero, asked("T11223344.x", 10, "rf-1").with_line(line("1", 10))).await;
        match refund {
            Ok(refund) => assert_eq!((refund.id.as_str(), found), (id, true), "{reference} {header:?}"),
            Err(error) => {
                assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
                assert!(!found, "{reference} {header:?}");
            }
        }
    }
}

#[tokio::test]
async fn secrets_are_in_no_error_and_no_debug() {
    let echo = "scripted-token-canary client-secret-canary Basic Y2xpZW50LWlkLWNhbmFyeTpjbGllbnQtc2VjcmV0LWNhbmFyeQ==";
    let body = format!(r#"{{"error":{{"code":"Bearer scripted-token-canary","message":"Bearer {echo}"}}}}"#);
    let (dintero, _) = scripted([Reply::json(500, body.clone())]);
    let error = list(&dintero, "T11223344.x").await.unwrap_err();
    assert!(!shown(&error).contains("scripted-token-canary"), "{error:?}");

    let transport = refunds_http::testing::ScriptedTransport::new([Reply::json(401, body)]);
    let dintero = crate::common::on(std::sync::Arc::new(transport));
    let error = list(&dintero, "T11223344.x").await.unwrap_err();
    assert!(!shown(&error).contains("Y2xpZW50LWlk"), "{error:?}");
    assert!(error.message().starts_with("no access token"), "{error}");

    let config = refunds_dintero::DinteroConfig::new("T11223344", "id-canary", "secret-canary")
        .with_callback_secret("callback-canary")
        .with_hook_secret("hook-canary");
    let provider = refunds_dintero::Dintero::new(config.clone()).unwrap();
    let text = format!("{config:?} {config:#?} {provider:?} {dintero:?}");
    assert!(!text.contains("canary"), "{text}");
}

fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, "{cause} {cause:?}");
        source = cause.source();
    }
    text
}
