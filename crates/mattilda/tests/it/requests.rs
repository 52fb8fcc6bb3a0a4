//! What is sent, and what is refused before.

use crate::common::{
    PAYMENT, adapter, config, mxn, payment_id, refund_id, refund_json, reply, request, script, submit,
};
use refunds_core::{
    Cursor, ErrorKind, Money, PageRequest, PaymentId, Reference, RefundAmount, RefundId, RefundLine,
    RefundProvider, RefundTarget, SubmitRefund, TargetKind,
};
use refunds_http::testing::Reply;
use refunds_mattilda::Mattilda;
use serde_json::{Value, json};

#[tokio::test]
async fn a_submission_on_the_wire() {
    let transport = script([reply(201, &refund_json(json!({})))]);
    let adapter = Mattilda::new(config(&transport).with_merchant_account_id("school-01")).unwrap();
    adapter.submit_refund(&submit(1299)).await.unwrap();
    let sent = &transport.requests()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("POST", &*format!("/transactions/{PAYMENT}/refunds"))
    );
    assert_eq!(sent.uri, format!("https://api.mattildapayments.com{}", sent.path));
    assert_eq!(sent.query, None);
    for (name, value) in [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("idempotency-key", submit(1299).idempotency_key().as_str()),
        ("authorization", "Bearer a-token"),
        ("x-gr4vy-merchant-account-id", "school-01"),
    ] {
        assert_eq!(sent.header(name), Some(value));
    }
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        body,
        json!({ "amount": 1299, "external_identifier": "rma-551" }),
        "nothing that was not asked for"
    );
}

#[tokio::test]
async fn reason_and_target_on_the_wire() {
    for (target, members) in [
        (None, json!({})),
        (
            Some(RefundTarget::new(TargetKind::PaymentMethod, None)),
            json!({ "target_type": "payment-method" }),
        ),
        (
            Some(RefundTarget::new(TargetKind::PaymentMethod, Some("i-1".into()))),
            json!({ "target_type": "payment-method", "target_id": "i-1" }),
        ),
        (
            Some(RefundTarget::new(TargetKind::GiftCard, Some("g-1".into()))),
            json!({ "target_type": "gift-card-redemption", "target_id": "g-1" }),
        ),
    ] {
        let transport = script([reply(201, &refund_json(json!({})))]);
        let mut asked = request(1299).with_reason("paid twice");
        asked.target = target;
        // What remains was worked out by core.
        asked.amount = RefundAmount::Remaining;
        adapter(&transport).submit_refund(&SubmitRefund::new(asked, mxn(1299))).await.unwrap();
        let body: Value = serde_json::from_slice(&transport.requests()[0].body).unwrap();
        let mut want = json!({ "amount": 1299, "external_identifier": "rma-551", "reason": "paid twice" });
        want.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        assert_eq!(body, want);
    }
}

#[tokio::test]
async fn what_can_only_be_refused_is_not_sent() {
    use ErrorKind::{InvalidRequest, Unsupported};
    let with = |change: fn(&mut refunds_core::CreateRefund)| {
        let mut asked = request(1299);
        change(&mut asked);
        asked
    };
    for (what, asked, want) in [
        ("the least", request(1), None),
        ("the most", request(99_999_999), None),
        ("nothing", request(0), Some(InvalidRequest)),
        ("less than nothing", request(-1), Some(InvalidRequest)),
        ("too much", request(100_000_000), Some(InvalidRequest)),
        ("a reason of 100 letters of two bytes", with(|r| r.reason = Some("ñ".repeat(100))), None),
        ("a reason of 101", with(|r| r.reason = Some("n".repeat(101))), Some(InvalidRequest)),
        ("the longest reference", with(|r| r.reference = Reference::new("r".repeat(255)).unwrap()), None),
        (
            "a reference that is not ours",
            with(|r| r.reference = Reference::from_provider("rückgabe").unwrap()),
            Some(InvalidRequest),
        ),
        (
            "a gift card",
            with(|r| r.target = Some(RefundTarget::new(TargetKind::GiftCard, Some("g".into())))),
            None,
        ),
        (
            "a gift card without an id",
            with(|r| r.target = Some(RefundTarget::new(TargetKind::GiftCard, None))),
            Some(InvalidRequest),
        ),
        (
            "a gift card with an empty id",
            with(|r| r.target = Some(RefundTarget::new(TargetKind::GiftCard, Some(String::new())))),
            Some(InvalidRequest),
        ),
        (
            "another target",
            with(|r| r.target = Some(RefundTarget::new(TargetKind::Other("wallet".into()), None))),
            Some(Unsupported),
        ),
        ("lines", with(|r| r.lines.push(RefundLine::new("1", mxn(1299)))), Some(Unsupported)),
        (
            "metadata",
            with(|r| {
                r.metadata.insert("k".into(), "v".into());
            }),
            Some(Unsupported),
        ),
    ] {
        let transport = script([reply(201, &refund_json(json!({})))]);
        let adapter = adapter(&transport);
        let RefundAmount::Exact(amount) = asked.amount else { panic!("exact") };
        let checked = adapter.validate(&asked);
        let sent = adapter.submit_refund(&SubmitRefund::new(asked, amount)).await;
        for error in [checked.err(), sent.err()] {
            assert_eq!(error.as_ref().map(refunds_core::Error::kind), want, "{what}");
            assert!(error.is_none_or(|error| !error.may_have_applied() && !error.is_retryable()), "{what}");
        }
        assert_eq!(transport.requests().len(), usize::from(want.is_none()), "{what}");
    }
}

#[tokio::test]
async fn what_remains_is_checked_when_it_is_known() {
    let transport = script([]);
    let mut asked = request(1);
    asked.amount = RefundAmount::Remaining;
    let adapter = adapter(&transport);
    adapter.validate(&asked).unwrap();
    let too_much = SubmitRefund::new(asked, Money::new(100_000_000, crate::common::currency("MXN")));
    assert_eq!(adapter.submit_refund(&too_much).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn pages_are_asked_for_only_by_who_wants_them() {
    let cursor = || Cursor::new("a+b/c=&x").unwrap();
    for (page, query) in [
        (PageRequest::first(), None),
        (PageRequest::first().with_limit(5), Some("limit=5")),
        (PageRequest::first().with_limit(0), Some("limit=1")),
        (PageRequest::first().with_limit(500), Some("limit=100")),
        (PageRequest::after(cursor()), Some("cursor=a%2Bb%2Fc%3D%26x")),
        (PageRequest::after(cursor()).with_limit(100), Some("cursor=a%2Bb%2Fc%3D%26x&limit=100")),
    ] {
        let transport = script([Reply::json(200, r#"{"items":[]}"#)]);
        adapter(&transport).list_refunds(&payment_id(), &page).await.unwrap();
        let sent = &transport.requests()[0];
        assert_eq!(sent.path, format!("/transactions/{PAYMENT}/refunds"));
        assert_eq!(sent.query.as_deref(), query);
        assert_eq!(sent.header("idempotency-key"), None);
        assert_eq!(sent.header("x-gr4vy-merchant-account-id"), None);
    }
}

#[tokio::test]
async fn ids_stay_one_segment() {
    for (id, encoded) in [
        ("../refunds", "..%2Frefunds"),
        ("a/b", "a%2Fb"),
        ("x?limit=1", "x%3Flimit%3D1"),
        ("x#y", "x%23y"),
        ("%2e%2e", "%252e%252e"),
        ("a b", "a%20b"),
        ("å", "%C3%A5"),
        ("@evil.example", "%40evil.example"),
    ] {
        let transport = script([Reply::bytes(404, ""), Reply::bytes(404, ""), Reply::bytes(404, "")]);
        let adapter = adapter(&transport);
        let payment = PaymentId::new(id).unwrap();
        adapter.list_refunds(&payment, &PageRequest::first()).await.unwrap_err();
        adapter.get_refund(&payment, &RefundId::new(id).unwrap()).await.unwrap_err();
        let paths: Vec<_> = transport.requests().iter().map(|request| request.path.clone()).collect();
        assert_eq!(
            paths,
            [
                format!("/transactions/{encoded}/refunds"),
                format!("/refunds/{encoded}"),
                format!("/transactions/{encoded}/refunds/{encoded}"),
            ]
        );
        assert!(
            transport.requests().iter().all(|sent| sent.uri.starts_with("https://api.mattildapayments.com/"))
        );
    }
}

#[tokio::test]
async fn one_refund_is_one_request() {
    let transport = script([reply(200, &refund_json(json!({})))]);
    adapter(&transport).get_refund(&payment_id(), &refund_id()).await.unwrap();
    assert_eq!(transport.requests().len(), 1);
}
