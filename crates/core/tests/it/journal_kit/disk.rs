//! The simplest durable journal: it saves everything in one place, which outlives the journals on it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use refunds_core::{
    Clock, Error, ErrorKind, PaymentId, Result, Scope,
    journal::{
        About, Book, Counter, Decision, Entry, Intended, IntentKey, IntentNumber, Journal, JournalTime,
        MoneyKey, NewIntent, Observed, Outcome, Purge, Query, Seen, Standing, Version, Why, other_money,
        other_origin, position,
    },
    testing::CommitFault,
};
use tokio::sync::watch;

/// What is stored, and outlives a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Storage {
    pub(crate) counter: Counter,
    pub(crate) books: BTreeMap<MoneyKey, Book>,
    /// The money of each payment that was journalled.
    money: BTreeMap<(Scope, PaymentId), PaymentId>,
    /// The version of moneys that have no entries, or no more.
    pub(crate) forgotten: Version,
    /// The latest time that was stored.
    time: JournalTime,
    pub(crate) capacity: Option<usize>,
    fault: Option<CommitFault>,
}

/// A medium that journals are opened on.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Medium>);

struct Medium {
    storage: Mutex<Storage>,
    moved: watch::Sender<u64>,
}

impl Disk {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let storage = Mutex::new(Storage { capacity, ..Storage::default() });
        Self(Arc::new(Medium { storage, moved: watch::Sender::new(0) }))
    }

    pub(crate) fn storage(&self) -> MutexGuard<'_, Storage> {
        self.0.storage.lock().unwrap()
    }

    pub(crate) fn fail_next_commit(&self, fault: CommitFault) {
        self.storage().fault = Some(fault);
    }

    /// Everything at rest.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let storage = self.storage();
        let entries: Vec<&Entry> = storage.books.values().flat_map(Book::entries).collect();
        serde_json::to_vec(&entries).unwrap()
    }

    pub(crate) fn notify(&self) {
        self.0.moved.send_modify(|count| *count += 1);
    }
}

/// A journal of one process on a medium.
#[derive(Clone)]
pub(crate) struct DiskJournal {
    pub(crate) disk: Disk,
    pub(crate) clock: Arc<dyn Clock>,
    /// The journal's time when it was opened, and the clock's.
    anchor: (JournalTime, Duration),
}

impl DiskJournal {
    pub(crate) fn open(disk: Disk, clock: Arc<dyn Clock>) -> Self {
        let now = JournalTime::from_datetime(clock.now());
        let anchor = (now.max(disk.storage().time), clock.monotonic());
        Self { disk, clock, anchor }
    }

    pub(crate) fn time(&self) -> JournalTime {
        let (start, monotonic) = self.anchor;
        start.plus(self.clock.monotonic().saturating_sub(monotonic))
    }

    /// One transaction: all of what `act` changes is stored, or nothing.
    pub(crate) fn transaction<T>(
        &self,
        act: impl FnOnce(&mut Storage, JournalTime) -> Result<T>,
    ) -> Result<T> {
        let mut stored = self.disk.storage();
        let now = self.time().max(stored.time);
        let mut changed = stored.clone();
        let result = act(&mut changed, now)?;
        if changed.counter == stored.counter {
            return Ok(result);
        }
        changed.time = now;
        let fault = changed.fault.take();
        if fault == Some(CommitFault::Before) {
            stored.fault = None;
            return Err(Error::new(ErrorKind::Unavailable, "the disk failed").not_applied());
        }
        *stored = changed;
        drop(stored);
        self.disk.notify();
        match fault {
            Some(_) => Err(Error::new(ErrorKind::Unavailable, "the disk did not respond").not_applied()),
            None => Ok(result),
        }
    }

    pub(crate) fn on<T>(
        &self,
        money: &MoneyKey,
        act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T,
    ) -> Result<T> {
        self.transaction(|storage, now| Ok(storage.on(money, now, act)))
    }
}

impl Storage {
    pub(crate) fn book(&self, money: &MoneyKey) -> Book {
        self.books.get(money).cloned().unwrap_or_else(|| Book::new(self.forgotten, Vec::new()))
    }

    pub(crate) fn on<T>(
        &mut self,
        money: &MoneyKey,
        now: JournalTime,
        act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T,
    ) -> T {
        let mut book = self.book(money);
        let result = act(&mut book, now, &mut self.counter);
        self.store(money, book);
        result
    }

    pub(crate) fn store(&mut self, money: &MoneyKey, book: Book) {
        if book.entries().is_empty() {
            self.forgotten = self.forgotten.max(book.version());
            self.books.remove(money);
        } else {
            self.books.insert(money.clone(), book);
        }
    }

    pub(crate) fn check(&self, about: &About) -> Result<()> {
        let scope = &about.money.scope;
        for ((other, payment), money) in self.money.iter().filter(|((_, id), _)| *id == about.payment) {
            if other == scope && *money != about.money.id {
                return Err(other_money(about, money));
            }
            let elsewhere = (other.provider(), other.account()) == (scope.provider(), scope.account());
            let book = self.book(&MoneyKey::new(other.clone(), money.clone()));
            let is_unsettled =
                |entry: &Entry| entry.payment == *payment && entry.unsettled().next().is_some();
            if other != scope && elsewhere && book.entries().iter().any(is_unsettled) {
                return Err(other_origin(scope, other));
            }
        }
        Ok(())
    }

    pub(crate) fn learn(&mut self, money: &MoneyKey, payment: &PaymentId) {
        self.money.insert((money.scope.clone(), payment.clone()), money.id.clone());
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.books.values().flat_map(Book::entries)
    }

    /// Whether another refund fits in, after what may be forgotten was, if that is needed.
    fn make_room(&mut self, now: JournalTime) -> bool {
        let Some(capacity) = self.capacity else { return true };
        // What was never made goes first, then what lists show, then the rest.
        for step in 0..3 {
            if self.entries().count() < capacity {
                return true;
            }
            let mut goes: Vec<_> = self.entries().map(|entry| (entry.keep_until, position(entry))).collect();
            goes.sort();
            for (_, (money, payment, reference)) in goes {
                if self.entries().count() < capacity {
                    return true;
                }
                let mut book = self.book(&money);
                let is_it = |entry: &&Entry| entry.payment == payment && entry.reference == reference;
                let entry = book.entries().iter().find(is_it).unwrap();
                let rank = if entry.made.is_none() { 0 } else { 1 + i32::from(entry.hidden) };
                let settled = book.entries().iter().all(|entry| entry.unsettled().next().is_none());
                if rank != step || (rank == 2 && !settled) {
                    continue;
                }
                // The book says whether it may go: a book of it alone, as nothing else is to go with it.
                let mut alone = Book::new(book.version(), vec![entry.clone()]);
                let mut what = Purge::older_than(Duration::ZERO);
                what.forget_made = true;
                alone.purge(&what, now, &mut self.counter);
                if alone.entries().is_empty() {
                    let rest = book.entries().iter().filter(|entry| !is_it(entry)).cloned().collect();
                    book = Book::new(alone.version(), rest);
                    self.store(&money, book);
                }
            }
        }
        self.entries().count() < capacity
    }

    pub(crate) fn intend(&mut self, new: &NewIntent, now: JournalTime) -> Result<Intended> {
        let money = &new.about.money;
        self.intend_by(new, now, |storage| {
            storage.on(money, now, |book, now, counter| book.intend(new, now, counter))
        })
    }

    /// As [`intend`](Self::intend), with the part that works on the book replaced.
    pub(crate) fn intend_by(
        &mut self,
        new: &NewIntent,
        now: JournalTime,
        act: impl FnOnce(&mut Self) -> Result<Intended>,
    ) -> Result<Intended> {
        self.check(&new.about)?;
        let is_mine =
            |entry: &Entry| entry.payment == new.about.payment && entry.reference == new.about.reference;
        let known = self.book(&new.about.money).entries().iter().any(is_mine);
        if !known && !self.make_room(now) {
            return Ok(Intended::Full);
        }
        let intended = act(self)?;
        if matches!(intended, Intended::Committed(_)) {
            self.learn(&new.about.money, &new.about.payment);
        }
        Ok(intended)
    }
}

#[async_trait]
impl Journal for DiskJournal {
    async fn open(&self, about: &About) -> Result<Standing> {
        let storage = self.disk.storage();
        storage.check(about)?;
        Ok(storage.book(&about.money).standing(about, self.time().max(storage.time)))
    }

    async fn intend(&self, new: &NewIntent) -> Result<Intended> {
        self.transaction(|storage, now| storage.intend(new, now))
    }

    async fn settle(&self, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.on(&key.money, |book, now, counter| book.settle(key.token, outcome, now, counter)).map(drop)
    }

    fn abandon(&self, key: &IntentKey) {
        let outcome = Outcome::NotApplied(Why::never_sent());
        let _ = self.on(&key.money, |book, now, counter| book.settle(key.token, &outcome, now, counter));
    }

    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        self.transaction(|storage, now| {
            for seen in seen.iter().filter(|seen| seen.adopt.is_some()) {
                storage.learn(money, &seen.payment);
            }
            Ok(storage.on(money, now, |book, now, counter| book.observe(money, seen, since, now, counter)))
        })
    }

    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        let mut moved = self.disk.0.moved.subscribe();
        let mut over = self.clock.sleep(at_most);
        loop {
            moved.borrow_and_update();
            if self.disk.storage().book(money).version() != since {
                return Ok(());
            }
            if let Either::Right(_) = select(std::pin::pin!(moved.changed()), &mut over).await {
                return Ok(());
            }
        }
    }

    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        let storage = self.disk.storage();
        let mut found: Vec<Entry> = storage.entries().filter(|entry| query.matches(entry)).cloned().collect();
        found.sort_by_key(position);
        found.retain(|entry| query.after.as_ref().is_none_or(|after| position(entry) > *after));
        found.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.transaction(|storage, now| {
            storage.on(money, now, |book, now, counter| book.decide(number, decision, now, counter))
        })
    }

    async fn purge(&self, what: &Purge) -> Result<u64> {
        self.transaction(|storage, now| {
            let moneys: Vec<MoneyKey> = storage.books.keys().cloned().collect();
            let purge = |money| storage.on(money, now, |book, now, counter| book.purge(what, now, counter));
            Ok(moneys.iter().map(purge).sum())
        })
    }

    async fn now(&self) -> Result<JournalTime> {
        Ok(self.time().max(self.disk.storage().time))
    }
}

impl fmt::Debug for DiskJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiskJournal")
    }
}
