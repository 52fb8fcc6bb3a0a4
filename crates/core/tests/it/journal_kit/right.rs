//! Right journals pass.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use refunds_core::{
    Clock, Journal, MemoryJournal,
    testing::{
        CommitFault, JournalHarness, MemoryJournalHarness, journal_cases, run_all_journal, run_journal_case,
    },
};

use crate::{
    journal_kit::disk::{Disk, DiskJournal},
    listing::ensure_tests_are,
};

mod memory {
    use super::*;
    refunds_core::journal_conformance_tests!(async { MemoryJournalHarness });
}

mod disk {
    use super::*;
    refunds_core::journal_conformance_tests!(async { DiskHarness::default() });
}

/// A harness that supports everything.
#[derive(Default)]
struct DiskHarness(Mutex<Option<Disk>>);

impl DiskHarness {
    fn fresh(&self, capacity: Option<usize>, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        let disk = Disk::new(capacity);
        *self.0.lock().unwrap() = Some(disk.clone());
        Arc::new(DiskJournal::open(disk, clock))
    }

    fn last(&self) -> Disk {
        self.0.lock().unwrap().clone().unwrap()
    }
}

#[async_trait]
impl JournalHarness for DiskHarness {
    fn name(&self) -> &'static str {
        "disk"
    }
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        self.fresh(None, clock)
    }
    async fn reopen(&self, clock: Arc<dyn Clock>) -> Option<Arc<dyn Journal>> {
        Some(Arc::new(DiskJournal::open(self.last(), clock)))
    }
    async fn open_with_capacity(&self, clock: Arc<dyn Clock>, capacity: usize) -> Option<Arc<dyn Journal>> {
        Some(self.fresh(Some(capacity), clock))
    }
    async fn bytes_at_rest(&self) -> Option<Vec<u8>> {
        Some(self.last().bytes())
    }
    async fn fail_next_commit(&self, fault: CommitFault) -> bool {
        self.last().fail_next_commit(fault);
        true
    }
}

/// A harness with only the required methods.
struct Least;

#[async_trait]
impl JournalHarness for Least {
    fn name(&self) -> &'static str {
        "memory"
    }
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        Arc::new(MemoryJournal::with_clock(clock))
    }
}

#[test]
fn the_macro_and_the_table_have_the_same_cases() {
    ensure_tests_are("journal_kit::right::disk", journal_cases());
}

#[tokio::test]
async fn a_harness_that_supports_everything_skips_nothing() {
    let report = run_all_journal(&DiskHarness::default()).await;
    assert!(report.is_ok(), "{report}");
    let skipped: Vec<_> = report.skipped().collect();
    assert!(skipped.is_empty(), "{skipped:?}");
}

#[tokio::test]
async fn the_least_harness_skips_what_it_cannot_show() {
    let report = run_all_journal(&Least).await;
    assert!(report.is_ok(), "{report}");
    let needy = journal_cases().iter().filter(|case| !case.needs.is_empty()).map(|case| case.name);
    let skipped: Vec<_> = report.skipped().map(|(name, _)| name).collect();
    assert_eq!(skipped, needy.collect::<Vec<_>>());
}

#[test]
#[should_panic(expected = "the kit has no case no_such_case")]
fn an_unknown_case_is_a_failure() {
    run_journal_case("no_such_case", async { Least });
}
