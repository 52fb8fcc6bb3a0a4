//! The writer's operations that share a transaction.

use refunds_core::{
    Result,
    journal::{Book, Counter, JournalTime, MoneyKey, Purge},
};
use rusqlite::Connection;

use crate::{
    error::Failure,
    shared::Shared,
    store::{Place, Store},
    tables::Header,
};

/// An open transaction.
pub(crate) struct Group<'a, 'c> {
    shared: &'a Shared,
    connection: &'c Connection,
    pub(crate) store: &'a mut Store<'c>,
    header: Header,
    /// As stored.
    before: Header,
}

/// Whether to keep what an operation wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Keep,
    Undo,
}

/// Where a purge continues, and what it did so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Purged {
    pub(crate) after: Place,
    pub(crate) count: u64,
    pub(crate) is_over: bool,
}

impl<'a, 'c> Group<'a, 'c> {
    /// Begins, and waits for the file's lock.
    pub(crate) fn begin(
        shared: &'a Shared,
        connection: &'c Connection,
        store: &'a mut Store<'c>,
    ) -> Result<Self, Failure> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let header = store.tables.header()?;
        Ok(Self { shared, connection, store, before: header.clone(), header })
    }

    /// Runs one operation of the group. If it returns [`Done::Undo`], what it wrote is undone, and nothing else.
    ///
    /// # Errors
    ///
    /// The whole transaction is lost.
    pub(crate) fn savepoint(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<Done, Failure>,
    ) -> Result<(), Failure> {
        self.connection.execute_batch("SAVEPOINT one")?;
        let header = self.header.clone();
        if act(self)? == Done::Undo {
            self.header = header;
            self.connection.execute_batch("ROLLBACK TO one")?;
        }
        self.connection.execute_batch("RELEASE one")?;
        Ok(())
    }

    /// Commits durably. An error may come before or after that.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        if !self.has_changed() {
            // Ends the transaction; nothing changed.
            return Ok(self.connection.execute_batch("COMMIT")?);
        }
        self.store.store_header(&self.header)?;
        #[cfg(test)]
        self.shared.faults.before_commit()?;
        self.connection.execute_batch("COMMIT")?;
        #[cfg(test)]
        self.shared.faults.after_commit()?;
        Ok(())
    }

    /// Whether there is anything to commit.
    pub(crate) fn has_changed(&self) -> bool {
        self.header != self.before
    }

    /// Runs one operation on the book of a money and stores what it changed.
    pub(crate) fn on<T>(
        &mut self,
        money: &MoneyKey,
        act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T,
    ) -> Result<T, Failure> {
        let mut book = self.store.tables.book(money)?;
        // The time is read after the operation has begun.
        let now = self.now();
        let mut counter = Counter(self.header.counter);
        let result = act(&mut book, now, &mut counter);
        if counter.0 != self.header.counter {
            self.store.store(money, &book)?;
            self.changed(counter, now);
        }
        Ok(result)
    }

    /// Purges up to `limit` moneys.
    pub(crate) fn purge(&mut self, what: &Purge, from: Purged, limit: u32) -> Result<Purged, Failure> {
        let now = self.now();
        let older = i64::try_from(what.older_than.as_millis()).unwrap_or(i64::MAX);
        let moneys = self.store.old(&from.after, now.0.saturating_sub(older), limit)?;
        let is_over = moneys.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        let mut purged = Purged { is_over, ..from };
        for (at, money) in moneys {
            let mut book = self.store.tables.book(&money)?;
            let before = book.entries().to_vec();
            let mut counter = Counter(self.header.counter);
            purged.count += book.purge(what, now, &mut counter);
            purged.after = at;
            if counter.0 != self.header.counter {
                if let Some(version) = self.store.store_purged(&money, &before, &book)? {
                    self.header.forgotten = version;
                }
                self.changed(counter, now);
            }
        }
        Ok(purged)
    }

    fn now(&self) -> JournalTime {
        self.shared.clock.now(&self.header.time)
    }

    fn changed(&mut self, counter: Counter, now: JournalTime) {
        self.header.counter = counter.0;
        self.header.time = self.shared.clock.remember(now);
    }
}
