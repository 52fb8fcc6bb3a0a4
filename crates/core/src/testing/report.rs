//! Cases as data, running them, and what came of it.

use std::{fmt, io::Write as _, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;

use super::{Harness, JournalHarness, ManualClock, journal::JournalKit, kit::Kit};
use crate::{BoxFuture, MemoryJournal};

/// How long one case may take. Nothing in the kit waits: whoever needs this hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// What a case comes to inside the kit.
pub(crate) type Verdict<T = ()> = Result<T, Stop>;

/// Why a case did not get to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Skipped(String),
    Failed(String),
}

/// What a case works on.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Provider(for<'a> fn(Kit<'a>) -> BoxFuture<'a, Verdict>),
    Journal(for<'a> fn(JournalKit<'a>) -> BoxFuture<'a, Verdict>),
}

/// One thing that the kit shows of an adapter, or of a journal.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, which is also that of the test.
    pub name: &'static str,
    /// What it belongs to: `identity`, `pages`, `refusals`, `once`, `life`, `faults`, `safety`, `sending`
    /// or `capabilities`; for journals, another list.
    pub group: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// What the harness or the provider has to be able to do for it; empty where nothing.
    pub needs: &'static str,
    pub(crate) run: Run,
}

impl Case {
    /// Runs a case of [`cases`](super::cases). A panic is a failure, and so is a case that does not end.
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
    Outcome::Skipped(format!("it is a case of the kit for {of}"))
}

/// Runs a case to its end, whatever that is.
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
    /// The adapter is right in this.
    Passed,
    /// It could not be shown, and why.
    Skipped(String),
    /// The adapter is wrong in this, and how.
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

/// What all cases came to. `Display` is a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The adapter's name.
    pub name: String,
    /// Every case, in the order of [`cases`](super::cases), and how it ended.
    pub outcomes: Vec<(Case, Outcome)>,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The names of the cases that failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.outcomes.iter().filter_map(|(case, outcome)| match outcome {
            Outcome::Failed(reason) => Some((case.name, reason.as_str())),
            _ => None,
        })
    }

    /// The names of the cases that were skipped, and why.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.outcomes.iter().filter_map(|(case, outcome)| match outcome {
            Outcome::Skipped(reason) => Some((case.name, reason.as_str())),
            _ => None,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.outcomes.iter().map(|(case, _)| case.name.len()).max().unwrap_or_default();
        for (case, outcome) in &self.outcomes {
            writeln!(f, "{:<12}  {:<width$}  {outcome}", case.group, case.name)?;
        }
        let (failed, skipped) = (self.failed().count(), self.skipped().count());
        let passed = self.outcomes.len() - failed - skipped;
        write!(f, "{}: {passed} passed, {skipped} skipped, {failed} failed", self.name)
    }
}

/// Runs every case, one after the other in one world, for use without the macro: from a program
/// that checks a provider's sandbox, say. Needs a Tokio runtime with its timer.
///
/// ```
/// use refunds_core::testing::{MemoryHarness, MemoryProvider, run_all};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let harness = MemoryHarness::new(MemoryProvider::new(), "NOK".parse()?);
/// let report = run_all(&harness).await;
/// println!("{report}");
/// assert!(report.is_ok());
/// # Ok::<(), refunds_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn run_all(harness: &dyn Harness) -> Report {
    let mut outcomes = Vec::new();
    for case in super::cases() {
        outcomes.push((*case, case.run(harness).await));
    }
    Report { name: harness.name().to_owned(), outcomes }
}

/// Runs one case by name in a runtime of its own: what each test of
/// [`conformance_tests!`](crate::conformance_tests) does.
///
/// A case that is skipped passes, and says so with the reason on standard error.
///
/// # Panics
///
/// Where the case fails, with the reason; where there is no such case, or no runtime can be built.
pub fn run_case<H: Harness>(name: &str, harness: impl Future<Output = H>) {
    let case = named(super::cases(), name);
    judge(case, async { case.run(&harness.await).await });
}

/// The case of that name.
pub(crate) fn named(cases: &'static [Case], name: &str) -> &'static Case {
    let case = cases.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("the kit has no case {name}"))
}

/// Runs a case in a runtime of its own, and panics where it fails.
pub(crate) fn judge(case: &Case, outcome: impl Future<Output = Outcome>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let outcome = runtime.block_on(outcome);
    // Servers of the harness may still have tasks that wait for something.
    runtime.shutdown_background();
    match outcome {
        Outcome::Passed => {}
        Outcome::Skipped(reason) => {
            // Past the test runner, which hides what passing tests print: what was not shown is said.
            let test = std::thread::current().name().unwrap_or(case.name).to_owned();
            let _ = std::io::stderr().write_all(format!("skipped {test}: {reason}\n").as_bytes());
        }
        Outcome::Failed(reason) => panic!("{}: {reason}", case.shows),
    }
}
