//! Reads, waits and pages that leave something out, and texts without redaction.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Result,
    journal::{About, Entry, Journal, Query, Standing, position},
};

use super::fault;
use crate::journal_kit::{disk::DiskJournal, mutant::Mutation};

fault!(SleepsThroughWrites, wait, |journal, _, _, at_most| {
    journal.clock.sleep(at_most).await;
    Ok(())
});

fault!(WaitsForWhatHappenedBefore, wait, |journal, money, _, at_most| {
    let now = journal.disk.storage().book(money).version();
    journal.wait(money, now, at_most).await
});

fault!(WaitsForEver, wait, |journal, money, since, _| {
    journal.wait(money, since, Duration::from_secs(1_000_000_000)).await
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

fault!(RepeatsTheEndOfAPage, entries, |journal, query| {
    let mut whole = query.clone();
    (whole.after, whole.limit) = (None, None);
    let mut found = journal.entries(&whole).await?;
    found.retain(|entry| query.after.as_ref().is_none_or(|after| position(entry) >= *after));
    found.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(found)
});

fault!(PagesInNoOrder, entries, |journal, query| {
    let mut found = journal.entries(query).await?;
    found.reverse();
    Ok(found)
});

fault!(ReadsSettledAsUnsettled, entries, |journal, query| {
    let mut query = query.clone();
    query.unsettled = false;
    journal.entries(&query).await
});

fault!(ReadsEveryAccount, entries, |journal, query| {
    let mut query = query.clone();
    query.scope = None;
    journal.entries(&query).await
});

fault!(LeavesOutMadeRefunds, open, |journal, about| {
    let mut standing = journal.open(about).await?;
    standing.others.retain(|entry| entry.made.is_none());
    Ok(standing)
});

/// The scope and the money of a payment are those of the call.
fn unchecked(journal: &DiskJournal, about: &About) -> Standing {
    journal.disk.storage().book(&about.money).standing(about, journal.time())
}

fault!(ForgetsOriginAndMoney, open, |journal, about| Ok(unchecked(journal, about)));

fault!(ChecksOriginAndMoneyWhenOpenedOnly, intend, |journal, new| {
    journal.on(&new.about.money, |book, now, counter| book.intend(new, now, counter))?
});

fault!(DropsPartOfTheRequest, intend, |journal, new| {
    let mut new = new.clone();
    new.request.metadata.clear();
    journal.intend(&new).await
});

fault!(KeepsTextsAsTheyCame, intend, |journal, new| {
    let intended = journal.intend(new).await;
    journal.disk.storage().edit(&new.about.money, |entries| {
        if let Some(mine) = entries.iter_mut().find(|entry| entry.reference == new.about.reference) {
            mine.request = Some(new.request.clone());
        }
    });
    intended
});

fault!(KeepsAdoptedTextsAsTheyCame, observe, |journal, money, seen, since| {
    let observed = journal.observe(money, seen, since).await;
    journal.disk.storage().edit(money, |entries| {
        for (seen, adopt) in seen.iter().filter_map(|seen| Some((seen, seen.adopt.as_ref()?))) {
            if let Some(found) = entries.iter_mut().find(|entry| entry.reference == seen.reference) {
                found.request = Some(adopt.request.clone());
            }
        }
    });
    observed
});
