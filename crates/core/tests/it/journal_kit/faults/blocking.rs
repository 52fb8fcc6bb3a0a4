//! Intents that should wait and do not, or the other way round.

use refunds_core::{
    Result,
    journal::{
        About, Entry, Intended, IntentKey, IntentState, Journal, JournalTime, MoneyKey, NewIntent, Outcome,
        Query, Scope, Standing,
    },
};

use super::fault;
use crate::journal_kit::{
    disk::DiskJournal,
    mutant::{intend_masked, intents},
};

fn is_mine(entry: &Entry, new: &NewIntent) -> bool {
    entry.payment == new.about.payment && entry.reference == new.about.reference
}

fault!(TakesTwoBlockingIntents, intend_masked, |_, entries| {
    for entry in entries.iter_mut().filter(|entry| entry.made.is_none()) {
        entry.intents.retain(|intent| !intent.state.is_open_ended());
    }
});

fault!(FreesWhatIsUnknown, intend_masked, |_, entries| {
    for entry in entries.iter_mut() {
        entry.intents.retain(|intent| intent.state != IntentState::Unknown);
    }
});

fault!(FreesItsReferenceAfterUnsettledUntil, intend_masked, |new, entries| {
    for entry in entries.iter_mut().filter(|entry| is_mine(entry, new)) {
        entry.intents.retain(|intent| intent.unsettled_until > new.opened_at);
    }
});

fault!(LetsTimeSettle, intend, |journal, new| {
    let mut new = new.clone();
    let storage = journal.disk.storage().book(&new.about.money);
    let intents = storage.entries().iter().flat_map(|entry| &entry.intents);
    let over = intents.filter(|intent| intent.resubmit_from <= new.opened_at);
    new.absent = over.map(|intent| intent.number).collect();
    journal.intend(&new).await
});

fault!(TakesEqualAmountsForApart, intend, |journal, new| {
    let hidden = new.hidden;
    let mut shown = new.clone();
    shown.hidden = false;
    let intended = intend_masked(journal, &shown, |entries| {
        for entry in entries.iter_mut() {
            entry.hidden = false;
        }
    })?;
    journal.disk.storage().edit(&new.about.money, |entries| {
        let mine = entries.iter_mut().filter(|entry| is_mine(entry, new) && entry.intents.len() == 1);
        mine.for_each(|entry| entry.hidden |= hidden);
    });
    Ok(intended)
});

fault!(LetsEveryAmountWaitForR, intend_masked, |new, entries| {
    let others = entries.iter_mut().filter(|entry| entry.hidden && !is_mine(entry, new));
    others.for_each(|entry| entry.amount = new.amount);
});

fault!(SendsAMadeRefundAgain, intend, |journal, new| {
    if new.step {
        return journal.intend(new).await;
    }
    intend_masked(journal, new, |entries| {
        for entry in entries.iter_mut().filter(|entry| is_mine(entry, new)) {
            entry.made = None;
        }
    })
});

fault!(TakesAnotherAmount, intend_masked, |new, entries| {
    for entry in entries.iter_mut().filter(|entry| is_mine(entry, new)) {
        entry.amount = new.amount;
    }
});

fault!(RepeatsASendWithoutAKey, intend_masked, |_, entries| {
    for intent in intents(entries) {
        intent.key_until = intent.key_until.or(Some(JournalTime::NEVER));
    }
});

fault!(RepeatsAStoredFailure, intend_masked, |_, entries| {
    let intents = intents(entries);
    for intent in intents.filter(|intent| intent.state == IntentState::FailedStored) {
        intent.state = IntentState::Unknown;
    }
});

fault!(RepeatsWithAnEarlierKey, intend, |journal, new| {
    let book = journal.disk.storage().book(&new.about.money);
    let stored = book.entries().iter().find(|entry| is_mine(entry, new)).map(|entry| entry.generation);
    let mut new = new.clone();
    new.generation = new.generation.max(stored.unwrap_or_default());
    journal.intend(&new).await
});

fault!(TakesAnotherKeyAtAnyTime, intend, |journal, new| {
    let generations: Vec<u16> = {
        let book = journal.disk.storage().book(&new.about.money);
        book.entries().iter().filter(|entry| is_mine(entry, new)).map(|entry| entry.generation).collect()
    };
    if generations.iter().all(|generation| new.generation <= *generation) {
        return journal.intend(new).await;
    }
    intend_masked(journal, new, |entries| {
        for entry in entries.iter_mut().filter(|entry| is_mine(entry, new)) {
            entry.intents.clear();
        }
    })
});

fault!(ForgetsTheGeneration, intend, |journal, new| {
    let intended = journal.intend(new).await;
    let edit = |entries: &mut Vec<Entry>| entries.iter_mut().for_each(|entry| entry.generation = 0);
    journal.disk.storage().edit(&new.about.money, edit);
    intended
});

fault!(ClosesWhatARefusedIntentNamed, intend, |journal, new| {
    let intended = journal.intend(new).await?;
    if let Intended::Moved(_) = intended {
        journal.disk.storage().edit(&new.about.money, |entries| {
            for intent in intents(entries) {
                let is_old = intent.resubmit_from <= new.opened_at && intent.state.is_open_ended();
                if is_old && new.absent.contains(&intent.number) {
                    intent.state = IntentState::Absent;
                }
            }
        });
    }
    Ok(intended)
});

fault!(ClosesItsOwnIntentsOnly, intend, |journal, new| {
    let book = journal.disk.storage().book(&new.about.money);
    let mine = book.entries().iter().filter(|entry| is_mine(entry, new));
    let mine: Vec<_> = mine.flat_map(|entry| &entry.intents).map(|intent| intent.number).collect();
    let mut new = new.clone();
    new.absent.retain(|number| mine.contains(number));
    journal.intend(&new).await
});

fault!(WaivesAPreviousAttemptThatIsUnknown, intend_masked, |new, entries| {
    for intent in intents(entries) {
        let is_previous = new.previous.as_ref().is_some_and(|(token, _)| *token == intent.token);
        if is_previous && intent.state.is_open_ended() {
            intent.state = IntentState::Open;
        }
    }
});

fault!(TakesAStepOfNothing, intend, |journal, new| {
    let book = journal.disk.storage().book(&new.about.money);
    let mut new = new.clone();
    new.step &= book.entries().iter().any(|entry| is_mine(entry, &new) && entry.made.is_some());
    journal.intend(&new).await
});

fault!(ClosesSteps, intend, |journal, new| {
    let intended = journal.intend(new).await?;
    journal.disk.storage().edit(&new.about.money, |entries| {
        let intents = intents(entries);
        for intent in intents.filter(|intent| new.absent.contains(&intent.number)) {
            if intent.step && intent.resubmit_from <= new.opened_at {
                intent.state = IntentState::Absent;
            }
        }
    });
    Ok(intended)
});

fault!(ForgetsTheStep, intend, |journal, new| {
    let mut intended = journal.intend(new).await?;
    if let Intended::Committed(intent) = &mut intended {
        intent.step = false;
        journal.disk.storage().edit(&new.about.money, |entries| {
            let intents = intents(entries);
            intents.for_each(|intent| intent.step = false);
        });
    }
    Ok(intended)
});

/// The money key without the account.
fn anywhere(money: &MoneyKey) -> MoneyKey {
    MoneyKey::new(Scope::new("", "", ""), money.id.clone())
}

fn about_anywhere(about: &About) -> About {
    About::new(anywhere(&about.money), &about.payment, about.reference.clone())
}

fn back(entry: &mut Entry, money: &MoneyKey) {
    entry.money = money.clone();
}

fault!(LocksWithoutTheScope {
    async fn open(&self, journal: &DiskJournal, about: &About) -> Result<Standing> {
        let mut standing = journal.open(&about_anywhere(about)).await?;
        standing.mine.iter_mut().chain(&mut standing.others).for_each(|entry| back(entry, &about.money));
        Ok(standing)
    }
    async fn intend(&self, journal: &DiskJournal, new: &NewIntent) -> Result<Intended> {
        let mut new = new.clone();
        new.about = about_anywhere(&new.about);
        journal.intend(&new).await
    }
    async fn settle(&self, journal: &DiskJournal, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        journal.settle(&IntentKey::new(anywhere(&key.money), key.token), outcome).await
    }
    async fn entries(&self, journal: &DiskJournal, query: &Query) -> Result<Vec<Entry>> {
        let mut anywhere = query.clone();
        let scope = anywhere.scope.take();
        let mut entries = journal.entries(&anywhere).await?;
        for entry in &mut entries {
            let scope = scope.clone().unwrap_or_else(|| entry.money.scope.clone());
            entry.money = MoneyKey::new(scope, entry.money.id.clone());
        }
        Ok(entries)
    }
});

fault!(TakesAStepFromItsMaker, intend_masked, |_, entries| {
    for entry in entries.iter_mut().filter(|entry| entry.made.is_some()) {
        entry.intents.retain(|intent| intent.step);
    }
});

fault!(KeepsAStepToACallThatIsGone, intend_masked, |_, entries| {
    for intent in intents(entries) {
        intent.attempt_until = intent.unsettled_until;
    }
});
