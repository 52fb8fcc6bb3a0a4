//! The functions behind the fuzz targets and the corpus tests: any bytes, at every place where bytes from
//! outside arrive. Nothing may panic, and nothing unsigned may be accepted.

use std::sync::Arc;

use refunds_core::{
    CreateRefund, Error, Money, Notice, PageRequest, PaymentId, Reference, RefundAmount, RefundId,
    RefundProvider, Result, SubmitRefund, WebhookRequest,
};
use refunds_dintero::{Dintero, DinteroConfig};
use refunds_http::{
    Digest,
    testing::{Reply, ScriptedTransport, sign},
};
use refunds_mattilda::{Mattilda, MattildaConfig};
use time::OffsetDateTime;

/// The name of a target, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("webhook_mattilda", webhook_mattilda),
    ("webhook_dintero_callback", webhook_dintero_callback),
    ("webhook_dintero_hook", webhook_dintero_hook),
    ("decode_mattilda", decode_mattilda),
    ("decode_dintero", decode_dintero),
];

const NOW: i64 = 1_700_000_000;
const SECRET: &str = "a secret that no fuzzer guesses: 0b9c1f8e6a1d4a51";

/// Mattilda's verifier: the first two lines are headers, the rest is the body. The request is
/// verified as it is, and once more with a valid signature.
pub fn webhook_mattilda(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let headers = vec![
        ("X-Gr4vy-Webhook-Timestamp".to_owned(), text(parts.next())),
        ("X-Gr4vy-Webhook-Signatures".to_owned(), text(parts.next())),
    ];
    let body = parts.next().unwrap_or_default();
    let mut request = WebhookRequest::new("POST", "https://shop.example/webhooks", headers, body, now());
    let provider = mattilda(ScriptedTransport::new([]));
    refused(provider.verify_webhook(&request));
    let signature = sign(Digest::Sha256, SECRET, &[NOW.to_string().as_bytes(), b".", body]);
    request.headers = vec![
        ("X-Gr4vy-Webhook-Timestamp".to_owned(), NOW.to_string()),
        ("X-Gr4vy-Webhook-Signatures".to_owned(), signature),
    ];
    readable(provider.verify_webhook(&request));
}

/// Dintero's verifier of callbacks: a line each for the method, the header and the URL, then the body.
pub fn webhook_dintero_callback(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let method = text(parts.next());
    let headers = vec![("Dintero-Signature".to_owned(), text(parts.next()))];
    let url = text(parts.next());
    let body = parts.next().unwrap_or_default();
    let request = WebhookRequest::new(method, url, headers, body, now());
    refused(dintero(ScriptedTransport::new([])).verify_webhook(&request));
}

/// Dintero's verifier of hooks: a line each for the event and the signature, then the body. Verified as it is,
/// and once more with a valid signature.
pub fn webhook_dintero_hook(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let headers =
        vec![("event".to_owned(), text(parts.next())), ("event-signature".to_owned(), text(parts.next()))];
    let body = parts.next().unwrap_or_default();
    let mut request = WebhookRequest::new("POST", "https://shop.example/webhooks", headers, body, now());
    let provider = dintero(ScriptedTransport::new([]));
    refused(provider.verify_webhook(&request));
    request.headers[1].1 = sign(Digest::Sha1, SECRET, &[body]);
    readable(provider.verify_webhook(&request));
}

/// Every decoder of Mattilda's adapter: the first byte chooses the status, the rest is the body of
/// every response.
pub fn decode_mattilda(bytes: &[u8]) {
    let (status, body) = response(bytes);
    let provider = || mattilda(ScriptedTransport::new((0..16).map(|_| Reply::json(status, body.to_vec()))));
    exercise(&provider, "fe26475d-ec3e-4884-9553-f7356683f7f9", "MXN");
}

/// Every decoder of Dintero's adapter, of transactions and of orders, and of its tokens.
pub fn decode_dintero(bytes: &[u8]) {
    let (status, body) = response(bytes);
    let token = || Reply::json(200, &br#"{"access_token":"t","expires_in":3600}"#[..]);
    let replies = || (0..16).map(|_| Reply::json(status, body.to_vec()));
    let signed_in = || dintero(ScriptedTransport::new([token()].into_iter().chain(replies())));
    exercise(&signed_in, "T11223344.9rQ2xW", "NOK");
    exercise(&signed_in, "order-42", "NOK");
    exercise(&|| dintero(ScriptedTransport::new(replies())), "T11223344.9rQ2xW", "NOK");
}

fn exercise<P: RefundProvider>(provider: &dyn Fn() -> P, payment: &str, currency: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let (Ok(payment), Ok(refund), Ok(reference), Ok(currency)) = (
        PaymentId::new(payment),
        RefundId::new("8724fd24-5489-4a5d-90fd-0604df7d3b83"),
        Reference::new("rma-551"),
        currency.parse(),
    ) else {
        return;
    };
    let amount = Money::new(1299, currency);
    let request = CreateRefund::new(payment.clone(), RefundAmount::Exact(amount), reference);
    runtime.block_on(async {
        bounded(provider().payment(&payment).await);
        bounded(provider().list_refunds(&payment, &PageRequest::first()).await);
        bounded(provider().overview(&payment).await);
        bounded(provider().get_refund(&payment, &refund).await);
        bounded(provider().submit_refund(&SubmitRefund::new(request, amount)).await);
    });
}

/// An error can be printed, and is short.
fn bounded<T: std::fmt::Debug>(result: Result<T>) {
    if let Err(error) = result {
        let printed = format!("{error} {error:?}");
        assert!(printed.len() < 20_000, "an error repeats a body");
    }
}

/// A signed webhook is either accepted or refused for another reason than its signature.
fn readable(verified: Result<Notice>) {
    if let Err(error) = &verified {
        assert!(!error.message().contains("signature"), "it was signed: {error}");
    }
    bounded(verified);
}

/// The fuzzer does not have the secret, so nothing may be accepted.
fn refused<T: std::fmt::Debug>(verified: Result<T, Error>) {
    assert!(verified.is_err(), "a forged webhook was accepted: {verified:?}");
    bounded(verified);
}

fn response(bytes: &[u8]) -> (u16, &[u8]) {
    const STATUSES: [u16; 16] =
        [200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503, 199, 999];
    match bytes.split_first() {
        Some((first, body)) => (STATUSES[usize::from(*first) % STATUSES.len()], body),
        None => (200, bytes),
    }
}

fn mattilda(transport: ScriptedTransport) -> Mattilda {
    let config = MattildaConfig::from_token("token")
        .with_webhook_secret(SECRET.to_owned())
        .with_keep_raw(true)
        .with_transport(Arc::new(transport));
    Mattilda::new(config).unwrap()
}

fn dintero(transport: ScriptedTransport) -> Dintero {
    let config = DinteroConfig::new("T11223344", "client", "client-secret")
        .with_callback_secret(SECRET.to_owned())
        .with_hook_secret(SECRET.to_owned())
        .with_keep_raw(true)
        .with_transport(Arc::new(transport));
    Dintero::new(config).unwrap()
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}
