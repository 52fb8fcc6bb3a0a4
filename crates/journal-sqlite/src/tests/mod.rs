//! Tests that need a disk that fails, which only this crate can pretend.

mod disk;
mod kit;

use refunds_core::Result;
use tempfile::TempDir;

use crate::{SqliteJournal, SqliteOptions, faults::Faults};

/// A folder with a journal, and what goes wrong with it.
#[derive(Debug)]
struct Disk {
    folder: TempDir,
    faults: Faults,
}

impl Disk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), faults: Faults::default() }
    }

    fn open(&self) -> SqliteJournal {
        self.open_with(SqliteOptions::new()).unwrap()
    }

    fn open_with(&self, mut options: SqliteOptions) -> Result<SqliteJournal> {
        options.faults = self.faults.clone();
        options.open(self.folder.path().join("refunds.db"))
    }
}
