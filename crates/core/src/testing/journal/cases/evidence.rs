//! Refunds seen in a list, a read or a webhook.

use super::super::kit::{
    ADOPTED_FOR, AMOUNT, JournalKit, amount, beside, by_id, listed, made, money_of, new_payment, new_refund,
    not_applied, refund_id, request, unknown,
};
use crate::{
    ErrorKind, Reference, RefundStatus,
    journal::{
        About, Decision, Entry, Evidence, IntentState, MadeRefund, Observed, Outcome, Verdict as Word,
    },
    testing::verdict::{Verdict, ensure, failed, refused},
};

fn is_settled(observed: Observed) -> Verdict {
    match observed {
        Observed::Settled(_) => Ok(()),
        other => Err(failed(format!("a refund was observed, but observing returned {other:?}"))),
    }
}

pub(crate) async fn what_carries_the_reference_is_made_at_any_time(kit: JournalKit<'_>) -> Verdict {
    for state in IntentState::ALL {
        if state == IntentState::Made {
            continue;
        }
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        is_settled(kit.observe(&sent.about, listed("re_1"), None).await?)?;
        let when = format!("a list showed it after it was {}", state.as_str());
        kit.ensure_made(&sent.about, &refund_id("re_1"), &when).await?;
        let entry = kit.known(&sent.about).await?;
        ensure!(entry.unsettled().next().is_none(), "{when}: the refund has unsettled intents");
        ensure!(
            entry.made.is_some_and(|made| made.evidence == Evidence::Listed),
            "{when}: the evidence is lost"
        );
        kit.refuse_now(&sent.about, "a list showed it", |_| {}).await?;
    }
    Ok(())
}

pub(crate) async fn a_later_status_is_taken_over(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send(&new_refund()).await?;
    let pending = MadeRefund { status: RefundStatus::Pending, ..made("re_1") };
    kit.settle(&sent, &Outcome::Made(pending)).await?;
    is_settled(kit.observe(&sent.about, listed("re_1"), None).await?)?;
    let entry = kit.known(&sent.about).await?;
    let status = entry.made.map(|made| made.status);
    ensure!(status == Some(RefundStatus::Succeeded), "the status is still {status:?}");
    Ok(())
}

pub(crate) async fn an_id_alone_needs_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit.send_as(&about, |new| new.hidden = true).await?;
    let before = kit.open(&about).await?.version;
    kit.settle(&sent, &unknown()).await?;
    for since in [None, Some(before)] {
        let observed = kit.observe(&about, by_id("re_1"), since).await?;
        ensure!(observed == Observed::Moved, "based on {since:?}, observing returned {observed:?}");
        kit.ensure_not_made(&about, "a refund by id on an outdated version").await?;
    }
    let version = kit.open(&about).await?.version;
    is_settled(kit.observe(&about, by_id("re_1"), Some(version)).await?)?;
    kit.ensure_made(&about, &refund_id("re_1"), "a refund by id on the present version").await
}

pub(crate) async fn an_id_alone_is_no_refund_of_two_candidates(kit: JournalKit<'_>) -> Verdict {
    // Two unsettled refunds of one amount, as two processes without a shared journal leave them.
    let one = kit.send_and_settle(&new_refund(), &unknown()).await?;
    kit.pass_until(one.intent.unsettled_until).await?;
    let two = kit.send(&beside(&one.about)).await?;
    for sent in [&one, &two] {
        let version = kit.open(&sent.about).await?.version;
        kit.observe(&sent.about, by_id("re_1"), Some(version)).await?;
        kit.ensure_not_made(&sent.about, "the refund may belong to either reference").await?;
    }
    // Once one of them is settled, the other must have made it.
    kit.settle(&two, &not_applied()).await?;
    let version = kit.open(&one.about).await?.version;
    is_settled(kit.observe(&one.about, by_id("re_1"), Some(version)).await?)?;
    kit.ensure_made(&one.about, &refund_id("re_1"), "the only refund of its amount").await
}

pub(crate) async fn an_id_alone_must_fit(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let sent = kit
        .send_as(&about, |new| {
            new.hidden = true;
            new.known_before = vec![refund_id("re_old")];
        })
        .await?;
    let version = kit.open(&about).await?.version;
    let other_amount = MadeRefund { amount: money_of(AMOUNT - 1), ..by_id("re_1") };
    for refund in [by_id("re_old"), other_amount] {
        kit.observe(&about, refund, Some(version)).await?;
        kit.ensure_not_made(&about, "it must be another refund").await?;
    }
    kit.settle(&sent, &not_applied()).await?;
    let version = kit.open(&about).await?.version;
    kit.observe(&about, by_id("re_1"), Some(version)).await?;
    kit.ensure_not_made(&about, "it had nothing under way").await
}

pub(crate) async fn one_refund_is_of_one_reference(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.send_and_settle(&about, &Outcome::Made(made("re_1"))).await?;
    let second = kit.send(&beside(&about)).await?;
    let theirs = &second.about;
    // By every call that reports it to a journal.
    kit.observe(theirs, listed("re_1"), None).await?;
    kit.ensure_not_made(theirs, "a list showed another refund's id").await?;
    let version = kit.open(theirs).await?.version;
    kit.observe(theirs, by_id("re_1"), Some(version)).await?;
    kit.ensure_not_made(theirs, "another refund's id").await?;
    let decision = Decision::new("kari", "saw it", Word::Made(made("re_1")));
    let decided = kit.journal.decide(&about.money, second.intent.number, &decision).await;
    refused("a decision that names another refund's id", decided, &[ErrorKind::Conflict])?;
    kit.settle(&second, &Outcome::Made(made("re_1"))).await?;
    kit.ensure_not_made(theirs, "the response showed another refund's id").await?;
    kit.ensure_state(&second, IntentState::Unknown, "the response showed another refund's id").await?;
    let suspects = kit.known(theirs).await?.suspects;
    ensure!(suspects == [refund_id("re_1")], "the suspects are {suspects:?}");
    kit.ensure_made(&about, &refund_id("re_1"), "in the end").await
}

pub(crate) async fn an_alias_is_an_id_of_its_refund(kit: JournalKit<'_>) -> Verdict {
    let first = kit.send(&new_refund()).await?;
    let with_record = MadeRefund { alias: Some(refund_id("record_1")), ..made("re_1") };
    kit.settle(&first, &Outcome::Made(with_record)).await?;
    let second = kit.send(&beside(&first.about)).await?;
    kit.observe(&second.about, listed("record_1"), None).await?;
    kit.ensure_not_made(&second.about, "a list showed another refund by its alias").await?;
    // The same refund by its other id is not a second one.
    kit.observe(&first.about, listed("record_1"), None).await?;
    let made_as = kit.known(&first.about).await?.made;
    let is_one = made_as.as_ref().is_some_and(|made| made.id.as_str() == "re_1" && made.doubled.is_none());
    ensure!(is_one, "one refund under two ids is stored as {made_as:?}");
    Ok(())
}

pub(crate) async fn one_decision_under_two_payments_is_one_refund(kit: JournalKit<'_>) -> Verdict {
    // An order and the transaction that paid it share one money key, one reference and one refund.
    let about = new_refund();
    kit.send_and_settle(&about, &Outcome::Made(made("re_1"))).await?;
    let order = About::new(about.money.clone(), &new_payment(), about.reference.clone());
    let before = kit.open(&order).await?;
    let observed = kit.adopt(&order, listed("re_1"), false).await?;
    ensure!(observed == Observed::Nothing, "the refund is known, but observing returned {observed:?}");
    let after = kit.open(&order).await?;
    ensure!(after == before, "before: {before:?}, after: {after:?}");
    Ok(())
}

pub(crate) async fn another_amount_than_requested_is_a_fault(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send(&new_refund()).await?;
    let off = MadeRefund { amount: money_of(1), ..listed("re_1") };
    is_settled(kit.observe(&sent.about, off, None).await?)?;
    let made_as = kit.known(&sent.about).await?.made.ok_or_else(|| failed("it is not made"))?;
    ensure!(made_as.amount == money_of(1), "the stored amount is {}", made_as.amount);
    ensure!(made_as.fault.is_some(), "a refund with another amount is accepted");
    kit.refuse_now(&sent.about, "the money may be gone", |_| {}).await
}

pub(crate) async fn what_is_not_journalled_is_written_if_adopted(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let observed = kit.observe(&about, listed("re_1"), None).await?;
    ensure!(observed == Observed::Nothing, "an unknown refund was observed: {observed:?}");
    ensure!(kit.entry(&about).await?.is_none(), "an entry was written without adoption");
    let until = kit.now().await?.plus(ADOPTED_FOR);
    is_settled(kit.adopt(&about, listed("re_1"), true).await?)?;
    kit.ensure_made(&about, &refund_id("re_1"), "adopted").await?;
    let entry: Entry = kit.known(&about).await?;
    ensure!(entry.hidden && entry.amount == amount(), "it was adopted as {entry:?}");
    ensure!(entry.keep_until == until, "it may be forgotten at {}, expected {}", entry.keep_until.0, until.0);
    ensure!(entry.request == Some(request(&about, amount())), "its request became {:?}", entry.request);
    kit.refuse_now(&about, "it was found", |_| {}).await?;
    // It guards other references like any made refund.
    let others =
        kit.open(&About::new(about.money.clone(), &about.payment, Reference::random())).await?.others;
    ensure!(others.len() == 1, "other references do not see it: {others:?}");
    Ok(())
}
