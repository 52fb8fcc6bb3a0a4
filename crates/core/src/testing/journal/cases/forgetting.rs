//! Purging, and journals that are full.

use std::{sync::Arc, time::Duration};

use super::super::kit::{
    JournalKit, RESUBMIT, SECOND, Sent, TICK, amount, beside, made, money_of, new_intent, new_refund,
    not_applied, refund_id, unknown,
};
use crate::{
    journal::{Intended, IntentNumber, IntentState, Journal, JournalTime, Outcome, Purge},
    testing::verdict::{Verdict, ensure, ok, skipped},
};

const EVERYTHING: Purge = Purge { older_than: Duration::ZERO, forget_made: true };

async fn purge(kit: JournalKit<'_>, what: &Purge) -> Verdict<u64> {
    ok("purging", kit.journal.purge(what).await)
}

pub(crate) async fn a_purge_keeps_what_guards(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.send_and_settle(&about, &Outcome::Made(made("re_1"))).await?;
    let refused = kit.send_and_settle(&beside(&about), &not_applied()).await?;
    kit.pass_until(refused.intent.resubmit_from).await?;
    let count = purge(kit, &Purge::older_than(Duration::ZERO)).await?;
    ensure!(count == 2, "two entries were changed or removed, but purge returned {count}");
    ensure!(kit.entry(&refused.about).await?.is_none(), "what was never made is not purged");
    let entry = kit.known(&about).await?;
    ensure!(
        entry.request.is_none() && entry.intents.is_empty(),
        "requests or details were not removed: {entry:?}"
    );
    let made_as = entry.made.as_ref().map(|made| (made.id.as_str(), made.amount));
    ensure!(made_as == Some(("re_1", amount())), "what was made became {made_as:?}");
    ensure!(entry.money == about.money && entry.amount == amount(), "the entry became {entry:?}");
    kit.refuse_now(&about, "it was made before the purge", |_| {}).await?;
    let again = purge(kit, &Purge::older_than(Duration::ZERO)).await?;
    ensure!(again == 0, "nothing is left to purge, but purge returned {again}");
    // On explicit request, made refunds are forgotten too.
    purge(kit, &EVERYTHING).await?;
    ensure!(kit.entry(&about).await?.is_none(), "a made refund was not forgotten");
    Ok(())
}

pub(crate) async fn a_purge_spares_what_is_unsettled(kit: JournalKit<'_>) -> Verdict {
    let mut all = Vec::new();
    for state in [IntentState::Open, IntentState::Unknown, IntentState::FailedStored] {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        all.push((sent, state));
    }
    // A made refund that only its id distinguishes from later ones, beside an unsettled one.
    let hidden = kit.send_as(&new_refund(), |new| new.hidden = true).await?;
    kit.settle(&hidden, &Outcome::Made(made("re_1"))).await?;
    let beside = kit.send_as(&beside(&hidden.about), |new| new.hidden = true).await?;
    kit.settle(&beside, &unknown()).await?;
    kit.pass(1_000_000 * SECOND);
    purge(kit, &EVERYTHING).await?;
    for (sent, state) in &all {
        kit.ensure_state(sent, *state, "purged").await?;
    }
    kit.ensure_state(&beside, IntentState::Unknown, "purged").await?;
    kit.ensure_made(&hidden.about, &refund_id("re_1"), "purged beside an unsettled refund").await
}

pub(crate) async fn a_purge_spares_what_is_young(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send_and_settle(&about, &Outcome::Made(made("re_1"))).await?;
    let before = kit.known(&about).await?;
    let day = Purge { older_than: 86_400 * SECOND, forget_made: true };
    kit.pass_until(JournalTime(sent.intent.resubmit_from.plus(day.older_than).0 - 1)).await?;
    purge(kit, &day).await?;
    ensure!(kit.known(&about).await? == before, "the entry was purged before it was a day old");
    kit.pass(TICK);
    purge(kit, &day).await?;
    ensure!(kit.entry(&about).await?.is_none(), "the entry is a day old, but was not purged");

    // Whatever the age limit: not before lists must show it.
    let sent = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    kit.pass(RESUBMIT);
    purge(kit, &EVERYTHING).await?;
    kit.ensure_made(&sent.about, &refund_id("re_1"), "a list may still lack it").await
}

pub(crate) async fn versions_go_on_after_a_purge(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let mut last = IntentNumber(0);
    for round in 0..3 {
        let sent = kit.send(&about).await?;
        ensure!(sent.intent.number > last, "round {round}: {} follows {last}", sent.intent.number);
        kit.settle(&sent, &not_applied()).await?;
        let version = kit.open(&about).await?.version;
        kit.pass_until(sent.intent.resubmit_from).await?;
        purge(kit, &EVERYTHING).await?;
        let after = kit.open(&about).await?.version;
        ensure!(after > version, "the purge moved the version from {} to {}", version.0, after.0);
        last = IntentNumber(after.0);
        // Also for a process that starts afterwards.
        let other = kit.other_process().await;
        let seen = kit.on(&other).open(&about).await?.version;
        ensure!(seen == after, "another process sees version {}, not {}", seen.0, after.0);
        let elsewhere = kit.on(&other).send(&new_refund()).await?;
        ensure!(elsewhere.intent.number > last, "{} follows {last}", elsewhere.intent.number);
        last = elsewhere.intent.number;
    }
    Ok(())
}

async fn small(kit: JournalKit<'_>, capacity: usize) -> Verdict<Arc<dyn Journal>> {
    let journal = kit.harness.open_with_capacity(kit.clock.shared(), capacity).await;
    journal.ok_or_else(|| skipped("the journal has no capacity"))
}

pub(crate) async fn a_full_journal_sends_nothing(kit: JournalKit<'_>) -> Verdict {
    let journal = small(kit, 3).await?;
    let kit = kit.on(&journal);
    let mut all: Vec<Sent> = Vec::new();
    for state in [IntentState::Open, IntentState::Unknown, IntentState::FailedStored] {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        all.push(sent);
    }
    kit.pass(1_000_000 * SECOND);
    for about in [new_refund(), beside(&all[0].about)] {
        let mut new = new_intent(&about, &kit.open(&about).await?);
        new.amount = money_of(1);
        let intended = ok("intending", kit.journal.intend(&new).await)?;
        ensure!(
            intended == Intended::Full,
            "three of three are unsettled, but intending returned {intended:?}"
        );
        ensure!(kit.entry(&about).await?.is_none(), "full, but stored");
    }
    for sent in &all {
        kit.intent(sent).await?;
    }
    // Known refunds continue, and make room.
    let number = all[0].intent.number;
    let again = kit.send_as(&all[0].about, |new| new.absent = vec![number]).await?;
    kit.settle(&again, &not_applied()).await?;
    kit.pass_until(again.intent.resubmit_from).await?;
    kit.send_making_room(&new_refund()).await?;
    for sent in &all[1..] {
        kit.intent(sent).await?;
    }
    Ok(())
}

pub(crate) async fn a_journal_forgets_what_is_needed_least(kit: JournalKit<'_>) -> Verdict {
    let journal = small(kit, 3).await?;
    let kit = kit.on(&journal);
    let hidden = kit.send_as(&new_refund(), |new| new.hidden = true).await?;
    kit.settle(&hidden, &Outcome::Made(made("re_1"))).await?;
    let shown = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_2"))).await?;
    kit.pass(SECOND);
    let refused = kit.send_and_settle(&new_refund(), &not_applied()).await?;
    let young = new_refund();
    let intended = kit.journal.intend(&new_intent(&young, &kit.open(&young).await?)).await;
    let intended = ok("intending", intended)?;
    ensure!(
        intended == Intended::Full,
        "lists may still lack all of them, but intending returned {intended:?}"
    );
    kit.pass_until(refused.intent.resubmit_from).await?;
    // Each new entry replaces the least needed one.
    for (gone, kept) in [(&refused, vec![&shown, &hidden]), (&shown, vec![&hidden]), (&hidden, vec![])] {
        let next = kit.send_making_room(&new_refund()).await?;
        kit.settle(&next, &unknown()).await?;
        ensure!(kit.entry(&gone.about).await?.is_none(), "{:?} was not evicted", gone.about);
        for sent in kept {
            ensure!(kit.entry(&sent.about).await?.is_some(), "{:?} was evicted too early", sent.about);
        }
    }
    Ok(())
}
