//! A clock that skips the client's own waits.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;

use crate::{BoxFuture, Clock, SystemClock};

/// How long nothing must happen before time is skipped.
const QUIET: Duration = Duration::from_millis(1);

/// The system's clock, except that [`sleep`](Clock::sleep) takes no time: as soon as nothing else
/// happens, the clock jumps to the time at which the first sleeper wakes up.
///
/// Back-off, settling and polling take a moment under it, while [`limit`](Clock::limit) still gives a real
/// server on a socket real time to respond, and time does not jump during such a wait. Clones
/// share their time.
#[derive(Clone, Debug, Default)]
pub struct SkippingClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    skipped: Duration,
    /// When sleepers wake up, and how many at that time.
    sleepers: BTreeMap<Duration, usize>,
    /// Calls that wait for something outside.
    limits: usize,
    /// Counts what happens, so that quiet can be seen.
    events: u64,
}

impl SkippingClock {
    /// A clock that shows the system's time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the clock forward.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state();
        state.skipped = state.skipped.saturating_add(duration);
        state.events += 1;
    }

    /// How far the clock was put forward.
    #[must_use]
    pub fn skipped(&self) -> Duration {
        self.state().skipped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Jumps to `wake_up`, if that is next and nothing happened since `events`.
    fn jump(&self, wake_up: Duration, events: u64) {
        let now = SystemClock.monotonic();
        let mut state = self.state();
        let is_next = state.sleepers.keys().next().is_none_or(|first| *first >= wake_up);
        if is_next && state.limits == 0 && state.events == events {
            state.skipped = state.skipped.max(wake_up.saturating_sub(now));
            state.events += 1;
        }
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
        let wake_up = clock.monotonic().saturating_add(duration);
        Box::pin(async move {
            let _asleep = Asleep::new(&clock, wake_up);
            loop {
                let events = clock.state().events;
                if clock.monotonic() >= wake_up {
                    return;
                }
                // Others may run, as they could during a real wait.
                tokio::time::sleep(QUIET).await;
                clock.jump(wake_up, events);
            }
        })
    }

    fn limit(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let limited = Limited::new(self);
        Box::pin(async move {
            let _limited = limited;
            SystemClock.sleep(duration).await;
        })
    }
}

/// A sleeper, for as long as it sleeps.
struct Asleep(SkippingClock, Duration);

impl Asleep {
    fn new(clock: &SkippingClock, wake_up: Duration) -> Self {
        let mut state = clock.state();
        *state.sleepers.entry(wake_up).or_default() += 1;
        state.events += 1;
        Self(clock.clone(), wake_up)
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(count) = state.sleepers.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                state.sleepers.remove(&self.1);
            }
        }
        state.events += 1;
    }
}

/// A call that waits for something outside, for as long as it lasts.
struct Limited(SkippingClock);

impl Limited {
    fn new(clock: &SkippingClock) -> Self {
        let mut state = clock.state();
        state.limits += 1;
        state.events += 1;
        drop(state);
        Self(clock.clone())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.limits -= 1;
        state.events += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleepers_wake_up_in_their_order_and_not_during_a_call() {
        let clock = SkippingClock::new();
        let order = Mutex::new(Vec::new());
        let sleeper = |seconds| {
            let (clock, order) = (clock.clone(), &order);
            async move {
                clock.sleep(Duration::from_secs(seconds)).await;
                order.lock().unwrap().push(clock.skipped().as_secs());
            }
        };
        tokio::join!(sleeper(30), sleeper(10), sleeper(20));
        let order = order.into_inner().unwrap();
        assert!(order.is_sorted() && order[0] <= 10 && order[2] >= 29, "{order:?}");

        let before = clock.skipped();
        let call = clock.limit(Duration::from_secs(3600));
        let slept = tokio::time::timeout(Duration::from_millis(500), clock.sleep(Duration::from_secs(60)));
        assert!(slept.await.is_err(), "time does not jump during a call");
        drop(call);
        assert_eq!(clock.skipped(), before);
    }
}
