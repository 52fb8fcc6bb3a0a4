//! Entries that are forgotten and must not be.

use std::time::Duration;

use refunds_core::{
    Result,
    journal::{Entry, Intended, Journal, JournalTime, MoneyKey, Purge, position},
};

use super::fault;
use crate::journal_kit::disk::DiskJournal;

fault!(EvictsWhatIsUnsettled, intend, |journal, new| {
    let intended = journal.intend(new).await?;
    if intended != Intended::Full {
        return Ok(intended);
    }
    {
        let mut storage = journal.disk.storage();
        let oldest = storage.entries().min_by_key(|entry| entry.keep_until).map(position).unwrap();
        storage.edit(&oldest.0.clone(), |entries| entries.retain(|entry| position(entry) != oldest));
    }
    let mut new = new.clone();
    new.version = journal.disk.storage().book(&new.about.money).version();
    journal.intend(&new).await
});

fault!(EvictsMadeRefundsFirst, intend, |journal, new| {
    let full = {
        let storage = journal.disk.storage();
        storage.capacity.is_some_and(|capacity| storage.entries().count() >= capacity)
    };
    if full {
        let mut storage = journal.disk.storage();
        let made = storage.entries().filter(|entry| entry.made.is_some());
        let first = made.min_by_key(|entry| entry.keep_until).map(position);
        if let Some(first) = first {
            storage.edit(&first.0.clone(), |entries| entries.retain(|entry| position(entry) != first));
        }
    }
    journal.intend(new).await
});

fn moneys(journal: &DiskJournal) -> Vec<MoneyKey> {
    journal.disk.storage().books.keys().cloned().collect()
}

/// Purges books that look different from the real ones.
fn purge(journal: &DiskJournal, what: &Purge, later: Duration) -> Result<u64> {
    journal.transaction(|storage, now| {
        let moneys: Vec<MoneyKey> = storage.books.keys().cloned().collect();
        let purge =
            |money| storage.on(money, now.plus(later), |book, now, counter| book.purge(what, now, counter));
        Ok(moneys.iter().map(purge).sum())
    })
}

fault!(PurgesWhatIsUnsettled, purge, |journal, what| {
    let purged = purge(journal, what, Duration::ZERO)?;
    let now = journal.time();
    for money in moneys(journal) {
        let is_old = |entry: &Entry| entry.keep_until.plus(what.older_than) <= now;
        journal.disk.storage().edit(&money, |entries| {
            entries.retain(|entry| entry.unsettled().next().is_none() || !is_old(entry));
        });
    }
    Ok(purged)
});

fault!(PurgesWhatIsYoung, purge, |journal, what| purge(journal, what, Duration::from_secs(86_400 * 365)));

fault!(PurgesMadeRefundsUnasked, purge, |journal, what| journal.purge(&what.and_forget_made()).await);

fault!(PurgesHiddenRefundsBesideUnsettledOnes, purge, |journal, what| {
    let purged = journal.purge(what).await?;
    let now: JournalTime = journal.time();
    for money in moneys(journal).into_iter().filter(|_| what.forget_made) {
        journal.disk.storage().edit(&money, |entries| {
            entries.retain(|entry| entry.made.is_none() || now < entry.keep_until);
        });
    }
    Ok(purged)
});

fault!(PurgesNothing, purge, |_, _| Ok(0));
