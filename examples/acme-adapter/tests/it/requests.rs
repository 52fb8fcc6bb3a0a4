//! What is sent, compared with `PROVIDER.md`.

use refunds_core::{
    Cursor, PageRequest, RefundProvider, RefundStatus,
    serde_json::{self, Value, json},
};
use refunds_http::testing::Reply;

use crate::common::{minimal_return, one, payment, scripted, submission};

#[tokio::test]
async fn a_submission_is_the_documented_request() {
    let (provider, transport) = scripted([Reply::json(202, one(&minimal_return("queued")))]);
    let refund = provider.submit_refund(&submission()).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Pending, "202 is neither a failure nor a success");

    let [token, submitted] = &transport.requests()[..] else { panic!("a token, and one attempt") };
    assert_eq!(token.path, "/v2/tokens");
    assert!(token.header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(submitted.path, "/v2/payments/pp%2F7/returns", "an id is one segment");
    assert_eq!(submitted.header("authorization"), Some("Bearer sk_1"));
    // Acme remembers a key for the whole account: two payments with one reference need two keys.
    assert_eq!(submitted.header("idempotency-key"), Some(&*submission().idempotency_key()));
    let body: Value = serde_json::from_slice(&submitted.body).unwrap();
    let amount = json!({ "units": "14950", "currency": "NOK" });
    assert_eq!(
        body,
        json!({ "merchant_ref": "rma-551", "amount": amount, "note": "arrived broken", "labels": { "desk": "7" } })
    );
}

#[tokio::test]
async fn what_was_not_requested_is_not_sent() {
    let (provider, transport) = scripted([Reply::json(201, one(&minimal_return("paid")))]);
    let mut submission = submission();
    submission.request.reason = None;
    submission.request.metadata.clear();
    provider.submit_refund(&submission).await.unwrap();
    let sent: Value = serde_json::from_slice(&transport.requests()[1].body).unwrap();
    let amount = json!({ "units": "14950", "currency": "NOK" });
    assert_eq!(sent, json!({ "merchant_ref": "rma-551", "amount": amount }));
}

#[tokio::test]
async fn a_page_is_the_documented_request() {
    let empty = json!({ "returns": [], "page": { "size": 50, "after": null } }).to_string();
    let (provider, transport) = scripted([Reply::json(200, empty.clone()), Reply::json(200, empty)]);
    let next = PageRequest::after(Cursor::new("a b/=").unwrap()).with_limit(2);
    for (request, query) in [(PageRequest::first(), "size=50"), (next, "size=2&after=a%20b%2F%3D")] {
        let page = provider.list_refunds(&payment(), &request).await.unwrap();
        assert_eq!((page.items.len(), page.next, page.limit), (0, None, Some(50)));
        let sent = transport.requests().pop().unwrap();
        assert_eq!((sent.path.as_str(), sent.query.as_deref()), ("/v2/payments/pp%2F7/returns", Some(query)));
    }
}
