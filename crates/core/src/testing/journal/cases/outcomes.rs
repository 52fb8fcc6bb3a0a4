//! Outcomes of intents.

use super::super::kit::{
    ATTEMPT, JournalKit, RESUBMIT, SECOND, beside, made, new_intent, new_refund, not_applied, poll_once,
    refund_id, refusal, unknown, why,
};
use crate::{
    RefundStatus,
    journal::{IntentKey, IntentState, IntentToken, JournalTime, Outcome},
    testing::verdict::{Verdict, ensure, failed, ok},
};

pub(crate) async fn made_overrides_every_state(kit: JournalKit<'_>) -> Verdict {
    for state in IntentState::ALL {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        let id = if state == IntentState::Made { "re_made" } else { "re_late" };
        kit.settle(&sent, &Outcome::Made(made(id))).await?;
        let when = format!("made, after it was {}", state.as_str());
        kit.ensure_state(&sent, IntentState::Made, &when).await?;
        kit.ensure_made(&sent.about, &refund_id(id), &when).await?;
    }
    Ok(())
}

pub(crate) async fn nothing_but_made_overrides_an_outcome(kit: JournalKit<'_>) -> Verdict {
    use IntentState::{FailedStored, NotApplied, Open, Unknown};
    let outcomes = [
        (NotApplied, Outcome::NotApplied(why())),
        (Unknown, unknown()),
        (FailedStored, Outcome::FailedStored(why())),
    ];
    for before in IntentState::ALL {
        for (reported, outcome) in &outcomes {
            let sent = kit.send(&new_refund()).await?;
            kit.bring_to(&sent, before).await?;
            let is_first = before == Open || (before == Unknown && *reported == FailedStored);
            let after = if is_first { *reported } else { before };
            kit.settle(&sent, outcome).await?;
            let when = format!("it was {}, then settled as {}", before.as_str(), reported.as_str());
            kit.ensure_state(&sent, after, &when).await?;
            if before == IntentState::Made {
                kit.ensure_made(&sent.about, &refund_id("re_made"), &when).await?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn settling_twice_is_settling_once(kit: JournalKit<'_>) -> Verdict {
    for outcome in [Outcome::Made(made("re_1")), not_applied(), unknown(), Outcome::FailedStored(why())] {
        let sent = kit.send_and_settle(&new_refund(), &outcome).await?;
        let once = kit.known(&sent.about).await?;
        kit.pass(SECOND);
        kit.settle(&sent, &outcome).await?;
        let twice = kit.known(&sent.about).await?;
        ensure!(once == twice, "settled once: {once:?}, twice: {twice:?}");
    }
    Ok(())
}

pub(crate) async fn an_outcome_is_kept_with_its_reason(kit: JournalKit<'_>) -> Verdict {
    for outcome in [Outcome::NotApplied(why().with_refused()), unknown(), Outcome::FailedStored(why())] {
        let sent = kit.send(&new_refund()).await?;
        kit.pass(SECOND);
        let now = kit.now().await?;
        kit.settle(&sent, &outcome).await?;
        let intent = kit.intent(&sent).await?;
        ensure!(
            intent.settled_at == Some(now),
            "it was settled at {:?}, expected {}",
            intent.settled_at,
            now.0
        );
        let kept = intent.why.ok_or_else(|| failed("the reason of the failure is not stored"))?;
        let is_refusal = matches!(outcome, Outcome::NotApplied(_));
        ensure!(
            kept.kind == why().kind && kept.code == why().code,
            "the reason of the failure became {kept:?}"
        );
        ensure!(kept.refused == is_refusal, "`refused` became {}", kept.refused);
    }
    Ok(())
}

pub(crate) async fn a_late_outcome_settles_its_own_intent(kit: JournalKit<'_>) -> Verdict {
    // P is stopped; Q waits, looks and sends; P resumes and reports that it never sent.
    let about = new_refund();
    let first = kit.send(&about).await?;
    kit.pass_until(first.intent.resubmit_from).await?;
    let number = first.intent.number;
    let second = kit.send_as(&about, |new| new.absent = vec![number]).await?;
    kit.settle(&first, &not_applied()).await?;
    kit.ensure_state(&second, IntentState::Open, "an earlier call reported its own outcome").await?;
    kit.ensure_state(&first, IntentState::Absent, "a settled intent must stay settled").await?;
    kit.refuse_now(&about, "the second intent is open", |_| {}).await?;

    // The same with a key, where both are unsettled.
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.pass_until(first.intent.not_after).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&first, &not_applied()).await?;
    kit.ensure_state(&first, IntentState::NotApplied, "its own outcome").await?;
    kit.ensure_state(&second, IntentState::Open, "an earlier call reported its own outcome").await
}

pub(crate) async fn a_refusal_says_nothing_about_earlier_intents(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &refusal()).await?;
    kit.ensure_state(&second, IntentState::NotApplied, "it was refused").await?;
    kit.ensure_state(&first, IntentState::Unknown, "a later attempt was refused").await?;
    let open = kit.open(&about).await?.mine.and_then(|entry| entry.resubmit_from());
    ensure!(open == Some(first.intent.resubmit_from), "the earlier intent is no longer unsettled: {open:?}");
    kit.refuse_now(&about, "the first send may still be processed", |_| {}).await
}

pub(crate) async fn made_ends_every_intent_of_its_refund(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &Outcome::Made(made("re_1"))).await?;
    let entry = kit.known(&about).await?;
    ensure!(entry.unsettled().next().is_none(), "the refund is made, but has unsettled intents: {entry:?}");
    let others = kit.open(&beside(&about)).await?.others;
    ensure!(
        others.len() == 1 && others[0].made.is_some(),
        "other references do not see the made refund: {others:?}"
    );
    kit.send(&beside(&about)).await.map(drop)
}

pub(crate) async fn a_token_that_was_never_committed_settles_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send(&about).await?;
    let before = kit.open(&about).await?;
    for money in [about.money.clone(), new_refund().money] {
        let key = IntentKey::new(money, IntentToken::random());
        for outcome in [not_applied(), Outcome::Made(made("re_1"))] {
            ok("settling an unknown token", kit.journal.settle(&key, &outcome).await)?;
        }
        kit.journal.abandon(&key);
    }
    kit.ensure_state(&sent, IntentState::Open, "another token was settled").await?;
    let after = kit.open(&about).await?;
    ensure!(before == after, "before: {before:?}, after: {after:?}");
    Ok(())
}

pub(crate) async fn bytes_that_left_late_begin_its_times_anew(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send(&about).await?;
    kit.pass_until(sent.intent.not_after).await?;
    kit.pass(30 * SECOND);
    let now = kit.now().await?;
    let late = Outcome::Unknown { why: why(), suspects: vec![refund_id("re_9")], late: true };
    kit.settle(&sent, &late).await?;
    let intent = kit.intent(&sent).await?;
    let least = now.plus(ATTEMPT + RESUBMIT);
    ensure!(
        intent.resubmit_from >= least,
        "bytes left at {} at the latest, but it may be sent again from {}",
        now.0,
        intent.resubmit_from.0
    );
    let suspects = kit.known(&about).await?.suspects;
    ensure!(suspects == [refund_id("re_9")], "the suspects became {suspects:?}");
    kit.pass_until(JournalTime(least.0 - 1)).await?;
    let number = intent.number;
    kit.refuse_now(&about, "its times restarted", |new| new.absent = vec![number]).await
}

pub(crate) async fn a_second_refund_is_kept_beside_the_first(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    kit.settle(&sent, &Outcome::Made(made("re_2"))).await?;
    let made_as = kit.known(&sent.about).await?.made;
    let ids = made_as.as_ref().map(|made| (made.id.clone(), made.doubled.clone()));
    let both = Some((refund_id("re_1"), Some(refund_id("re_2"))));
    ensure!(ids == both, "two refunds under one reference are stored as {made_as:?}");
    // A refund that holds no money does not hide the one that does.
    let sent = kit.send(&new_refund()).await?;
    let mut dead = made("re_3");
    dead.status = RefundStatus::Declined;
    kit.settle(&sent, &Outcome::Made(dead)).await?;
    kit.settle(&sent, &Outcome::Made(made("re_4"))).await?;
    kit.ensure_made(&sent.about, &refund_id("re_4"), "a declined refund and one that holds the money").await
}

pub(crate) async fn an_abandoned_intent_was_never_sent(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send(&about).await?;
    kit.journal.abandon(&sent.key);
    kit.eventually("an abandoned intent is settled", || async {
        Ok(kit.intent(&sent).await?.state == IntentState::NotApplied)
    })
    .await?;
    // Abandoning does not change a made refund.
    let made_one = kit.send_and_settle(&beside(&about), &Outcome::Made(made("re_1"))).await?;
    kit.journal.abandon(&made_one.key);
    kit.send(&about).await?;
    kit.ensure_made(&made_one.about, &refund_id("re_1"), "abandoned after it was made").await
}

pub(crate) async fn an_intent_may_be_abandoned_while_it_is_committed(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    {
        let mut intending = std::pin::pin!(kit.journal.intend(&new));
        // The journal takes the call; then it is dropped, as by a drop guard.
        let _ = poll_once(&mut intending).await;
        kit.journal.abandon(&new.key());
    }
    // A later write of the same process comes after both.
    kit.send_and_settle(&new_refund(), &not_applied()).await?;
    kit.eventually("an intent abandoned during its commit is settled or was never stored", || async {
        let intents = kit.entry(&about).await?.map(|entry| entry.intents).unwrap_or_default();
        Ok(intents.iter().all(|intent| intent.state == IntentState::NotApplied))
    })
    .await?;
    kit.send(&about).await.map(drop)
}
