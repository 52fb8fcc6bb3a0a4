//! Webhooks: <https://docs.gr4vy.com/guides/features/webhooks/signatures>
//!
//! A delivery is signed over its timestamp and its raw body, under each secret that is in force. It is
//! believed for what it is about, never for amounts or a status: those are read.

use refunds_core::{
    DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Notice, Operation, PaymentId, RefundId, Result,
    WebhookRequest, parse_time,
};
use refunds_http::{Digest, is_signed};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

const TIMESTAMP: &str = "X-Gr4vy-Webhook-Timestamp";
const SIGNATURES: &str = "X-Gr4vy-Webhook-Signatures";
const DELIVERY: &str = "X-Gr4vy-Webhook-ID";
const MAX_SIGNATURES: usize = 16;

/// The envelope, of which deliveries have shown more and less over time.
/// <https://docs.mattildapayments.com/guides/features/webhooks/payload>
#[derive(Deserialize)]
struct Event {
    name: Option<Value>,
    id: Option<Value>,
    created_at: Option<Value>,
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    r#type: String,
    id: String,
    transaction_id: Option<String>,
}

/// Verifies a delivery and says what it is about.
///
/// # Errors
///
/// `Config` without a secret; `Unauthenticated` where a header is missing or malformed, no signature
/// fits, or the time is too far from ours; `Unsupported` for a signed event about something else than a
/// refund; `Protocol` for a signed body that can not be read.
pub(crate) fn verify(secrets: &[SecretString], request: &WebhookRequest) -> Result<Notice> {
    if secrets.is_empty() {
        return Err(fault(ErrorKind::Config, "the setting `webhook_secret` is missing"));
    }
    let signed_at = check_signature(secrets, request)?;
    request.check_time(signed_at, DEFAULT_WEBHOOK_TOLERANCE).map_err(named)?;
    notice(request)
}

fn check_signature(secrets: &[SecretString], request: &WebhookRequest) -> Result<OffsetDateTime> {
    let timestamp = only(request, TIMESTAMP)?;
    // The text is signed, so it has to be the one way to write that time.
    let seconds: i64 = timestamp
        .parse()
        .ok()
        .filter(|seconds: &i64| seconds.to_string() == timestamp)
        .ok_or_else(|| forged(format!("the header {TIMESTAMP} is no time in seconds")))?;
    let signed_at = OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| forged(format!("the header {TIMESTAMP} is no time in seconds")))?;

    let message: [&[u8]; 3] = [timestamp.as_bytes(), b".", &request.body];
    let mut signatures = request.headers_named(SIGNATURES).flat_map(|list| list.split(',')).map(str::trim);
    let mut any = false;
    // While a secret is rotated there are two signatures; nobody needs more than a handful tried.
    let fits =
        signatures.by_ref().filter(|signature| !signature.is_empty()).take(MAX_SIGNATURES).any(|signature| {
            any = true;
            is_signed(Digest::Sha256, secrets, &message, signature)
        });
    if fits {
        Ok(signed_at)
    } else if any {
        Err(forged("no signature fits the body and our secrets"))
    } else {
        Err(forged(format!("the header {SIGNATURES} is missing")))
    }
}

fn notice(request: &WebhookRequest) -> Result<Notice> {
    let event: Event = serde_json::from_slice(&request.body)
        .map_err(|_| fault(ErrorKind::Protocol, "the signed body is no event as documented"))?;
    if event.target.r#type != "refund" {
        return Err(fault(ErrorKind::Unsupported, "the event is about something else than a refund"));
    }
    let payment = event.target.transaction_id.unwrap_or_default();
    let payment = PaymentId::new(payment).map_err(|cause| {
        fault(ErrorKind::Protocol, "the event does not tell its transaction").with_source(cause)
    })?;
    let refund = RefundId::new(event.target.id).map_err(|cause| {
        fault(ErrorKind::Protocol, "the event does not tell its refund").with_source(cause)
    })?;

    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(ToOwned::to_owned));
    let mut notice = Notice::new(crate::NAME, payment);
    notice.refund_id = Some(refund);
    notice.delivery_id = request.header(DELIVERY).map(ToOwned::to_owned).or_else(|| text(event.id));
    notice.event = text(event.name);
    notice.occurred_at = text(event.created_at).and_then(|text| parse_time(&text));
    Ok(notice)
}

/// The one header of that name: two would let a proxy and us believe different ones.
fn only<'a>(request: &'a WebhookRequest, name: &str) -> Result<&'a str> {
    let mut values = request.headers_named(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(forged(format!("the header {name} is missing"))),
        (Some(_), Some(_)) => Err(forged(format!("the header {name} is there more than once"))),
    }
}

fn forged(message: impl Into<String>) -> Error {
    fault(ErrorKind::Unauthenticated, message)
}

fn fault(kind: ErrorKind, message: impl Into<String>) -> Error {
    named(Error::new(kind, message)).not_applied()
}

fn named(error: Error) -> Error {
    error.with_provider(crate::NAME).with_operation(Operation::VerifyWebhook)
}
