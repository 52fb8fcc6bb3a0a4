//! What goes over the wire: paths, headers, bodies, tokens, and how many requests at a time.

use std::{sync::Arc, time::Duration};

use crate::common::{asked, before, dintero, get, line, list, log, on, payment, scripted, submit};
use async_trait::async_trait;
use bytes::Bytes;
use refunds_core::{Clock as _, ErrorKind, RefundClient, RefundProvider as _, testing::SkippingClock};
use refunds_dintero::{Dintero, DinteroConfig};
use refunds_http::{
    Body, ReqwestTransport, Transport, TransportError,
    testing::{Reply, ScriptedTransport},
};
use refunds_sandbox::{
    Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::{Value, json};
use tokio::sync::Barrier;

#[tokio::test]
async fn requests_are_as_documented() {
    let (dintero, transport) = scripted([before(), Reply::json(400, "{}")]);
    let request = asked("T11223344.x", 14_950, "rf-000187")
        .with_reason("One of two items returned")
        .with_line(line("2", 14_950).with_quantity(1))
        .with_metadata("rma", "RMA-551");
    submit(&dintero, request).await.unwrap_err();
    let [token, look, refund] = &transport.requests()[..] else { panic!("three requests") };

    assert_eq!(token.uri, "https://api.dintero.com/v1/accounts/T11223344/auth/token");
    let basic = "Basic Y2xpZW50LWlkLWNhbmFyeTpjbGllbnQtc2VjcmV0LWNhbmFyeQ==";
    assert_eq!(token.header("authorization"), Some(basic));
    let body: Value = serde_json::from_slice(&token.body).unwrap();
    let audience = "https://api.dintero.com/v1/accounts/T11223344";
    assert_eq!(body, json!({"grant_type": "client_credentials", "audience": audience}));

    assert_eq!((look.method.as_str(), refund.method.as_str()), ("GET", "POST"));
    assert_eq!(look.uri, "https://checkout.dintero.com/v1/transactions/T11223344.x");
    assert_eq!(refund.uri, "https://checkout.dintero.com/v1/transactions/T11223344.x/refund");
    assert_eq!(refund.header("authorization"), Some("Bearer scripted-token-canary"));
    for request in [token, look, refund] {
        assert_eq!(request.header("dintero-system-name"), Some("refunds-rs"));
        assert_eq!(request.header("dintero-system-version"), Some(env!("CARGO_PKG_VERSION")));
        let body = (request.method != "GET").then_some("application/json");
        assert_eq!(request.header("content-type"), body);
    }
    let body = std::str::from_utf8(&refund.body).unwrap();
    assert_eq!(
        body,
        r#"{"amount":14950,"reason":"One of two items returned","refund_reference":"rf-000187","items":[{"line_id":"2","amount":14950,"quantity":1}],"metadata":{"ext_rma":"RMA-551"}}"#
    );
}

#[tokio::test]
async fn bases_and_the_system_are_the_settings() {
    let transport = Arc::new(ScriptedTransport::new([
        Reply::json(200, r#"{"access_token":"t"}"#),
        Reply::json(404, "{}"),
    ]));
    let config = DinteroConfig::new("P11223344", "id", "secret")
        .with_api_url("https://one.example/v1/")
        .with_checkout_url("https://two.example/v1/accounts/P11223344/payments")
        .with_system("shop", "7.1")
        .with_transport(Arc::clone(&transport) as _);
    let dintero = Dintero::new(config).unwrap();
    list(&dintero, "P11223344.x").await.unwrap_err();
    let requests = transport.requests();
    assert_eq!(requests[0].uri, "https://one.example/v1/accounts/P11223344/auth/token");
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body["audience"], "https://api.dintero.com/v1/accounts/P11223344", "whatever host is called");
    assert_eq!(
        requests[1].uri,
        "https://two.example/v1/accounts/P11223344/payments/transactions/P11223344.x"
    );
    assert_eq!(requests[1].header("dintero-system-name"), Some("shop"));
    assert_eq!(requests[1].header("dintero-system-version"), Some("7.1"));
}

#[tokio::test]
async fn an_id_can_never_become_another_path() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let victim = sandbox.dintero().captured(100, "NOK");
    let account = sandbox.dintero().account_id().to_owned();
    for id in [
        format!("{account}./../{victim}"),
        format!("{account}.x/../../transactions/{victim}"),
        format!("{account}.x?status=CAPTURED"),
        format!("{account}.x#y"),
        format!("{account}.%2e%2e"),
        format!("{account}.x%2Frefund"),
        format!("{account}.å ß"),
        format!("../../transactions/{victim}"),
        "x/refunds/../../other".to_owned(),
        "x?y=1".to_owned(),
        "a\\..\\b".to_owned(),
    ] {
        sandbox.clear_requests();
        assert_eq!(list(&dintero, &id).await.unwrap_err().kind(), ErrorKind::NotFound, "{id}");
        assert_eq!(get(&dintero, &id, "../x").await.unwrap_err().kind(), ErrorKind::NotFound, "{id}");
        let request = asked(&id, 100, "rf-1").with_line(line("../1", 100));
        assert_eq!(submit(&dintero, request).await.unwrap_err().kind(), ErrorKind::NotFound, "{id}");
        for request in sandbox.requests() {
            let parts: Vec<_> = request.path.split('/').skip(2).collect();
            let expected = match parts.as_slice() {
                ["accounts", _, "shopping", "orders", _, list] => ["refunds", "captures"].contains(list),
                ["accounts", _, "auth", "token"]
                | ["accounts", _, "shopping", "orders", _]
                | ["transactions", _]
                | ["transactions", _, "refund"] => true,
                _ => false,
            };
            assert!(expected && request.query.is_none(), "{id}: {request:?}");
        }
    }
    assert!(sandbox.ledger().entries().is_empty());
}

#[tokio::test]
async fn an_order_and_its_lists_are_read_side_by_side() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = sandbox.dintero().captured(100, "NOK");
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(transaction));
    let meeting = |size| {
        let transport =
            Meeting { inner: ReqwestTransport::new(Duration::from_secs(5)), barrier: Barrier::new(size) };
        Dintero::new(crate::common::config(&sandbox).with_transport(Arc::new(transport))).unwrap()
    };
    // Each request waits for the others: one after the other they would wait for ever.
    list(&meeting(3), &order).await.unwrap();
    meeting(3).payment(&payment(&order)).await.unwrap();
    meeting(3).overview(&payment(&order)).await.unwrap();
    sandbox.clear_requests();
    list(&dintero(&sandbox), &order).await.unwrap();
    let mut requests = log(&sandbox);
    assert_eq!(requests.pop().as_deref(), Some("GET transaction"), "once its captures have named it");
    assert_eq!(requests.len(), 3);
}

/// Lets requests about orders through when so many of them are there.
#[derive(Debug)]
struct Meeting {
    inner: ReqwestTransport,
    barrier: Barrier,
}

#[async_trait]
impl Transport for Meeting {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        if request.uri().path().contains("/orders/") {
            self.barrier.wait().await;
        }
        self.inner.send(request).await
    }
}

fn token_requests(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.path.ends_with("/auth/token")).count()
}

#[tokio::test]
async fn one_token_serves_both_apis_until_it_is_old() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.dintero().set_token_lifetime(Duration::from_secs(3600));
    let clock = SkippingClock::new();
    let dintero = Dintero::new(crate::common::config(&sandbox).with_clock(Arc::new(clock.clone()))).unwrap();
    let transaction = sandbox.dintero().captured(100, "NOK");
    let order = sandbox.dintero().order(OrderSpec::new("NOK"));
    assert!(sandbox.requests().is_empty(), "nothing is sent when it is built");

    // However many want it at once, one fetches it.
    let another = dintero.clone();
    let (a, b, c) =
        tokio::join!(list(&dintero, &transaction), list(&dintero, &order), list(&another, &transaction));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(token_requests(&sandbox), 1);
    clock.advance(Duration::from_secs(3200));
    list(&dintero, &transaction).await.unwrap();
    assert_eq!(token_requests(&sandbox), 1);
    clock.advance(Duration::from_secs(200));
    list(&dintero, &transaction).await.unwrap();
    assert_eq!(token_requests(&sandbox), 2);
    assert!(clock.now() > refunds_core::SystemClock.now());
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let id = sandbox.dintero().captured(100, "NOK");
    list(&dintero, &id).await.unwrap();
    sandbox.dintero().expire_tokens();
    let refund = submit(&dintero, asked(&id, 100, "rf-1").with_line(line("1", 100))).await.unwrap();
    assert_eq!(refund.amount.minor_units(), 100);
    assert_eq!((token_requests(&sandbox), sandbox.ledger().entries().len()), (2, 1));

    sandbox.dintero().set_token_lifetime(Duration::ZERO);
    sandbox.dintero().expire_tokens();
    let error = list(&dintero, &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(token_requests(&sandbox), 3, "no loop");

    sandbox.dintero().set_token_lifetime(Duration::from_secs(60));
    sandbox.dintero().set_scopes(["read:checkout"]);
    let error = submit(&dintero, asked(&id, 1, "rf-2").with_line(line("1", 1))).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::PermissionDenied, false));
}

#[tokio::test]
async fn without_a_token_nothing_is_applied() {
    for (reply, kind) in [
        (Reply::json(401, r#"{"error":{"message":"AccessForbidden"}}"#), ErrorKind::Unauthenticated),
        (Reply::json(403, r#"{"error":{"code":"mfa_required","message":"x"}}"#), ErrorKind::PermissionDenied),
        (Reply::json(429, "{}").header("retry-after", "3"), ErrorKind::RateLimited),
        (Reply::json(500, "{}"), ErrorKind::Unavailable),
        (Reply::json(200, "{}"), ErrorKind::Protocol),
        (Reply::json(200, r#"{"access_token":""}"#), ErrorKind::Protocol),
        (Reply::json(200, "<html>"), ErrorKind::Protocol),
        (Reply::fail(refunds_http::TransportErrorKind::Connect, false), ErrorKind::Transport),
        (Reply::fail(refunds_http::TransportErrorKind::Timeout, true), ErrorKind::Timeout),
    ] {
        let what = format!("{reply:?}");
        let transport = Arc::new(ScriptedTransport::new([reply]));
        let dintero = on(Arc::clone(&transport) as _);
        for request in [asked("T11223344.x", 10, "rf-1").with_line(line("1", 10))] {
            let error = submit(&dintero, request).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{what}: {error}");
            assert_eq!(error.operation(), Some(refunds_core::Operation::SubmitRefund), "{what}");
            assert!(error.message().starts_with("no access token"), "{what}: {error}");
        }
        assert_eq!(transport.requests().len(), 1, "{what}: the refund is not sent");
    }
}

/// Reading beyond these is time that the money waits, and requests that may fail.
#[tokio::test]
async fn creating_a_refund_of_an_order_reads_nothing_twice() {
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let spec = |id: &str| OrderSpec::new("NOK").id(id).line(1, 100);
    let one = || TransactionSpec::new(100, "NOK").line("1", 100);
    side.order(spec("named").captured_by(side.transaction(one())));
    side.order(spec("found").captured_anonymously());
    side.transaction(one().merchant_reference("found"));

    for (order, located) in
        [("named", vec!["GET captures"]), ("found", vec!["GET captures", "GET transactions"])]
    {
        let client = RefundClient::new(dintero(&sandbox));
        sandbox.clear_requests();
        let currency = client.currency(&payment(order)).await.unwrap();
        assert_eq!((currency.code(), log(&sandbox)), ("NOK", vec!["GET order".to_owned()]), "{order}");

        sandbox.clear_requests();
        client.create(&asked(order, 100, "rf-1")).await.unwrap();
        let mut made = log(&sandbox);
        // These three are read side by side.
        made[located.len()..][..3].sort_unstable();
        let read = ["GET order", "GET refunds", "GET transaction"];
        let want: Vec<_> = located.into_iter().chain(read).chain(["POST refund", "POST refunds"]).collect();
        assert_eq!(made, want, "{order}");
    }
}
