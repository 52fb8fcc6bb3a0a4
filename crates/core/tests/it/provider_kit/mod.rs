//! The conformance kit: on the in-memory provider in each configuration, and on providers with one fault
//! each, which exactly the cases in `rows.rs` must catch.

mod mutant;
mod mutations;
mod right;
mod rows;

use std::{fmt::Write as _, sync::Arc};

use futures_util::{StreamExt, stream};
use mutant::{MutantHarness, Mutation};
use mutations::Nothing;
use refunds_core::testing::{MemoryProvider, Report, cases, run_all};

use crate::mutants::{self, Table};

const TABLE: Table = Table {
    file: "wrong-providers.md",
    head: "\
Each provider here is right in everything but one thing. The cases of the conformance kit that fail for it are
those in its row, and no others: measured and asserted by core's own tests.",
    rows_are: "wrong providers",
};

/// One wrong provider: its fault, and the cases that must fail.
struct Row {
    fault: &'static str,
    memory: fn() -> MemoryProvider,
    mutation: fn() -> Arc<dyn Mutation>,
    caught_by: &'static [&'static str],
}

fn mutation<L: Mutation + Default + 'static>() -> Arc<dyn Mutation> {
    Arc::new(L::default())
}

/// The provider that most faults are built on.
fn plain() -> MemoryProvider {
    MemoryProvider::new().with_maximum(100_000_000)
}

fn hooked() -> MemoryProvider {
    plain().with_capabilities(|able| able.webhooks = true)
}

fn with_key() -> MemoryProvider {
    plain().with_key()
}

fn once() -> MemoryProvider {
    plain().with_capabilities(|able| able.multiple = false)
}

async fn run(row: &Row) -> Report {
    run_all(&MutantHarness::new((row.memory)(), (row.mutation)())).await
}

/// The harness supports everything: no case is skipped because of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_nothing_fails() {
    for (memory, skips) in [(plain(), 9), (hooked().with_key(), 0)] {
        let report = run_all(&MutantHarness::new(memory, mutation::<Nothing>())).await;
        assert!(report.is_ok(), "{report}");
        let skipped: Vec<_> = report.skipped().map(|(name, _)| name).collect();
        assert_eq!(skipped.len(), skips, "{skipped:?}");
        assert!(skipped.iter().all(|name| name.contains("key") || name.contains("webhook")), "{skipped:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_provider_fails_exactly_the_cases_in_its_row() {
    let reports: Vec<_> = stream::iter(rows::ROWS).map(run).buffered(8).collect().await;
    let mut wrong = String::new();
    let mut measured = Vec::new();
    for (row, report) in rows::ROWS.iter().zip(&reports) {
        let caught: Vec<_> = report.failed().map(|(name, _)| name).collect();
        if caught != row.caught_by {
            let _ = writeln!(wrong, "{}:\n{report}\n", row.fault);
        }
        measured.push((row.fault, caught));
    }
    mutants::check(&TABLE, cases(), &measured);
    assert!(wrong.is_empty(), "other cases fail than those in the row:\n{wrong}");
}
