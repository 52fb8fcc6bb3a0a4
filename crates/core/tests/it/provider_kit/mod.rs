//! The conformance kit: on the in-memory provider in each configuration, and on providers with one fault
//! each, which exactly the cases in its row of `wrong-providers.md` must catch.

mod mutant;
mod mutations;
mod right;
mod rows;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use mutant::{MutantHarness, Mutation};
use mutations::{
    BelievesWhatIsNotSigned, CallsPendingASuccess, ClaimsConflicts, CutsShort, HasNoWebhookSecret, Nothing,
    NumberedPages, RetriesByItself, SignsInItsBody, WholeLists,
};
use refunds_core::testing::{Case, MemoryProvider, Outcome, Report, cases, run_all};

use crate::mutants::{self, Table};

const TABLE: Table = Table {
    file: "wrong-providers.md",
    head: "\
Each provider here is right in everything but one thing. The cases of the conformance kit that fail for it are
those in its row, and no others: measured and asserted by core's own tests.",
    rows_are: "wrong providers",
};

/// One wrong provider, and its fault.
struct Row {
    fault: &'static str,
    memory: fn() -> MemoryProvider,
    mutation: fn() -> Arc<dyn Mutation>,
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

fn with_option() -> MemoryProvider {
    plain().with_capabilities(|able| able.options = &["instant"])
}

fn once() -> MemoryProvider {
    plain().with_capabilities(|able| able.multiple = false)
}

/// Its units are tens of minor units.
fn in_tenths() -> MemoryProvider {
    MemoryProvider::new().with_decimals(1)
}

async fn run(row: &Row) -> Report {
    run_all(&MutantHarness::new((row.memory)(), (row.mutation)())).await
}

/// The harness supports everything: no case is skipped because of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_nothing_fails() {
    for (memory, mutation, skips) in [
        (plain(), mutation::<Nothing>(), 9),
        (hooked().with_key(), mutation::<Nothing>(), 0),
        (hooked().with_key(), mutation::<SignsInItsBody>(), 0),
        (hooked().with_key(), mutation::<NumberedPages>(), 0),
    ] {
        let report = run_all(&MutantHarness::new(memory, mutation)).await;
        assert!(report.is_ok(), "{report}");
        let skipped: Vec<_> = report.skipped().map(|(name, _)| name).collect();
        assert_eq!(skipped.len(), skips, "{skipped:?}");
        assert!(skipped.iter().all(|name| name.contains("key") || name.contains("webhook")), "{skipped:?}");
    }
}

/// A pass would claim something that nothing has shown.
#[tokio::test]
async fn a_case_that_shows_nothing_is_skipped_and_says_why() {
    let rows: [(MemoryProvider, Arc<dyn Mutation>, _, _); 7] = [
        (
            with_key(),
            mutation::<ClaimsConflicts>(),
            "a_key_in_flight_is_handled_as_capabilities_say",
            "no submission met another one in flight, so no conflict was shown",
        ),
        (
            with_key(),
            mutation::<CallsPendingASuccess>(),
            "the_key_replays_as_capabilities_say",
            "the first response has the final status, so both kinds of replay look the same",
        ),
        (
            plain().with_unreported_references(),
            mutation::<Nothing>(),
            "references_come_back_as_they_were",
            "none of these references is accepted and reported",
        ),
        (plain(), mutation::<WholeLists>(), "cursors_work_in_another_process", "needs a list with a cursor"),
        (
            plain(),
            mutation::<CutsShort>(),
            "the_order_is_the_same_each_time",
            "the list is not complete, so its order cannot be compared",
        ),
        (
            plain(),
            mutation::<RetriesByItself>(),
            "what_is_unresolved_can_be_resolved",
            "the client resolved it by itself",
        ),
        (
            hooked(),
            mutation::<HasNoWebhookSecret>(),
            "an_unsigned_webhook_is_refused",
            "needs an adapter with a webhook secret",
        ),
    ];
    for (memory, mutation, case, reason) in rows {
        let outcome = named(case).run(&MutantHarness::new(memory, mutation)).await;
        assert_eq!(outcome, Outcome::Skipped(reason.to_owned()), "{case}");
    }
}

#[tokio::test]
async fn an_altered_webhook_that_is_believed_is_reported_with_what_was_altered() {
    let harness = MutantHarness::new(hooked(), mutation::<BelievesWhatIsNotSigned>());
    let outcome = named("an_altered_webhook_is_refused").run(&harness).await.to_string();
    let what = "FAILED: a webhook with another refund's ids in its body and no headers is verified: Notice";
    assert!(outcome.starts_with(what), "{outcome}");
}

fn named(name: &str) -> &'static Case {
    cases().iter().find(|case| case.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_provider_fails_exactly_the_cases_in_its_row() {
    let reports: Vec<_> = stream::iter(rows::ROWS).map(run).buffered(8).collect().await;
    let measured: Vec<_> = rows::ROWS
        .iter()
        .zip(&reports)
        .map(|(row, report)| {
            println!("{}:\n{report}\n", row.fault);
            (row.fault, report.failed().map(|(name, _)| name).collect())
        })
        .collect();
    mutants::check(&TABLE, cases(), &measured);
}
