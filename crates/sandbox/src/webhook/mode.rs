//! What goes wrong with webhooks.

use std::time::Duration;

/// A way in which webhooks are not what one hopes for. Several may be in force: see
/// [`Webhooks::add`](crate::Webhooks::add).
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
    /// What is due at one time goes out in another order than it happened, by the sandbox's seed.
    Shuffled,
    /// News goes out so long (on the sandbox's clock) before reads show it: the refund is not in its list yet, or has
    /// not ended there. Counts for what happens from now on. The answer to the request that makes a refund shows it.
    Early(Duration),
    /// Mattilda's refunds that end at once are told as `refund.pending`, too, before they are told as ended. Counts for
    /// what happens from now on.
    PendingFirst,
    /// The n-th delivery from now on, counted from 1 when it is its turn, never goes out.
    Lose(u32),
    /// The clock that signs is ahead. Dintero's hooks sign no time.
    ClockAhead(Duration),
    /// The clock that signs is behind. Dintero's hooks sign no time.
    ClockBehind(Duration),
    /// Signed with another secret than the merchant's.
    WrongSecret,
    /// A digit of the body is changed after signing. A `GET` has no body; Dintero's callbacks do not sign theirs.
    TamperedBody,
}
