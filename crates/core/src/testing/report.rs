//! Running the cases of a kit, and the report of it.

use std::{fmt, io::Write as _};

use super::{
    Harness, JournalHarness,
    case::{Case, Outcome},
    cases::cases,
    journal::journal_cases,
};

/// The outcomes of all cases. `Display` is a table.
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

/// Runs every case, one after the other in one world, for use without the macro, such as from a program
/// that checks a provider's sandbox. Needs a Tokio runtime with a timer.
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
    for case in cases() {
        outcomes.push((*case, case.run(harness).await));
    }
    Report { name: harness.name().to_owned(), outcomes }
}

/// Runs one case by name in a runtime of its own: what each test of
/// [`conformance_tests!`](crate::conformance_tests) does.
///
/// A skipped case passes, and prints the reason to standard error.
///
/// # Panics
///
/// If the case fails (with the reason), if there is no such case, or if no runtime can be built.
pub fn run_case<H: Harness>(name: &str, harness: impl Future<Output = H>) {
    let case = named(cases(), name);
    judge(case, async { case.run(&harness.await).await });
}

/// Runs every case of the journal kit, each on a journal of its own, for use without the macro. Needs a
/// Tokio runtime with a timer.
///
/// ```
/// use refunds_core::testing::{MemoryJournalHarness, run_all_journal};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let report = run_all_journal(&MemoryJournalHarness).await;
/// println!("{report}");
/// assert!(report.is_ok());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn run_all_journal(harness: &dyn JournalHarness) -> Report {
    let mut outcomes = Vec::new();
    for case in journal_cases() {
        outcomes.push((*case, case.run_journal(harness).await));
    }
    Report { name: harness.name().to_owned(), outcomes }
}

/// Runs one case of the journal kit by name in a runtime of its own: what each test of
/// [`journal_conformance_tests!`](crate::journal_conformance_tests) does.
///
/// A skipped case passes, and prints the reason to standard error.
///
/// # Panics
///
/// If the case fails (with the reason), if there is no such case, or if no runtime can be built.
pub fn run_journal_case<H: JournalHarness>(name: &str, harness: impl Future<Output = H>) {
    let case = named(journal_cases(), name);
    judge(case, async { case.run_journal(&harness.await).await });
}

/// The case of that name.
fn named(cases: &'static [Case], name: &str) -> &'static Case {
    let case = cases.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("the kit has no case {name}"))
}

/// Runs a case in a runtime of its own, and panics where it fails.
fn judge(case: &Case, outcome: impl Future<Output = Outcome>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let outcome = runtime.block_on(outcome);
    // Servers of the harness may still have waiting tasks.
    runtime.shutdown_background();
    match outcome {
        Outcome::Passed => {}
        Outcome::Skipped(reason) => {
            // Bypasses the test runner, which hides the output of passing tests: a skip must be visible.
            let test = std::thread::current().name().unwrap_or(case.name).to_owned();
            let _ = std::io::stderr().write_all(format!("skipped {test}: {reason}\n").as_bytes());
        }
        Outcome::Failed(reason) => panic!("{}: {reason}", case.shows),
    }
}
