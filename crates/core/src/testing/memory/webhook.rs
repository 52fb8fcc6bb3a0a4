//! Webhooks of the memory: signed well enough to show what verifying is about.

use time::OffsetDateTime;
use uuid::Uuid;

use super::MemoryProvider;
use crate::{
    Clock, DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Notice, PaymentId, RefundId, Result, SystemClock,
    WebhookRequest,
};

/// The key. Nobody protects money with this: it is no secret, and what it makes is no HMAC.
const KEY: Uuid = Uuid::NAMESPACE_URL;
const HEADER: &str = "X-Memory-Signature";
const URL: &str = "https://shop.example/webhooks/memory";

impl MemoryProvider {
    /// The webhook that says that something happened to a refund, as it just arrived. (The
    /// capability is switched on by [`with_capabilities`](Self::with_capabilities).)
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
            return Err(Error::new(ErrorKind::Unsupported, "webhooks are not switched on"));
        }
        let header = request.header(HEADER).and_then(|header| header.split_once(' '));
        let (time, signed) = header.ok_or_else(|| unverified("it carries no signature"))?;
        let time: i64 = time.parse().map_err(|_| unverified("its signature has no time"))?;
        if signature(time, &request.body) != signed {
            return Err(unverified("its signature does not hold"));
        }
        let signed_at = OffsetDateTime::from_unix_timestamp(time).map_err(|_| unverified("no such time"))?;
        if (request.received_at - signed_at).unsigned_abs() > DEFAULT_WEBHOOK_TOLERANCE {
            return Err(unverified("it was signed too long ago, or not yet"));
        }
        let malformed = || Error::new(ErrorKind::Protocol, "it is signed and can not be read");
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
