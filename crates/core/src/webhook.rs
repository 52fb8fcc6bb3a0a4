//! Webhooks: verified, normalized, and never trusted for amounts.

use std::{borrow::Cow, fmt, time::Duration};

use http::request::Parts;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Error, ErrorKind, Operation, PaymentId, RefundId, Result, Scope, readable_duration};

/// The default for how far a webhook's time may differ from ours, in both directions.
pub const DEFAULT_WEBHOOK_TOLERANCE: Duration = Duration::from_secs(300);

/// A webhook as it arrived, not yet verified.
#[derive(Clone)]
#[non_exhaustive]
pub struct WebhookRequest {
    /// The HTTP method, in capitals.
    pub method: String,
    /// The public URL that the provider called, before proxies rewrote it.
    pub url: String,
    /// The headers. Names are case-insensitive and may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: OffsetDateTime,
}

/// Shows neither the query, nor header values, nor the body.
impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("url", &self.url.split(['?', '#']).next())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish()
    }
}

impl WebhookRequest {
    /// A request that arrived at `received_at`.
    pub fn new(
        method: impl Into<String>,
        url: impl Into<String>,
        headers: Vec<(String, String)>,
        body: impl Into<Vec<u8>>,
        received_at: OffsetDateTime,
    ) -> Self {
        Self { method: method.into(), url: url.into(), headers, body: body.into(), received_at }
    }

    /// From the parts of an [`http::Request`](https://docs.rs/http/1/http/request/struct.Request.html), which
    /// every Rust web framework provides.
    ///
    /// `public_origin` is the part before the path in the URL that the provider calls, such as
    /// `https://shop.example`. It is not a proxy's `Host`, and some signatures cover it. If a proxy also
    /// strips part of the path, add that part. Headers whose value is not visible text are omitted.
    ///
    /// ```
    /// use refunds_core::{Clock, SystemClock, WebhookRequest};
    ///
    /// let (parts, body) = http::Request::post("/webhooks/mattilda?x=1")
    ///     .header("X-Gr4vy-Webhook-ID", "delivery-1")
    ///     .body(b"{}".to_vec())?
    ///     .into_parts();
    /// let request = WebhookRequest::from_parts(&parts, "https://shop.example", body, SystemClock.now());
    /// assert_eq!(request.url, "https://shop.example/webhooks/mattilda?x=1");
    /// assert_eq!(request.header("x-gr4vy-webhook-id"), Some("delivery-1"));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn from_parts(
        parts: &Parts,
        public_origin: &str,
        body: impl Into<Vec<u8>>,
        received_at: OffsetDateTime,
    ) -> Self {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let headers = parts
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let url = format!("{}{path}", public_origin.trim_end_matches('/'));
        Self::new(parts.method.as_str(), url, headers, body, received_at)
    }

    /// The first header with that name, case-insensitive.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).next()
    }

    /// All headers with that name, case-insensitive.
    pub fn headers_named<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.headers
            .iter()
            .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Checks the signed time against the time of receipt, in both directions: an old delivery may be a
    /// replay, and a time in the future does not come from the provider's clock.
    ///
    /// For adapters, after they verified the signature.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] if the difference exceeds `tolerance`.
    pub fn check_time(&self, signed_at: OffsetDateTime, tolerance: Duration) -> Result<()> {
        let apart = (self.received_at - signed_at).unsigned_abs();
        if apart <= tolerance {
            return Ok(());
        }
        let side = if signed_at < self.received_at { "ago" } else { "ahead of our clock" };
        Err(webhook_error(
            ErrorKind::Unauthenticated,
            format!(
                "the webhook was signed {} {side}; at most {} is accepted",
                readable_duration(apart),
                readable_duration(tolerance)
            ),
        ))
    }
}

/// What a verified webhook is about. It carries no amount: read the refunds
/// ([`RefundClient::refresh`](crate::RefundClient::refresh)) and record those.
///
/// It serializes to JSON, for a queue between the endpoint that verifies webhooks and the worker that reads
/// the refunds. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Notice {
    /// The provider's name in the registry.
    pub provider: Cow<'static, str>,
    /// The account that the webhook belongs to; set by
    /// [`RefundClient::verify_webhook`](crate::RefundClient::verify_webhook).
    #[serde(default)]
    pub scope: Option<Scope>,
    /// The payment.
    pub payment_id: PaymentId,
    /// The refund, if the webhook names it.
    #[serde(default)]
    pub refund_id: Option<RefundId>,
    /// The delivery's id, the same in redeliveries. Use it to de-duplicate.
    #[serde(default)]
    pub delivery_id: Option<String>,
    /// The provider's own name of the event.
    #[serde(default)]
    pub event: Option<String>,
    /// When it happened, if the webhook says so.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub occurred_at: Option<OffsetDateTime>,
}

impl Notice {
    /// A notice about `payment_id`.
    pub fn new(provider: impl Into<Cow<'static, str>>, payment_id: PaymentId) -> Self {
        Self {
            provider: provider.into(),
            scope: None,
            payment_id,
            refund_id: None,
            delivery_id: None,
            event: None,
            occurred_at: None,
        }
    }
}

/// The HTTP status to respond to a webhook with, so that the provider redelivers exactly when needed.
///
/// `handled` is the result of verifying the webhook and of any further work, such as storing or reading. Only
/// an error of [`Operation::VerifyWebhook`] is about the delivery;
/// [`RefundClient::verify_webhook`](crate::RefundClient::verify_webhook) sets that operation. Any other
/// failure is the receiver's own, so the delivery must be repeated.
///
/// | result | status | the provider |
/// |---|---|---|
/// | handled | 200 | is done |
/// | verified, but about something else ([`Unsupported`](ErrorKind::Unsupported)) | 200 | is done |
/// | not verified: forged, too old ([`Unauthenticated`](ErrorKind::Unauthenticated)) | 400 | never sends it again |
/// | anything else: not ready, no secret configured, signed but unreadable, a later read failed in any way | 503 | sends it again |
///
/// Respond within five seconds (Gr4vy waits no longer, Dintero ten): store the notice and read the refunds
/// afterwards. Do not respond with a 4xx for a payment that the application does not know *yet*: Dintero then
/// [never delivers it again](https://docs.dintero.com/docs/checkout/validating-callbacks).
///
/// ```
/// use refunds_core::{Error, ErrorKind, Operation, Result, webhook_status};
///
/// let failed = |kind, operation| -> Result<()> { Err(Error::new(kind, "…").with_operation(operation)) };
/// assert_eq!(webhook_status(&Ok(())), 200);
/// assert_eq!(webhook_status(&failed(ErrorKind::Unauthenticated, Operation::VerifyWebhook)), 400);
/// // The delivery was genuine; our own credentials were refused when the refunds were read.
/// assert_eq!(webhook_status(&failed(ErrorKind::Unauthenticated, Operation::ListRefunds)), 503);
/// ```
#[must_use]
pub fn webhook_status<T>(handled: &Result<T>) -> u16 {
    let Err(error) = handled else { return 200 };
    match (error.operation(), error.kind()) {
        (Some(Operation::VerifyWebhook), ErrorKind::Unsupported) => 200,
        (Some(Operation::VerifyWebhook), ErrorKind::Unauthenticated | ErrorKind::InvalidRequest) => 400,
        _ => 503,
    }
}

pub(crate) fn webhook_error(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, message).with_operation(Operation::VerifyWebhook).not_applied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verification_errors_end_redelivery() {
        for kind in ErrorKind::ALL {
            let status = |error: Error| webhook_status::<()>(&Err(error));
            let verified = match kind {
                ErrorKind::Unsupported => 200,
                ErrorKind::Unauthenticated | ErrorKind::InvalidRequest => 400,
                _ => 503,
            };
            let error = || Error::new(kind, "…");
            assert_eq!(status(error().with_operation(Operation::VerifyWebhook)), verified, "{kind}");
            assert_eq!(status(error()), 503, "{kind} of an unnamed operation");
            for operation in [Operation::ListRefunds, Operation::Payment, Operation::GetRefund] {
                assert_eq!(status(error().with_operation(operation)), 503, "{kind} of {operation}");
            }
        }
    }

    #[test]
    fn a_notice_survives_a_queue() {
        let mut notice = Notice::new("acme", PaymentId::new("p-1").unwrap());
        let json = serde_json::json!({"provider": "acme", "payment_id": "p-1"});
        assert_eq!(serde_json::from_value::<Notice>(json).unwrap(), notice, "everything else is optional");

        notice.scope = Some(Scope::new("acme", "a-1", "https://api.acme.example"));
        notice.refund_id = Some(RefundId::new("r-1").unwrap());
        notice.delivery_id = Some("d-1".into());
        notice.event = Some("refund.updated".into());
        notice.occurred_at = Some(time::macros::datetime!(2024-05-01 10:20:30 UTC));
        let json = serde_json::to_value(&notice).unwrap();
        assert_eq!(json["occurred_at"], "2024-05-01T10:20:30Z");
        assert_eq!(serde_json::from_value::<Notice>(json).unwrap(), notice);
    }

    #[test]
    fn time_is_checked_in_both_directions() {
        let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        let request = WebhookRequest::new("POST", "https://shop.example/", Vec::new(), *b"", now);
        for (seconds, ok) in [(0, true), (-300, true), (-301, false), (300, true), (301, false)] {
            let signed_at = now + time::Duration::seconds(seconds);
            let checked = request.check_time(signed_at, DEFAULT_WEBHOOK_TOLERANCE);
            assert_eq!(checked.is_ok(), ok, "{seconds}: {checked:?}");
        }
    }
}
