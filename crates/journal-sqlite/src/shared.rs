//! What the threads of one journal share.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use refunds_core::Result;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::{clock::JournalClock, schema};

/// The file, its clock, and its waiting calls.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) busy: Duration,
    pub(crate) clock: JournalClock,
    /// Wakes up waiting calls when something may have changed.
    pub(crate) moved: watch::Sender<()>,
    /// The number of waiting calls.
    pub(crate) waiting: AtomicUsize,
    pub(crate) commits: AtomicU64,
    pub(crate) writes: AtomicU64,
    #[cfg(test)]
    pub(crate) faults: crate::faults::Faults,
}

impl Shared {
    pub(crate) fn connect(&self) -> Result<Connection> {
        let connection = schema::connect(&self.path, self.busy)?;
        #[cfg(test)]
        self.faults.limit(&connection);
        Ok(connection)
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn notify(&self) {
        self.moved.send_replace(());
    }
}

/// A call that waits, for as long as it lasts.
pub(crate) struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        shared.waiting.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
