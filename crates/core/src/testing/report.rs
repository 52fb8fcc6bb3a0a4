//! Cases as data, running them, and what came of it.

use std::{fmt, io::Write as _, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;

use super::{Harness, kit::Kit};
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

/// One thing that the kit shows of an adapter.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, which is also that of the test.
    pub name: &'static str,
    /// What it belongs to: `identity`, `pages`, `refusals`, `once`, `life`, `trouble`, `safety`, `sending`
    /// or `capabilities`.
    pub group: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// What the harness or the provider has to be able to do for it; empty where nothing.
    pub needs: &'static str,
    pub(crate) run: for<'a> fn(Kit<'a>) -> BoxFuture<'a, Verdict>,
}

impl Case {
    /// Runs it. A panic is a failure, and so is a case that does not end.
    pub async fn run(&self, harness: &dyn Harness) -> Outcome {
        let clock = harness.clock();
        let journal = MemoryJournal::with_clock(clock.clone());
        let kit = Kit { harness, clock: &clock, journal: &journal };
        let case = AssertUnwindSafe((self.run)(kit)).catch_unwind();
        let outcome = match tokio::time::timeout(LIMIT, case).await {
            Ok(Ok(Ok(()))) => Outcome::Passed,
            Ok(Ok(Err(Stop::Skipped(reason)))) => Outcome::Skipped(reason),
            Ok(Ok(Err(Stop::Failed(reason)))) => Outcome::Failed(reason),
            Ok(Err(panic)) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                Outcome::Failed(format!("it panicked: {text}"))
            }
            Err(_) => Outcome::Failed(format!("it did not end within {LIMIT:?}")),
        };
        harness.heal().await;
        outcome
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
    let Some(case) = super::cases().iter().find(|case| case.name == name) else {
        panic!("the kit has no case {name}");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let outcome = runtime.block_on(async { case.run(&harness.await).await });
    // Servers of the harness may still have tasks that wait for something.
    runtime.shutdown_background();
    match outcome {
        Outcome::Passed => {}
        Outcome::Skipped(reason) => {
            // Past the test runner, which hides what passing tests print: what was not shown is said.
            let test = std::thread::current().name().unwrap_or(name).to_owned();
            let _ = std::io::stderr().write_all(format!("skipped {test}: {reason}\n").as_bytes());
        }
        Outcome::Failed(reason) => panic!("{}: {reason}", case.shows),
    }
}
