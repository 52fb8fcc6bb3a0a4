//! What goes over the wire, and what is made of answers: without a socket, by a script.

use std::sync::Arc;

use acme_adapter::{Acme, AcmeConfig};
use refunds_core::{
    CreateRefund, Cursor, ErrorKind, Money, PageRequest, PaymentId, Reference, RefundAmount, RefundProvider,
    RefundStatus, SubmitRefund,
    serde_json::{self, Value, json},
};
use refunds_http::{
    BaseUrl,
    testing::{Reply, ScriptedTransport},
};

const TOKEN: &str = r#"{"token": "sk_1", "valid_seconds": 900}"#;

/// A provider whose first request gets a token, and whose others get `replies`.
fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Acme, Arc<ScriptedTransport>) {
    let script = [Reply::json(200, TOKEN)].into_iter().chain(replies);
    let transport = Arc::new(ScriptedTransport::new(script));
    let base = BaseUrl::parse("https://api.acme.example/v2", false).unwrap();
    let config = AcmeConfig::new(base, "shop-7", "a-secret").with_transport(transport.clone());
    (Acme::new(config).unwrap(), transport)
}

fn payment() -> PaymentId {
    PaymentId::new("pp/7").unwrap()
}

fn submission() -> SubmitRefund {
    let amount = Money::new(14950, "NOK".parse().unwrap());
    let reference = Reference::new("rma-551").unwrap();
    let request =
        CreateRefund::new(payment(), RefundAmount::Exact(amount), reference).with_reason("came back");
    SubmitRefund::new(request, amount)
}

/// A return with the least that the page promises.
fn least(state: &str) -> Value {
    json!({ "id": "ret_1", "payment": "pp/7", "state": state, "amount": { "units": "14950", "currency": "NOK" } })
}

#[tokio::test]
async fn a_submission_is_what_the_page_says() {
    let answer = json!({ "return": least("queued") }).to_string();
    let (provider, transport) = scripted([Reply::json(202, answer)]);
    let refund = provider.submit_refund(&submission()).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Pending, "202 is neither a failure nor a success");

    let [token, asked] = &transport.requests()[..] else { panic!("a token, and one attempt") };
    assert_eq!(token.path, "/v2/tokens");
    assert!(token.header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(asked.path, "/v2/payments/pp%2F7/returns", "an id is one segment");
    assert_eq!(asked.header("authorization"), Some("Bearer sk_1"));
    assert_eq!(asked.header("idempotency-key"), Some("rma-551"));
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let amount = json!({ "units": "14950", "currency": "NOK" });
    assert_eq!(body, json!({ "merchant_ref": "rma-551", "amount": amount, "note": "came back" }));
}

#[tokio::test]
async fn a_page_is_asked_for_as_the_page_says() {
    let empty = json!({ "returns": [], "page": { "size": 50, "after": null } }).to_string();
    let (provider, transport) = scripted([Reply::json(200, empty.clone()), Reply::json(200, empty)]);
    let next = PageRequest::after(Cursor::new("a b/=").unwrap()).with_limit(2);
    for (asked, query) in [(PageRequest::first(), "size=50"), (next, "size=2&after=a%20b%2F%3D")] {
        let page = provider.list_refunds(&payment(), &asked).await.unwrap();
        assert_eq!((page.items.len(), page.next, page.limit), (0, None, Some(50)));
        let sent = transport.requests().pop().unwrap();
        assert_eq!((sent.path.as_str(), sent.query.as_deref()), ("/v2/payments/pp%2F7/returns", Some(query)));
    }
}

#[tokio::test]
async fn what_is_not_told_is_not_invented() {
    let mut odd = least("parked");
    odd["note"] = json!(7);
    odd["made_at"] = json!("the day before yesterday");
    odd["merchant_ref"] = Value::Null;
    odd["clerk"] = json!({ "id": "c-3", "email": "clerk@acme.example" });
    let mut misshapen = least("sent");
    misshapen["merchant_ref"] = json!(551);
    misshapen["changed_at"] = json!("9999-12-31T23:59:59-01:00");
    let list = json!({ "returns": [least("paid"), odd, misshapen], "page": { "after": null } });
    let (provider, _) = scripted([Reply::json(200, list.to_string())]);

    let page = provider.list_refunds(&payment(), &PageRequest::first()).await.unwrap();
    let [plain, odd, misshapen] = &page.items[..] else { panic!("three refunds") };
    assert!(plain.reference_is_unreported() && plain.created_at.is_none());
    assert!(misshapen.reference_is_unreported() && misshapen.updated_at.is_none());
    assert_eq!((odd.status, odd.provider_status.as_str()), (RefundStatus::Unknown, "parked"));
    assert!(!odd.reference_is_unreported(), "none is told, so it is somebody else's");
    assert_eq!((&odd.reason, odd.created_at), (&None, None));
    assert_eq!(odd.extra["clerk"], json!({ "id": "c-3" }));
}

#[tokio::test]
async fn an_answer_without_what_money_depends_on_is_unreadable() {
    for (member, value) in [
        ("id", json!("")),
        ("state", Value::Null),
        ("amount", json!(14950)),
        ("amount", json!({ "units": "149.50", "currency": "NOK" })),
        ("amount", json!({ "units": "14950", "currency": "???" })),
    ] {
        let mut broken = least("paid");
        broken[member] = value.clone();
        let (provider, _) = scripted([Reply::json(201, json!({ "return": broken }).to_string())]);
        let error = provider.submit_refund(&submission()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{member} {value}: {error}");
        assert!(error.may_have_applied(), "{member} {value}: it was a 201");
    }
}

#[tokio::test]
async fn a_problem_says_what_it_means_for_the_money() {
    let problem = |name| json!({ "problem": { "name": name, "text": "no", "fields": [] } }).to_string();
    for (reply, kind, retryable, may_have_applied) in [
        (Reply::json(409, problem("still_working")), ErrorKind::Conflict, true, false),
        (Reply::json(409, problem("key_taken")), ErrorKind::Conflict, false, false),
        (Reply::json(409, "{}"), ErrorKind::Conflict, false, true),
        (Reply::json(422, problem("too_much")), ErrorKind::NotRefundable, false, false),
        (Reply::json(503, problem("too_much")), ErrorKind::Unavailable, true, true),
    ] {
        let what = format!("{reply:?}");
        let (provider, _) = scripted([reply]);
        let error = provider.submit_refund(&submission()).await.unwrap_err();
        let told = (error.kind(), error.is_retryable(), error.may_have_applied());
        assert_eq!(told, (kind, retryable, may_have_applied), "{what}");
    }
}
