//! Webhooks as the providers send them: queued with a due time on the sandbox's clock, signed when sent, and repeated by
//! the provider's own rules.

mod control;
mod message;
mod mode;
mod outbox;
mod retry;
mod send;
mod sign;
mod target;

pub use control::{WebhookQueue, Webhooks};
pub use message::{Delivery, SignedRequest};
pub(crate) use message::{Message, Scheme};
pub use mode::WebhookMode;
pub(crate) use outbox::{Attempt, Outbox, Queued};
pub(crate) use target::is_loopback;
