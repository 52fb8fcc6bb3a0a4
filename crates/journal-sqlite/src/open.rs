//! Opening a journal.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64, atomic::AtomicUsize},
};

use refunds_core::{Error, Result};
use tokio::sync::watch;

use crate::{clock::JournalClock, journal::SqliteJournal, options::SqliteOptions, schema, shared::Shared};

impl SqliteJournal {
    /// Opens the journal at `path`. If there is no file, it creates one that only its owner can read. The
    /// folder must exist, on a local disk. This blocks while it reads the file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) for a file that is not a journal, or is damaged, read-only or of a newer
    /// version, and [`ErrorKind::Unavailable`](refunds_core::ErrorKind::Unavailable) for one that is locked or cannot be read now.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteOptions::new().open(path)
    }
}

impl SqliteOptions {
    /// Opens the journal at `path`.
    ///
    /// # Errors
    ///
    /// As [`SqliteJournal::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteJournal> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
            return Err(Error::config("the SQLite journal needs a file name"));
        }
        // Later connections must find it even if the working directory has changed. Also, SQLite never takes
        // an absolute path for a URI.
        let path = std::path::absolute(path).map_err(|error| {
            Error::config(format!("the journal's path {} cannot be used", path.display())).with_source(error)
        })?;
        let connection = schema::create_or_open(&path, self.busy)?;
        let shared = Arc::new(Shared {
            path,
            busy: self.busy,
            clock: JournalClock::new(self.clock.clone()),
            moved: watch::Sender::new(()),
            waiting: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            #[cfg(test)]
            faults: self.faults.clone(),
        });
        #[cfg(test)]
        shared.faults.limit(&connection);
        SqliteJournal::start(shared, connection)
    }
}
