//! Injected disk faults, for the tests of this crate.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use rusqlite::{Connection, ffi};

use crate::error::Failure;

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<State>);

#[derive(Debug, Default)]
struct State {
    max_pages: AtomicU32,
    before_commit: AtomicBool,
    after_commit: AtomicBool,
}

impl Faults {
    /// Limits the file to this many pages, for connections opened from now on.
    pub(crate) fn fill_up(&self, pages: u32) {
        self.0.max_pages.store(pages, Ordering::SeqCst);
    }

    /// The next commit fails, and nothing is stored.
    pub(crate) fn lose_commit(&self) {
        self.0.before_commit.store(true, Ordering::SeqCst);
    }

    /// The next commit is reported as failed although it is stored.
    pub(crate) fn lose_acknowledgement(&self) {
        self.0.after_commit.store(true, Ordering::SeqCst);
    }

    pub(crate) fn limit(&self, connection: &Connection) {
        let pages = self.0.max_pages.load(Ordering::SeqCst);
        if pages > 0 {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        }
    }

    pub(crate) fn before_commit(&self) -> Result<(), Failure> {
        fail(&self.0.before_commit)
    }

    pub(crate) fn after_commit(&self) -> Result<(), Failure> {
        fail(&self.0.after_commit)
    }
}

fn fail(flag: &AtomicBool) -> Result<(), Failure> {
    if flag.swap(false, Ordering::SeqCst) {
        let error = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        return Err(rusqlite::Error::SqliteFailure(error, None).into());
    }
    Ok(())
}
