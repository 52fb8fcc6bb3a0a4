//! Hook subscriptions, on the sandbox; and what it sends to them is verified.

use std::sync::Arc;

use crate::common::{asked, client, config, dintero, scripted};
use refunds_core::{ErrorKind, Operation, RefundProvider, WebhookRequest};
use refunds_dintero::{Dintero, DinteroConfig, REFUND_EVENTS};
use refunds_http::testing::Reply;
use refunds_sandbox::{
    Sandbox, SignedRequest,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::json;

const URL: &str = "http://127.0.0.1:9/webhooks?shop=1";
const SECRET: &str = "subscription-canary";

/// What the sandbox would send now, as it would arrive.
fn sent(sandbox: &Sandbox) -> Vec<WebhookRequest> {
    let arrived = |sent: SignedRequest| {
        WebhookRequest::new(sent.method, sent.url, sent.headers, sent.body, sandbox.now())
    };
    sandbox.webhooks().queue().take().into_iter().map(arrived).collect()
}

#[tokio::test]
async fn subscriptions_are_made_listed_pinged_and_deleted() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = Dintero::new(config(&sandbox).with_hook_secret(SECRET)).unwrap();
    assert_eq!(dintero.hook_subscriptions().await.unwrap(), []);
    let made = dintero.create_hook_subscription(URL, &REFUND_EVENTS, SECRET).await.unwrap();
    assert_eq!((made.url.as_str(), made.active), (URL, Some(true)));
    assert_eq!(
        (&*made.events, made.secret_type.as_deref()),
        (&REFUND_EVENTS.map(String::from)[..], Some("HMAC-SHA1"))
    );
    assert!(made.created_at.is_some() && !format!("{made:?} {dintero:?}").contains("canary"));
    assert_eq!(dintero.hook_subscriptions().await.unwrap(), std::slice::from_ref(&made));

    // The ping at the beginning, and another one: signed, and about nothing.
    dintero.ping_hook_subscription(&made.id).await.unwrap();
    let pings = sent(&sandbox);
    assert_eq!(pings.len(), 2);
    for ping in pings {
        assert_eq!(dintero.verify_webhook(&ping).unwrap_err().kind(), ErrorKind::Unsupported);
    }
    dintero.delete_hook_subscription(&made.id).await.unwrap();
    assert_eq!(dintero.hook_subscriptions().await.unwrap(), []);
    let gone = dintero.delete_hook_subscription(&made.id).await.unwrap_err();
    assert_eq!((gone.kind(), gone.may_have_applied()), (ErrorKind::NotFound, false));
    assert_eq!(gone.operation(), Some(Operation::Configure));
}

#[tokio::test]
async fn all_pages_are_listed() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    for shop in 0..250 {
        sandbox.dintero().subscribe(format!("http://127.0.0.1:9/{shop}"), ["checkout_transaction"]);
    }
    let all = dintero.hook_subscriptions().await.unwrap();
    assert_eq!(all.len(), 250);
    assert!(all.iter().enumerate().all(|(shop, reported)| reported.url.ends_with(&format!("/{shop}"))));
}

#[tokio::test]
async fn a_list_whose_cursor_is_ignored_ends() {
    let page: Vec<_> = (0..100).map(|id| json!({"id": id, "config": {"url": "https://a.example"}})).collect();
    let page = || Reply::json(200, json!(page).to_string());
    let (dintero, transport) = scripted([page(), page()]);
    assert_eq!(dintero.hook_subscriptions().await.unwrap().len(), 100);
    let requests = transport.requests();
    assert!(requests[2].uri.ends_with("/hooks/subscriptions?limit=100&starting_after=99"));
}

#[tokio::test]
async fn what_is_sent_for_a_subscription() {
    let answer = json!({"id": "h", "config": {"url": "https://shop.example/w"}, "new": {}});
    let (dintero, transport) = scripted([Reply::json(200, answer.to_string())]);
    let events = ["checkout_transaction"];
    let made = dintero.create_hook_subscription("https://shop.example/w", &events, SECRET).await.unwrap();
    assert_eq!((made.id.as_str(), made.active, made.secret_type), ("h", None, None));
    let request = &transport.requests()[1];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, "/v1/accounts/T11223344/hooks/subscriptions");
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let secret = json!({"type": "HMAC-SHA1", "value": SECRET});
    assert_eq!(
        body,
        json!({
            "config": {"url": "https://shop.example/w", "content_type": "application/json", "secret": secret, "insecure_ssl": 0},
            "events": ["checkout_transaction"],
            "active": true,
        })
    );
}

#[tokio::test]
async fn what_is_refused_before_it_is_sent() {
    let (dintero, transport) = scripted([]);
    let events = ["checkout_transaction"];
    for (url, ok) in [
        ("https://shop.example/webhooks?x=1", true),
        ("https://127.0.0.1/", true),
        ("http://localhost:8080/", true),
        ("http://[::1]/", true),
        ("http://127.1.2.3/", true),
        ("http://shop.example/", false),
        ("http://localhost.example/", false),
        ("http://10.0.0.1/", false),
        ("ftp://shop.example/", false),
        ("https://user@shop.example/", false),
        ("https://:canary@shop.example/", false),
        ("https://shop.example/#x", false),
        ("https://shop.example/a b", false),
        ("https://shop.example/\n", false),
        ("shop.example", false),
        ("https://", false),
        ("", false),
    ] {
        let error = dintero.create_hook_subscription(url, &events, SECRET).await.unwrap_err();
        // The script has nothing: what is sent fails otherwise.
        assert_eq!(error.kind() == ErrorKind::InvalidRequest, !ok, "{url}: {error}");
        assert!(!error.may_have_applied() && !format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let sent = transport.requests().len();
    let url = "https://shop.example/";
    for (events, secret, kind) in [
        (&[][..], SECRET, ErrorKind::InvalidRequest),
        (&[""], SECRET, ErrorKind::InvalidRequest),
        (&["checkout_transaction"], "", ErrorKind::Config),
    ] {
        assert_eq!(dintero.create_hook_subscription(url, events, secret).await.unwrap_err().kind(), kind);
    }
    for id in ["", ".", "..", "a\n"] {
        for reported in [dintero.delete_hook_subscription(id).await, dintero.ping_hook_subscription(id).await]
        {
            assert_eq!(reported.unwrap_err().kind(), ErrorKind::InvalidRequest, "{id:?}");
        }
    }
    assert_eq!(transport.requests().len(), sent);
}

#[tokio::test]
async fn failures_move_no_money() {
    for (reply, kind) in [
        (Reply::json(403, r#"{"error":{"message":"FORBIDDEN"}}"#), ErrorKind::PermissionDenied),
        (Reply::json(400, r#"{"error":{"code":"INVALID"}}"#), ErrorKind::InvalidRequest),
        (Reply::json(500, ""), ErrorKind::Unavailable),
        (Reply::json(200, "{}"), ErrorKind::Protocol),
        (Reply::json(200, r#"{"id":"h"}"#), ErrorKind::Protocol),
        (Reply::json(200, "<html>"), ErrorKind::Protocol),
    ] {
        let (dintero, _) = scripted([reply]);
        let reported = dintero.create_hook_subscription("https://shop.example/", &["x"], SECRET).await;
        let error = reported.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{error}");
        assert_eq!((error.provider(), error.operation()), (Some("dintero"), Some(Operation::Configure)));
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.dintero().set_scopes(["admin:checkout"]);
    let error = dintero(&sandbox).hook_subscriptions().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let config = DinteroConfig::new("T11223344", "id", "secret").with_api_url(sandbox.refused_url().unwrap());
    let error = Dintero::new(config).unwrap().hook_subscriptions().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Transport, Some(Operation::Configure)));
}

#[tokio::test]
async fn what_the_sandbox_sends_is_verified_and_leads_to_the_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    let adapter = Arc::new(dintero(&sandbox));
    let client = client(Dintero::clone(&adapter));
    adapter
        .create_hook_subscription(URL, &REFUND_EVENTS, sandbox.dintero().settings()["hook_secret"].as_str())
        .await
        .unwrap();
    let url = "https://shop.example:8443/cb?report_event=REFUND&method=POST&shop=a%20b";
    let payment = sandbox.dintero().transaction(TransactionSpec::new(10_000, "NOK").callback_url(url));
    let order = OrderSpec::new("NOK").line(1, 10_000).captured_by(&payment);
    let order = sandbox.dintero().order(order);
    sent(&sandbox);

    let refund = client.create(&asked(&order, 10_000, "rma-551")).await.unwrap();
    let mut events = Vec::new();
    for request in sent(&sandbox) {
        let notice = client.verify_webhook(&request).unwrap();
        assert!(notice.delivery_id.is_some(), "{notice:?}");
        let news = client.refresh(&notice).await.unwrap().changes_since(&[]).unwrap();
        assert_eq!(news.len(), 1, "{notice:?}");
        assert_eq!(news[0].amount, refund.amount, "{notice:?}");
        events.push((notice.event.unwrap(), notice.payment_id.to_string()));

        let mut old = request.clone();
        old.received_at += time::Duration::minutes(6);
        // A hook has no time.
        assert_eq!(client.verify_webhook(&old).is_ok(), request.header("event").is_some());
    }
    events.sort();
    let event = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    let reported = [
        event("REFUND", &payment),
        event("checkout_transaction", &payment),
        event("shopping_order_event_add", &order),
    ];
    assert_eq!(events, reported);
}
