//! Proof that a journal keeps the protocol: see [`crate::testing`].

mod cases;
mod clock;
mod harness;
mod kit;
mod macros;

pub(crate) use self::kit::JournalKit;
pub use self::{
    clock::ManualClock,
    harness::{CommitFault, JournalHarness, MemoryJournalHarness},
    macros::journal_cases,
};
use super::report::{Report, judge, named};

/// Runs every case of the journal kit, each on a journal of its own, for use without the macro. Needs a
/// Tokio runtime with its timer.
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
/// A case that is skipped passes, and says so with the reason on standard error.
///
/// # Panics
///
/// Where the case fails, with the reason; where there is no such case, or no runtime can be built.
pub fn run_journal_case<H: JournalHarness>(name: &str, harness: impl Future<Output = H>) {
    let case = named(journal_cases(), name);
    judge(case, async { case.run_journal(&harness.await).await });
}
