//! Error responses, and what they say about the money.

use std::time::Duration;

use refunds_core::{ErrorKind, FieldError, RefundProvider, serde_json::json};
use refunds_http::testing::Reply;

use crate::common::{scripted, submission};

fn problem(name: &str) -> String {
    let fields = json!([{ "at": "amount.units", "text": "only 10.00 is left" }]);
    json!({ "problem": { "name": name, "text": "no", "fields": fields } }).to_string()
}

#[tokio::test]
async fn each_problem_says_whether_a_refund_may_have_been_made() {
    for (reply, kind, retryable, may_have_applied) in [
        (Reply::json(409, problem("still_working")), ErrorKind::Conflict, true, false),
        (Reply::json(409, problem("key_taken")), ErrorKind::Conflict, false, false),
        (Reply::json(422, problem("too_much")), ErrorKind::NotRefundable, false, false),
        (Reply::json(422, problem("bank_refused")), ErrorKind::Declined, false, false),
        // Not documented, so nothing is promised.
        (Reply::json(409, "{}"), ErrorKind::Conflict, false, true),
        (Reply::json(409, ""), ErrorKind::Conflict, false, true),
        (Reply::json(409, problem("new_name")), ErrorKind::Conflict, false, true),
        (Reply::json(500, problem("too_much")), ErrorKind::Unavailable, true, true),
        (Reply::json(502, problem("still_working")), ErrorKind::Unavailable, true, true),
        (Reply::json(503, problem("too_much")), ErrorKind::Unavailable, true, true),
    ] {
        let case = format!("{reply:?}");
        let (provider, transport) = scripted([reply]);
        let error = provider.submit_refund(&submission()).await.unwrap_err();
        let reported = (error.kind(), error.is_retryable(), error.may_have_applied());
        assert_eq!(reported, (kind, retryable, may_have_applied), "{case}");
        assert_eq!(transport.requests().len(), 2, "{case}: a token and one attempt");
    }
}

#[tokio::test]
async fn an_error_carries_everything_that_support_asks_for() {
    let reply = Reply::json(422, problem("too_much")).header("x-request-id", "req-81");
    let error = scripted([reply]).0.submit_refund(&submission()).await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), (Some("too_much"), Some("req-81")));
    assert_eq!(error.details(), [FieldError::new("amount.units", "only 10.00 is left")]);

    let reply = Reply::json(429, problem("slow_down")).header("retry-after", "7");
    let error = scripted([reply]).0.submit_refund(&submission()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(7))));
    assert!(!error.may_have_applied() && error.is_retryable());
}
