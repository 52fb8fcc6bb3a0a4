//! Idempotency keys: when a refund may be sent again without waiting.

use super::super::kit::{
    JournalKit, RESUBMIT, RETENTION, SECOND, Sent, TICK, beside, money_of, new_intent, new_refund, unknown,
    why,
};
use crate::{
    journal::{IntentState, JournalTime, NewIntent, Outcome},
    testing::verdict::{Verdict, ensure, failed},
};

fn with_key(new: &mut NewIntent) {
    new.key_retention = Some(RETENTION);
}

pub(crate) async fn with_a_key_an_open_intent_blocks_until_not_after(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    let because = "another call is about to send it";
    kit.refuse_now(&about, because, with_key).await?;
    kit.pass_until(JournalTime(first.intent.not_after.0 - 1)).await?;
    kit.refuse_now(&about, because, with_key).await?;
    kit.pass(TICK);
    let mut without = new_intent(&about, &kit.open(&about).await?);
    without.key_retention = None;
    kit.refuse(&without, "no key is honoured").await?;
    let again = kit.send_with_key(&about).await?;
    kit.ensure_state(&first, IntentState::Open, "sent again with its key").await?;
    kit.ensure_state(&again, IntentState::Open, "sent again with its key").await
}

pub(crate) async fn with_a_key_an_unknown_outcome_blocks_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    kit.refuse_now(&about, "its outcome is unknown, and no key is honoured", |_| {}).await?;
    kit.send_with_key(&about).await?;
    kit.ensure_state(&first, IntentState::Unknown, "sent again with its key").await
}

pub(crate) async fn a_key_does_not_help_another_reference(kit: JournalKit<'_>) -> Verdict {
    let first = kit.send_with_key(&new_refund()).await?;
    kit.settle(&first, &unknown()).await?;
    let other = beside(&first.about);
    let change = |new: &mut NewIntent| {
        with_key(new);
        new.amount = money_of(1);
    };
    kit.refuse_now(&other, "another refund is unsettled", change).await?;
    kit.pass_until(first.intent.unsettled_until).await?;
    kit.send_as(&other, change).await.map(drop)
}

pub(crate) async fn the_key_is_judged_inside_intend(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let last = first.intent.key_until.ok_or_else(|| failed("no key_until"))?;
    kit.pass_until(last).await?;
    // Opened while the key is still remembered; the look takes a moment too long.
    let mut new = new_intent(&about, &kit.open(&about).await?);
    with_key(&mut new);
    kit.pass(TICK);
    kit.refuse(&new, "the provider may have forgotten the key").await?;
    // Proof by a look does not need the key.
    let number = first.intent.number;
    kit.send_as(&about, |new| {
        with_key(new);
        new.absent = vec![number];
    })
    .await
    .map(drop)
}

pub(crate) async fn the_key_is_known_until_its_last_moment(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    kit.pass_until(first.intent.key_until.ok_or_else(|| failed("no key_until"))?).await?;
    kit.send_with_key(&about).await.map(drop)
}

pub(crate) async fn the_earliest_unsettled_key_decides(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    kit.pass(600 * SECOND);
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &unknown()).await?;
    ensure!(second.intent.key_until > first.intent.key_until, "each key counts from its own commit");
    kit.pass_until(first.intent.key_until.ok_or_else(|| failed("no key_until"))?).await?;
    kit.pass(TICK);
    kit.refuse_now(&about, "the first send's key may be forgotten", with_key).await
}

pub(crate) async fn an_intent_without_a_key_cannot_be_repeated(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.send_and_settle(&about, &unknown()).await?;
    kit.refuse_now(&about, "the first send may not have carried a key", with_key).await
}

pub(crate) async fn a_stored_failure_uses_the_key_up(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &Outcome::FailedStored(why())).await?;
    kit.refuse_now(&about, "its key only repeats a failure", with_key).await?;
    // Also beside another intent with an unknown outcome.
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &Outcome::FailedStored(why())).await?;
    kit.refuse_now(&about, "its key only repeats a failure", with_key).await
}

pub(crate) async fn a_new_generation_needs_a_look_that_shows_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &Outcome::FailedStored(why())).await?;
    let next = |absent: &[&Sent]| {
        let absent: Vec<_> = absent.iter().map(|sent| sent.intent.number).collect();
        move |new: &mut NewIntent| {
            with_key(new);
            new.generation = 1;
            new.absent = absent;
        }
    };
    kit.refuse_now(&about, "a send under another key is not covered by the first key", next(&[])).await?;
    kit.refuse_now(&about, "the look began too early", next(&[&first, &second])).await?;
    kit.pass(2 * RESUBMIT);
    kit.refuse_now(&about, "one send may still be processed", next(&[&second])).await?;
    ensure!(kit.known(&about).await?.generation == 0, "a refused intent moved the generation");
    let third = kit.send_as(&about, next(&[&first, &second])).await?;
    ensure!(kit.known(&about).await?.generation == 1, "the new generation is not stored");
    // It may be sent again only with the key of its first send.
    kit.settle(&third, &unknown()).await?;
    kit.refuse_now(&about, "a send under the earlier key is not covered", with_key).await?;
    kit.send_as(&about, |new| {
        with_key(new);
        new.generation = 1;
    })
    .await?;
    let generation = kit.known(&about).await?.generation;
    ensure!(generation == 1, "the generation became {generation}");
    Ok(())
}
