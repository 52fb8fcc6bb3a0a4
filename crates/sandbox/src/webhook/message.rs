//! What is sent, and what became of it.

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
    /// Constant over all attempts.
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) body: Bytes,
}

/// How it is signed and repeated.
#[derive(Clone)]
pub(crate) enum Scheme {
    /// Dintero's callback of one session.
    Callback,
    /// One of Dintero's hook subscriptions.
    Hook { subscription: String, secret: Option<String> },
    /// Mattilda's.
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

/// A webhook as it goes out, taken from the queue with [`WebhookQueue::take`](crate::WebhookQueue::take).
///
/// It is made for verifiers to be tested with, so everything in it may be changed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// Who sends it.
    pub provider: Provider,
    /// `GET` or `POST`.
    pub method: String,
    /// The whole URL, with all that the provider appended.
    pub url: String,
    /// Every header but `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body, which is empty for a `GET`.
    pub body: Vec<u8>,
    /// The id of the delivery, constant over its attempts; it is in a header as well.
    pub delivery_id: String,
    /// The provider's name of the event.
    pub event: String,
}

impl SignedRequest {
    /// The header of this name, whatever the case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Neither headers nor body: a signature is a credential, and a body is about somebody.
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
    /// Who sent it.
    pub provider: Provider,
    /// Where to.
    pub url: String,
    /// Constant over the attempts: what receivers de-duplicate by.
    pub delivery_id: String,
    /// The provider's name of the event: `refund.succeeded`, `checkout_transaction`, or a callback's `REFUND`.
    pub event: String,
    /// Counted from 1.
    pub attempt: u32,
    /// What the receiver answered; `None` when it did not.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// When it will be sent again, on the sandbox's clock; `None` when it was taken in or given up.
    pub next_attempt: Option<OffsetDateTime>,
}

impl Delivery {
    /// Whether it was answered with a 2xx.
    pub fn is_taken_in(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}
