//! Signatures with one code and with two, what they cover, and how long a delivery is accepted.

use acme_adapter::{Acme, AcmeConfig};
use refunds_core::{
    Clock, ErrorKind, Notice, PaymentId, RefundId, RefundProvider, Result, Settings, SystemClock,
    WebhookRequest, parse_time,
    serde_json::json,
    time::{self, format_description::well_known::Rfc3339},
    webhook_status,
};
use refunds_http::{Digest, testing::sign};

fn request(body: &str, secrets: &[&str]) -> WebhookRequest {
    let codes: Vec<String> =
        secrets.iter().map(|secret| sign(Digest::Sha256, secret, &[body.as_bytes()])).collect();
    let headers = vec![("Acme-Signature".to_owned(), codes.join(" "))];
    WebhookRequest::new("POST", "https://shop.example/webhooks", headers, body, SystemClock.now())
}

fn body(event: &str, payment: &str, refund: &str) -> String {
    let at = SystemClock.now().format(&Rfc3339).unwrap();
    let subject = json!({ "id": refund, "payment": payment });
    json!({ "delivery": "d-4410", "event": event, "at": at, "return": subject }).to_string()
}

/// A genuine delivery that just arrived, with a signature for each secret.
pub(crate) fn delivery(payment: &PaymentId, refund: &RefundId, secrets: &[&str]) -> WebhookRequest {
    request(&body("return.changed", payment.as_str(), refund.as_str()), secrets)
}

fn genuine(secrets: &[&str]) -> WebhookRequest {
    delivery(&PaymentId::new("pp_000001").unwrap(), &RefundId::new("ret_000001").unwrap(), secrets)
}

/// With the secret and the previous one, as far as they are given.
fn provider(secrets: &[&str]) -> Acme {
    let keys = ["webhook_secret", "webhook_secret_previous"];
    let settings: Settings = keys.into_iter().zip(secrets.iter().copied()).collect();
    let settings = settings.with("client_id", "shop-7").with("client_secret", "a-secret");
    Acme::new(AcmeConfig::from_settings(&settings).unwrap()).unwrap()
}

fn verified(secret: &str, request: &WebhookRequest) -> Result<Notice> {
    provider(&[secret]).verify_webhook(request)
}

/// The kind of error, and the status that Acme gets.
fn refusal(result: Result<Notice>) -> (ErrorKind, u16) {
    let error = result.unwrap_err();
    (error.kind(), webhook_status::<()>(&Err(error)))
}

#[test]
fn a_delivery_says_what_it_is_about() {
    let notice = verified("new", &genuine(&["new"])).unwrap();
    assert_eq!((&*notice.provider, notice.payment_id.as_str()), ("acme", "pp_000001"));
    assert_eq!(notice.refund_id.unwrap().as_str(), "ret_000001");
    assert_eq!(notice.delivery_id.as_deref(), Some("d-4410"));
    assert_eq!(notice.event.as_deref(), Some("return.changed"));
    assert!(notice.occurred_at.is_some());
}

#[test]
fn one_matching_signature_is_enough_in_either_place() {
    for signed in [["new", "old"], ["old", "new"]] {
        assert!(verified("new", &genuine(&signed)).is_ok());
        assert!(verified("old", &genuine(&signed)).is_ok());
        assert!(provider(&["new", "old"]).verify_webhook(&genuine(&signed)).is_ok());
        assert_eq!(refusal(verified("other", &genuine(&signed))).0, ErrorKind::Unauthenticated);
    }
    let by_hand = AcmeConfig::from_settings(
        &Settings::new().with("client_id", "shop-7").with("client_secret", "a-secret"),
    )
    .unwrap()
    .with_webhook_secret("new");
    assert!(Acme::new(by_hand).unwrap().verify_webhook(&genuine(&["new"])).is_ok());
}

#[test]
fn the_documented_body_is_signed_over_its_bytes() {
    let documented = "{\"delivery\": \"d-4410\", \"event\": \"return.changed\", \"at\": \"2031-05-01T10:20:31Z\",\n \
                      \"return\": {\"id\": \"ret_000001\", \"payment\": \"pp_000001\"}}";
    let mut request = request(documented, &["new"]);
    request.received_at = parse_time("2031-05-01T10:20:32Z").unwrap();
    assert!(verified("new", &request).is_ok());
    request.body.push(b' ');
    assert_eq!(refusal(verified("new", &request)).0, ErrorKind::Unauthenticated);
}

#[test]
fn a_delivery_without_a_valid_signature_is_refused() {
    let mut unsigned = genuine(&["new"]);
    unsigned.headers.clear();
    let mut empty = genuine(&["new"]);
    empty.headers[0].1 = " ".to_owned();
    let mut capitals = genuine(&["new"]);
    capitals.headers[0].1.make_ascii_uppercase();
    for request in [unsigned, empty, capitals] {
        assert_eq!(refusal(verified("new", &request)), (ErrorKind::Unauthenticated, 400));
    }
}

#[test]
fn a_delivery_is_accepted_for_as_long_as_acme_repeats_it() {
    let after = |seconds: i64| {
        let mut request = genuine(&["new"]);
        request.received_at += time::Duration::seconds(seconds);
        verified("new", &request)
    };
    assert!(after(3 * 24 * 3600).is_ok());
    assert!(after(4 * 24 * 3600).is_err());
    assert!(after(-10).is_ok());
    assert!(after(-3600).is_err());
}

#[test]
fn a_signed_delivery_that_cannot_be_read_is_sent_again() {
    for body in ["", "{}", r#"{"delivery": "d-1", "event": "return.changed", "at": "yesterday"}"#] {
        assert_eq!(refusal(verified("new", &request(body, &["new"]))), (ErrorKind::Protocol, 503), "{body}");
    }
    for (payment, refund) in [("", "ret_1"), ("pp_1", "")] {
        let delivery = request(&body("return.changed", payment, refund), &["new"]);
        assert_eq!(refusal(verified("new", &delivery)), (ErrorKind::Protocol, 503));
    }
}

#[test]
fn another_event_is_acknowledged_and_not_sent_again() {
    let delivery = request(&body("payment.changed", "pp_1", "ret_1"), &["new"]);
    assert_eq!(refusal(verified("new", &delivery)), (ErrorKind::Unsupported, 200));
}

#[test]
fn without_a_secret_every_delivery_is_refused_and_sent_again() {
    let provider = provider(&[]);
    assert!(!provider.capabilities().webhooks);
    assert_eq!(refusal(provider.verify_webhook(&genuine(&["new"]))), (ErrorKind::Config, 503));
}
