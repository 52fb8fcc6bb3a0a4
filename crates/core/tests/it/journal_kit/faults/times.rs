//! Times that are not the journal's, or not those of the entry.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use refunds_core::{
    Result,
    journal::{Intended, Intent, Journal, JournalTime, NewIntent, Outcome},
};

use super::fault;
use crate::journal_kit::{
    disk::DiskJournal,
    mutant::{Mutation, intents},
};

/// Moves the times of an intent to another time of commit.
fn restamp(intent: &mut Intent, at: JournalTime) {
    let before = intent.committed_at;
    intent.committed_at = at;
    let times = [
        &mut intent.not_after,
        &mut intent.attempt_until,
        &mut intent.unsettled_until,
        &mut intent.resubmit_from,
    ];
    for time in times {
        *time = at.plus(time.since(before));
    }
}

/// Intends, then changes the intent that was committed.
async fn intend_and(
    journal: &DiskJournal,
    new: &NewIntent,
    change: impl FnOnce(&mut Intent) + Send,
) -> Result<Intended> {
    let mut intended = journal.intend(new).await?;
    if let Intended::Committed(intent) = &mut intended {
        change(intent);
        journal.disk.storage().edit(&new.about.money, |entries| {
            let mut stored = intents(entries);
            *stored.find(|stored| stored.token == new.token).unwrap() = intent.clone();
        });
    }
    Ok(intended)
}

fault!(UsesTheCallersClock, intend, |journal, new| {
    intend_and(journal, new, |intent| restamp(intent, new.opened_at)).await
});

/// One time for all intents that arrive while a commit is under way.
#[derive(Default)]
pub(crate) struct StampsTheWholeGroup(Mutex<Group>);

#[derive(Default)]
struct Group {
    since: JournalTime,
    calls: usize,
}

#[async_trait]
impl Mutation for StampsTheWholeGroup {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let stamp = {
            let mut group = self.0.lock().unwrap();
            if group.calls == 0 {
                group.since = journal.time();
            }
            group.calls += 1;
            group.since
        };
        // The commit takes its time.
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        let intended = intend_and(journal, new, |intent| restamp(intent, stamp)).await;
        self.0.lock().unwrap().calls -= 1;
        intended
    }
}

fault!(ForgetsTheAttemptInItsTimes, intend, |journal, new| {
    let mut new = new.clone();
    new.attempt = Duration::ZERO;
    journal.intend(&new).await
});

fault!(TakesAResubmitTimeBelowTheSettleTime, intend, |journal, new| {
    let resubmit = new.resubmit;
    intend_and(journal, new, |intent| {
        intent.resubmit_from = intent.attempt_until.plus(resubmit);
    })
    .await
});

fault!(UsesTheReadersPolicy, intend_masked, |new, entries| {
    for intent in intents(entries) {
        intent.unsettled_until = intent.not_after.plus(new.attempt + new.settle);
        intent.resubmit_from = intent.not_after.plus(new.attempt + new.resubmit);
    }
});

fault!(LetsItsTimeGoBack {
    async fn now(&self, journal: &DiskJournal) -> Result<JournalTime> {
        Ok(JournalTime::from_datetime(journal.clock.now()))
    }
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let now = JournalTime::from_datetime(journal.clock.now());
        intend_and(journal, new, |intent| restamp(intent, now)).await
    }
});

fault!(JudgesALookByItsEnd, intend, |journal, new| {
    let mut new = new.clone();
    new.opened_at = journal.time();
    journal.intend(&new).await
});

fault!(JudgesTheKeyByTheLook, intend_masked, |new, entries| {
    for intent in intents(entries) {
        if intent.key_until.is_some_and(|until| new.opened_at <= until) {
            intent.key_until = Some(JournalTime::NEVER);
        }
    }
});

fault!(CountsTheKeyFromTheNewestSend, intend_masked, |_, entries| {
    for entry in entries.iter_mut() {
        let last = entry.intents.last().and_then(|intent| intent.key_until);
        entry.intents.iter_mut().for_each(|intent| intent.key_until = last);
    }
});

fault!(GivesUpAKeyEarly, intend_masked, |_, entries| {
    for intent in intents(entries) {
        intent.key_until = intent.key_until.map(|until| JournalTime(until.0 - 1));
    }
});

fault!(IgnoresThatBytesLeftLate, settle, |journal, key, outcome| {
    let mut outcome = outcome.clone();
    if let Outcome::Unknown { late, .. } = &mut outcome {
        *late = false;
    }
    journal.settle(key, &outcome).await
});
