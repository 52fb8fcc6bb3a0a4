//! Journals with one fault each, and exactly the cases that catch them.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use refunds_core::testing::{Outcome, journal_cases, run_all_journal};

use crate::{
    journal_kit::{
        faults::Nothing,
        mutant::{MutantHarness, Mutation},
        rows::ROWS,
    },
    mutants::{self, Table},
};

/// How many cases run at once: those that fail may wait for long.
const AT_ONCE: usize = 64;
const TABLE: Table = Table {
    file: "wrong-journals.md",
    head: "\
Each journal here is right in everything but one thing. The cases of the journal kit that fail for it are those in
its row, and no others: measured and asserted by core's own tests.",
    rows_are: "wrong journals",
};

/// One wrong journal, and its fault.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) mutation: fn() -> Arc<dyn Mutation>,
}

pub(crate) fn mutation<M: Mutation + Default + 'static>() -> Arc<dyn Mutation> {
    Arc::new(M::default())
}

/// The cases that fail for each row, and why.
async fn failures() -> Vec<Vec<(&'static str, String)>> {
    let all = ROWS.iter().flat_map(|row| journal_cases().iter().map(move |case| (row, case)));
    let runs = all.enumerate().map(|(at, (row, case))| async move {
        let outcome = case.run_journal(&MutantHarness::new(row.mutation)).await;
        let Outcome::Failed(reason) = outcome else { return (at, None) };
        (at, Some((case.name, reason)))
    });
    let mut outcomes: Vec<_> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes: Vec<_> = outcomes.into_iter().map(|(_, failure)| failure).collect();
    outcomes.chunks(journal_cases().len()).map(|row| row.iter().flatten().cloned().collect()).collect()
}

#[tokio::test]
async fn without_a_fault_nothing_fails_or_is_skipped() {
    let report = run_all_journal(&MutantHarness::new(mutation::<Nothing>)).await;
    assert!(report.is_ok() && report.skipped().next().is_none(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_journal_fails_the_cases_in_its_row() {
    let failures = failures().await;
    let measured: Vec<_> = ROWS
        .iter()
        .zip(&failures)
        .map(|(row, failed)| {
            println!("{}: {failed:#?}", row.fault);
            (row.fault, failed.iter().map(|(name, _)| *name).collect())
        })
        .collect();
    mutants::check(&TABLE, journal_cases(), &measured);
}
