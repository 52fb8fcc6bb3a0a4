//! Remaining steps of a made refund: they move no money.

use super::super::kit::{
    JournalKit, Sent, beside, listed, made, new_intent, new_refund, not_applied, unknown,
};
use crate::{
    journal::{IntentState, NewIntent, Outcome, Seen},
    testing::verdict::{Verdict, ensure, ok},
};

fn step(new: &mut NewIntent) {
    new.step = true;
    new.settle = std::time::Duration::ZERO;
    new.resubmit = std::time::Duration::ZERO;
}

/// A made refund with a remaining step, and that step.
async fn with_step(kit: JournalKit<'_>) -> Verdict<(Sent, Sent)> {
    let sent = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    kit.pass_until(sent.intent.attempt_until).await?;
    let step = kit.send_as(&sent.about, step).await?;
    Ok((sent, step))
}

pub(crate) async fn a_step_is_intended_though_the_refund_is_made(kit: JournalKit<'_>) -> Verdict {
    let (sent, step) = with_step(kit).await?;
    ensure!(step.intent.step && kit.intent(&step).await?.step, "it is not marked as a step");
    let entry = kit.known(&sent.about).await?;
    ensure!(entry.unsettled_sends().next().is_none(), "a step counts as money under way");
    ensure!(entry.unsettled().count() == 1, "an open step is not among the unsettled intents");
    kit.settle(&step, &not_applied()).await?;
    kit.ensure_state(&step, IntentState::NotApplied, "the step was refused").await?;
    kit.ensure_made(&sent.about, &made("re_1").id, "after a refused step").await
}

pub(crate) async fn a_step_needs_a_made_refund(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.refuse_now(&about, "there is no made refund to complete", step).await?;
    kit.send_and_settle(&about, &not_applied()).await?;
    kit.refuse_now(&about, "there is no made refund to complete", step).await
}

pub(crate) async fn a_step_blocks_its_own_reference_only(kit: JournalKit<'_>) -> Verdict {
    let (sent, first) = with_step(kit).await?;
    let other = kit.send_as(&beside(&sent.about), |new| new.hidden = true).await?;
    kit.settle(&other, &not_applied()).await?;
    kit.refuse_now(&sent.about, "another call is doing the step", step).await?;
    kit.settle(&first, &unknown()).await?;
    kit.refuse_now(&sent.about, "the step may be under way", step).await?;
    kit.pass_until(first.intent.unsettled_until).await?;
    kit.send_as(&sent.about, step).await.map(drop)
}

pub(crate) async fn a_look_never_closes_a_step(kit: JournalKit<'_>) -> Verdict {
    let (sent, step) = with_step(kit).await?;
    kit.pass_until(step.intent.resubmit_from).await?;
    let other = beside(&sent.about);
    let mut new = new_intent(&other, &kit.open(&other).await?);
    new.absent = vec![step.intent.number];
    ok("intending", kit.journal.intend(&new).await)?;
    kit.ensure_state(&step, IntentState::Open, "a look for another refund").await
}

/// A list or a read shows the refund, with or without a remaining step.
async fn see(kit: JournalKit<'_>, sent: &Sent, needs_completion: bool) -> Verdict {
    let about = &sent.about;
    let seen = Seen::new(&about.payment, about.reference.clone(), listed("re_1"))
        .with_needs_completion(needs_completion);
    ok("observing", kit.journal.observe(&about.money, &[seen], None).await).map(drop)
}

pub(crate) async fn a_step_is_left_to_the_call_that_made_the_refund(kit: JournalKit<'_>) -> Verdict {
    // Its request for the step may be under way for its whole attempt time, whatever it reported.
    for outcome in [None, Some(unknown()), Some(Outcome::Made(made("re_1")))] {
        let sent = kit.send(&new_refund()).await?;
        if let Some(outcome) = &outcome {
            kit.settle(&sent, outcome).await?;
        }
        see(kit, &sent, true).await?;
        kit.ensure_made(&sent.about, &made("re_1").id, "a list showed it").await?;
        kit.refuse_now(&sent.about, "the call that made it may be taking the step", step).await?;
        kit.pass_until(sent.intent.attempt_until).await?;
        kit.send_as(&sent.about, step).await?;
    }
    // Unless it was certainly not processed.
    let refused = kit.send_and_settle(&new_refund(), &not_applied()).await?;
    see(kit, &refused, true).await?;
    kit.send_as(&refused.about, step).await.map(drop)
}

pub(crate) async fn what_shows_no_step_left_ends_its_steps(kit: JournalKit<'_>) -> Verdict {
    let (sent, taken) = with_step(kit).await?;
    see(kit, &sent, true).await?;
    kit.ensure_state(&taken, IntentState::Open, "the step remains").await?;
    see(kit, &sent, false).await?;
    kit.ensure_state(&taken, IntentState::Made, "the step is done").await?;
    let entry = kit.known(&sent.about).await?;
    ensure!(entry.unsettled().next().is_none(), "the refund has unsettled intents");
    Ok(())
}
