//! The journal kit of the core.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use refunds_core::{
    Clock, Journal,
    testing::{CommitFault, JournalHarness},
};

use super::Disk;
use crate::SqliteOptions;

refunds_core::journal_conformance_tests!(async { Harness::default() });

/// The disks that were used, the last one at the end; they go with the harness.
#[derive(Default)]
struct Harness(Mutex<Vec<Disk>>);

impl Harness {
    fn last<T>(&self, of: impl FnOnce(&Disk) -> T) -> T {
        of(self.0.lock().unwrap().last().unwrap())
    }

    fn open_last(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        self.last(|disk| Arc::new(disk.open_with(SqliteOptions::new().with_clock(clock)).unwrap()))
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
