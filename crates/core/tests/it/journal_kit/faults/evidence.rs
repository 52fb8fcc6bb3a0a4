//! Refunds that are taken for others, and words that are believed too early.

use refunds_core::{
    Result,
    journal::{
        Entry, IntentKey, IntentState, Journal, JournalTime, MoneyKey, Observed, Outcome, Seen, Verdict,
        Version,
    },
};

use super::fault;
use crate::journal_kit::{disk::DiskJournal, mutant::intents};

/// Observes on a book that looks different from the real one.
fn masked(
    journal: &DiskJournal,
    money: &MoneyKey,
    seen: &[Seen],
    since: Option<Version>,
    mask: impl FnOnce(&mut Vec<Entry>),
) -> Result<Observed> {
    journal.transaction(|storage, now| {
        Ok(storage
            .masked(money, now, mask, |book, now, counter| book.observe(money, seen, since, now, counter)))
    })
}

fn is_seen(entry: &Entry, seen: &[Seen]) -> bool {
    seen.iter().any(|seen| seen.payment == entry.payment && seen.reference == entry.reference)
}

fault!(GivesOneRefundToTwoReferences {
    async fn observe(
        &self,
        journal: &DiskJournal,
        money: &MoneyKey,
        seen: &[Seen],
        since: Option<Version>,
    ) -> Result<Observed> {
        masked(journal, money, seen, since, |entries| {
            let others = entries.iter_mut().filter(|entry| !is_seen(entry, seen));
            others.for_each(|entry| entry.made = None);
        })
    }
    async fn settle(&self, journal: &DiskJournal, key: &IntentKey, outcome: &Outcome) -> Result<()> {
        journal.transaction(|storage, now| {
            let mask = |entries: &mut Vec<Entry>| {
                let is_mine = |entry: &Entry| entry.intents.iter().any(|intent| intent.token == key.token);
                entries.iter_mut().filter(|entry| !is_mine(entry)).for_each(|entry| entry.made = None);
            };
            storage.masked(&key.money, now, mask, |book, now, counter| {
                book.settle(key.token, outcome, now, counter);
            });
            Ok(())
        })
    }
});

fault!(ForgetsAliases, observe, |journal, money, seen, since| {
    masked(journal, money, seen, since, |entries| {
        let made = entries.iter_mut().filter_map(|entry| entry.made.as_mut());
        made.for_each(|made| made.alias = None);
    })
});

fault!(LeavesDoneStepsOpen, observe, |journal, money, seen, since| {
    let left: Vec<_> = seen.iter().map(|seen| seen.clone().with_needs_completion(true)).collect();
    journal.observe(money, &left, since).await
});

fault!(MatchesByIdWithoutTheVersion, observe, |journal, money, seen, _| {
    let now = journal.disk.storage().book(money).version();
    journal.observe(money, seen, Some(now)).await
});

fault!(MatchesByIdBesideAnotherCandidate, observe, |journal, money, seen, since| {
    masked(journal, money, seen, since, |entries| {
        let others = entries.iter_mut().filter(|entry| !is_seen(entry, seen));
        others.for_each(|entry| entry.intents.clear());
    })
});

fault!(MatchesWhatWasThereBefore, observe, |journal, money, seen, since| {
    masked(journal, money, seen, since, |entries| {
        for entry in entries.iter_mut() {
            entry.known_before.clear();
        }
    })
});

fault!(ObservesOnTheVersionOnly, observe, |journal, money, seen, since| {
    if since != Some(journal.disk.storage().book(money).version()) {
        return Ok(Observed::Moved);
    }
    journal.observe(money, seen, since).await
});

fault!(AdoptsWhatNobodyAskedFor, observe, |journal, money, seen, since| {
    let seen: Vec<Seen> = seen
        .iter()
        .cloned()
        .map(|mut seen| {
            seen.adopt = seen.adopt.or_else(|| {
                let amount = refunds_core::RefundAmount::Exact(seen.refund.amount);
                let request =
                    refunds_core::CreateRefund::new(seen.payment.clone(), amount, seen.reference.clone());
                Some(refunds_core::journal::Adopt::new(request, false, std::time::Duration::ZERO))
            });
            seen
        })
        .collect();
    journal.observe(money, &seen, since).await
});

fault!(BelievesEveryAmount, observe, |journal, money, seen, since| {
    let observed = journal.observe(money, seen, since).await;
    journal.disk.storage().edit(money, |entries| {
        let made = entries.iter_mut().filter_map(|entry| entry.made.as_mut());
        made.for_each(|made| made.fault = None);
    });
    observed
});

fault!(BelievesAPersonAtAnyTime, decide, |journal, money, number, decision| {
    journal.transaction(|storage, now| {
        let mask = |entries: &mut Vec<Entry>| {
            for intent in intents(entries) {
                intent.unsettled_until = JournalTime(0);
            }
        };
        storage.masked(money, now, mask, |book, now, counter| book.decide(number, decision, now, counter))
    })
});

fault!(BelievesAPersonAboutAnyIntent, decide, |journal, money, number, decision| {
    let book = journal.disk.storage().book(money);
    let has = |entry: &&Entry| entry.intents.iter().any(|intent| intent.number == number);
    let newest = book.entries().iter().find(has).and_then(|entry| entry.newest());
    journal.decide(money, newest.map_or(number, |newest| newest.number), decision).await
});

fault!(LetsAPersonOverrideWhatIsSettled, decide, |journal, money, number, decision| {
    let decided = journal.decide(money, number, decision).await;
    if decision.verdict == Verdict::NotMade {
        journal.disk.storage().edit(money, |entries| {
            let intents = intents(entries);
            for intent in intents.filter(|intent| intent.number == number) {
                if !intent.state.is_open_ended() {
                    intent.state = IntentState::NotMade;
                }
            }
        });
    }
    decided
});

fault!(DecidesTheNewestStateOnly, decide, |journal, money, number, decision| {
    let book = journal.disk.storage().book(money);
    let mut intents = book.entries().iter().flat_map(|entry| &entry.intents);
    if intents.any(|intent| intent.number == number && !intent.state.is_open_ended()) {
        let error = refunds_core::Error::new(refunds_core::ErrorKind::Conflict, "it is settled");
        return Err(error.not_applied());
    }
    journal.decide(money, number, decision).await
});

fault!(RefusesWhatAPersonFound, decide, |journal, money, number, decision| {
    let book = journal.disk.storage().book(money);
    let has = |entry: &&Entry| entry.intents.iter().any(|intent| intent.number == number);
    let entry = book.entries().iter().find(has);
    if entry.is_some_and(|entry| entry.unsettled_sends().next().is_none()) {
        let error = refunds_core::Error::new(refunds_core::ErrorKind::Conflict, "it is settled");
        return Err(error.not_applied());
    }
    journal.decide(money, number, decision).await
});

fault!(ForgetsWhoDecided, decide, |journal, money, number, decision| {
    journal.decide(money, number, decision).await?;
    let forget = |entries: &mut Vec<Entry>| entries.iter_mut().for_each(|entry| entry.decision = None);
    journal.disk.storage().edit(money, forget);
    Ok(())
});
