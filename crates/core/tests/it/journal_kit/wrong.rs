//! The kit bites: journals that are each wrong in one thing, and exactly the cases that fail.
//!
//! The table is kept in `tests/wrong-journals.md` as measured; `UPDATE_TABLES=1` writes it anew.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use futures_util::{StreamExt, stream};
use refunds_core::testing::{Outcome, journal_cases, run_all_journal};

use crate::journal_kit::{
    faults::Nothing,
    mutant::{MutantHarness, Mutation},
    rows::ROWS,
};

/// One wrong journal: what is wrong with it.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) mutation: fn() -> Arc<dyn Mutation>,
}

pub(crate) fn mutation<M: Mutation + Default + 'static>() -> Arc<dyn Mutation> {
    Arc::new(M::default())
}

/// How many cases run at once: those that fail may wait for long.
const AT_ONCE: usize = 64;

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
async fn each_wrong_journal_fails_the_cases_that_its_row_says() {
    let mut table = String::from(HEAD);
    let mut bitten = BTreeSet::new();
    let mut uncaught = Vec::new();
    for (row, failures) in ROWS.iter().zip(failures().await) {
        if failures.is_empty() {
            uncaught.push(row.fault);
        }
        bitten.extend(failures.iter().map(|(name, _)| *name));
        let names: Vec<_> = failures.iter().map(|(name, _)| format!("`{name}`")).collect();
        let _ = writeln!(table, "| {} | {} |", row.fault, names.join("<br>"));
        println!("{}: {failures:#?}", row.fault);
    }
    let cases = journal_cases();
    let blunt: Vec<_> = cases.iter().map(|case| case.name).filter(|name| !bitten.contains(name)).collect();
    let (rows, all) = (ROWS.len(), cases.len());
    let _ = writeln!(
        table,
        "\n{rows} wrong journals; {} of {all} cases catch at least one of them.",
        bitten.len()
    );
    if !blunt.is_empty() {
        let blunt: Vec<_> = blunt.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(table, "No fault here is caught by {}.", blunt.join(", "));
    }
    assert!(uncaught.is_empty(), "no case catches: {uncaught:#?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong-journals.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == table, "the table has changed; UPDATE_TABLES=1 writes it anew:\n{table}");
}

const HEAD: &str = "\
Each journal here is right in everything but one thing. The cases of the journal kit that fail for it are those in
its row, and no others: measured and asserted by core's own tests.

| fault | caught by |
|---|---|
";
