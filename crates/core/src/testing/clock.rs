//! A clock that skips our own waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use time::OffsetDateTime;

use crate::{BoxFuture, Clock, SystemClock};

/// The system's clock, except that [`sleep`](Clock::sleep) returns at once and puts the clock
/// forward instead.
///
/// Back-off, settling and polling take no time under it, while [`limit`](Clock::limit) still gives
/// a real server on a socket real time to answer. Clones share their time.
#[derive(Clone, Debug, Default)]
pub struct SkippingClock {
    skipped_nanos: Arc<AtomicU64>,
}

impl SkippingClock {
    /// A clock that is not ahead yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the clock forward.
    pub fn advance(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.skipped_nanos.fetch_add(nanos, Ordering::SeqCst);
    }

    /// How far it was put forward.
    #[must_use]
    pub fn skipped(&self) -> Duration {
        Duration::from_nanos(self.skipped_nanos.load(Ordering::SeqCst))
    }
}

impl Clock for SkippingClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + self.skipped()
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic() + self.skipped()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            clock.advance(duration);
            // Others may run, as they could during a real wait.
            tokio::task::yield_now().await;
        })
    }

    fn limit(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}
