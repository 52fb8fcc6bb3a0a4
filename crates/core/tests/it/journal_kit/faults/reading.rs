//! Reads, waits and pages that leave something out, and texts that leave nothing out.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Result,
    journal::{
        About, Entry, Intended, Journal, MoneyKey, NewIntent, Observed, Query, Seen, Standing, Version,
        position,
    },
};

use super::fault;
use crate::journal_kit::{disk::DiskJournal, mutant::Mutation};

fault!(SleepsThroughWrites {
    async fn wait(&self, journal: &DiskJournal, _: &MoneyKey, _: Version, at_most: Duration) -> Result<()> {
        journal.clock.sleep(at_most).await;
        Ok(())
    }
});

fault!(WaitsForWhatHappenedBefore {
    async fn wait(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        _: Version,
        at_most: Duration,
    ) -> Result<()> {
        let now = journal.disk.storage().book(money).version();
        journal.wait(money, now, at_most).await
    }
});

fault!(WaitsForEver {
    async fn wait(&self, journal: &DiskJournal, money: &MoneyKey, since: Version, _: Duration) -> Result<()> {
        journal.wait(money, since, Duration::from_secs(1_000_000_000)).await
    }
});

/// The next page begins after as many entries as were read.
#[derive(Default)]
pub(crate) struct PagesByCounting(AtomicUsize);

#[async_trait]
impl Mutation for PagesByCounting {
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let Some(limit) = query.limit else { return journal.entries(query).await };
        let mut whole = query.clone();
        let is_first = whole.after.take().is_none();
        whole.limit = None;
        let read = if is_first { 0 } else { self.0.load(Ordering::SeqCst) };
        let page: Vec<Entry> = journal.entries(&whole).await?.into_iter().skip(read).take(limit).collect();
        self.0.store(read + page.len(), Ordering::SeqCst);
        Ok(page)
    }
}

fault!(RepeatsTheEndOfAPage {
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let mut whole = query.clone();
        (whole.after, whole.limit) = (None, None);
        let mut found = journal.entries(&whole).await?;
        found.retain(|entry| query.after.as_ref().is_none_or(|after| position(entry) >= *after));
        found.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(found)
    }
});

fault!(PagesInNoOrder {
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let mut found = journal.entries(query).await?;
        found.reverse();
        Ok(found)
    }
});

fault!(ReadsSettledAsUnsettled {
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let mut query = query.clone();
        query.unsettled = false;
        journal.entries(&query).await
    }
});

fault!(ReadsEveryAccount {
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let mut query = query.clone();
        query.scope = None;
        journal.entries(&query).await
    }
});

fault!(LeavesOutMadeRefunds {
    async fn open(&self, journal: &DiskJournal, about: &About) -> Result<Standing> {
        let mut standing = journal.open(about).await?;
        standing.others.retain(|entry| entry.made.is_none());
        Ok(standing)
    }
});

/// The scope and the money of a payment are those of the call.
fn unchecked(journal: &DiskJournal, about: &About) -> Standing {
    journal.disk.storage().book(&about.money).standing(about, journal.time())
}

fault!(ForgetsOriginAndMoney {
    async fn open(&self, journal: &DiskJournal, about: &About) -> Result<Standing> {
        Ok(unchecked(journal, about))
    }
});

fault!(ChecksOriginAndMoneyWhenOpenedOnly {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        journal.on(&new.about.money, |book, now, counter| book.intend(new, now, counter))?
    }
});

fault!(DropsPartOfTheRequest {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let mut new = new.clone();
        new.request.metadata.clear();
        journal.intend(&new).await
    }
});

fault!(KeepsTextsAsTheyCame {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let intended = journal.intend(new).await;
        journal.disk.storage().edit(&new.about.money, |entries| {
            if let Some(mine) = entries.iter_mut().find(|entry| entry.reference == new.about.reference) {
 mine.request = Some(new.request.clone());
}
        });
        intended
    }
});

fault!(KeepsAdoptedTextsAsTheyCame {
    async fn observe(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        seen: &[Seen],
        since: Option<Version>,
    ) -> Result<Observed> {
        let observed = journal.observe(money, seen, since).await;
        journal.disk.storage().edit(money, |entries| {
            for (seen, adopt) in seen.iter().filter_map(|seen| Some((seen, seen.adopt.as_ref()?))) {
                if let Some(found) = entries.iter_mut().find(|entry| entry.reference == seen.reference) {
 found.request = Some(adopt.request.clone());
}
            }
        });
        observed
    }
});
