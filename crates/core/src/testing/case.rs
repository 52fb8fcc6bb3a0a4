//! One case of a kit as data, and how it ends.

use std::{fmt, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;

use super::{
    Harness, JournalHarness, ManualClock,
    journal::JournalKit,
    kit::Kit,
    verdict::{Stop, Verdict},
};
use crate::{BoxFuture, MemoryJournal};

/// How long one case may take. No case waits this long: only a call that hangs reaches it.
const LIMIT: Duration = Duration::from_secs(60);

/// The function of a case, by kit.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Provider(for<'a> fn(Kit<'a>) -> BoxFuture<'a, Verdict>),
    Journal(for<'a> fn(JournalKit<'a>) -> BoxFuture<'a, Verdict>),
}

/// One check of the kit for adapters, or of the kit for journals.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, which is also the name of the test.
    pub name: &'static str,
    /// The group it belongs to: `identity`, `pages`, `refusals`, `once`, `life`, `faults`, `safety`, `sending`
    /// or `capabilities`; journals have other groups.
    pub group: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// What the harness or the provider must support for it; empty if nothing.
    pub needs: &'static str,
    pub(crate) run: Run,
}

impl Case {
    /// Runs a case of [`cases`](super::cases). A panic or a case that does not end is a failure.
    pub async fn run(&self, harness: &dyn Harness) -> Outcome {
        let Run::Provider(run) = self.run else { return other_kit("journals") };
        let clock = harness.clock();
        let journal = MemoryJournal::with_clock(clock.clone());
        let outcome = end(run(Kit { harness, clock: &clock, journal: &journal })).await;
        harness.heal().await;
        outcome
    }

    /// As [`run`](Self::run), for a case of [`journal_cases`](super::journal_cases).
    pub async fn run_journal(&self, harness: &dyn JournalHarness) -> Outcome {
        let Run::Journal(run) = self.run else { return other_kit("providers") };
        let clock = ManualClock::new();
        let case = async {
            let journal = harness.open(clock.shared()).await;
            run(JournalKit { harness, clock: &clock, journal: &journal }).await
        };
        end(Box::pin(case)).await
    }
}

fn other_kit(of: &str) -> Outcome {
    Outcome::Skipped(format!("this case belongs to the kit for {of}"))
}

/// Runs a case until it returns, panics or takes too long.
async fn end(case: BoxFuture<'_, Verdict>) -> Outcome {
    match tokio::time::timeout(LIMIT, AssertUnwindSafe(case).catch_unwind()).await {
        Ok(Ok(Ok(()))) => Outcome::Passed,
        Ok(Ok(Err(Stop::Skipped(reason)))) => Outcome::Skipped(reason),
        Ok(Ok(Err(Stop::Failed(reason)))) => Outcome::Failed(reason),
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Outcome::Failed(format!("it panicked: {text}"))
        }
        Err(_) => Outcome::Failed(format!("it did not end within {LIMIT:?}")),
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("group", &self.group).finish_non_exhaustive()
    }
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The adapter passed.
    Passed,
    /// The case could not run, and why.
    Skipped(String),
    /// The adapter failed, and how.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
            Self::Failed(reason) => write!(f, "FAILED: {reason}"),
        }
    }
}
