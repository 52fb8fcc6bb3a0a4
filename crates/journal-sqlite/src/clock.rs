//! The journal's time.
//!
//! The wall clock can be set, and a time that was over must not be ahead again. So within one boot of
//! the machine the journal follows the clock that counts since the boot, also through a suspend; across
//! boots it goes on from the later of the wall clock and the latest time of a commit.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use refunds_core::{BoxFuture, Clock, SystemClock, journal::JournalTime};

/// How far the journal's time may be ahead of the wall clock before messages say so.
const AHEAD: Duration = Duration::from_secs(60);

/// What the file remembers of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The latest time of a commit.
    pub(crate) highest: JournalTime,
    /// The boot in which the anchor holds.
    pub(crate) boot: Option<String>,
    /// The journal's time at which the boot clock showed zero, in milliseconds.
    pub(crate) anchor: i64,
}

/// Reads the journal's time.
#[derive(Debug)]
pub(crate) struct JournalClock {
    clock: Arc<dyn Clock>,
    /// The boot, where the machine's own clock is used and its boots can be told apart.
    boot: Option<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The latest time that this process has seen.
    highest: JournalTime,
    /// As [`Remembered::anchor`]; this process's own until a commit of this boot fixes it.
    anchor: Option<i64>,
    ahead: Option<Duration>,
    warned: bool,
}

impl JournalClock {
    /// The time of `clock`, or the machine's.
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        let boot = if clock.is_some() { None } else { boot::id() };
        Self { clock: clock.unwrap_or_else(|| Arc::new(SystemClock)), boot, state: Mutex::default() }
    }

    /// The journal's time now, given what the file remembers.
    pub(crate) fn now(&self, file: &Remembered) -> JournalTime {
        let since_boot = self.boot.as_deref().and_then(|id| Some((id, boot::elapsed()?)));
        let wall = JournalTime::from_datetime(self.clock.now());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.read(file, wall, since_boot);
        if let Some(ahead) = state.ahead
            && !state.warned
        {
            state.warned = true;
            drop(state);
            tracing::warn!(
                ahead_seconds = ahead.as_secs(),
                "the journal's time is ahead of this machine's clock: refunds may have to wait that much longer"
            );
        }
        now
    }

    /// What to store with a commit at `now`.
    pub(crate) fn remember(&self, now: JournalTime) -> Remembered {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let boot = self.boot.clone().filter(|_| state.anchor.is_some());
        Remembered { highest: now, anchor: state.anchor.unwrap_or_default(), boot }
    }

    /// What a message should add where the journal's time is far ahead of the wall clock.
    pub(crate) fn warning(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = state.ahead?.as_secs();
        Some(format!(
            "the journal's time is {ahead} s ahead of this machine's clock: one of its commits was made while \
             a clock was that far ahead"
        ))
    }

    pub(crate) fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(duration)
    }
}

impl State {
    fn read(
        &mut self,
        file: &Remembered,
        wall: JournalTime,
        since_boot: Option<(&str, Duration)>,
    ) -> JournalTime {
        let highest = self.highest.max(file.highest);
        let time = match since_boot {
            None => wall,
            Some((boot, elapsed)) => {
                if file.boot.as_deref() == Some(boot) {
                    self.anchor = Some(file.anchor);
                }
                let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
                let anchor = *self.anchor.get_or_insert_with(|| wall.max(highest).0.saturating_sub(elapsed));
                JournalTime(anchor.saturating_add(elapsed))
            }
        };
        self.highest = time.max(highest);
        self.ahead = Some(self.highest.since(wall)).filter(|ahead| *ahead > AHEAD);
        self.highest
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod boot {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// Names the boot, and the clock namespace of a container, in which times since the boot compare.
    pub(super) fn id() -> Option<String> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        Some(format!("{} {}", id.trim(), namespace.display()))
    }

    /// The time since the boot. The kernel's clock rather than `/proc/uptime`, which some containers
    /// replace by the time since their own start.
    pub(super) fn elapsed() -> Option<Duration> {
        Duration::try_from(clock_gettime(ClockId::Boottime)).ok()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod boot {
    use std::time::Duration;

    pub(super) fn id() -> Option<String> {
        None
    }

    pub(super) fn elapsed() -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(highest: i64, boot: &str, anchor: i64) -> Remembered {
        Remembered { highest: JournalTime(highest), boot: Some(boot.to_owned()), anchor }
    }

    fn read(state: &mut State, file: &Remembered, wall: i64, boot: &str, elapsed: u64) -> i64 {
        state.read(file, JournalTime(wall), Some((boot, Duration::from_millis(elapsed)))).0
    }

    #[test]
    fn within_one_boot_a_wall_clock_that_is_set_moves_nothing() {
        let mut state = State::default();
        let file = file(1_500, "b", 1_000);
        for (wall, elapsed, want) in [(0, 700, 1_700), (900_000, 800, 1_800), (50, 900, 1_900)] {
            assert_eq!(read(&mut state, &file, wall, "b", elapsed), want, "wall clock at {wall}");
        }
    }

    #[test]
    fn after_a_reboot_time_goes_on_from_the_later_of_wall_clock_and_last_commit() {
        let last = file(5_000, "before", 1_000);
        assert_eq!(read(&mut State::default(), &last, 9_000, "after", 10), 9_000);
        assert_eq!(read(&mut State::default(), &last, 2_000, "after", 10), 5_000);
        let mut state = State::default();
        assert_eq!(read(&mut state, &last, 9_000, "after", 10), 9_000);
        assert_eq!(read(&mut state, &last, 1_000, "after", 30), 9_020, "the wall clock was set back");
    }

    #[test]
    fn without_a_boot_clock_time_never_goes_back() {
        let mut state = State::default();
        let empty = Remembered::default();
        let mut at = |file: &Remembered, wall| state.read(file, JournalTime(wall), None).0;
        assert_eq!(at(&empty, 7_000), 7_000);
        assert_eq!(at(&empty, 6_000), 7_000, "the latest time of this process");
        assert_eq!(at(&file(8_000, "b", 0), 6_000), 8_000, "the latest time of the file");
    }

    #[test]
    fn a_journal_that_is_far_ahead_says_so() {
        let mut state = State::default();
        state.read(&file(60_000, "b", 0), JournalTime(0), None);
        assert_eq!(state.ahead, None, "a minute is not far");
        state.read(&file(60_001, "b", 0), JournalTime(0), None);
        assert_eq!(state.ahead, Some(Duration::from_millis(60_001)));
    }
}
