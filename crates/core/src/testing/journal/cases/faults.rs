//! Failed commits and lost acknowledgements.

use std::time::Duration;

use super::super::kit::{
    JournalKit, Sent, listed, made, new_intent, new_refund, not_applied, not_made, refund_id, unknown,
};
use crate::{
    journal::{IntentState, Outcome, Purge, Seen},
    testing::{
        CommitFault,
        verdict::{Verdict, ensure, failed, ok},
    },
};

pub(crate) async fn an_intend_that_failed_left_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    let before = kit.open(&about).await?;
    kit.fail_next_commit(CommitFault::Before).await?;
    ensure!(kit.journal.intend(&new).await.is_err(), "the commit failed, but it is acknowledged");
    ensure!(kit.open(&about).await? == before, "the commit failed, but part of it is stored");
    // Nothing was sent, so the outcome settles nothing.
    ok("settling", kit.journal.settle(&new.key(), &not_applied()).await)?;
    kit.send(&about).await.map(drop)
}

pub(crate) async fn a_lost_acknowledgement_is_settled_by_its_token(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    kit.fail_next_commit(CommitFault::After).await?;
    ensure!(
        kit.journal.intend(&new).await.is_err(),
        "the acknowledgement was lost, but the call returned it"
    );
    let entry = kit.known(&about).await?;
    let [intent] = entry.intents.as_slice() else {
        return Err(failed(format!("one intent was stored, but there are {:?}", entry.intents)));
    };
    let sent = Sent { about: about.clone(), intent: intent.clone(), key: new.key() };
    kit.ensure_state(&sent, IntentState::Open, "the acknowledgement was lost").await?;
    kit.refuse_now(&about, "the caller without the acknowledgement may send it", |_| {}).await?;
    kit.settle(&sent, &not_applied()).await?;
    // It stays settled after other writes, and for other processes.
    kit.send_and_settle(&new_refund(), &unknown()).await?;
    let other = kit.other_process().await;
    for journal in [kit.journal, &other] {
        let kit = kit.on(journal);
        kit.ensure_state(&sent, IntentState::NotApplied, "settled by its token").await?;
        let count = kit.known(&about).await?.intents.len();
        ensure!(count == 1, "one intent was stored, but there are {count}");
    }
    kit.send(&about).await.map(drop)
}

pub(crate) async fn an_outcome_that_failed_to_commit_is_not_half_stored(kit: JournalKit<'_>) -> Verdict {
    for (fault, is_made) in [(CommitFault::Before, false), (CommitFault::After, true)] {
        let sent = kit.send(&new_refund()).await?;
        kit.fail_next_commit(fault).await?;
        let settled = kit.journal.settle(&sent.key, &Outcome::Made(made("re_1"))).await;
        ensure!(settled.is_err(), "the commit failed, but it is acknowledged");
        let entry = kit.known(&sent.about).await?;
        ensure!(entry.made.is_some() == is_made, "{fault:?}: {entry:?}");
        kit.settle(&sent, &Outcome::Made(made("re_1"))).await?;
        kit.ensure_made(&sent.about, &refund_id("re_1"), "settled again").await?;
        let doubled = kit.known(&sent.about).await?.made.and_then(|made| made.doubled);
        ensure!(doubled.is_none(), "settled again, but it counts as a second refund");
    }
    Ok(())
}

pub(crate) async fn every_other_write_can_be_repeated(kit: JournalKit<'_>) -> Verdict {
    for fault in [CommitFault::Before, CommitFault::After] {
        let sent = kit.send(&new_refund()).await?;
        let seen = [Seen::new(&sent.about.payment, sent.about.reference.clone(), listed("re_1"))];
        kit.fail_next_commit(fault).await?;
        let observed = kit.journal.observe(&sent.about.money, &seen, None).await;
        ensure!(observed.is_err(), "{fault:?}: the observation is acknowledged");
        ok("observing again", kit.journal.observe(&sent.about.money, &seen, None).await)?;
        kit.ensure_made(&sent.about, &refund_id("re_1"), "observed again").await?;

        let sent = kit.send(&new_refund()).await?;
        kit.pass_until(sent.intent.unsettled_until).await?;
        let decision = not_made();
        let decide = || kit.journal.decide(&sent.about.money, sent.intent.number, &decision);
        kit.fail_next_commit(fault).await?;
        ensure!(decide().await.is_err(), "{fault:?}: a decision is acknowledged");
        // If it was stored, the repeated decision is refused and returns the stored one.
        let again = decide().await;
        let is_right = again.is_ok() == (fault == CommitFault::Before);
        ensure!(is_right, "{fault:?}: decided again: {again:?}");
        kit.ensure_state(&sent, IntentState::NotMade, "decided again").await?;

        kit.pass_until(sent.intent.resubmit_from).await?;
        let what = Purge::older_than(Duration::ZERO);
        kit.fail_next_commit(fault).await?;
        ensure!(kit.journal.purge(&what).await.is_err(), "{fault:?}: a purge is acknowledged");
        ok("purging again", kit.journal.purge(&what).await)?;
        ensure!(kit.entry(&sent.about).await?.is_none(), "{fault:?}: purged again, but still stored");
    }
    Ok(())
}
