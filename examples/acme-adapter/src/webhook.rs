//! Webhooks: who sent one, when, and what it is about. `PROVIDER.md`, "Webhooks".

use std::time::Duration;

use refunds_core::{
    DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Notice, Operation, PaymentId, RefundId, Result,
    WebhookRequest, parse_time, serde_json,
};
use refunds_http::{Digest, HmacKey, is_signed};
use serde::Deserialize as _;

use crate::wire;

const SIGNATURE: &str = "acme-signature";
const RETURN_CHANGED: &str = "return.changed";

/// How old a delivery may be: Acme repeats the same body for three days.
const MAX_AGE: Duration = Duration::from_secs(3 * 24 * 3600).saturating_add(DEFAULT_WEBHOOK_TOLERANCE);

/// Checks the signature, then the time, then reads what the delivery is about.
///
/// # Errors
///
/// `Config` without a secret, `Unauthenticated` for a delivery that is not signed, too old or too early,
/// `Protocol` for a signed one that cannot be read, `Unsupported` for one about something else.
pub(crate) fn verify(keys: &[HmacKey], request: &WebhookRequest) -> Result<Notice> {
    if keys.is_empty() {
        // Not `Unsupported`: Acme has to repeat the delivery until the secret is set.
        return Err(failure(ErrorKind::Config, "the setting `webhook_secret` is not set"));
    }
    let signed = request.header(SIGNATURE).is_some_and(|signatures| {
        signatures.split(' ').any(|signature| is_signed(Digest::Sha256, keys, &[&request.body], signature))
    });
    if !signed {
        return Err(failure(ErrorKind::Unauthenticated, "the signature does not match"));
    }
    let delivery: wire::WebhookBody = serde_json::from_slice(&request.body)
        .map_err(|_| unreadable("the signed body is not a delivery as documented"))?;
    let at = parse_time(&delivery.at).ok_or_else(|| unreadable("`at` is not a time"))?;
    let tolerance = if at <= request.received_at { MAX_AGE } else { DEFAULT_WEBHOOK_TOLERANCE };
    request.check_time(at, tolerance)?;
    if delivery.event != RETURN_CHANGED {
        return Err(failure(ErrorKind::Unsupported, "the webhook is not about a return"));
    }
    let subject =
        wire::Subject::deserialize(delivery.subject).map_err(|_| unreadable("`return` is malformed"))?;
    let payment = PaymentId::new(subject.payment).map_err(|_| unreadable("`payment` is not a valid id"))?;
    let refund = RefundId::new(subject.id).map_err(|_| unreadable("`id` is not a valid id"))?;

    let mut notice = Notice::new(crate::NAME, payment);
    notice.refund_id = Some(refund);
    notice.delivery_id = Some(delivery.delivery);
    notice.event = Some(delivery.event);
    notice.occurred_at = Some(at);
    Ok(notice)
}

/// The delivery is signed and so genuine: Acme repeats it until the adapter can read it.
fn unreadable(message: &str) -> Error {
    failure(ErrorKind::Protocol, message)
}

/// The operation makes the error count for the response to Acme. A webhook never moves money.
fn failure(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message).with_operation(Operation::VerifyWebhook).not_applied()
}
