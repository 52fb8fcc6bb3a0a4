//! Options for opening a journal.

use std::{sync::Arc, time::Duration};

use refunds_core::Clock;

/// The default wait for a lock: well below the time in which a request must be sent.
const BUSY: Duration = Duration::from_secs(2);

/// Options for opening a [`SqliteJournal`](crate::SqliteJournal).
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
    /// Uses the machine's clock, and waits up to two seconds for a lock of another process.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: None,
            busy: BUSY,
            #[cfg(test)]
            faults: crate::faults::Faults::default(),
        }
    }

    /// Takes the time from `clock` instead of the machine, and waits by it: for tests, and for runtimes with
    /// their own timer. It uses the wall time, and continues with the monotonic time if the wall time is set
    /// back. The client of this journal needs the same clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Waits this long for a lock of another process.
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
