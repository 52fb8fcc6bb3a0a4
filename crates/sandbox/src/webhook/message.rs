//! Webhooks and their deliveries.

use std::fmt;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::provider::Provider;

/// A webhook before it is signed.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) scheme: Scheme,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    /// The same for all attempts.
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) body: Bytes,
}

/// How a webhook is signed and repeated.
#[derive(Clone)]
pub(crate) enum Scheme {
    /// The callback of a Dintero session.
    Callback,
    /// A Dintero hook subscription.
    Hook { subscription: String, secret: Option<String> },
    /// A Mattilda subscription.
    Gr4vy,
}

impl Scheme {
    pub(super) fn provider(&self) -> Provider {
        match self {
            Self::Callback | Self::Hook { .. } => Provider::Dintero,
            Self::Gr4vy => Provider::Mattilda,
        }
    }
}

/// A signed webhook, taken from the queue with [`WebhookQueue::take`](crate::WebhookQueue::take).
///
/// It is for testing verifiers, so everything in it may be changed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The provider that sends it.
    pub provider: Provider,
    /// `GET` or `POST`.
    pub method: String,
    /// The whole URL, with everything that the provider appended.
    pub url: String,
    /// Every header but `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
    /// The id of the delivery, the same for all attempts; it is also in a header.
    pub delivery_id: String,
    /// The provider's name of the event.
    pub event: String,
}

impl SignedRequest {
    /// The header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Omits headers and body: a signature is a credential, and a body holds personal data.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("provider", &self.provider)
            .field("method", &self.method)
            .field("url", &self.url)
            .field("delivery_id", &self.delivery_id)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// One attempt at delivering a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The provider that sent it.
    pub provider: Provider,
    /// The URL it was sent to.
    pub url: String,
    /// The same for all attempts: receivers use it to recognize duplicates.
    pub delivery_id: String,
    /// The provider's name of the event: `refund.succeeded`, `checkout_transaction`, or a callback's `REFUND`.
    pub event: String,
    /// Counted from 1.
    pub attempt: u32,
    /// The status of the receiver's response; `None` if there was none.
    pub status: Option<u16>,
    /// Why there was no response.
    pub error: Option<String>,
    /// When it is sent again, on the sandbox's clock; `None` if it was accepted or given up.
    pub next_attempt: Option<OffsetDateTime>,
}

impl Delivery {
    /// Whether the response was a 2xx.
    pub fn is_accepted(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}
