//! What survives a restart, and clocks that are set back.

use std::{sync::Arc, time::Duration};

use super::super::kit::{
    JournalKit, RETENTION, SECOND, beside, listed, made, money_of, new_intent, new_refund, not_applied,
    not_made, refund_id, unknown, why,
};
use crate::{
    journal::{About, Decision, Evidence, IntentState, Journal, MadeRefund, Outcome, Purge, Verdict as Word},
    testing::{
        ManualClock,
        verdict::{Verdict, ensure, ok, skipped},
    },
};

/// Fails unless a new process sees the same of each refund.
async fn ensure_survives(kit: JournalKit<'_>, refunds: &[&About], write: &str) -> Verdict {
    let mut before = Vec::new();
    for about in refunds {
        before.push((kit.open(about).await?, kit.entry(about).await?));
    }
    let reopened = kit.reopened().await?;
    let started = kit.on(&reopened);
    for (about, before) in refunds.iter().zip(before) {
        let after = (started.open(about).await?, started.entry(about).await?);
        ensure!(before == after, "after {write}\nbefore a restart: {before:?}\nafter it: {after:?}");
    }
    Ok(())
}

pub(crate) async fn intents_survive_a_restart(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let full = |new: &mut crate::journal::NewIntent| {
        new.hidden = true;
        new.key_retention = Some(RETENTION);
        new.known_before = vec![refund_id("re_1")];
    };
    let first = kit.send_as(&about, full).await?;
    ensure_survives(kit, &[&about], "an intent").await?;
    let mut next = new_intent(&about, &kit.open(&about).await?);
    full(&mut next);
    next.previous = Some((first.key.token, why()));
    let second = kit.commit(&next).await?;
    ensure_survives(kit, &[&about], "an intent that settles the previous one").await?;
    kit.settle(&second, &Outcome::FailedStored(why())).await?;
    kit.pass_until(second.intent.resubmit_from).await?;
    let number = second.intent.number;
    kit.send_as(&about, |new| {
        full(new);
        new.generation = 1;
        new.absent = vec![number];
    })
    .await?;
    ensure_survives(kit, &[&about], "an intent in a new generation").await?;
    let endless = new_refund();
    kit.send_as(&endless, |new| new.key_retention = Some(Duration::MAX)).await?;
    ensure_survives(kit, &[&endless], "an intent whose key never ends").await
}

pub(crate) async fn outcomes_survive_a_restart(kit: JournalKit<'_>) -> Verdict {
    let suspects = vec![refund_id("re_8"), refund_id("re_9")];
    let mut odd = made("re_2");
    odd.alias = Some(refund_id("record_2"));
    odd.fault = Some("another amount".to_owned());
    odd.doubled = Some(refund_id("re_3"));
    odd.amount = money_of(1);
    for (outcome, state) in [
        (Outcome::Made(made("re_1")), IntentState::Made),
        (Outcome::Made(odd), IntentState::Made),
        (Outcome::NotApplied(why().with_refused()), IntentState::NotApplied),
        (Outcome::Unknown { why: why(), suspects, late: false }, IntentState::Unknown),
        (Outcome::FailedStored(why()), IntentState::FailedStored),
    ] {
        let sent = kit.send_and_settle(&new_refund(), &outcome).await?;
        ensure_survives(kit, &[&sent.about], state.as_str()).await?;
    }
    let late = kit.send(&new_refund()).await?;
    kit.pass(60 * SECOND);
    kit.settle(&late, &Outcome::Unknown { why: why(), suspects: Vec::new(), late: true }).await?;
    ensure_survives(kit, &[&late.about], "bytes that left late").await?;
    let abandoned = kit.send(&new_refund()).await?;
    kit.journal.abandon(&abandoned.key);
    kit.eventually("an abandoned intent is settled", || async {
        Ok(kit.intent(&abandoned).await?.state == IntentState::NotApplied)
    })
    .await?;
    ensure_survives(kit, &[&abandoned.about], "an abandoned intent").await
}

pub(crate) async fn what_was_made_survives_a_restart(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    let reopened = kit.reopened().await?;
    let started = kit.on(&reopened);
    started.ensure_made(&sent.about, &refund_id("re_1"), "after a restart").await?;
    started.refuse_now(&sent.about, "it was made before the restart", |_| {}).await?;
    let others = started.open(&beside(&sent.about)).await?.others;
    ensure!(others.len() == 1, "its amount no longer counts: {others:?}");
    Ok(())
}

pub(crate) async fn what_is_unsettled_survives_a_restart(kit: JournalKit<'_>) -> Verdict {
    for state in [IntentState::Open, IntentState::Unknown, IntentState::FailedStored] {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        let reopened = kit.reopened().await?;
        let started = kit.on(&reopened);
        started.ensure_state(&sent, state, "after a restart").await?;
        started.refuse_now(&sent.about, "it may have been sent before the restart", |_| {}).await?;
        let other = beside(&sent.about);
        started.refuse_now(&other, "another one may have been sent before the restart", |_| {}).await?;
    }
    Ok(())
}

pub(crate) async fn a_process_that_ends_frees_nothing(kit: JournalKit<'_>) -> Verdict {
    let ending = kit.reopened().await?;
    let sent = kit.on(&ending).send(&new_refund()).await?;
    drop(ending);
    for journal in [Arc::clone(kit.journal), kit.reopened().await?] {
        let kit = kit.on(&journal);
        kit.ensure_state(&sent, IntentState::Open, "after its process ended").await?;
        kit.refuse_now(&sent.about, "it may have been sent before its process ended", |_| {}).await?;
    }
    Ok(())
}

pub(crate) async fn evidence_and_decisions_survive_a_restart(kit: JournalKit<'_>) -> Verdict {
    let seen = kit.send(&new_refund()).await?;
    kit.observe(&seen.about, listed("re_1"), None).await?;
    ensure_survives(kit, &[&seen.about], "an observation").await?;
    let found = new_refund();
    kit.adopt(&found, listed("re_1"), true).await?;
    ensure_survives(kit, &[&found], "an adopted refund").await?;

    let sent = kit.send_and_settle(&new_refund(), &unknown()).await?;
    kit.pass_until(sent.intent.unsettled_until).await?;
    let by_word = MadeRefund { evidence: Evidence::Person, ..made("re_3") };
    for word in [Word::NotThisOne(refund_id("re_2")), Word::Made(by_word)] {
        let decision = Decision::new("kari", "a \"note\"\nin two lines", word);
        ok("deciding", kit.journal.decide(&sent.about.money, sent.intent.number, &decision).await)?;
        ensure_survives(kit, &[&sent.about], "a decision").await?;
    }
    let step = kit.send_as(&sent.about, |new| new.step = true).await?;
    ensure_survives(kit, &[&step.about], "a step").await?;
    kit.settle(&step, &Outcome::Made(MadeRefund { alias: Some(refund_id("record_3")), ..made("re_3") }))
        .await?;
    ensure_survives(kit, &[&step.about], "a step that was done").await?;
    let nowhere = kit.send(&new_refund()).await?;
    kit.pass_until(nowhere.intent.resubmit_from).await?;
    ok("deciding", kit.journal.decide(&nowhere.about.money, nowhere.intent.number, &not_made()).await)?;
    ensure_survives(kit, &[&nowhere.about], "a person's \"not made\"").await
}

pub(crate) async fn forgetting_survives_a_restart(kit: JournalKit<'_>) -> Verdict {
    let kept = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    let gone = kit.send_and_settle(&new_refund(), &not_applied()).await?;
    kit.pass_until(gone.intent.resubmit_from).await?;
    let before = kit.open(&gone.about).await?;
    ok("purging", kit.journal.purge(&Purge::older_than(Duration::ZERO)).await)?;
    ensure_survives(kit, &[&kept.about, &gone.about], "a purge").await?;
    let reopened = kit.reopened().await?;
    let late = new_intent(&gone.about, &before);
    kit.on(&reopened).refuse(&late, "all that was known of the payment was purged").await.map(drop)
}

pub(crate) async fn time_does_not_go_back(kit: JournalKit<'_>) -> Verdict {
    kit.pass(7200 * SECOND);
    let before = kit.now().await?;
    kit.clock.set_back(3600 * SECOND);
    let after = kit.now().await?;
    ensure!(
        after >= before,
        "the clock was set back, and the journal's time went from {} to {}",
        before.0,
        after.0
    );
    let sent = kit.send(&new_refund()).await?;
    ensure!(sent.intent.committed_at >= before, "an intent is stamped before the time of the journal");
    kit.pass(SECOND);
    let later = kit.now().await?;
    ensure!(later > after, "after the clock was set back, the journal's time does not advance");
    Ok(())
}

pub(crate) async fn time_does_not_go_back_over_a_restart(kit: JournalKit<'_>) -> Verdict {
    kit.pass(7200 * SECOND);
    let sent = kit.send(&new_refund()).await?;
    // The machine restarts with an empty clock battery.
    let clock = ManualClock::new();
    let reopened = kit.harness.reopen(clock.shared()).await;
    let reopened = reopened.ok_or_else(|| skipped("the journal does not outlive its process"))?;
    let started = JournalKit { harness: kit.harness, clock: &clock, journal: &reopened };
    let now = started.now().await?;
    let last = sent.intent.committed_at;
    ensure!(now >= last, "the journal's time is {}, after an intent of {}", now.0, last.0);
    let opened = started.open(&sent.about).await?.now;
    ensure!(opened >= last, "the journal was opened at {}, after an intent of {}", opened.0, last.0);
    let next = started.send(&new_refund()).await?;
    ensure!(
        next.intent.committed_at >= last,
        "an intent of {} follows one of {}",
        next.intent.committed_at.0,
        last.0
    );
    Ok(())
}
