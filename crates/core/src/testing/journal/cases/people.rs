//! Decisions by a person.

use super::super::kit::{
    JournalKit, Sent, by_id, listed, made, new_refund, not_made, refund_id, refusal, unknown, why,
};
use crate::{
    ErrorKind,
    journal::{
        Decision, Evidence, IntentNumber, IntentState, JournalTime, MadeRefund, Outcome, Verdict as Word,
    },
    testing::verdict::{Verdict, ensure, failed, ok, refused},
};

fn made_by_word(id: &str) -> Decision {
    let refund = MadeRefund { evidence: Evidence::Person, ..made(id) };
    Decision::new("kari", "seen in the portal", Word::Made(refund))
}

async fn decide(kit: JournalKit<'_>, sent: &Sent, decision: &Decision) -> crate::Result<()> {
    kit.journal.decide(&sent.about.money, sent.intent.number, decision).await
}

async fn refuse(kit: JournalKit<'_>, what: &str, sent: &Sent, decision: &Decision) -> Verdict<crate::Error> {
    refused(what, decide(kit, sent, decision).await, &[ErrorKind::Conflict])
}

pub(crate) async fn a_person_waits_until_unsettled_until(kit: JournalKit<'_>) -> Verdict {
    for outcome in [None, Some(unknown())] {
        let sent = kit.send(&new_refund()).await?;
        if let Some(outcome) = &outcome {
            kit.settle(&sent, outcome).await?;
        }
        kit.pass_until(JournalTime(sent.intent.unsettled_until.0 - 1)).await?;
        let what = "a decision that it is not made while it may be under way";
        let error = refuse(kit, what, &sent, &not_made()).await?;
        ensure!(error.retry_after().is_some(), "the error does not say when the person may decide");
        ensure!(kit.intent(&sent).await?.state != IntentState::NotMade, "refused, but stored");
        kit.pass_until(sent.intent.unsettled_until).await?;
        let now = kit.now().await?;
        ok("not made", decide(kit, &sent, &not_made()).await)?;
        kit.ensure_state(&sent, IntentState::NotMade, "a person decided").await?;
        let kept = kit.known(&sent.about).await?.decision;
        let kept = kept.ok_or_else(|| failed("the decision is not stored"))?;
        let is_kept =
            (kept.by.as_str(), kept.note.as_str(), kept.at) == ("kari", not_made().note.as_str(), now);
        ensure!(is_kept && kept.verdict == Word::NotMade, "the decision became {kept:?}");
        kit.send(&sent.about).await?;
    }
    Ok(())
}

pub(crate) async fn a_person_decides_on_the_newest_intent(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    kit.pass_until(first.intent.unsettled_until).await?;
    // The refund is sent again after the person looked.
    let second = kit.send_with_key(&about).await?;
    refuse(kit, "a decision about an older intent", &first, &not_made()).await?;
    let nowhere = kit.journal.decide(&about.money, IntentNumber(u64::MAX >> 1), &not_made()).await;
    refused("a decision about an unknown intent", nowhere, &[ErrorKind::Conflict])?;
    kit.ensure_state(&first, IntentState::Unknown, "the decision was refused").await?;
    kit.pass_until(second.intent.unsettled_until).await?;
    refuse(kit, "a decision about an older intent", &first, &not_made()).await?;
    ok("the newest", decide(kit, &second, &not_made()).await)?;
    // The decision covers all intents whose time is over.
    for sent in [&first, &second] {
        kit.ensure_state(sent, IntentState::NotMade, "a person decided").await?;
    }
    Ok(())
}

pub(crate) async fn a_person_decides_what_a_refusal_left_open(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let first = kit.send_with_key(&about).await?;
    kit.settle(&first, &unknown()).await?;
    let second = kit.send_with_key(&about).await?;
    kit.settle(&second, &refusal()).await?;
    refuse(kit, "too early", &second, &not_made()).await?;
    kit.pass_until(first.intent.unsettled_until).await?;
    ok("not made", decide(kit, &second, &not_made()).await)?;
    kit.ensure_state(&first, IntentState::NotMade, "a person decided").await?;
    kit.ensure_state(&second, IntentState::NotApplied, "it was refused").await
}

pub(crate) async fn a_person_does_not_decide_what_is_settled(kit: JournalKit<'_>) -> Verdict {
    use IntentState::{Absent, Made, NotApplied, NotMade};
    for state in [Made, NotApplied, Absent, NotMade] {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        kit.pass(sent.intent.unsettled_until.since(kit.now().await?));
        refuse(kit, "a decision about a settled refund", &sent, &not_made()).await?;
        kit.ensure_state(&sent, state, "a decision was refused").await?;
    }
    Ok(())
}

pub(crate) async fn a_person_says_that_it_is_made(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_and_settle(&new_refund(), &unknown()).await?;
    ok("made", decide(kit, &sent, &made_by_word("re_1")).await)?;
    kit.ensure_made(&sent.about, &refund_id("re_1"), "a person decided").await?;
    kit.ensure_state(&sent, IntentState::Made, "a person decided").await?;
    let evidence = kit.known(&sent.about).await?.made.map(|made| made.evidence);
    ensure!(evidence == Some(Evidence::Person), "the evidence is {evidence:?}");
    kit.refuse_now(&sent.about, "a person recorded it as made", |_| {}).await
}

pub(crate) async fn a_person_shows_what_was_given_up(kit: JournalKit<'_>) -> Verdict {
    use IntentState::{Absent, NotApplied, NotMade};
    for state in [NotApplied, Absent, NotMade] {
        let sent = kit.send(&new_refund()).await?;
        kit.bring_to(&sent, state).await?;
        let when = format!("a person found it after it was {}", state.as_str());
        ok(&when, decide(kit, &sent, &made_by_word("re_1")).await)?;
        kit.ensure_made(&sent.about, &refund_id("re_1"), &when).await?;
        kit.refuse_now(&sent.about, &when, |_| {}).await?;
    }
    let sent = kit.send(&new_refund()).await?;
    kit.bring_to(&sent, IntentState::Made).await?;
    refuse(kit, "a decision for another refund than the made one", &sent, &made_by_word("re_1")).await?;
    kit.ensure_made(&sent.about, &refund_id("re_made"), "a person named another one").await
}

pub(crate) async fn evidence_overrides_a_wrong_decision(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send(&new_refund()).await?;
    kit.bring_to(&sent, IntentState::NotMade).await?;
    kit.settle(&sent, &Outcome::Made(made("re_1"))).await?;
    kit.ensure_made(&sent.about, &refund_id("re_1"), "the response came late").await?;
    let decision = kit.known(&sent.about).await?.decision;
    ensure!(decision.is_some(), "the wrong decision is no longer on record");
    Ok(())
}

pub(crate) async fn a_dismissed_refund_is_never_taken_for_it(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_as(&new_refund(), |new| new.hidden = true).await?;
    let suspects = vec![refund_id("re_1")];
    kit.settle(&sent, &Outcome::Unknown { why: why(), suspects, late: false }).await?;
    let dismissed = Decision::new("kari", "belongs to another order", Word::NotThisOne(refund_id("re_1")));
    ok("dismissing", decide(kit, &sent, &dismissed).await)?;
    let entry = kit.known(&sent.about).await?;
    ensure!(entry.suspects.is_empty(), "it is still a candidate: {:?}", entry.suspects);
    ensure!(
        entry.known_before == [refund_id("re_1")],
        "the dismissed refund is not remembered: {:?}",
        entry.known_before
    );
    kit.ensure_state(&sent, IntentState::Unknown, "one candidate was dismissed").await?;
    let version = kit.open(&sent.about).await?.version;
    for (id, is_it) in [("re_1", false), ("re_2", true)] {
        kit.observe(&sent.about, by_id(id), Some(version)).await?;
        let is_made = kit.known(&sent.about).await?.made.is_some();
        ensure!(is_made == is_it, "{id} is {}taken for it", if is_made { "" } else { "not " });
    }
    // A refund that shows the reference overrides any decision.
    let other = kit.send(&new_refund()).await?;
    let dismissed = Decision::new("kari", "belongs to another order", Word::NotThisOne(refund_id("re_3")));
    ok("dismissing", decide(kit, &other, &dismissed).await)?;
    kit.observe(&other.about, listed("re_3"), None).await?;
    kit.ensure_made(&other.about, &refund_id("re_3"), "a list showed it with the reference").await
}
