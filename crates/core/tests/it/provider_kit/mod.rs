//! The kit bites: providers that are each wrong in one thing, and exactly the cases that fail.
//!
//! The table is kept in `tests/wrong-providers.md` as measured; `UPDATE_TABLES=1` writes it anew.

mod mutant;
mod mutations;
mod right;
mod rows;

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use futures_util::{StreamExt, stream};
use mutant::{MutantHarness, Mutation};
use mutations::Nothing;
use refunds_core::testing::{MemoryProvider, Report, cases, run_all};

/// One wrong provider: what is wrong with it, and the cases that have to fail.
struct Row {
    fault: &'static str,
    memory: fn() -> MemoryProvider,
    mutation: fn() -> Arc<dyn Mutation>,
    caught_by: &'static [&'static str],
}

fn mutation<L: Mutation + Default + 'static>() -> Arc<dyn Mutation> {
    Arc::new(L::default())
}

/// What most of them stand on.
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

/// The harness of this test does all that a harness can do: nothing is skipped for its sake.
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
async fn each_wrong_provider_fails_exactly_the_cases_that_it_should() {
    let mut table = String::from(HEAD);
    let mut wrong = String::new();
    let mut bitten = BTreeSet::new();
    let reports: Vec<_> = stream::iter(rows::ROWS).map(run).buffered(8).collect().await;
    for (row, report) in rows::ROWS.iter().zip(reports) {
        let caught: Vec<_> = report.failed().map(|(name, _)| name).collect();
        bitten.extend(caught.iter().copied());
        if caught != row.caught_by || caught.is_empty() {
            let _ = writeln!(wrong, "{}:\n{report}\n", row.fault);
        }
        let names: Vec<_> = caught.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(table, "| {} | {} |", row.fault, names.join("<br>"));
        println!("{}: {}", row.fault, caught.join(", "));
    }
    let blunt: Vec<_> = cases().iter().map(|case| case.name).filter(|name| !bitten.contains(name)).collect();
    let _ = writeln!(
        table,
        "\n{} wrong providers; {} of {} cases catch at least one of them.",
        rows::ROWS.len(),
        bitten.len(),
        cases().len()
    );
    if !blunt.is_empty() {
        let blunt: Vec<_> = blunt.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(table, "No fault here is caught by {}.", blunt.join(", "));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong-providers.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert!(wrong.is_empty(), "other cases fail than those that should:\n{wrong}");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == table, "the table has changed; UPDATE_TABLES=1 writes it anew:\n{table}");
}

const HEAD: &str = "\
Each provider here is right in everything but one thing. The cases of the conformance kit that fail for it are
those in its row, and no others: measured and asserted by core's own tests.

| fault | caught by |
|---|---|
";
