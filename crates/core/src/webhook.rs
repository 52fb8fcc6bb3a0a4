//! What a provider tells by webhook.

use time::OffsetDateTime;

use crate::{PaymentId, RefundId};

/// A webhook as it arrived, before anybody believed it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WebhookRequest {
    /// The HTTP method.
    pub method: String,
    /// The public URL as the provider called it, before proxies rewrote it.
    pub url: String,
    /// The headers; names in any case, several of one name allowed.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: OffsetDateTime,
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
}

/// What a verified webhook is about. It carries no amount: read the refunds and book those.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The provider's name in the registry.
    pub provider: String,
    /// The payment.
    pub payment_id: PaymentId,
    /// The refund, where it is told.
    pub refund_id: Option<RefundId>,
    /// The delivery, constant over redeliveries.
    pub delivery_id: Option<String>,
    /// The provider's own name of the event.
    pub event: Option<String>,
    /// When it happened, where it is told.
    pub occurred_at: Option<OffsetDateTime>,
}

impl Notice {
    /// A notice about `payment_id`.
    pub fn new(provider: impl Into<String>, payment_id: PaymentId) -> Self {
        Self {
            provider: provider.into(),
            payment_id,
            refund_id: None,
            delivery_id: None,
            event: None,
            occurred_at: None,
        }
    }
}
