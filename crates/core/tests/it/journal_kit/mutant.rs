//! A journal that is right in everything but one thing.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Clock, Result,
    journal::{
        About, Book, Counter, Decision, Entry, Intended, Intent, IntentKey, IntentNumber, Journal,
        JournalTime, MoneyKey, NewIntent, Observed, Outcome, Purge, Query, Seen, Standing, Version, position,
    },
    testing::{CommitFault, JournalHarness},
};

use crate::journal_kit::disk::{Disk, DiskJournal, Storage};

/// What a wrong journal does differently from the right one below it. The rest is forwarded.
///
/// One instance belongs to one disk: every process that opens it is wrong in the same way.
#[async_trait]
pub(crate) trait Mutation: Send + Sync {
    /// A process starts.
    fn opened(&self, _disk: &Disk) {}
    /// A process ends.
    fn dropped(&self, _journal: &DiskJournal) {}
    /// Any operation begins.
    fn begin(&self, _journal: &DiskJournal) {}

    async fn open(&self, journal: &DiskJournal, about: &About) -> Result<Standing> {
        journal.open(about).await
    }
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        journal.intend(new).await
    }
    async fn settle(&self, journal: &DiskJournal, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        journal.settle(key, outcome).await
    }
    fn abandon(&self, journal: &DiskJournal, key: &IntentKey) {
        journal.abandon(key);
    }
    async fn observe(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        seen: &[Seen],
        since: Option<Version>,
    ) -> Result<Observed> {
        journal.observe(money, seen, since).await
    }
    async fn wait(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        since: Version,
        at_most: Duration,
    ) -> Result<()> {
        journal.wait(money, since, at_most).await
    }
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        journal.entries(query).await
    }
    async fn decide(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        number: IntentNumber,
        decision: &Decision,
    ) -> Result<()> {
        journal.decide(money, number, decision).await
    }
    async fn purge(&self, journal: &DiskJournal, what: &Purge) -> Result<u64> {
        journal.purge(what).await
    }
    async fn now(&self, journal: &DiskJournal) -> Result<JournalTime> {
        journal.now().await
    }
}

/// The right journal, mutated.
pub(crate) struct MutantJournal {
    journal: DiskJournal,
    mutation: Arc<dyn Mutation>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Journal for MutantJournal {
    async fn open(&self, about: &About) -> Result<Standing> {
        self.mutation.begin(&self.journal);
        self.mutation.open(&self.journal, about).await
    }
    async fn intend(&self, new: &NewIntent) -> Result<Intended> {
        self.mutation.begin(&self.journal);
        self.mutation.intend(&self.journal, new).await
    }
    async fn settle(&self, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.mutation.begin(&self.journal);
        self.mutation.settle(&self.journal, key, outcome).await
    }
    fn abandon(&self, key: &IntentKey) {
        self.mutation.begin(&self.journal);
        self.mutation.abandon(&self.journal, key);
    }
    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        self.mutation.begin(&self.journal);
        self.mutation.observe(&self.journal, money, seen, since).await
    }
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        self.mutation.wait(&self.journal, money, since, at_most).await
    }
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        self.mutation.begin(&self.journal);
        self.mutation.entries(&self.journal, query).await
    }
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.mutation.begin(&self.journal);
        self.mutation.decide(&self.journal, money, number, decision).await
    }
    async fn purge(&self, what: &Purge) -> Result<u64> {
        self.mutation.begin(&self.journal);
        self.mutation.purge(&self.journal, what).await
    }
    async fn now(&self) -> Result<JournalTime> {
        self.mutation.now(&self.journal).await
    }
}

impl Drop for MutantJournal {
    fn drop(&mut self) {
        self.mutation.dropped(&self.journal);
    }
}

impl fmt::Debug for MutantJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MutantJournal")
    }
}

impl Storage {
    /// Changes entries behind the book's back; no version moves.
    pub(crate) fn edit(&mut self, money: &MoneyKey, act: impl FnOnce(&mut Vec<Entry>)) {
        let book = self.book(money);
        let mut entries = book.entries().to_vec();
        act(&mut entries);
        self.store(money, Book::new(book.version(), entries));
    }

    /// Lets `act` work on a book that looks different from the real one. What `act` changes is kept, what `mask`
    /// changed is not.
    pub(crate) fn masked<T>(
        &mut self,
        money: &MoneyKey,
        now: JournalTime,
        mask: impl FnOnce(&mut Vec<Entry>),
        act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T,
    ) -> T {
        let book = self.book(money);
        let mut before = book.entries().to_vec();
        mask(&mut before);
        let mut masked = Book::new(book.version(), before.clone());
        let result = act(&mut masked, now, &mut self.counter);
        let mut after = masked.entries().to_vec();
        for original in book.entries() {
            let is_it = |entry: &Entry| position(entry) == position(original);
            let Some(shown) = before.iter().find(|entry| is_it(entry)) else {
                after.push(original.clone());
                continue;
            };
            let Some(entry) = after.iter_mut().find(|entry| is_it(entry)) else { continue };
            unmask(entry, shown, original);
        }
        self.store(money, Book::new(masked.version(), after));
        result
    }
}

/// Every intent of the entries.
pub(crate) fn intents(entries: &mut [Entry]) -> impl Iterator<Item = &mut Intent> {
    entries.iter_mut().flat_map(|entry| &mut entry.intents)
}

/// Intends on a book that looks different from the real one.
pub(crate) fn intend_masked(
    journal: &DiskJournal,
    new: &NewIntent,
    mask: impl FnOnce(&mut Vec<Entry>),
) -> Result<Intended> {
    journal.transaction(|storage, now| {
        storage.intend_by(new, now, |storage| {
            storage.masked(&new.about.money, now, mask, |book, now, counter| book.intend(new, now, counter))
        })
    })
}

/// Undoes the mask: `original` was `shown` to the book, and became `entry`.
fn unmask(entry: &mut Entry, shown: &Entry, original: &Entry) {
    if entry.made == shown.made {
        entry.made.clone_from(&original.made);
    }
    if entry.known_before == shown.known_before {
        entry.known_before.clone_from(&original.known_before);
    }
    if entry.generation == shown.generation {
        entry.generation = original.generation;
    }
    entry.hidden = original.hidden;
    entry.amount = original.amount;
    for intent in &original.intents {
        let shown = shown.intents.iter().find(|shown| shown.token == intent.token);
        match entry.intents.iter_mut().find(|kept| kept.token == intent.token) {
            None => entry.intents.push(intent.clone()),
            Some(kept) if shown.is_some_and(|shown| shown == kept) => *kept = intent.clone(),
            Some(_) => {}
        }
    }
    entry.intents.sort_by_key(|intent| intent.number);
}

/// The harness of a wrong journal. It can do everything: nothing is skipped for its sake.
pub(crate) struct MutantHarness {
    mutation: fn() -> Arc<dyn Mutation>,
    last: Mutex<Option<(Disk, Arc<dyn Mutation>)>>,
}

impl MutantHarness {
    pub(crate) fn new(mutation: fn() -> Arc<dyn Mutation>) -> Self {
        Self { mutation, last: Mutex::default() }
    }

    fn fresh(&self, capacity: Option<usize>, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        *self.last.lock().unwrap() = Some((Disk::new(capacity), (self.mutation)()));
        self.start(clock)
    }

    fn start(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        let (disk, mutation) = self.last.lock().unwrap().clone().unwrap();
        mutation.opened(&disk);
        Arc::new(MutantJournal { journal: DiskJournal::open(disk, clock), mutation })
    }
}

#[async_trait]
impl JournalHarness for MutantHarness {
    fn name(&self) -> &'static str {
        "mutant"
    }
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        self.fresh(None, clock)
    }
    async fn reopen(&self, clock: Arc<dyn Clock>) -> Option<Arc<dyn Journal>> {
        Some(self.start(clock))
    }
    async fn open_with_capacity(&self, clock: Arc<dyn Clock>, capacity: usize) -> Option<Arc<dyn Journal>> {
        Some(self.fresh(Some(capacity), clock))
    }
    async fn bytes_at_rest(&self) -> Option<Vec<u8>> {
        Some(self.last.lock().unwrap().as_ref().unwrap().0.bytes())
    }
    async fn fail_next_commit(&self, fault: CommitFault) -> bool {
        self.last.lock().unwrap().as_ref().unwrap().0.fail_next_commit(fault);
        true
    }
}
