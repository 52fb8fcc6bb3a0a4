//! Committed intents.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;

use super::super::kit::{
    ATTEMPT, JournalKit, RESUBMIT, RETENTION, SECOND, SETTLE, WINDOW, amount, money_of, new_intent,
    new_refund, not_applied, poll_once, refund_id, request, unknown,
};
use crate::{
    ErrorKind,
    journal::{Intended, IntentNumber, IntentState, JournalTime, Version},
    testing::verdict::{Verdict, ensure, failed, ok, refused},
};

pub(crate) async fn an_intent_is_there_once_it_is_acknowledged(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send(&about).await?;
    // Another process sees it at once.
    let other = kit.other_process().await;
    kit.on(&other).ensure_state(&sent, IntentState::Open, "seen by another process").await?;
    let standing = kit.open(&about).await?;
    let intents = standing.mine.map(|entry| entry.intents).unwrap_or_default();
    ensure!(intents == [sent.intent.clone()], "acknowledged {:?}, opened {intents:?}", sent.intent);
    ensure!(sent.intent.state == IntentState::Open, "its first state is {}", sent.intent.state.as_str());
    let number = Version(sent.intent.number.0);
    ensure!(standing.version == number, "intent {number:?} moved the version to {:?}", standing.version);
    Ok(())
}

pub(crate) async fn an_entry_keeps_what_was_requested(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit
        .send_as(&about, |new| {
            new.hidden = true;
            new.known_before = vec![refund_id("re_1"), refund_id("re_2")];
        })
        .await?;
    let entry = kit.known(&about).await?;
    ensure!(
        entry.money == about.money && entry.payment == about.payment,
        "it belongs to another payment: {entry:?}"
    );
    ensure!(entry.reference == about.reference, "it has the reference {}", entry.reference);
    ensure!(entry.amount == amount(), "its amount is {}", entry.amount);
    ensure!(entry.request == Some(request(&about, amount())), "the request became {:?}", entry.request);
    ensure!(entry.hidden, "`hidden` was not stored");
    ensure!(entry.generation == 0, "the key begins at generation {}", entry.generation);
    ensure!(
        entry.known_before == [refund_id("re_1"), refund_id("re_2")],
        "`known_before` became {:?}",
        entry.known_before
    );
    ensure!(entry.made.is_none() && entry.suspects.is_empty() && entry.decision.is_none(), "{entry:?}");
    ensure!(
        entry.keep_until >= sent.intent.resubmit_from,
        "it may be forgotten at {}, while the refund may still appear",
        entry.keep_until.0
    );
    Ok(())
}

pub(crate) async fn an_intents_times_are_exact(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_with_key(&new_refund()).await?;
    for intent in [&sent.intent, &kit.intent(&sent).await?] {
        let from = intent.committed_at;
        let attempt_over = from.plus(WINDOW + ATTEMPT);
        for (what, is, should) in [
            ("committed_at", from, kit.now().await?),
            ("not_after", intent.not_after, from.plus(WINDOW)),
            ("attempt_until", intent.attempt_until, attempt_over),
            ("unsettled_until", intent.unsettled_until, attempt_over.plus(SETTLE)),
            ("resubmit_from", intent.resubmit_from, attempt_over.plus(RESUBMIT)),
        ] {
            ensure!(is == should, "{what} is {}, expected {}", is.0, should.0);
        }
        let last = from.plus(RETENTION.saturating_sub(WINDOW + ATTEMPT + RESUBMIT));
        ensure!(intent.key_until == Some(last), "key_until is {:?}, expected {}", intent.key_until, last.0);
    }
    let without = kit.send(&new_refund()).await?;
    ensure!(
        without.intent.key_until.is_none(),
        "a key that is not honoured ends {:?}",
        without.intent.key_until
    );
    let endless = kit.send_as(&new_refund(), |new| new.key_retention = Some(Duration::MAX)).await?;
    ensure!(
        kit.intent(&endless).await?.key_until == Some(JournalTime::NEVER),
        "a key that never ends ends {:?}",
        endless.intent.key_until
    );
    Ok(())
}

pub(crate) async fn an_intent_is_stamped_when_it_is_committed(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let standing = kit.open(&about).await?;
    // The look takes its time.
    kit.pass(30 * SECOND);
    let before = kit.now().await?;
    let sent = kit.commit(&new_intent(&about, &standing)).await?;
    ensure!(
        sent.intent.committed_at >= before,
        "an intent of {} is stamped {}: its window begins before the caller's",
        before.0,
        sent.intent.committed_at.0
    );
    Ok(())
}

pub(crate) async fn no_intent_is_stamped_before_it_came(kit: JournalKit<'_>) -> Verdict {
    kit.clock.tick();
    for _ in 0..5 {
        let calls = (0..3).map(|place| async move {
            let about = new_refund();
            let standing = kit.open(&about).await?;
            // Each arrives a little later, while the one before is being committed.
            for _ in 0..place {
                tokio::task::yield_now().await;
            }
            let before = kit.now().await?;
            let sent = kit.commit(&new_intent(&about, &standing)).await?;
            let stamp = sent.intent.committed_at;
            ensure!(
                stamp > before,
                "an intent that came after {} is stamped {}: its window begins before the caller's",
                before.0,
                stamp.0
            );
            Ok(())
        });
        join_all(calls).await.into_iter().collect::<Verdict<()>>()?;
    }
    Ok(())
}

pub(crate) async fn the_times_of_a_row_are_its_own(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let patient = kit.send_and_settle(&about, &unknown()).await?;
    // Another process with a shorter policy.
    let other = kit.other_process().await;
    let hasty = |new: &mut crate::journal::NewIntent| {
        (new.attempt, new.settle, new.resubmit) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        new.absent = vec![patient.intent.number];
    };
    kit.pass_until(patient.intent.unsettled_until).await?;
    let because = "by its own times the refund may still appear";
    kit.on(&other).refuse_now(&about, because, hasty).await?;
    let stored = kit.intent(&patient).await?;
    ensure!(
        stored.resubmit_from == patient.intent.resubmit_from,
        "another policy moved resubmit_from from {} to {}",
        patient.intent.resubmit_from.0,
        stored.resubmit_from.0
    );
    kit.pass_until(patient.intent.resubmit_from).await?;
    kit.on(&other).send_as(&about, hasty).await.map(drop)
}

pub(crate) async fn resubmit_from_is_never_before_unsettled_until(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_as(&new_refund(), |new| new.resubmit = Duration::ZERO).await?;
    ensure!(
        sent.intent.resubmit_from >= sent.intent.unsettled_until,
        "it may be sent again from {}, but is unsettled until {}",
        sent.intent.resubmit_from.0,
        sent.intent.unsettled_until.0
    );
    Ok(())
}

pub(crate) async fn the_first_intent_fixes_the_amount(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.send_and_settle(&about, &not_applied()).await?;
    let mut other = new_intent(&about, &kit.open(&about).await?);
    other.amount = money_of(1);
    refused("another amount", kit.journal.intend(&other).await, &[ErrorKind::Conflict])?;
    let entry = kit.known(&about).await?;
    ensure!(entry.amount == amount() && entry.intents.len() == 1, "refused, but stored: {entry:?}");
    kit.send(&about).await.map(drop)
}

pub(crate) async fn numbers_only_grow(kit: JournalKit<'_>) -> Verdict {
    let (one, two) = (new_refund(), new_refund());
    let mut last = IntentNumber(0);
    let mut seen = BTreeSet::new();
    for about in [&one, &two, &one, &two, &one] {
        let sent = kit.send(about).await?;
        let number = sent.intent.number;
        ensure!(number > last && seen.insert(number), "intent {number} follows {last} in one journal");
        last = number;
        kit.settle(&sent, &not_applied()).await?;
    }
    Ok(())
}

pub(crate) async fn a_dropped_call_frees_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    {
        // Begun and dropped at its first wait; an in-memory journal has finished by then.
        let mut intending = std::pin::pin!(kit.journal.intend(&new));
        match poll_once(&mut intending).await {
            std::task::Poll::Pending => {}
            std::task::Poll::Ready(intended) => {
                let intended = ok("intending", intended)?;
                ensure!(matches!(intended, Intended::Committed(_)), "refused: {intended:?}");
            }
        }
    }
    // Whether or not it was stored, nothing may show that it was not sent.
    let Some(entry) = kit.entry(&about).await? else { return Ok(()) };
    for intent in &entry.intents {
        ensure!(intent.state == IntentState::Open, "dropping the call made it {}", intent.state.as_str());
    }
    if entry.intents.is_empty() {
        return Err(failed("a dropped call left an entry without an intent"));
    }
    kit.refuse_now(&about, "a dropped call may still be sent", |_| {}).await
}
