//! The runtime's paused time, as a clock.

use std::time::Duration;

use refunds_core::{BoxFuture, Clock};
use time::{OffsetDateTime, macros::datetime};
use tokio::time::Instant;

/// Both its clocks follow Tokio's paused time, so that a slow machine changes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PausedClock(Instant);

impl PausedClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for PausedClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-21 12:00:00 UTC) + self.0.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
