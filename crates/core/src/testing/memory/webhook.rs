//! Webhooks of the in-memory provider, signed well enough to demonstrate verification.

use time::OffsetDateTime;
use uuid::Uuid;

use super::MemoryProvider;
use crate::{
    Clock, DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Notice, PaymentId, RefundId, Result, SystemClock,
    WebhookRequest,
};

/// The signing key. It protects nothing: it is not a secret, and the signature is not an HMAC.
const KEY: Uuid = Uuid::NAMESPACE_URL;
const HEADER: &str = "X-Memory-Signature";
const URL: &str = "https://shop.example/webhooks/memory";

impl MemoryProvider {
    /// A webhook about a change to a refund that just arrived.
    /// ([`with_capabilities`](Self::with_capabilities) enables the capability.)
    #[must_use]
    pub fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> WebhookRequest {
        let now = SystemClock.now();
        let body = format!("{payment}\n{refund}");
        let signature =
            format!("{} {}", now.unix_timestamp(), signature(now.unix_timestamp(), body.as_bytes()));
        WebhookRequest::new("POST", URL, vec![(HEADER.into(), signature)], body, now)
    }

    pub(super) fn verified(&self, request: &WebhookRequest) -> Result<Notice> {
        let unverified = |why: &str| Error::new(ErrorKind::Unauthenticated, why);
        if !self.able().webhooks {
            return Err(Error::new(ErrorKind::Unsupported, "webhooks are not enabled"));
        }
        let header = request.header(HEADER).and_then(|header| header.split_once(' '));
        let (time, signed) = header.ok_or_else(|| unverified("it carries no signature"))?;
        let time: i64 = time.parse().map_err(|_| unverified("its signature has no timestamp"))?;
        if signature(time, &request.body) != signed {
            return Err(unverified("its signature does not match"));
        }
        let signed_at = OffsetDateTime::from_unix_timestamp(time)
            .map_err(|_| unverified("its timestamp is not valid"))?;
        if (request.received_at - signed_at).unsigned_abs() > DEFAULT_WEBHOOK_TOLERANCE {
            return Err(unverified("it was signed too long ago, or in the future"));
        }
        let malformed = || Error::new(ErrorKind::Protocol, "it is signed but cannot be read");
        let body = std::str::from_utf8(&request.body).map_err(|_| malformed())?;
        let (payment, refund) = body.split_once('\n').ok_or_else(malformed)?;
        let mut notice = Notice::new("memory", payment.parse()?);
        notice.refund_id = Some(refund.parse()?);
        Ok(notice)
    }
}

fn signature(time: i64, body: &[u8]) -> String {
    let mut signed = time.to_be_bytes().to_vec();
    signed.extend_from_slice(body);
    Uuid::new_v5(&KEY, &signed).to_string()
}
