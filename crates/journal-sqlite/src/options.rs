//! How a journal is opened.

use std::{sync::Arc, time::Duration};

use refunds_core::Clock;

/// How long a lock is waited for, unless set: well below the time within which a request has to leave.
const BUSY: Duration = Duration::from_secs(2);

/// How a [`SqliteJournal`](crate::SqliteJournal) is opened.
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
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) busy: Duration,
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
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}
