//! Versions that prove nothing.

use refunds_core::{
    Result,
    journal::{
        Book, Counter, Intended, Intent, IntentKey, Journal, MoneyKey, NewIntent, Observed, Outcome, Purge,
        Version, Why,
    },
};

use super::fault;
use crate::journal_kit::{
    disk::{DiskJournal, Storage},
    mutant::intend_masked,
};

fault!(IgnoresTheVersion, intend, |journal, new| {
    let mut new = new.clone();
    new.version = journal.disk.storage().book(&new.about.money).version();
    journal.intend(&new).await
});

fault!(ChecksTheVersionOutsideTheTransaction, intend, |journal, new| {
    let version = journal.disk.storage().book(&new.about.money).version();
    if version != new.version {
        return journal.intend(new).await;
    }
    tokio::task::yield_now().await;
    // What it checked before the transaction, it does not check in it: version, and what blocks.
    let mut new = new.clone();
    new.version = journal.disk.storage().book(&new.about.money).version();
    intend_masked(journal, &new, |entries| {
        let was_there = |intent: &Intent| intent.number.0 <= version.0;
        for entry in entries.iter_mut() {
            entry.intents.retain(was_there);
        }
    })
});

fault!(RestartsItsCounterAfterAPurge, purge, |journal, what| {
    let purged = journal.purge(what).await?;
    let mut storage = journal.disk.storage();
    let highest = storage.books.values().map(Book::version).max().unwrap_or_default();
    storage.counter = Counter(highest.0);
    storage.forgotten = Version::default();
    Ok(purged)
});

/// The version of a money counts the writes about it.
fn per_money(storage: &mut Storage, money: &MoneyKey) {
    let book = storage.book(money);
    storage.counter = Counter(book.version().0);
}

fault!(CountsVersionsPerMoney {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        per_money(&mut journal.disk.storage(), &new.about.money);
        journal.intend(new).await
    }
    async fn settle(&self, journal: &DiskJournal, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        per_money(&mut journal.disk.storage(), &key.money);
        journal.settle(key, outcome).await
    }
    async fn purge(&self, journal: &DiskJournal, what: &Purge) -> Result<u64> {
        let purged = journal.purge(what).await;
        journal.disk.storage().forgotten = Version::default();
        purged
    }
});

fault!(MovesTheVersionWithEveryObservation, observe, |journal, money, seen, since| {
    let observed = journal.observe(money, seen, since).await?;
    let version = journal.transaction(|storage, _| {
        let version = storage.counter.advance();
        let entries = storage.book(money).entries().to_vec();
        storage.store(money, Book::new(version, entries));
        Ok(version)
    })?;
    Ok(if observed == Observed::Moved { observed } else { Observed::Settled(version) })
});

/// Takes back that a write moved the money's version.
fn stay(journal: &DiskJournal, money: &MoneyKey, version: Version) {
    let mut storage = journal.disk.storage();
    let entries = storage.book(money).entries().to_vec();
    storage.forgotten = storage.forgotten.min(version);
    storage.store(money, Book::new(version, entries));
}

fn version(journal: &DiskJournal, money: &MoneyKey) -> Version {
    journal.disk.storage().book(money).version()
}

fault!(MovesNoVersionWithAnOutcome, settle, |journal, key, outcome| {
    let before = version(journal, &key.money);
    journal.settle(key, outcome).await?;
    stay(journal, &key.money, before);
    Ok(())
});

fault!(MovesNoVersionWithAnObservation, observe, |journal, money, seen, since| {
    let before = version(journal, money);
    let observed = journal.observe(money, seen, since).await?;
    stay(journal, money, before);
    Ok(if let Observed::Settled(_) = observed { Observed::Settled(before) } else { observed })
});

fault!(MovesNoVersionWithADecision, decide, |journal, money, number, decision| {
    let before = version(journal, money);
    journal.decide(money, number, decision).await?;
    stay(journal, money, before);
    Ok(())
});

fault!(MovesNoVersionWithAnAbandonedIntent, abandon, |journal, key| {
    let before = version(journal, &key.money);
    let never = Outcome::NotApplied(Why::never_sent());
    let _ = journal.on(&key.money, |book, now, counter| book.settle(key.token, &never, now, counter));
    stay(journal, &key.money, before);
});

fault!(MovesNoVersionWithAPurge, purge, |journal, what| {
    let before: Vec<_> = {
        let storage = journal.disk.storage();
        storage.books.iter().map(|(money, book)| (money.clone(), book.version())).collect()
    };
    let purged = journal.purge(what).await?;
    let mut storage = journal.disk.storage();
    let is_gone = |money: &MoneyKey| !storage.books.contains_key(money);
    let gone = before.iter().filter(|(money, _)| is_gone(money)).map(|(_, version)| *version).max();
    for (money, version) in before {
        let entries = storage.book(&money).entries().to_vec();
        storage.store(&money, Book::new(version, entries));
    }
    // What is forgotten keeps the version that it had.
    storage.forgotten = gone.unwrap_or(storage.forgotten);
    Ok(purged)
});

fault!(MovesNoVersionWithAnEviction, intend, |journal, new| {
    let (before, forgotten) = {
        let storage = journal.disk.storage();
        (storage.books.clone(), storage.forgotten)
    };
    let intended = journal.intend(new).await?;
    let mut storage = journal.disk.storage();
    for (money, book) in before {
        let left = storage.book(&money).entries().to_vec();
        if left.len() < book.entries().len() {
            storage.store(&money, Book::new(book.version(), left));
            storage.forgotten = forgotten;
        }
    }
    Ok(intended)
});
