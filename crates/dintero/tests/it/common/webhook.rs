//! Webhooks that are signed here, so that tests can sign what Dintero would not.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use refunds_core::{ErrorKind, Notice, RefundProvider as _, Result, WebhookRequest, webhook_status};
use refunds_dintero::{Dintero, DinteroConfig};
use time::OffsetDateTime;

pub(crate) const SECRET: &str = "whsec-canary-551";
pub(crate) const NEXT: &str = "the-next-one";
pub(crate) const ACCOUNT: &str = "T11223344";
pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const PATH: &str = "/webhooks/dintero";
pub(crate) const QUERY: &str = "method=POST&order=a+b&transaction_id=T11223344.9rQ2xW&merchant_reference=order-42\
&time=2023-11-14T22-13-19&event=REFUND&event_id=7b0a";
pub(crate) const BODY: &str = r#"{"account_id":"T11223344","event":"checkout_transaction","event_delivery":"0b6f3c9a",
"transaction":{"id":"T11223344.9rQ2xW","merchant_reference":"order 42","updated_at":"2023-11-14T22:13:19.000Z",
"status":"PARTIALLY_REFUNDED"}}"#;

pub(crate) fn dintero(account: &str, callback_secrets: &[&str], hook_secrets: &[&str]) -> Dintero {
    let mut config = DinteroConfig::new(account, "client", "client-secret-canary");

    for secret in callback_secrets {
        config = config.with_callback_secret(*secret);
    }
    for secret in hook_secrets {
        config = config.with_hook_secret(*secret);
    }
    Dintero::new(config).unwrap()
}

pub(crate) fn hex(algorithm: hmac::Algorithm, secret: &str, message: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), message);
    tag.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The code of a callback over these six values, as they are: what is signed is the test's business.
pub(crate) fn code(secret: &str, values: [&str; 6]) -> String {
    hex(hmac::HMAC_SHA256, secret, values.join("\n").as_bytes())
}

/// The query in order, as it is signed where the wire has it as in [`QUERY`].
pub(crate) fn sorted(query: &str) -> String {
    let mut parameters: Vec<_> = query.split('&').collect();
    parameters.sort_by_key(|parameter| parameter.split('=').next());
    parameters.join("&")
}

pub(crate) fn received(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    at: i64,
) -> WebhookRequest {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    WebhookRequest::new(method, url, headers, body, OffsetDateTime::from_unix_timestamp(at).unwrap())
}

/// A callback that was signed over `QUERY`, as it arrived with this header and query.
pub(crate) fn called(header: &str, path: &str, query: &str) -> Result<Notice> {
    let url = format!("https://shop.example:8443{path}?{query}");
    let headers = [("dintero-signature", header), ("Event-Delivery", "delivery-1")];
    dintero(ACCOUNT, &[SECRET, NEXT], &[]).verify_webhook(&received("POST", &url, &headers, b"{]", NOW))
}

pub(crate) fn code_at(secret: &str, time: &str) -> String {
    code(secret, [time, ACCOUNT, "POST", "shop.example", PATH, &sorted(QUERY)])
}

pub(crate) fn header(time: &str) -> String {
    format!("t={time},v0-hmac-sha256={}", code_at(SECRET, time))
}

/// A callback whose whole query is this, signed as it should be.
pub(crate) fn notice_of(query: &str, signed_query: &str) -> Result<Notice> {
    let code = code(SECRET, ["1700000000", ACCOUNT, "GET", "shop.example", "/", signed_query]);
    let header = format!("t=1700000000,v0-hmac-sha256={code}");
    let url = format!("https://shop.example/?{query}");
    let request = received("GET", &url, &[("Dintero-Signature", &header)], b"", NOW);
    dintero(ACCOUNT, &[SECRET], &[]).verify_webhook(&request)
}

pub(crate) fn hooked(signature: &str, body: &[u8]) -> Result<Notice> {
    let headers =
        [("EVENT", "checkout_transaction"), ("Event-Signature", signature), ("event-delivery", "h-1")];
    let request = received("POST", "/anything", &headers, body, NOW);
    dintero(ACCOUNT, &[], &[SECRET, NEXT]).verify_webhook(&request)
}

pub(crate) fn hook_code(secret: &str, body: &[u8]) -> String {
    hex(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, body)
}

pub(crate) fn kind_and_status(verified: Result<Notice>) -> Option<(ErrorKind, u16)> {
    let status = webhook_status(&verified);
    verified.err().map(|error| (error.kind(), status))
}

#[track_caller]
pub(crate) fn is_forged(verified: Result<Notice>, what: &str) {
    assert_eq!(webhook_status(&verified), 400, "{what}: {verified:?}");
    let error = verified.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{what}: {error}");
    assert_eq!(error.provider(), Some("dintero"), "{what}");
    assert!(!error.may_have_applied() && !format!("{error:?}").contains("canary"), "{what}: {error:?}");
}

/// `text` with a bit flipped, as a header or a URL would bring it.
pub(crate) fn flipped(text: &str, at: usize, bit: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] ^= 1 << bit;
    String::from_utf8_lossy(&bytes).into_owned()
}
