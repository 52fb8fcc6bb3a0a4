//! What is acknowledged and not kept, or kept and not acknowledged.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use refunds_core::{
    Result,
    journal::{Intended, IntentKey, IntentState, Journal, MoneyKey, NewIntent, Observed, Outcome, Why},
};

use super::fault;
use crate::journal_kit::{
    disk::{Disk, DiskJournal, Storage},
    mutant::{Mutation, intents},
};

/// Commits with the next operation of its process.
#[derive(Default)]
pub(crate) struct AcknowledgesBeforeTheCommit(Mutex<Option<Storage>>);

#[async_trait]
impl Mutation for AcknowledgesBeforeTheCommit {
    fn opened(&self, _: &Disk) {
        *self.0.lock().unwrap() = None;
    }
    fn begin(&self, journal: &DiskJournal) {
        if let Some(pending) = self.0.lock().unwrap().take() {
            *journal.disk.storage() = pending;
            journal.disk.notify();
        }
    }
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let before = journal.disk.storage().clone();
        let intended = journal.intend(new).await?;
        let after = std::mem::replace(&mut *journal.disk.storage(), before);
        *self.0.lock().unwrap() = Some(after);
        Ok(intended)
    }
}

/// Every money, to edit.
fn moneys(storage: &Storage) -> Vec<MoneyKey> {
    storage.books.keys().cloned().collect()
}

fault!(ForgetsMadeWhenReopened, opened, |disk| {
    let mut storage = disk.storage();
    for money in moneys(&storage) {
        storage.edit(&money, |entries| entries.retain(|entry| entry.made.is_none()));
    }
});

fault!(ForgetsUnsettledWhenReopened, opened, |disk| {
    let mut storage = disk.storage();
    for money in moneys(&storage) {
        storage.edit(&money, |entries| entries.retain(|entry| entry.unsettled().next().is_none()));
    }
});

fault!(ForgetsDecisionsWhenReopened, opened, |disk| {
    let mut storage = disk.storage();
    for money in moneys(&storage) {
        storage.edit(&money, |entries| entries.iter_mut().for_each(|entry| entry.decision = None));
    }
});

fault!(FreesWhatIsOpenWhenDropped, dropped, |journal| {
    let mut storage = journal.disk.storage();
    for money in moneys(&storage) {
        storage.edit(&money, |entries| {
            let intents = intents(entries);
            for intent in intents.filter(|intent| intent.state == IntentState::Open) {
                intent.state = IntentState::NotApplied;
            }
        });
    }
});

/// The caller's call, dropped at its first wait, is taken for one that was never sent.
#[derive(Default)]
pub(crate) struct FreesWhatADroppedCallCommitted;

struct Guard<'a>(&'a DiskJournal, IntentKey, AtomicBool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.2.load(Ordering::SeqCst) {
            self.0.abandon(&self.1);
        }
    }
}

#[async_trait]
impl Mutation for FreesWhatADroppedCallCommitted {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let guard = Guard(journal, new.key(), AtomicBool::new(false));
        let intended = journal.intend(new).await;
        // As a journal that hands the commit to another thread.
        tokio::task::yield_now().await;
        guard.2.store(true, Ordering::SeqCst);
        intended
    }
}

/// What was committed and not acknowledged is repeated when the next process recovers the medium.
#[derive(Default)]
pub(crate) struct RollsForwardUnderAnotherNumber(Mutex<Option<NewIntent>>);

#[async_trait]
impl Mutation for RollsForwardUnderAnotherNumber {
    fn opened(&self, disk: &Disk) {
        let Some(new) = self.0.lock().unwrap().take() else { return };
        let mut storage = disk.storage();
        let mut number = storage.counter;
        let mut again = None;
        storage.edit(&new.about.money, |entries| {
            let intents = intents(entries);
            if let Some(intent) = intents.into_iter().find(|intent| intent.token == new.token) {
                number.0 += 1;
                intent.number.0 = number.0;
                intent.state = IntentState::Open;
                again = Some(intent.number);
            }
        });
        if again.is_some() {
            storage.counter = number;
        }
    }
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let intended = journal.intend(new).await;
        if intended.is_err() {
            *self.0.lock().unwrap() = Some(new.clone());
        }
        intended
    }
}

fault!(StoresAnOutcomeAndDropsIt, settle, |journal, key, outcome| {
    // An error is taken for a commit.
    let _ = journal.settle(key, outcome).await;
    Ok(())
});

fault!(ObservesAndDropsIt, observe, |journal, money, seen, since| {
    Ok(journal.observe(money, seen, since).await.unwrap_or(Observed::Nothing))
});

fault!(LosesAbandonedIntents {
    fn abandon(&self, _: &DiskJournal, _: &IntentKey) {}
});

fault!(AbandonsWhatIsMade, abandon, |journal, key| {
    let mut storage = journal.disk.storage();
    storage.edit(&key.money, |entries| {
        for entry in entries.iter_mut() {
            if entry.intents.iter().any(|intent| intent.token == key.token) {
                entry.made = None;
            }
        }
    });
    drop(storage);
    let never = Outcome::NotApplied(Why::never_sent());
    let _ = journal.on(&key.money, |book, now, counter| book.settle(key.token, &never, now, counter));
});
