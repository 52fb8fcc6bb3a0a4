//! Faults of webhooks.

use std::time::Duration;

/// A fault of webhooks. Several may be active: see [`Webhooks::add`](crate::Webhooks::add).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// # let sandbox = refunds_sandbox::Sandbox::start().await?;
/// use refunds_sandbox::WebhookMode;
///
/// sandbox.webhooks().add(WebhookMode::Twice);
/// sandbox.webhooks().add(WebhookMode::Shuffled);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookMode {
    /// Everything is delivered twice, with the same delivery id.
    Twice,
    /// Webhooks that are due at the same time are sent in another order, by the sandbox's seed.
    Shuffled,
    /// Webhooks are sent this long (on the sandbox's clock) before reads show the event: the refund is not yet in its
    /// list, or not yet final there. Applies to events from now on. The response to the request that makes a refund
    /// shows it at once.
    Early(Duration),
    /// Mattilda's refunds that end at once are first reported as `refund.pending`, too. Applies to events from now on.
    PendingFirst,
    /// The n-th delivery from now on, counted from 1 at its due time, is never sent.
    Lose(u32),
    /// The signing clock is ahead. Dintero's hooks sign no time.
    ClockAhead(Duration),
    /// The signing clock is behind. Dintero's hooks sign no time.
    ClockBehind(Duration),
    /// Signed with a secret that is not the merchant's.
    WrongSecret,
    /// A digit of the body is changed after signing. A `GET` has no body; Dintero's callbacks do not sign theirs.
    TamperedBody,
}
