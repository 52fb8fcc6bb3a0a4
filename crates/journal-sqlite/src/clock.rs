//! The journal's time.
//!
//! The wall clock can be set back, but a time that has passed must not become the future again. So within
//! one boot of the machine, the journal follows the time since boot, which includes suspends. Across boots,
//! it continues from the later of the wall clock and the latest commit.
//!
//! Processes judge each other's intents by this time, so all of them must read the same one: it depends only
//! on the machine and the file, and on nothing else that one process has seen.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use refunds_core::{BoxFuture, Clock, SystemClock, journal::JournalTime, readable_duration};

/// The target of this crate's events.
pub(crate) const TARGET: &str = "refunds_journal_sqlite";
/// How far the journal's time may be ahead of the wall clock without a warning.
const AHEAD: Duration = Duration::from_secs(60);

/// The time state in the file.
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
    source: Source,
    state: Mutex<State>,
}

/// What the time follows besides the wall clock.
#[derive(Debug)]
enum Source {
    /// The time since this boot of the machine.
    Boot(String),
    /// The monotonic time of an injected clock.
    Injected,
    /// Nothing: the boots of this machine cannot be distinguished.
    Wall,
}

#[derive(Debug, Default)]
struct State {
    /// As [`Remembered::anchor`]: this process's own, until a commit in this boot sets it.
    anchor: Option<i64>,
    ahead: Option<Duration>,
    warned: bool,
}

impl JournalClock {
    /// The time of `clock`, or the machine's.
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        let source = match (&clock, boot::id().filter(|_| boot::elapsed().is_some())) {
            (Some(_), _) => Source::Injected,
            (None, Some(id)) => Source::Boot(id),
            (None, None) => Source::Wall,
        };
        Self { clock: clock.unwrap_or_else(|| Arc::new(SystemClock)), source, state: Mutex::default() }
    }

    /// The journal's time now, given the file's time state.
    pub(crate) fn now(&self, file: &Remembered) -> JournalTime {
        let elapsed = match self.source {
            Source::Boot(_) => boot::elapsed().unwrap_or_default(),
            Source::Injected => self.clock.monotonic(),
            Source::Wall => Duration::ZERO,
        };
        let wall = JournalTime::from_datetime(self.clock.now());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.read(&self.source, file, wall, elapsed);
        state.ahead = Some(now.since(wall)).filter(|ahead| *ahead > AHEAD);
        if let Some(ahead) = state.ahead
            && !state.warned
        {
            state.warned = true;
            drop(state);
            tracing::warn!(
                target: TARGET,
                ahead_seconds = ahead.as_secs(),
                "the journal's time is ahead of this machine's clock: refunds may have to wait that much longer"
            );
        }
        now
    }

    /// What to store with a commit at `now`.
    pub(crate) fn remember(&self, now: JournalTime) -> Remembered {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (&self.source, state.anchor) {
            (Source::Boot(id), Some(anchor)) => Remembered { highest: now, boot: Some(id.clone()), anchor },
            _ => Remembered { highest: now, ..Remembered::default() },
        }
    }

    /// An explanation for messages if the journal's time is far ahead of the wall clock.
    pub(crate) fn warning(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = readable_duration(state.ahead?);
        Some(format!(
            "the journal's time is {ahead} ahead of this machine's clock: one of its commits was made while \
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
        source: &Source,
        file: &Remembered,
        wall: JournalTime,
        elapsed: Duration,
    ) -> JournalTime {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let start = wall.max(file.highest).0.saturating_sub(elapsed);
        let time = match source {
            Source::Boot(id) => {
                if file.boot.as_ref() == Some(id) {
                    self.anchor = Some(file.anchor);
                }
                JournalTime(self.anchor.get_or_insert(start).saturating_add(elapsed))
            }
            // The later of its two times: one of them may stop during a suspend.
            Source::Injected => {
                wall.max(JournalTime(self.anchor.get_or_insert(start).saturating_add(elapsed)))
            }
            Source::Wall => wall,
        };
        time.max(file.highest)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod boot {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// Identifies the boot and a container's clock namespace, within which times since boot are comparable.
    pub(super) fn id() -> Option<String> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        Some(format!("{} {}", id.trim(), namespace.display()))
    }

    /// The time since boot, by the kernel's clock: some containers replace `/proc/uptime` with the time since
    /// their own start.
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

    const EMPTY: Remembered = Remembered { highest: JournalTime(0), boot: None, anchor: 0 };

    fn file(highest: i64, boot: &str, anchor: i64) -> Remembered {
        Remembered { highest: JournalTime(highest), boot: Some(boot.to_owned()), anchor }
    }

    fn read(state: &mut State, source: &Source, file: &Remembered, wall: i64, elapsed: u64) -> i64 {
        state.read(source, file, JournalTime(wall), Duration::from_millis(elapsed)).0
    }

    #[test]
    fn within_one_boot_a_wall_clock_that_is_set_moves_nothing() {
        let (mut state, boot) = (State::default(), Source::Boot("b".to_owned()));
        let file = file(1_500, "b", 1_000);
        for (wall, elapsed, want) in [(0, 700, 1_700), (900_000, 800, 1_800), (50, 900, 1_900)] {
            assert_eq!(read(&mut state, &boot, &file, wall, elapsed), want, "wall clock at {wall}");
        }
    }

    #[test]
    fn after_a_reboot_time_goes_on_from_the_later_of_wall_clock_and_last_commit() {
        let (last, boot) = (file(5_000, "before", 1_000), Source::Boot("after".to_owned()));
        assert_eq!(read(&mut State::default(), &boot, &last, 2_000, 10), 5_000);
        let mut state = State::default();
        assert_eq!(read(&mut state, &boot, &last, 9_000, 10), 9_000);
        assert_eq!(read(&mut state, &boot, &last, 1_000, 30), 9_020, "the wall clock was set back");
    }

    #[test]
    fn what_one_process_commits_is_the_time_of_all() {
        let boot = Source::Boot("b".to_owned());
        let (mut one, mut other) = (State::default(), State::default());
        assert_eq!(read(&mut one, &boot, &EMPTY, 9_000, 10), 9_000);
        // Started after the wall clock was set back.
        assert_eq!(read(&mut other, &boot, &EMPTY, 4_000, 20), 4_000);
        let committed = file(4_000, "b", 3_980);
        assert_eq!(read(&mut one, &boot, &committed, 4_010, 30), 4_010);
        assert_eq!(read(&mut other, &boot, &committed, 4_010, 30), 4_010);
    }

    #[test]
    fn without_a_boot_clock_time_is_the_later_of_wall_clock_and_last_commit() {
        let mut state = State::default();
        assert_eq!(read(&mut state, &Source::Wall, &EMPTY, 7_000, 0), 7_000);
        assert_eq!(read(&mut state, &Source::Wall, &file(8_000, "b", 0), 6_000, 0), 8_000);
    }

    #[test]
    fn an_injected_clock_that_is_set_back_goes_on() {
        let mut state = State::default();
        assert_eq!(read(&mut state, &Source::Injected, &EMPTY, 7_000, 10), 7_000);
        assert_eq!(read(&mut state, &Source::Injected, &EMPTY, 2_000, 30), 7_020);
        assert_eq!(read(&mut state, &Source::Injected, &EMPTY, 9_000, 40), 9_000);
    }

    #[test]
    fn a_journal_that_is_far_ahead_says_so() {
        let clock = JournalClock::new(None);
        clock.now(&EMPTY);
        assert_eq!(clock.warning(), None);
        let clock = JournalClock::new(None);
        let ahead = JournalTime::from_datetime(SystemClock.now()).plus(Duration::from_secs(7_200));
        assert!(clock.now(&Remembered { highest: ahead, ..EMPTY }) >= ahead);
        assert!(clock.warning().unwrap().contains("ahead of this machine's clock"));
    }
}
