//! The journal in a file.

use std::{
    fmt,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use refunds_core::{
    Error, ErrorKind, Journal, Result,
    journal::{
        About, Decision, Entry, Intended, IntentKey, IntentNumber, JournalTime, MoneyKey, NewIntent,
        Observed, Outcome, Purge, Query, Seen, Standing, Version, Why,
    },
};

use crate::{
    error::unavailable,
    group::Purged,
    reader::Reader,
    shared::{Shared, Waiting},
    writer::Writer,
};

/// How many moneys a purge visits in one transaction.
const PURGED_AT_ONCE: u32 = 256;

/// A journal in a SQLite file, durable and shared by the processes of one machine.
///
/// Clones share its two threads and connections. Dropping the last clone waits until the queue is written.
///
/// ```
/// use refunds_core::{RefundClient, testing::MemoryProvider};
/// use refunds_journal_sqlite::SqliteJournal;
///
/// # fn main() -> refunds_core::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("refunds.db");
/// let journal = SqliteJournal::open(path)?;
/// let client = RefundClient::new(MemoryProvider::new()).with_journal(journal);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteJournal(Arc<Inner>);

struct Inner {
    // Dropped first: the queue is written before the reader ends.
    writer: Writer,
    reader: Reader,
    shared: Arc<Shared>,
}

/// What a [`SqliteJournal`] has written since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Transactions that changed something. Each costs one synchronization with the disk.
    pub commits: u64,
    /// All operations, including those that changed nothing.
    pub operations: u64,
}

impl SqliteJournal {
    pub(crate) fn start(shared: Arc<Shared>, connection: rusqlite::Connection) -> Result<Self> {
        let failed =
            |error| unavailable(&shared.path, "has no thread: too many are running").with_source(error);
        let reader = Reader::start(Arc::clone(&shared), shared.connect()?).map_err(failed)?;
        let writer = Writer::start(Arc::clone(&shared), connection).map_err(failed)?;
        Ok(Self(Arc::new(Inner { writer, reader, shared })))
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.shared.path
    }

    /// What it has written since it was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.0.shared;
        Stats {
            commits: shared.commits.load(Ordering::Relaxed),
            operations: shared.writes.load(Ordering::Relaxed),
        }
    }

    /// Waits until everything queued so far is written, including what dropped calls abandoned. For processes
    /// that end with `std::process::exit`, which drops nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::Config`] if the file cannot be written.
    pub async fn flush(&self) -> Result<()> {
        self.0.writer.call(|_| Ok(())).await
    }

    /// Adds the clock warning to an error about a wait that a wrong clock prolongs.
    fn explained(&self, error: Error) -> Error {
        match self.0.shared.clock.warning() {
            Some(warning) if error.kind() == ErrorKind::Conflict && error.retry_after().is_some() => {
                let message = format!("{}; {warning}", error.message());
                error.with_message(message)
            }
            _ => error,
        }
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn open(&self, about: &About) -> Result<Standing> {
        let about = about.clone();
        let read = self.0.reader.call(move |tables, shared| {
            tables.check(&about)?;
            let book = tables.relevant(&about)?;
            let now = shared.clock.now(&tables.header()?.time);
            Ok(book.standing(&about, now))
        });
        read.await
    }

    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        let intent = intent.clone();
        // A caller that no longer waits sends nothing.
        let written = self.0.writer.call_while_wanted(move |group| {
            group.store.tables.check(&intent.about)?;
            let intended =
                group.on(&intent.about.money, |book, now, counter| book.intend(&intent, now, counter))?;
            Ok(intended?)
        });
        written.await
    }

    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        let (intent, outcome) = (intent.clone(), outcome.clone());
        let written = self.0.writer.call(move |group| {
            group.on(&intent.money, |book, now, counter| {
                book.settle(intent.token, &outcome, now, counter);
            })
        });
        written.await
    }

    fn abandon(&self, intent: &IntentKey) {
        let intent = intent.clone();
        let outcome = Outcome::NotApplied(Why::never_sent());
        self.0.writer.detach(move |group| {
            group.on(&intent.money, |book, now, counter| {
                book.settle(intent.token, &outcome, now, counter);
            })
        });
    }

    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        let (money, seen) = (money.clone(), seen.to_vec());
        let written = self.0.writer.call(move |group| {
            for seen in seen.iter().filter(|seen| seen.adopt.is_some()) {
                let about = About::new(money.clone(), &seen.payment, seen.reference.clone());
                group.store.tables.check_alias(&about)?;
            }
            group.on(&money, |book, now, counter| book.observe(&money, &seen, since, now, counter))
        });
        written.await
    }

    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        let shared = &self.0.shared;
        // Subscribed before the version is read: no wake-up is lost.
        let mut moved = shared.moved.subscribe();
        let _waiting = Waiting::new(shared);
        let mut over = shared.clock.sleep(at_most);
        loop {
            moved.borrow_and_update();
            let money = money.clone();
            if self.0.reader.call(move |tables, _| tables.version(&money)).await? != since {
                return Ok(());
            }
            match select(std::pin::pin!(moved.changed()), &mut over).await {
                Either::Left((Ok(()), _)) => {}
                Either::Left((Err(_), _)) | Either::Right(_) => return Ok(()),
            }
        }
    }

    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        let query = query.clone();
        self.0.reader.call(move |tables, _| tables.entries(&query)).await
    }

    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        let (money, decision) = (money.clone(), decision.clone());
        let written = self.0.writer.call(move |group| {
            let decided =
                group.on(&money, |book, now, counter| book.decide(number, &decision, now, counter))?;
            Ok(decided?)
        });
        written.await.map_err(|error| self.explained(error))
    }

    async fn purge(&self, what: &Purge) -> Result<u64> {
        let what = *what;
        let mut purged = Purged::default();
        // In parts, so that other calls get their turn.
        while !purged.is_over {
            let from = purged.clone();
            let written = self.0.writer.call(move |group| group.purge(&what, from.clone(), PURGED_AT_ONCE));
            purged = written.await?;
        }
        Ok(purged.count)
    }

    async fn now(&self) -> Result<JournalTime> {
        self.0.reader.call(|tables, shared| Ok(shared.clock.now(&tables.header()?.time))).await
    }
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal").field("path", &self.path()).finish_non_exhaustive()
    }
}
