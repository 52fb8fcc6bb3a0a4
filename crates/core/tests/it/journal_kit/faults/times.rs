//! Times that are not the journal's, or not those of the row.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use refunds_core::{
    Result,
    journal::{Intended, Intent, IntentKey, Journal, JournalTime, NewIntent, Outcome},
};

use super::fault;
use crate::journal_kit::{
    disk::DiskJournal,
    mutant::{Mutation, intend_masked},
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
            let mut stored = entries.iter_mut().flat_map(|entry| entry.intents.iter_mut());
            *stored.find(|stored| stored.token == new.token).unwrap() = intent.clone();
        });
    }
    Ok(intended)
}

fault!(UsesTheCallersClock {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        intend_and(journal, new, |intent| restamp(intent, new.opened_at)).await
    }
});

/// One time for all that come while a commit is under way.
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

fault!(ForgetsTheAttemptInItsTimes {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let mut new = new.clone();
        new.attempt = Duration::ZERO;
        journal.intend(&new).await
    }
});

fault!(TakesAResubmitTimeBelowTheSettleTime {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let resubmit = new.resubmit;
        intend_and(journal, new, |intent| {
            intent.resubmit_from = intent.attempt_until.plus(resubmit);
        })
        .await
    }
});

fault!(UsesTheReadersPolicy {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        intend_masked(journal, new, |entries| {
                for intent in entries.iter_mut().flat_map(|entry| entry.intents.iter_mut()) {
                    intent.unsettled_until = intent.not_after.plus(new.attempt + new.settle);
                    intent.resubmit_from = intent.not_after.plus(new.attempt + new.resubmit);
                }
})
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

fault!(JudgesALookByItsEnd {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let mut new = new.clone();
        new.opened_at = journal.time();
        journal.intend(&new).await
    }
});

fault!(JudgesTheKeyByTheLook {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        intend_masked(journal, new, |entries| {
                for intent in entries.iter_mut().flat_map(|entry| entry.intents.iter_mut()) {
                    if intent.key_until.is_some_and(|until| new.opened_at <= until) {
                        intent.key_until = Some(JournalTime::NEVER);
                    }
                }
})
    }
});

fault!(CountsTheKeyFromTheNewestSend {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        intend_masked(journal, new, |entries| {
                for entry in entries.iter_mut() {
                    let last = entry.intents.last().and_then(|intent| intent.key_until);
                    entry.intents.iter_mut().for_each(|intent| intent.key_until = last);
                }
})
    }
});

fault!(GivesUpAKeyEarly {
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        intend_masked(journal, new, |entries| {
            for intent in entries.iter_mut().flat_map(|entry| entry.intents.iter_mut()) {
                intent.key_until = intent.key_until.map(|until| JournalTime(until.0 - 1));
            }
        })
    }
});

fault!(IgnoresThatBytesLeftLate {
    async fn settle(&self, journal: &DiskJournal, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        let mut outcome = outcome.clone();
        if let Outcome::Unknown { late, .. } = &mut outcome {
            *late = false;
        }
        journal.settle(key, &outcome).await
    }
});
