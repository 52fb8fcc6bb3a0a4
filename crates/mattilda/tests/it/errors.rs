//! What the provider says when it refuses, in every status and shape.

use std::time::Duration;

use crate::common::{PAYMENT, adapter, payment_id, refund_id, script, submit};
use refunds_core::{Error, ErrorKind, FieldError, PageRequest, RefundProvider};
use refunds_http::testing::Reply;
use serde_json::json;

/// What becomes of a submission with this response.
async fn refused(reply: Reply) -> Error {
    adapter(&script([reply])).submit_refund(&submit(1299)).await.unwrap_err()
}

#[tokio::test]
async fn every_status_in_every_shape() {
    use ErrorKind as K;
    let field = json!({ "location": "body", "pointer": "/amount", "message": "too large", "type": "less_than_equal" });
    let validation =
        json!({ "loc": ["body", "amount"], "msg": "too large", "type": "less_than_equal", "input": 5 });
    for (status, code, kind, retryable, ambiguous) in [
        (400, "bad_request", K::InvalidRequest, false, false),
        (401, "unauthorized", K::Unauthenticated, false, false),
        (403, "forbidden", K::PermissionDenied, false, false),
        (404, "not_found", K::NotFound, false, false),
        (405, "method_not_allowed", K::Unsupported, false, false),
        (409, "duplicate_record", K::Conflict, false, false),
        (409, "concurrent_request", K::Conflict, true, false),
        (409, "something_new", K::Conflict, false, true),
        (422, "unprocessable", K::InvalidRequest, false, false),
        (425, "too_early", K::Unavailable, true, true),
        (429, "too_many_requests", K::RateLimited, true, false),
        (500, "server_error", K::Unavailable, true, true),
        (502, "bad_gateway", K::Unavailable, true, true),
        (503, "service_unavailable", K::Unavailable, true, true),
        (504, "gateway_timeout", K::Unavailable, true, true),
    ] {
        let envelope = json!({
            "type": "error", "code": code, "status": status, "message": "the provider's words", "details": [field],
        });
        let error = refused(Reply::json(status, envelope.to_string())).await;
        let facts = |error: &Error| (error.kind(), error.is_retryable(), error.may_have_applied());
        assert_eq!(facts(&error), (kind, retryable, ambiguous), "{status} {code}");
        assert_eq!(error.code(), Some(code));
        assert!(error.message().contains("the provider's words"), "{error}");
        assert_eq!(error.details(), [FieldError::new("/amount", "too large")]);

        // Without a code only the status counts.
        let (retryable, ambiguous) = if status == 409 { (false, true) } else { (retryable, ambiguous) };
        let detail = json!({ "detail": [validation] }).to_string();
        let error = refused(Reply::json(status, detail)).await;
        assert_eq!(facts(&error), (kind, retryable, ambiguous), "{status} detail");
        assert_eq!(error.details(), [FieldError::new("/amount", "too large")]);

        let error = refused(Reply::json(status, r#"{"detail":"Not today"}"#)).await;
        assert_eq!(facts(&error), (kind, retryable, ambiguous), "{status} text");
        assert!(error.message().contains("Not today"), "{error}");

        for body in [
            "",
            "<html><body>Bad gateway</body></html>",
            r#"{"type":"error","co"#,
            "null",
            "[]",
            "7",
            r#"{"code":5,"message":[],"details":"x","detail":{}}"#,
            r#"{"details":[null,5,{}],"detail":[null,5,{}]}"#,
        ] {
            let error = refused(Reply::bytes(status, body)).await;
            assert_eq!(facts(&error), (kind, retryable, ambiguous), "{status} {body}");
            assert_eq!((error.code(), error.details().len()), (None, 0), "{status} {body}");
            assert!(error.message().contains(&status.to_string()), "{error}");
        }
    }
}

#[tokio::test]
async fn codes_that_tell_more_than_their_status() {
    use ErrorKind as K;
    for (code, kind) in [
        ("refund_already_satisfied", K::NotRefundable),
        ("refund_period_expired", K::NotRefundable),
        ("disputed_transaction", K::NotRefundable),
        ("unexpected_state", K::NotRefundable),
        ("invalid_operation", K::NotRefundable),
        ("issuer_decline", K::Declined),
        ("service_decline", K::Declined),
        ("refused_transaction", K::Declined),
        ("insufficient_service_permissions", K::PermissionDenied),
    ] {
        let body = json!({ "type": "error", "code": code }).to_string();
        for status in [400, 402, 409, 422] {
            let error = refused(Reply::json(status, body.clone())).await;
            assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{status} {code}");
            assert!(!error.is_retryable() && !error.may_have_applied(), "{status} {code}");
        }
        // After these the same words prove nothing.
        for status in [500, 502, 504] {
            let error = refused(Reply::json(status, body.clone())).await;
            assert_eq!(error.kind(), K::Unavailable, "{status} {code}");
            assert!(error.may_have_applied(), "{status} {code}");
        }
    }
}

#[tokio::test]
async fn where_a_detail_points() {
    for (body, want) in [
        (
            json!({ "details": [{ "location": "query", "pointer": "/limit", "message": "m" }] }),
            ("query/limit", "m"),
        ),
        (json!({ "details": [{ "location": "header", "pointer": "", "message": "m" }] }), ("header", "m")),
        (json!({ "details": [{ "location": "unknown", "pointer": "NA", "message": "m" }] }), ("NA", "m")),
        (
            json!({ "details": [{ "pointer": "/body/id", "type": "uuid_parsing" }] }),
            ("/body/id", "uuid_parsing"),
        ),
        (json!({ "detail": [{ "loc": ["path", "id"], "msg": "m" }] }), ("path/id", "m")),
        (json!({ "detail": [{ "loc": ["body", "items", 0], "msg": "m" }] }), ("/items/0", "m")),
        (json!({ "detail": [{ "loc": ["body"], "msg": "m" }] }), ("", "m")),
        (json!({ "code": "duplicate_record", "resource_id": "r-1" }), ("resource_id", "r-1")),
    ] {
        let error = refused(Reply::json(400, body.to_string())).await;
        assert_eq!(error.details(), [FieldError::new(want.0, want.1)], "{body}");
    }
}

#[tokio::test]
async fn how_long_to_wait() {
    let error = refused(Reply::json(429, "{}").header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(!error.may_have_applied());
}

#[tokio::test]
async fn a_read_applies_nothing() {
    for status in [400, 404, 409, 425, 429, 500, 502, 503, 504] {
        let error = adapter(&script([Reply::bytes(status, "")]))
            .list_refunds(&payment_id(), &PageRequest::first())
            .await
            .unwrap_err();
        assert!(!error.may_have_applied(), "{error}");
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_may_be_a_refund() {
    for body in ["", "<html>", r#"{"id":"r-1","stat"#, "{}", "null", "[]"] {
        for status in [200, 201, 202, 204] {
            let error = refused(Reply::bytes(status, body)).await;
            assert_eq!(error.kind(), ErrorKind::Protocol, "{status} {body}");
            assert!(error.may_have_applied(), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_refund_that_is_not_at_the_first_path() {
    let refund = crate::common::refund_json(json!({})).to_string();
    for status in [404, 405] {
        let transport = script([Reply::bytes(status, ""), Reply::json(200, refund.clone())]);
        let found = adapter(&transport).get_refund(&payment_id(), &refund_id()).await.unwrap();
        assert_eq!(found.id, refund_id());
        let paths: Vec<_> = transport.requests().iter().map(|request| request.path.clone()).collect();
        let id = refund_id();
        assert_eq!(paths, [format!("/refunds/{id}"), format!("/transactions/{PAYMENT}/refunds/{id}")]);
    }
    for (first, second, kind) in [
        (404, 404, ErrorKind::NotFound),
        (404, 405, ErrorKind::NotFound),
        (405, 404, ErrorKind::NotFound),
        (405, 405, ErrorKind::Unsupported),
        (404, 503, ErrorKind::Unavailable),
        (404, 401, ErrorKind::Unauthenticated),
    ] {
        let transport = script([Reply::bytes(first, ""), Reply::bytes(second, "")]);
        let error = adapter(&transport).get_refund(&payment_id(), &refund_id()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{first} {second}");
        assert_eq!(transport.remaining(), 0);
    }
    for only in [400, 401, 403, 429, 500, 503] {
        let transport = script([Reply::bytes(only, ""), Reply::json(200, refund.clone())]);
        adapter(&transport).get_refund(&payment_id(), &refund_id()).await.unwrap_err();
        assert_eq!(transport.remaining(), 1, "{only}");
    }
}

#[tokio::test]
async fn a_refund_of_another_payment_is_not_found() {
    let other =
        crate::common::refund_json(json!({ "transaction_id": "4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704" }));
    let error = crate::common::read(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!error.message().contains("4f0f6f5e"), "{error}");

    let another = crate::common::refund_json(json!({ "id": "4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704" }));
    assert_eq!(crate::common::read(&another).await.unwrap_err().kind(), ErrorKind::Protocol);
    // Core checks the response to a submission: it says what it is about.
    let made =
        adapter(&script([crate::common::reply(201, &other)])).submit_refund(&submit(1299)).await.unwrap();
    assert_ne!(made.payment_id, payment_id());
}
