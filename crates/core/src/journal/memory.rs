//! A journal in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::{
    About, Book, Counter, Decision, Entry, Intended, IntentKey, IntentNumber, Journal, JournalTime, MoneyKey,
    NewIntent, Observed, Outcome, Purge, Query, Scope, Seen, Standing, Version, book::need, entry::Why,
    other_money, other_origin, position,
};
use crate::{Clock, PaymentId, Result, SystemClock};

/// How many refunds a [`MemoryJournal`] keeps by default.
const DEFAULT_CAPACITY: usize = 100_000;
/// A full journal evicts this fraction of its capacity at once, so that it need not search each time.
const EVICTED_SHARE: usize = 16;

/// The default journal of a [`RefundClient`](crate::RefundClient): in memory, shared by the client's clones,
/// lost with the process.
///
/// It protects the tasks of one process from each other, from cancelled calls and from stale reads. It does
/// not outlive the process: use a durable journal if a process that creates refunds can be killed, or if
/// there is more than one.
///
/// It is bounded. Beyond its capacity it evicts refunds that are settled and old enough, oldest first. If
/// there are none, nothing new may be sent.
///
/// Clones share their contents.
#[derive(Clone)]
pub struct MemoryJournal(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    /// A calendar time and the monotonic time at that moment: the journal's time never jumps.
    anchor: (JournalTime, Duration),
    capacity: usize,
    state: Mutex<State>,
    moved: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    counter: Counter,
    books: HashMap<MoneyKey, Book>,
    /// Every account with refunds.
    scopes: Vec<Scope>,
    /// The money keys of payments whose money has another id.
    aliases: HashMap<PaymentId, Vec<MoneyKey>>,
    /// The number of entries.
    entries: usize,
    /// The version of a money key without entries.
    forgotten: Version,
}

impl MemoryJournal {
    /// An empty journal that holds up to 100 000 refunds.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// As [`new`](Self::new), with the time from `clock`.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self::build(clock, DEFAULT_CAPACITY)
    }

    /// As [`with_clock`](Self::with_clock), for up to `capacity` refunds.
    #[must_use]
    pub fn with_capacity(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self::build(clock, capacity)
    }

    fn build(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        let anchor = (JournalTime::from_datetime(clock.now()), clock.monotonic());
        let moved = watch::Sender::new(0);
        Self(Arc::new(Inner { clock, anchor, capacity, state: Mutex::default(), moved }))
    }

    fn time(&self) -> JournalTime {
        let (start, monotonic) = self.0.anchor;
        start.plus(self.0.clock.monotonic().saturating_sub(monotonic))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, and every state is consistent.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one operation to its end, and wakes up waiters if it changed something.
    fn transaction<T>(&self, act: impl FnOnce(&mut State, JournalTime) -> T) -> T {
        // The time is read after the operation has started.
        let mut state = self.state();
        let before = state.counter;
        let now = self.time();
        let result = act(&mut state, now);
        let (changed, version) = (state.counter != before, state.counter.0);
        drop(state);
        // Later subscribers read the change.
        if changed && self.0.moved.receiver_count() > 0 {
            self.0.moved.send_replace(version);
        }
        result
    }

    /// Runs one operation on a book.
    fn on<T>(&self, money: &MoneyKey, act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T) -> T {
        self.transaction(|state, now| state.on(money, now, act))
    }

    fn read(&self, about: &About) -> Result<Standing> {
        let state = self.state();
        state.check(about)?;
        let now = self.time();
        Ok(match state.books.get(&about.money) {
            Some(book) => book.standing(about, now),
            None => Book::new(state.forgotten, Vec::new()).standing(about, now),
        })
    }
}

impl State {
    fn on<T>(
        &mut self,
        money: &MoneyKey,
        now: JournalTime,
        act: impl FnOnce(&mut Book, JournalTime, &mut Counter) -> T,
    ) -> T {
        let Self { books, counter, forgotten, .. } = self;
        let book = books.entry(money.clone()).or_insert_with(|| Book::new(*forgotten, Vec::new()));
        let entries = book.entries().len();
        let result = act(book, now, counter);
        book.stored();
        let after = book.entries().len();
        if after == 0 {
            books.remove(money);
        }
        if after < entries {
            *forgotten = Version(counter.0);
        }
        self.entries = (self.entries + after).saturating_sub(entries);
        result
    }

    fn note_money(&mut self, payment: &PaymentId, money: &MoneyKey) {
        if !self.scopes.contains(&money.scope) {
            self.scopes.push(money.scope.clone());
        }
        if money.id != *payment {
            let known = self.aliases.entry(payment.clone()).or_default();
            if !known.contains(money) {
                known.push(money.clone());
            }
        }
    }

    /// The books with entries of a payment, in every account.
    fn books_of<'a>(&'a self, payment: &'a PaymentId) -> impl Iterator<Item = (&'a MoneyKey, &'a Book)> {
        let own = self.scopes.iter().map(|scope| MoneyKey::new(scope.clone(), payment.clone()));
        let own = own.filter_map(|money| self.books.get_key_value(&money));
        let aliases = self.aliases.get(payment).into_iter().flatten();
        let of_payment = |book: &Book| book.entries().iter().any(|entry| entry.payment == *payment);
        own.chain(aliases.filter_map(|money| self.books.get_key_value(money)))
            .filter(move |(_, book)| of_payment(book))
    }

    /// Refuses a payment whose refunds are journalled under another money id or origin.
    fn check(&self, about: &About) -> Result<()> {
        let scope = &about.money.scope;
        let one_account = self.scopes.iter().all(|known| known == scope);
        if one_account && self.aliases.is_empty() && about.payment == about.money.id {
            return Ok(());
        }
        for (other, book) in self.books_of(&about.payment).filter(|(other, _)| **other != about.money) {
            if other.scope == *scope {
                return Err(other_money(about, &other.id));
            }
            let elsewhere =
                (other.scope.provider(), other.scope.account()) == (scope.provider(), scope.account());
            let unsettled =
                |entry: &Entry| entry.payment == about.payment && entry.unsettled().next().is_some();
            if elsewhere && book.entries().iter().any(unsettled) {
                return Err(other_origin(scope, &other.scope));
            }
        }
        Ok(())
    }

    /// Evicts up to `most` refunds, least needed first. Returns false if none may be evicted.
    fn evict(&mut self, most: usize, now: JournalTime) -> bool {
        let mut least: Vec<_> = Vec::new();
        for (money, book) in &self.books {
            let settled = book.is_settled();
            for entry in book.entries() {
                if let Some(need) = need(entry, settled, now) {
                    least.push((
                        need,
                        entry.keep_until,
                        money.clone(),
                        entry.payment.clone(),
                        entry.reference.clone(),
                    ));
                }
            }
        }
        least.sort_unstable();
        least.truncate(most);
        for (_, _, money, payment, reference) in &least {
            let Some(book) = self.books.get_mut(money) else { continue };
            if let Some(version) = book.forget(payment, reference, &mut self.counter) {
                self.forgotten = version;
                self.entries -= 1;
            }
            if book.entries().is_empty() {
                self.books.remove(money);
            }
        }
        self.forget_aliases();
        !least.is_empty()
    }

    /// Removes the aliases of payments without entries.
    fn forget_aliases(&mut self) {
        let Self { aliases, books, .. } = self;
        aliases.retain(|payment, keys| {
            let has_entry = |book: &Book| book.entries().iter().any(|entry| entry.payment == *payment);
            keys.retain(|money| books.get(money).is_some_and(has_entry));
            !keys.is_empty()
        });
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn open(&self, about: &About) -> Result<Standing> {
        self.read(about)
    }

    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        let money = &intent.about.money;
        self.transaction(|state, now| {
            state.check(&intent.about)?;
            // Only a full journal needs to search for entries to evict.
            if state.entries >= self.0.capacity {
                let mine = |entry: &Entry| entry.is(&intent.about.payment, &intent.about.reference);
                let known = state.books.get(money).is_some_and(|book| book.entries().iter().any(mine));
                if !known && !state.evict(self.0.capacity / EVICTED_SHARE + 1, now) {
                    return Ok(Intended::Full);
                }
            }
            let intended = state.on(money, now, |book, now, counter| book.intend(intent, now, counter))?;
            if matches!(intended, Intended::Committed(_)) {
                state.note_money(&intent.about.payment, money);
            }
            Ok(intended)
        })
    }

    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.on(&intent.money, |book, now, counter| book.settle(intent.token, outcome, now, counter));
        Ok(())
    }

    fn abandon(&self, intent: &IntentKey) {
        let outcome = Outcome::NotApplied(Why::never_sent());
        self.on(&intent.money, |book, now, counter| book.settle(intent.token, &outcome, now, counter));
    }

    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        Ok(self.transaction(|state, now| {
            for seen in seen.iter().filter(|seen| seen.adopt.is_some()) {
                state.note_money(&seen.payment, money);
            }
            state.on(money, now, |book, now, counter| book.observe(money, seen, since, now, counter))
        }))
    }

    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        let mut moved = self.0.moved.subscribe();
        let mut over = self.0.clock.sleep(at_most);
        loop {
            // Subscribe before reading the version, so that no wake-up is lost.
            moved.borrow_and_update();
            let version = {
                let state = self.state();
                state.books.get(money).map_or(state.forgotten, Book::version)
            };
            if version != since {
                return Ok(());
            }
            match select(std::pin::pin!(moved.changed()), &mut over).await {
                Either::Left((Ok(()), _)) => {}
                Either::Left((Err(_), _)) | Either::Right(_) => return Ok(()),
            }
        }
    }

    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        let state = self.state();
        let mut found: Vec<&Entry> = match (&query.scope, &query.payment) {
            // The most frequent query does not look at other payments.
            (Some(scope), Some(payment)) => {
                let mut books = state.books_of(payment).filter(|(money, _)| money.scope == *scope);
                let book = books.next().map(|(_, book)| book);
                book.into_iter().flat_map(Book::entries).filter(|entry| query.matches(entry)).collect()
            }
            _ => state.books.values().flat_map(Book::entries).filter(|entry| query.matches(entry)).collect(),
        };
        found.sort_by_cached_key(|entry| position(entry));
        if let Some(after) = &query.after {
            found.retain(|entry| position(entry) > *after);
        }
        found.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(found.into_iter().cloned().collect())
    }

    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.on(money, |book, now, counter| book.decide(number, decision, now, counter))
    }

    async fn purge(&self, what: &Purge) -> Result<u64> {
        let keys: Vec<MoneyKey> = self.state().books.keys().cloned().collect();
        let mut count = 0;
        for money in keys {
            count += self.on(&money, |book, now, counter| book.purge(what, now, counter));
        }
        self.state().forget_aliases();
        Ok(count)
    }

    async fn now(&self) -> Result<JournalTime> {
        Ok(self.time())
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal")
            .field("entries", &self.state().entries)
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::{CreateRefund, Money, Reference, RefundAmount};

    #[test]
    fn evicted_entries_free_their_memory() {
        let journal = MemoryJournal::with_capacity(Arc::new(SystemClock), 3);
        let money = Money::new(100, "NOK".parse().unwrap());
        for payment in 0..20 {
            let payment = PaymentId::new(format!("pay_{payment}")).unwrap();
            let money_id = PaymentId::new(format!("money_{payment}")).unwrap();
            let key = MoneyKey::new(Scope::new("kit", "", ""), money_id);
            let about = About::new(key, &payment, Reference::random());
            let request = CreateRefund::new(payment, RefundAmount::Exact(money), about.reference.clone());
            // The first one of a full journal evicts something, which moves the version.
            for _ in 0..2 {
                let standing = journal.read(&about).unwrap();
                let intent = NewIntent::new(about.clone(), request.clone(), money, &standing);
                let intended = journal.intend(&intent).now_or_never().unwrap().unwrap();
                assert!(!matches!(intended, Intended::Full));
                journal.abandon(&intent.key());
            }
        }
        let state = journal.state();
        assert!(state.entries <= 3 && state.books.len() <= 3, "{} entries", state.entries);
        let payments = state.aliases.len();
        assert!(payments <= 3, "the money keys of {payments} payments are kept");
    }
}
