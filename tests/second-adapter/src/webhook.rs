//! Webhooks: who sent them, when, and what they are about.

use std::time::Duration;

use refunds_core::secrecy::SecretString;
use refunds_core::{
    DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Notice, Operation, PaymentId, RefundId, Result,
    WebhookRequest, parse_time, serde_json,
};
use refunds_http::{Digest, is_signed};
use serde::Deserialize;

use crate::NAME;
use crate::wire::{Subject, WebhookBody};

const SIGNATURE: &str = "quillpay-signature";

/// How old a delivery may be: the same body is tried again for three days.
const AGE: Duration = Duration::from_secs(3 * 24 * 3600).saturating_add(DEFAULT_WEBHOOK_TOLERANCE);

/// What webhooks are verified with.
#[derive(Clone, Debug)]
pub(crate) struct Webhooks {
    secrets: Vec<SecretString>,
}

impl Webhooks {
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        Self { secrets }
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Checks the signature, then the time, then reads what the delivery is about.
    pub(crate) fn verify(&self, request: &WebhookRequest) -> Result<Notice> {
        if !self.is_on() {
            // No `Unsupported`: the provider has to try again until the secret is set.
            return Err(Error::config("the setting `webhook_secret` is not set"));
        }
        let signed = request
            .header(SIGNATURE)
            .is_some_and(|codes| codes.split(' ').any(|code| is_genuine(&self.secrets, &request.body, code)));
        if !signed {
            return Err(fault(ErrorKind::Unauthenticated, "the signature does not hold"));
        }
        let delivery: WebhookBody = serde_json::from_slice(&request.body)
            .map_err(|_| unreadable("the signed body is no delivery"))?;
        let at = parse_time(&delivery.at).ok_or_else(|| unreadable("`at` is no time"))?;
        // A repeated delivery may be days old; none is from the future.
        let late = at <= request.received_at;
        let tolerance = if late { AGE } else { DEFAULT_WEBHOOK_TOLERANCE };
        request.check_time(at, tolerance)?;
        if delivery.kind != "reversal.changed" {
            return Err(fault(ErrorKind::Unsupported, "the webhook is about something else"));
        }
        let subject =
            Subject::deserialize(&delivery.reversal).map_err(|_| unreadable("`reversal` is malformed"))?;
        let charge = PaymentId::new(subject.charge).map_err(|_| unreadable("`charge` is no id"))?;
        let reversal = RefundId::new(subject.id).map_err(|_| unreadable("`id` is no id"))?;
        let mut notice = Notice::new(NAME, charge);
        notice.refund_id = Some(reversal);
        notice.delivery_id = Some(delivery.delivery);
        notice.event = Some(delivery.kind);
        notice.occurred_at = Some(at);
        Ok(notice)
    }
}

fn is_genuine(secrets: &[SecretString], body: &[u8], code: &str) -> bool {
    is_signed(Digest::Sha256, secrets, &[body], code)
}

/// Signed, and so no forgery: let it be sent again until somebody has made it readable.
fn unreadable(message: &str) -> Error {
    fault(ErrorKind::Protocol, message)
}

/// A webhook moves nothing, whatever is wrong with it. The operation makes it count for the answer to the
/// provider.
fn fault(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message).with_operation(Operation::VerifyWebhook).not_applied()
}
