//! The journal kit of the core.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Clock, Journal, Result,
    journal::{
        About, Decision, Entry, Intended, IntentKey, IntentNumber, JournalTime, MoneyKey, NewIntent,
        Observed, Outcome, Purge, Query, Seen, Standing, Version,
    },
    testing::{CommitFault, JournalHarness},
};

use super::Disk;
use crate::{SqliteJournal, SqliteOptions};

refunds_core::journal_conformance_tests!(async { Harness::default() });

/// Reads what was queued before. The kit compares two reads, and must not meet what was abandoned between
/// them, which is written some time soon.
#[derive(Debug)]
struct Prompt(SqliteJournal);

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Journal for Prompt {
    async fn open(&self, about: &About) -> Result<Standing> {
        self.0.flush().await?;
        self.0.open(about).await
    }
    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        self.0.intend(intent).await
    }
    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.0.settle(intent, outcome).await
    }
    fn abandon(&self, intent: &IntentKey) {
        self.0.abandon(intent);
    }
    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        self.0.observe(money, seen, since).await
    }
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        self.0.wait(money, since, at_most).await
    }
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        self.0.flush().await?;
        self.0.entries(query).await
    }
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.0.decide(money, number, decision).await
    }
    async fn purge(&self, what: &Purge) -> Result<u64> {
        self.0.purge(what).await
    }
    async fn now(&self) -> Result<JournalTime> {
        self.0.now().await
    }
}

/// The disks that were used, the last one at the end; they go with the harness.
#[derive(Default)]
struct Harness(Mutex<Vec<Disk>>);

impl Harness {
    fn last<T>(&self, of: impl FnOnce(&Disk) -> T) -> T {
        of(self.0.lock().unwrap().last().unwrap())
    }

    fn open_last(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        self.last(|disk| Arc::new(Prompt(disk.open_with(SqliteOptions::new().with_clock(clock)).unwrap())))
    }
}

#[async_trait]
impl JournalHarness for Harness {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        self.0.lock().unwrap().push(Disk::new());
        self.open_last(clock)
    }

    async fn reopen(&self, clock: Arc<dyn Clock>) -> Option<Arc<dyn Journal>> {
        Some(self.open_last(clock))
    }

    async fn bytes_at_rest(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for entry in self.last(|disk| fs::read_dir(disk.folder.path()).unwrap()) {
            bytes.extend(fs::read(entry.unwrap().path()).unwrap());
        }
        Some(bytes)
    }

    async fn fail_next_commit(&self, fault: CommitFault) -> bool {
        let faults = self.last(|disk| disk.faults.clone());
        match fault {
            CommitFault::Before => faults.lose_commit(),
            CommitFault::After => faults.lose_acknowledgement(),
            _ => return false,
        }
        true
    }
}
