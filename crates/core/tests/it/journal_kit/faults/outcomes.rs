//! Outcomes that settle the wrong intents.

use refunds_core::{
    Result,
    journal::{Entry, Intent, IntentKey, IntentState, Journal, Outcome},
};

use super::fault;
use crate::journal_kit::disk::DiskJournal;

/// The entry and the place of its intent with this token.
fn settled<'a>(entries: &'a mut [Entry], key: &IntentKey) -> Option<(&'a mut Entry, usize)> {
    entries.iter_mut().find_map(|entry| {
        let at = entry.intents.iter().position(|intent| intent.token == key.token)?;
        Some((entry, at))
    })
}

/// Settles, then changes what was stored.
async fn settle_and(
    journal: &DiskJournal,
    key: &IntentKey,
    outcome: &Outcome,
    change: impl FnOnce(&mut Entry, usize) + Send,
) -> Result<()> {
    journal.settle(key, outcome).await?;
    journal.disk.storage().edit(&key.money, |entries| {
        if let Some((entry, at)) = settled(entries, key) {
            change(entry, at);
        }
    });
    Ok(())
}

fault!(SettlesTheNewest, settle, |journal, key, outcome| {
    let book = journal.disk.storage().book(&key.money);
    let mut entries = book.entries().to_vec();
    let newest = settled(&mut entries, key).and_then(|(entry, _)| entry.newest().map(|it| it.token));
    journal.settle(&IntentKey::new(key.money.clone(), newest.unwrap_or(key.token)), outcome).await
});

fault!(SettlesTheOldestOpenIntent, settle, |journal, key, outcome| {
    let oldest = {
        let storage = journal.disk.storage();
        let intents = storage.entries().flat_map(|entry| entry.intents.iter().map(move |it| (entry, it)));
        let open = intents.filter(|(_, intent)| intent.state == IntentState::Open);
        open.min_by_key(|(_, intent)| intent.number)
            .map(|(entry, intent)| IntentKey::new(entry.money.clone(), intent.token))
    };
    journal.settle(&oldest.unwrap_or_else(|| key.clone()), outcome).await
});

fault!(LetsUnknownOverrideMade, settle_and, |outcome, entry, at| {
    if matches!(outcome, Outcome::Unknown { .. }) && entry.intents[at].state == IntentState::Made {
        entry.made = None;
        entry.intents[at].state = IntentState::Unknown;
    }
});

fault!(LetsNotAppliedOverrideMade, settle_and, |outcome, entry, at| {
    if matches!(outcome, Outcome::NotApplied(_)) && entry.intents[at].state == IntentState::Made {
        entry.made = None;
        entry.intents[at].state = IntentState::NotApplied;
    }
});

fault!(LetsNotAppliedOverrideUnknown, settle_and, |outcome, entry, at| {
    let intent: &mut Intent = &mut entry.intents[at];
    if matches!(outcome, Outcome::NotApplied(_)) && intent.state == IntentState::Unknown {
        intent.state = IntentState::NotApplied;
    }
});

fault!(LetsUnknownReopenWhatIsSettled, settle_and, |outcome, entry, at| {
    let intent: &mut Intent = &mut entry.intents[at];
    if matches!(outcome, Outcome::Unknown { .. }) && intent.state != IntentState::Made {
        intent.state = IntentState::Unknown;
    }
});

fault!(LetsARefusalSettleEarlierIntents, settle_and, |outcome, entry, at| {
    if matches!(outcome, Outcome::NotApplied(why) if why.refused) {
        for intent in &mut entry.intents[..at] {
            if intent.state.is_open_ended() {
                intent.state = IntentState::NotApplied;
            }
        }
    }
});

fault!(BelievesNoLateResponse, settle, |journal, key, outcome| {
    let mut entries = journal.disk.storage().book(&key.money).entries().to_vec();
    let state = settled(&mut entries, key).map(|(entry, at)| entry.intents[at].state);
    match state {
        Some(IntentState::NotApplied | IntentState::Absent | IntentState::NotMade) => Ok(()),
        _ => journal.settle(key, outcome).await,
    }
});

fault!(HidesASecondRefund, settle_and, |outcome, entry, _| {
    if let (Outcome::Made(refund), Some(made)) = (outcome, &mut entry.made) {
        *made = refund.clone();
    }
});

fault!(CountsARepetitionAsASecondRefund, settle, |journal, key, outcome| {
    let mut entries = journal.disk.storage().book(&key.money).entries().to_vec();
    let was = settled(&mut entries, key).is_some_and(|(entry, _)| entry.made.is_some());
    settle_and(journal, key, outcome, |entry, _| {
        if let (Outcome::Made(refund), Some(made), true) = (outcome, &mut entry.made, was) {
            made.doubled = Some(refund.id.clone());
        }
    })
    .await
});

fault!(DropsTheReason, settle_and, |_, entry, at| entry.intents[at].why = None);

fault!(FailsForAnUnknownToken, settle, |journal, key, outcome| {
    let mut entries = journal.disk.storage().book(&key.money).entries().to_vec();
    if settled(&mut entries, key).is_none() {
        return Err(refunds_core::Error::config("no such intent"));
    }
    journal.settle(key, outcome).await
});
