//! Time, as it is injected: nothing in this workspace reads a clock or sleeps but through [`Clock`].

use std::{fmt::Debug, future::Future, pin::Pin, sync::OnceLock, time::Duration};

use time::OffsetDateTime;

/// A boxed future that can be sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the time comes from and how it passes.
///
/// The default, [`SystemClock`], is the machine's clock and Tokio's timer. Tests replace it, and so
/// may applications on another runtime.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// Time passed since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits because we choose to: back-off, settling, polling.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Completes when `duration` is over: the limit of a call that somebody else has to end.
    ///
    /// Apart from [`sleep`](Self::sleep) so that a test can skip our own waits and still give a
    /// real server real time.
    fn limit(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep(duration)
    }
}

/// The machine's clock and Tokio's timer (which has to be enabled in the runtime).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the injected clock reads the real one")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<tokio::time::Instant> = OnceLock::new();
        // Tokio's instant follows its paused time, so that tests under `start_paused` agree with it.
        START.get_or_init(tokio::time::Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
