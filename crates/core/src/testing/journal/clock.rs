//! A clock that tests move by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use time::{OffsetDateTime, macros::datetime};
use tokio::sync::watch;

use crate::{BoxFuture, Clock, SystemClock};

/// The time of day at which every clock begins.
const START: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

/// A clock that does not move until a test advances it, for journals: their times are then exact.
///
/// Clones share their time. [`sleep`](Clock::sleep) ends when the clock is advanced far enough;
/// [`limit`](Clock::limit) is real time, as it bounds what a test does not control.
///
/// ```
/// use std::time::Duration;
/// use refunds_core::{Clock, testing::ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - before, Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How far it was advanced.
    advanced: watch::Sender<Duration>,
    /// How many milliseconds the time of day is off.
    off: AtomicI64,
    /// How many milliseconds pass with each reading.
    tick: AtomicU64,
}

impl ManualClock {
    /// A clock at its initial time.
    #[must_use]
    pub fn new() -> Self {
        let (off, tick) = (AtomicI64::new(0), AtomicU64::new(0));
        Self(Arc::new(Inner { advanced: watch::Sender::new(Duration::ZERO), off, tick }))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.0.advanced.send_modify(|advanced| *advanced += duration);
    }

    /// Sets the time of day back, as an administrator or a time server does. The monotonic time stays.
    pub fn set_back(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.off.fetch_sub(millis, Ordering::SeqCst);
    }

    /// From now on, a millisecond passes with each reading: no two readings are equal.
    pub fn tick(&self) {
        self.0.tick.store(1, Ordering::SeqCst);
    }

    /// The clock in the form that journals take.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        let off = time::Duration::milliseconds(self.0.off.load(Ordering::SeqCst));
        START + self.monotonic() + off
    }

    fn monotonic(&self) -> Duration {
        let tick = self.0.tick.load(Ordering::SeqCst);
        if tick > 0 {
            self.advance(Duration::from_millis(tick));
        }
        *self.0.advanced.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let wake_up = self.0.advanced.borrow().saturating_add(duration);
        Box::pin(async move {
            let mut advanced = clock.0.advanced.subscribe();
            // This holds the clock, so that the sender is never gone.
            let _ = advanced.wait_for(|advanced| *advanced >= wake_up).await;
        })
    }

    fn limit(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_sleeper_wakes_up_when_the_clock_was_advanced_far_enough() {
        let clock = ManualClock::new();
        let mut asleep = clock.sleep(Duration::from_secs(10));
        assert!((&mut asleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(9));
        assert!((&mut asleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(asleep.now_or_never().is_some());
    }

    #[test]
    fn only_the_time_of_day_is_set_back() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(60));
        let (day, monotonic) = (clock.now(), clock.monotonic());
        clock.set_back(Duration::from_secs(3600));
        assert_eq!(day - clock.now(), Duration::from_secs(3600));
        assert_eq!(clock.monotonic(), monotonic);
        clock.tick();
        assert!(clock.monotonic() < clock.monotonic());
    }
}
