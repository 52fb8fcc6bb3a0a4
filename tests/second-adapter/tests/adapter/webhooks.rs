//! Signatures with one code and with two, and what they are over.

use refunds_core::serde_json::json;
use refunds_core::time::format_description::well_known::Rfc3339;
use refunds_core::{
    Clock, ErrorKind, Notice, PaymentId, RefundId, RefundProvider, Result, Settings, SystemClock,
    WebhookRequest, webhook_status,
};
use refunds_http::{Digest, testing::sign};
use refunds_second_adapter::{Quillpay, QuillpayConfig};

fn request(body: &str, secrets: &[&str]) -> WebhookRequest {
    let codes: Vec<String> =
        secrets.iter().map(|secret| sign(Digest::Sha256, secret, &[body.as_bytes()])).collect();
    let headers = vec![("Quillpay-Signature".to_owned(), codes.join(" "))];
    WebhookRequest::new("POST", "https://shop.example/webhooks", headers, body, SystemClock.now())
}

fn body(kind: &str, charge: &str, reversal: &str) -> String {
    let at = SystemClock.now().format(&Rfc3339).unwrap();
    let subject = json!({"id": reversal, "charge": charge});
    json!({"delivery": "d-4410", "kind": kind, "at": at, "reversal": subject}).to_string()
}

/// A genuine delivery that just arrived, with a code for each secret.
pub(crate) fn delivery(payment: &PaymentId, refund: &RefundId, secrets: &[&str]) -> WebhookRequest {
    request(&body("reversal.changed", payment.as_str(), refund.as_str()), secrets)
}

/// With the secret and the one before it, as far as they are set.
fn provider(secrets: &[&str]) -> Quillpay {
    let keys = ["webhook_secret", "webhook_secret_previous"];
    let settings: Settings = keys.into_iter().zip(secrets.iter().copied()).collect();
    QuillpayConfig::from_settings(&settings.with("api_key", "qk_1")).unwrap().build().unwrap()
}

fn told(secret: &str, request: &WebhookRequest) -> Result<Notice> {
    provider(&[secret]).verify_webhook(request)
}

fn genuine(secrets: &[&str]) -> WebhookRequest {
    delivery(&PaymentId::new("chg-9f21").unwrap(), &RefundId::new("rev-77aa").unwrap(), secrets)
}

#[test]
fn a_delivery_says_what_it_is_about() {
    let notice = told("new", &genuine(&["new"])).unwrap();
    assert_eq!((notice.provider.as_str(), notice.payment_id.as_str()), ("quillpay", "chg-9f21"));
    assert_eq!(notice.refund_id.unwrap().as_str(), "rev-77aa");
    assert_eq!(notice.delivery_id.as_deref(), Some("d-4410"));
    assert_eq!(notice.event.as_deref(), Some("reversal.changed"));
    assert!(notice.occurred_at.is_some());
}

#[test]
fn of_two_codes_one_is_enough_wherever_it_stands() {
    for signed in [["new", "old"], ["old", "new"]] {
        assert!(told("new", &genuine(&signed)).is_ok());
        assert!(told("old", &genuine(&signed)).is_ok());
        assert!(provider(&["new", "old"]).verify_webhook(&genuine(&signed)).is_ok());
        let error = told("other", &genuine(&signed)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}

#[test]
fn a_documented_body_is_signed_over_its_bytes() {
    let documented = "{\"delivery\": \"d-4410\", \"kind\": \"reversal.changed\", \"at\": \"2026-03-04T10:05:00Z\",\n \
                      \"reversal\": {\"id\": \"rev-77aa\", \"charge\": \"chg-9f21\"}}";
    let mut request = request(documented, &["new"]);
    request.received_at = refunds_core::parse_time("2026-03-04T10:05:01Z").unwrap();
    assert!(told("new", &request).is_ok());
    request.body.push(b' ');
    assert_eq!(told("new", &request).unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[test]
fn what_is_unsigned_is_refused() {
    let mut unsigned = genuine(&["new"]);
    unsigned.headers.clear();
    let mut empty = genuine(&["new"]);
    empty.headers[0].1 = " ".to_owned();
    let mut capitals = genuine(&["new"]);
    capitals.headers[0].1.make_ascii_uppercase();
    for request in [unsigned, empty, capitals] {
        let error = told("new", &request).unwrap_err();
        assert_eq!((error.kind(), webhook_status::<()>(&Err(error))), (ErrorKind::Unauthenticated, 400));
    }
}

#[test]
fn a_delivery_is_taken_for_as_long_as_it_is_tried() {
    let after = |seconds: i64| {
        let mut request = genuine(&["new"]);
        request.received_at += refunds_core::time::Duration::seconds(seconds);
        told("new", &request)
    };
    assert!(after(3 * 24 * 3600).is_ok());
    assert!(after(4 * 24 * 3600).is_err());
    assert!(after(-10).is_ok());
    assert!(after(-3600).is_err());
}

#[test]
fn what_is_signed_and_can_not_be_read_is_sent_again() {
    for body in ["", "{}", r#"{"delivery": "d-1", "kind": "reversal.changed", "at": "yesterday"}"#] {
        let error = told("new", &request(body, &["new"])).unwrap_err();
        assert_eq!((error.kind(), webhook_status::<()>(&Err(error))), (ErrorKind::Protocol, 503), "{body}");
    }
    let error = told("new", &request(&body("reversal.changed", "", "rev-1"), &["new"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[test]
fn another_kind_is_told_apart_and_not_sent_again() {
    let error = told("new", &request(&body("charge.changed", "chg-1", "rev-1"), &["new"])).unwrap_err();
    assert_eq!((error.kind(), webhook_status::<()>(&Err(error))), (ErrorKind::Unsupported, 200));
}

#[test]
fn without_a_secret_nothing_is_believed_and_all_is_sent_again() {
    let provider = provider(&[]);
    assert!(!provider.capabilities().webhooks);
    let error = provider.verify_webhook(&genuine(&["new"])).unwrap_err();
    assert_eq!((error.kind(), webhook_status::<()>(&Err(error))), (ErrorKind::Config, 503));
}
