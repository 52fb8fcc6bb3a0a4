//! What goes over the wire, and what is made of documented and of odd answers.

use std::sync::Arc;
use std::time::Duration;

use refunds_core::secrecy::SecretString;
use refunds_core::serde_json::{self, Value, json};
use refunds_core::{
    CreateRefund, Cursor, ErrorKind, Money, PageRequest, PaymentId, Reference, RefundAmount, RefundId,
    RefundProvider, RefundStatus, SubmitRefund,
};
use refunds_http::testing::{RecordedRequest, Reply, ScriptedTransport};
use refunds_second_adapter::{Quillpay, QuillpayConfig};

/// The document's examples.
const CHARGE: &str = r#"{"id": "chg-9f21", "currency": "NOK", "state": "captured",
     "captured": "448.50", "reversed": "149.50", "reversing": "0.00",
     "paid_with": {"scheme": "visa", "last4": "4242"}, "created": "2026-03-01T09:30:00Z"}"#;
const REVERSAL: &str = r#"{"id": "rev-77aa", "charge": "chg-9f21", "amount": "149.50", "state": "queued", "external_id": "rma-551",
     "note": "arrived broken", "labels": {"clerk": "7"}, "created": "2026-03-04T10:00:00Z",
     "changed": "2026-03-04T10:00:00Z", "refusal": null}"#;

/// A provider that is answered from a list.
pub(crate) struct Script(Arc<ScriptedTransport>);

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self::of(replies.into_iter().map(|(status, body)| Reply::json(status, body.to_string())))
    }

    fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(ScriptedTransport::new(replies)))
    }

    pub(crate) fn provider(&self) -> Quillpay {
        let config = QuillpayConfig::new(SecretString::from("qk_1")).unwrap();
        config.with_transport(Arc::clone(&self.0) as _).build().unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.0.requests()
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn altered(text: &str, member: &str, value: Value) -> Value {
    let mut body = parsed(text);
    body[member] = value;
    body
}

fn charge_id() -> PaymentId {
    PaymentId::new("chg-9f21").unwrap()
}

fn reversal_id() -> RefundId {
    RefundId::new("rev-77aa").unwrap()
}

fn submit() -> SubmitRefund {
    let amount = Money::new(14950, "NOK".parse().unwrap());
    let reference = Reference::new("rma-551").unwrap();
    let request = CreateRefund::new(charge_id(), RefundAmount::Exact(amount), reference)
        .with_reason("arrived broken")
        .with_metadata("clerk", "7");
    SubmitRefund::new(request, amount)
}

#[tokio::test]
async fn a_submission_is_the_documented_request() {
    let script = Script::new([(200, parsed(CHARGE)), (201, parsed(REVERSAL))]);
    let refund = script.provider().submit_refund(&submit()).await.unwrap();

    let sent = &script.requests()[1];
    assert_eq!(
        (sent.method.as_str(), sent.uri.as_str()),
        ("POST", "https://api.quillpay.example/v2/charges/chg-9f21/reversals")
    );
    assert_eq!(sent.header("api-key"), Some("qk_1"));
    let documented = r#"{"amount": "149.50", "external_id": "rma-551", "note": "arrived broken", "labels": {"clerk": "7"}}"#;
    assert_eq!(serde_json::from_slice::<Value>(&sent.body).unwrap(), parsed(documented));

    assert_eq!((refund.id, refund.payment_id), (reversal_id(), charge_id()));
    assert_eq!((refund.status, refund.provider_status.as_str()), (RefundStatus::Pending, "queued"));
    assert_eq!(refund.reference.unwrap().as_str(), "rma-551");
    assert_eq!(refund.reason.as_deref(), Some("arrived broken"));
    assert_eq!(refund.metadata["clerk"], "7");
    assert_eq!(refund.created_at, refunds_core::parse_time("2026-03-04T10:00:00Z"));
    assert_eq!((refund.updated_at, refund.processed_at), (refund.created_at, None));
    assert!(refund.extra.is_empty() && refund.failure.is_none());
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_sent() {
    let script = Script::new([(200, parsed(CHARGE)), (201, parsed(REVERSAL))]);
    let mut submit = submit();
    submit.request.reason = None;
    submit.request.metadata.clear();
    script.provider().submit_refund(&submit).await.unwrap();
    let sent: Value = serde_json::from_slice(&script.requests()[1].body).unwrap();
    assert_eq!(sent, json!({"amount": "149.50", "external_id": "rma-551"}));
}

#[tokio::test]
async fn the_charge_is_read_once_where_the_client_has_it_already() {
    let script = Script::new([(200, parsed(CHARGE)), (201, parsed(REVERSAL))]);
    let provider = script.provider();
    let payment = provider.payment(&charge_id()).await.unwrap();
    assert_eq!(
        (payment.provider_status.as_deref(), &payment.extra["scheme"]),
        (Some("captured"), &json!("visa"))
    );
    assert!(!format!("{:?}", payment.extra).contains("4242"));
    provider.submit_refund(&submit().with_payment(payment)).await.unwrap();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn a_reference_that_is_taken_is_a_conflict_and_nobody_looks_here() {
    let taken = json!({"errors": [{"code": "external_id_taken", "text": "taken"}], "trace": "t-1"});
    let script = Script::new([(200, parsed(CHARGE)), (409, taken)]);
    let error = script.provider().submit_refund(&submit()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("external_id_taken")));
    assert_eq!((error.may_have_applied(), error.is_retryable()), (false, false));
    assert_eq!((error.request_id(), script.requests().len()), (Some("t-1"), 2));
}

#[tokio::test]
async fn a_refusal_is_told_with_all_that_support_asks_for() {
    let told = r#"{"errors": [{"code": "too_much", "text": "only 10.00 is left", "field": "amount"}], "trace": "t-81c2"}"#;
    let script = Script::of([Reply::json(200, CHARGE), Reply::json(422, told)]);
    let error = script.provider().submit_refund(&submit()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotRefundable, Some("too_much")));
    assert_eq!((error.may_have_applied(), error.is_retryable()), (false, false));
    assert_eq!((error.request_id(), error.details()[0].field.as_str()), (Some("t-81c2"), "amount"));

    let busy = r#"{"errors": [{"code": "slow_down", "text": "slower"}], "trace": "t-1"}"#;
    let script = Script::of([Reply::json(200, CHARGE), Reply::json(429, busy).header("retry-after", "7")]);
    let error = script.provider().submit_refund(&submit()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(7))));
    assert!(!error.may_have_applied() && error.is_retryable());
}

#[tokio::test]
async fn what_the_document_does_not_promise_is_in_doubt() {
    let body = |code: &str| json!({"errors": [{"code": code, "text": "?"}], "trace": "t-1"}).to_string();
    for (status, body) in
        [(409, body("new_code")), (409, String::new()), (500, body("too_much")), (502, body("charge_busy"))]
    {
        let script = Script::of([Reply::json(200, CHARGE), Reply::json(status, body)]);
        let error = script.provider().submit_refund(&submit()).await.unwrap_err();
        assert!(error.may_have_applied(), "{error}");
    }
}

#[tokio::test]
async fn another_charges_reversal_is_not_found() {
    let script = Script::new([(200, altered(REVERSAL, "charge", json!("chg-other")))]);
    let error = script.provider().get_refund(&charge_id(), &reversal_id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(script.requests()[0].path, "/v2/reversals/rev-77aa");
}

#[tokio::test]
async fn only_what_money_depends_on_is_strict() {
    for member in ["note", "labels", "created", "changed", "refusal"] {
        for odd in [json!(7), json!([]), json!("?"), Value::Null] {
            let script = Script::new([(200, altered(REVERSAL, member, odd)), (200, parsed(CHARGE))]);
            assert!(script.provider().get_refund(&charge_id(), &reversal_id()).await.is_ok(), "{member}");
        }
    }
    for member in ["id", "charge", "amount", "state"] {
        for odd in [json!(7), json!(149.50), Value::Null] {
            let script = Script::new([(200, altered(REVERSAL, member, odd)), (200, parsed(CHARGE))]);
            let error = script.provider().get_refund(&charge_id(), &reversal_id()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{member}");
        }
    }
}

#[tokio::test]
async fn none_and_not_told_are_two_things() {
    let mut untold = parsed(REVERSAL);
    untold.as_object_mut().unwrap().remove("external_id");
    for (body, hidden) in [
        (parsed(REVERSAL), false),
        (altered(REVERSAL, "external_id", Value::Null), false),
        (altered(REVERSAL, "external_id", json!(" by hand ")), false),
        (altered(REVERSAL, "external_id", json!(551)), true),
        (untold, true),
    ] {
        let script = Script::new([(200, body), (200, parsed(CHARGE))]);
        let refund = script.provider().get_refund(&charge_id(), &reversal_id()).await.unwrap();
        assert_eq!(refund.reference_is_hidden(), hidden);
    }
}

#[tokio::test]
async fn cursor_and_limit_go_out_and_pages_keep_their_size() {
    let list = |page: u32| json!({"reversals": [parsed(REVERSAL)], "page": page, "pages": 3});
    let script = Script::new([
        (200, parsed(CHARGE)),
        (200, list(1)),
        (200, parsed(CHARGE)),
        (200, list(2)),
        (200, parsed(CHARGE)),
        (200, list(1)),
    ]);
    let provider = script.provider();
    let first = provider.list_refunds(&charge_id(), &PageRequest::first().with_limit(1)).await.unwrap();
    let next = PageRequest::after(first.next.unwrap()).with_limit(90);
    let second = provider.list_refunds(&charge_id(), &next).await.unwrap();
    assert!(second.next.is_some());
    let queries: Vec<_> = script.requests().into_iter().filter_map(|request| request.query).collect();
    assert_eq!(queries, ["page=1&per_page=1", "page=2&per_page=1"]);

    // A page that is not the one that was asked for.
    let error = provider.list_refunds(&charge_id(), &next).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    let odd = PageRequest::after(Cursor::new("c-1").unwrap());
    assert_eq!(
        provider.list_refunds(&charge_id(), &odd).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
}

#[tokio::test]
async fn no_reversals_are_an_empty_page() {
    let script = Script::new([(200, parsed(CHARGE)), (200, json!({"reversals": [], "page": 1, "pages": 0}))]);
    let page = script.provider().list_refunds(&charge_id(), &PageRequest::first()).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
}
