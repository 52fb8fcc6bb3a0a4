//! Which intents block which.

use super::super::kit::{
    JournalKit, RETENTION, SECOND, Sent, TICK, beside, made, money_of, new_intent, new_refund, not_applied,
    unknown, why,
};
use crate::{
    journal::{About, IntentState, JournalTime, NewIntent, Outcome},
    testing::verdict::{Verdict, ensure},
};

/// The states in which an intent still blocks.
const UNSETTLED: [IntentState; 3] = [IntentState::Open, IntentState::Unknown, IntentState::FailedStored];

/// Fails unless `about` may be sent from `from` on but not earlier; settles its intent afterwards.
async fn ensure_free_from(
    kit: JournalKit<'_>,
    about: &About,
    from: JournalTime,
    because: &str,
    change: impl Fn(&mut NewIntent),
) -> Verdict<Sent> {
    kit.refuse_now(about, because, &change).await?;
    kit.pass_until(JournalTime(from.0 - 1)).await?;
    kit.refuse_now(about, because, &change).await?;
    kit.pass(TICK);
    let sent = kit.send_as(about, &change).await?;
    kit.settle(&sent, &not_applied()).await?;
    Ok(sent)
}

pub(crate) async fn another_reference_waits_until_unsettled_until(kit: JournalKit<'_>) -> Verdict {
    for state in UNSETTLED {
        let first = kit.send(&new_refund()).await?;
        kit.bring_to(&first, state).await?;
        let other = beside(&first.about);
        let because = format!("another refund of the payment is {}", state.as_str());
        let until = first.intent.unsettled_until;
        ensure_free_from(kit, &other, until, &because, |new| new.amount = money_of(1)).await?;
        kit.ensure_state(&first, state, "after another refund was sent").await?;
    }
    Ok(())
}

pub(crate) async fn what_is_settled_blocks_nothing(kit: JournalKit<'_>) -> Verdict {
    use IntentState::{Absent, Made, NotApplied, NotMade};
    for state in [Made, NotApplied, Absent, NotMade] {
        let first = kit.send(&new_refund()).await?;
        kit.bring_to(&first, state).await?;
        let other = kit.send_as(&beside(&first.about), |new| new.hidden = true).await?;
        kit.settle(&other, &not_applied()).await?;
        if state != Made {
            kit.send(&first.about).await?;
        }
    }
    Ok(())
}

pub(crate) async fn hidden_equal_amounts_wait_until_resubmit_from(kit: JournalKit<'_>) -> Verdict {
    // With a key too, whichever of the two intents marks references as hidden.
    for (first_hides, other_hides, key) in
        [(true, true, None), (true, false, None), (false, true, None), (true, true, Some(RETENTION))]
    {
        let first = kit
            .send_as(&new_refund(), |new| {
                new.hidden = first_hides;
                new.key_retention = key;
            })
            .await?;
        kit.settle(&first, &unknown()).await?;
        let other = beside(&first.about);
        let because = "a refund of this amount could belong to either reference";
        ensure_free_from(kit, &other, first.intent.resubmit_from, because, |new| {
            new.hidden = other_hides;
            new.key_retention = key;
        })
        .await?;
    }
    Ok(())
}

pub(crate) async fn hidden_other_amounts_do_not_wait_until_resubmit_from(kit: JournalKit<'_>) -> Verdict {
    let first = kit.send_as(&new_refund(), |new| new.hidden = true).await?;
    kit.settle(&first, &unknown()).await?;
    kit.pass_until(first.intent.unsettled_until).await?;
    let other = |new: &mut NewIntent| {
        new.hidden = true;
        new.amount = money_of(1);
    };
    kit.send_as(&beside(&first.about), other).await.map(drop)
}

pub(crate) async fn the_same_reference_waits_until_resubmit_from(kit: JournalKit<'_>) -> Verdict {
    for state in UNSETTLED {
        let about = new_refund();
        let first = kit.send(&about).await?;
        kit.bring_to(&first, state).await?;
        let because = format!("its own intent is {}", state.as_str());
        let number = first.intent.number;
        let look = |new: &mut NewIntent| new.absent = vec![number];
        ensure_free_from(kit, &about, first.intent.resubmit_from, &because, look).await?;
        kit.ensure_state(&first, IntentState::Absent, "a look did not show it").await?;
    }
    Ok(())
}

pub(crate) async fn time_alone_settles_nothing(kit: JournalKit<'_>) -> Verdict {
    for state in UNSETTLED {
        let about = new_refund();
        let first = kit.send(&about).await?;
        kit.bring_to(&first, state).await?;
        kit.pass_until(first.intent.resubmit_from).await?;
        kit.pass(1000 * SECOND);
        kit.ensure_state(&first, state, "long after all its times").await?;
        let because = "no look proves that it was not made";
        kit.refuse_now(&about, because, |_| {}).await?;
    }
    Ok(())
}

pub(crate) async fn a_look_that_began_too_early_proves_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_and_settle(&about, &unknown()).await?;
    kit.pass_until(JournalTime(first.intent.resubmit_from.0 - 1)).await?;
    let mut new = new_intent(&about, &kit.open(&about).await?);
    new.absent = vec![first.intent.number];
    // Its time is over when the look ends, but not when it began.
    kit.pass(30 * SECOND);
    kit.refuse(&new, "the look began before resubmit_from").await?;
    kit.ensure_state(&first, IntentState::Unknown, "after a look that began too early").await?;

    // The same for another refund: the look must begin after its time.
    let other = kit.send(&new_refund()).await?;
    let beside = beside(&other.about);
    kit.pass_until(JournalTime(other.intent.unsettled_until.0 - 1)).await?;
    let new = new_intent(&beside, &kit.open(&beside).await?);
    kit.pass(30 * SECOND);
    kit.refuse(&new, "the look began before the other refund's unsettled_until").await.map(drop)
}

pub(crate) async fn a_look_closes_what_it_covered_and_nothing_else(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let covered = kit.send_and_settle(&about, &unknown()).await?;
    kit.pass_until(covered.intent.unsettled_until).await?;
    let young = kit.send_as(&beside(&about), |new| new.amount = money_of(2)).await?;
    kit.pass_until(young.intent.unsettled_until).await?;
    let made_one = kit.send_as(&beside(&about), |new| new.amount = money_of(3)).await?;
    kit.settle(&made_one, &Outcome::Made(made("re_1"))).await?;
    let not_named = kit.send_as(&beside(&about), |new| new.amount = money_of(4)).await?;
    kit.settle(&not_named, &unknown()).await?;
    kit.pass_until(not_named.intent.unsettled_until).await?;
    let now = kit.now().await?;
    let is_set = covered.intent.resubmit_from <= now && now < young.intent.resubmit_from;
    ensure!(is_set, "the case's own times are off");

    let next = beside(&about);
    let numbers = [&covered, &young, &made_one].map(|sent| sent.intent.number).to_vec();
    let next = kit.send_as(&next, |new| new.absent = numbers).await?;
    kit.ensure_state(&covered, IntentState::Absent, "covered by a look for another refund").await?;
    kit.ensure_state(&young, IntentState::Open, "the look began before its resubmit_from").await?;
    kit.ensure_state(&made_one, IntentState::Made, "it is made").await?;
    kit.ensure_state(&not_named, IntentState::Unknown, "the look did not cover it").await?;
    kit.ensure_state(&next, IntentState::Open, "it was just sent").await
}

pub(crate) async fn a_refused_intent_closes_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_and_settle(&about, &unknown()).await?;
    kit.pass_until(first.intent.resubmit_from).await?;
    let other = beside(&about);
    let mut late = new_intent(&other, &kit.open(&other).await?);
    late.absent = vec![first.intent.number];
    let quick = kit.send_as(&beside(&about), |_| {}).await?;
    kit.settle(&quick, &not_applied()).await?;
    kit.refuse(&late, "the money moved").await?;
    kit.ensure_state(&first, IntentState::Unknown, "named as absent by a refused intent").await
}

pub(crate) async fn a_made_refund_is_not_sent_again(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send_with_key(&about).await?;
    kit.settle(&sent, &Outcome::Made(made("re_1"))).await?;
    kit.pass(100_000 * SECOND);
    for key in [None, Some(RETENTION)] {
        let mut new = new_intent(&about, &kit.open(&about).await?);
        new.key_retention = key;
        let standing = kit.refuse(&new, "it is made").await?;
        let made = standing.mine.and_then(|entry| entry.made).map(|made| made.id);
        ensure!(made.is_some(), "the refusal does not show that it is made");
    }
    Ok(())
}

pub(crate) async fn a_previous_attempt_is_settled_with_the_next(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let standing = kit.open(&about).await?;
    let first = kit.commit(&new_intent(&about, &standing)).await?;
    let mut next = new_intent(&about, &standing);
    next.version = crate::journal::Version(first.intent.number.0);
    kit.refuse(&next, "its own intent is open").await?;
    // "Not processed" and the next intent in one commit, on the same look.
    next.previous = Some((first.key.token, why()));
    let next = kit.commit(&next).await?;
    kit.ensure_state(&first, IntentState::NotApplied, "the next attempt said that nothing was applied")
        .await?;
    let kept = kit.intent(&first).await?.why;
    ensure!(kept == Some(why()), "the reason of the failure became {kept:?}");
    kit.ensure_state(&next, IntentState::Open, "the next attempt").await
}

pub(crate) async fn a_previous_attempt_that_may_be_under_way_still_blocks(kit: JournalKit<'_>) -> Verdict {
    for state in [IntentState::Unknown, IntentState::FailedStored] {
        let about = new_refund();
        let first = kit.send(&about).await?;
        kit.bring_to(&first, state).await?;
        let because = format!("its own intent is {}, which is settled", state.as_str());
        let claim = |new: &mut NewIntent| new.previous = Some((first.key.token, why()));
        kit.refuse_now(&about, &because, claim).await?;
        kit.ensure_state(&first, state, "after a claim that it was not processed").await?;
    }
    Ok(())
}
