//! Webhooks: <https://docs.gr4vy.com/guides/features/webhooks/signatures>
//!
//! A delivery is signed over its timestamp and its raw body, under each secret that is in force. It is
//! believed for what it is about, never for amounts or a status: those are read.

use refunds_core::{ErrorKind, Notice, PaymentId, RefundId, Result, WebhookRequest, parse_time};
use refunds_http::{Delivery, Digest, HmacKey, is_signed, lenient::Lenient};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::NAME;

const TIMESTAMP: &str = "X-Gr4vy-Webhook-Timestamp";
const SIGNATURES: &str = "X-Gr4vy-Webhook-Signatures";
const DELIVERY: &str = "X-Gr4vy-Webhook-ID";
const MAX_SIGNATURES: usize = 16;

/// The envelope, whose members have varied over time.
/// <https://docs.mattildapayments.com/guides/features/webhooks/payload>
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    name: Lenient<String>,
    #[serde(default)]
    id: Lenient<String>,
    #[serde(default)]
    created_at: Lenient<String>,
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
/// matches, or the time is too far off; `Unsupported` for a signed event about something else than a
/// refund; `Protocol` for a signed body that cannot be read.
pub(crate) fn verify(keys: &[HmacKey], request: &WebhookRequest) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    if keys.is_empty() {
        return Err(delivery.error(ErrorKind::Config, "the setting `webhook_secret` is missing"));
    }
    let signed_at = check_signature(keys, request)?;
    delivery.check_time(signed_at)?;
    notice(request)
}

fn check_signature(keys: &[HmacKey], request: &WebhookRequest) -> Result<OffsetDateTime> {
    let delivery = Delivery::new(NAME, request);
    let timestamp = delivery.header(TIMESTAMP)?;
    let signed_at = delivery.signed_at(TIMESTAMP, timestamp)?;

    let message: [&[u8]; 3] = [timestamp.as_bytes(), b".", &request.body];
    let mut signatures = request.headers_named(SIGNATURES).flat_map(|list| list.split(',')).map(str::trim);
    let mut any = false;
    // While a secret is rotated there are two signatures; a handful of attempts is enough.
    let fits =
        signatures.by_ref().filter(|signature| !signature.is_empty()).take(MAX_SIGNATURES).any(|signature| {
            any = true;
            is_signed(Digest::Sha256, keys, &message, signature)
        });
    if fits {
        Ok(signed_at)
    } else if any {
        Err(delivery.forged("no signature matches the body and the secrets"))
    } else {
        Err(delivery.forged(format!("the header {SIGNATURES} is missing")))
    }
}

fn notice(request: &WebhookRequest) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    let event: Event = serde_json::from_slice(&request.body)
        .map_err(|_| delivery.error(ErrorKind::Protocol, "the signed body is not a documented event"))?;
    if event.target.r#type != "refund" {
        return Err(delivery.error(ErrorKind::Unsupported, "the event is about something else than a refund"));
    }
    let payment = event.target.transaction_id.unwrap_or_default();
    let payment = PaymentId::new(payment).map_err(|cause| {
        delivery.error(ErrorKind::Protocol, "the event does not name its transaction").with_source(cause)
    })?;
    let refund = RefundId::new(event.target.id).map_err(|cause| {
        delivery.error(ErrorKind::Protocol, "the event does not name its refund").with_source(cause)
    })?;

    let mut notice = Notice::new(NAME, payment);
    notice.refund_id = Some(refund);
    notice.delivery_id = request.header(DELIVERY).map(ToOwned::to_owned).or_else(|| event.id.into_option());
    notice.event = event.name.into_option();
    notice.occurred_at = event.created_at.into_option().and_then(|text| parse_time(&text));
    Ok(notice)
}
