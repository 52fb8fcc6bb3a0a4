//! How a journal is opened.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64, atomic::AtomicUsize},
    time::Duration,
};

use refunds_core::{Clock, Error, Result};
use tokio::sync::watch;

use crate::{clock::JournalClock, journal::SqliteJournal, schema, shared::Shared};

/// How long a lock is waited for, unless set: well below the time within which a request has to leave.
const BUSY: Duration = Duration::from_secs(2);

/// How a [`SqliteJournal`] is opened.
///
/// ```no_run
/// use std::time::Duration;
/// use refunds_journal_sqlite::SqliteOptions;
///
/// let options = SqliteOptions::new().with_busy_timeout(Duration::from_secs(1));
/// let journal = options.open("/var/lib/shop/refunds.db")?;
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    clock: Option<Arc<dyn Clock>>,
    busy: Duration,
    #[cfg(test)]
    pub(crate) faults: crate::faults::Faults,
}

impl SqliteOptions {
    /// The machine's clock; a lock of another process is waited for up to two seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: None,
            busy: BUSY,
            #[cfg(test)]
            faults: crate::faults::Faults::default(),
        }
    }

    /// Takes the time from `clock` instead of the machine, and waits by it: for tests, and for runtimes that
    /// have a timer of their own. Its time of day counts, and goes on with its monotonic time where it is
    /// set back. The client of this journal needs the same clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Waits so long for a lock that another process has.
    #[must_use]
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy = timeout;
        self
    }

    /// Opens the journal at `path`.
    ///
    /// # Errors
    ///
    /// As [`SqliteJournal::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteJournal> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
            return Err(Error::config("the SQLite journal needs the name of a file"));
        }
        // Connections that are opened later must find it, wherever the process is then. Nor does SQLite
        // take an absolute path for a URI.
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

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}
