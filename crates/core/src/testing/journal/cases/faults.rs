//! Commits that fail, and acknowledgements that are lost.

use super::super::kit::{JournalKit, Sent, made, new_intent, new_refund, not_applied, refund_id, unknown};
use crate::{
    journal::{IntentState, Outcome},
    testing::{
        CommitFault,
        kit::{ensure, failed, ok},
        report::Verdict,
    },
};

pub(crate) async fn an_intend_that_failed_left_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    let before = kit.open(&about).await?;
    kit.fail_next_commit(CommitFault::Before).await?;
    ensure!(kit.journal.intend(&new).await.is_err(), "the commit failed, and it is acknowledged");
    ensure!(kit.open(&about).await? == before, "the commit failed, and something of it is there");
    // Nothing was sent; saying so settles nothing.
    ok("settling", kit.journal.settle(&new.key(), &not_applied()).await)?;
    kit.send(&about).await.map(drop)
}

pub(crate) async fn a_lost_acknowledgement_is_settled_by_its_token(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = new_intent(&about, &kit.open(&about).await?);
    kit.fail_next_commit(CommitFault::After).await?;
    ensure!(kit.journal.intend(&new).await.is_err(), "the acknowledgement is lost, and it is acknowledged");
    let entry = kit.known(&about).await?;
    let [intent] = entry.intents.as_slice() else {
        return Err(failed(format!("one intent was stored, and there are {:?}", entry.intents)));
    };
    let sent = Sent { about: about.clone(), intent: intent.clone(), key: new.key() };
    kit.ensure_state(&sent, IntentState::Open, "the acknowledgement was lost").await?;
    kit.refuse_now(&about, "it may be sent by whoever did not get the acknowledgement", |_| {}).await?;
    kit.settle(&sent, &not_applied()).await?;
    // It stays so: with other writes, and for other processes.
    let next = kit.send(&new_refund()).await?;
    kit.settle(&next, &unknown()).await?;
    let other = kit.other_process().await;
    for journal in [kit.journal, &other] {
        let kit = kit.on(journal);
        kit.ensure_state(&sent, IntentState::NotApplied, "settled by its token").await?;
        let count = kit.known(&about).await?.intents.len();
        ensure!(count == 1, "one intent was stored, and there are {count}");
    }
    kit.send(&about).await.map(drop)
}

pub(crate) async fn an_outcome_that_failed_to_commit_is_not_half_there(kit: JournalKit<'_>) -> Verdict {
    for (fault, is_made) in [(CommitFault::Before, false), (CommitFault::After, true)] {
        let sent = kit.send(&new_refund()).await?;
        kit.fail_next_commit(fault).await?;
        let settled = kit.journal.settle(&sent.key, &Outcome::Made(made("re_1"))).await;
        ensure!(settled.is_err(), "the commit failed, and it is acknowledged");
        let entry = kit.known(&sent.about).await?;
        ensure!(entry.made.is_some() == is_made, "{fault:?}: {entry:?}");
        kit.settle(&sent, &Outcome::Made(made("re_1"))).await?;
        kit.ensure_made(&sent.about, &refund_id("re_1"), "settled again").await?;
        let doubled = kit.known(&sent.about).await?.made.and_then(|made| made.doubled);
        ensure!(doubled.is_none(), "settled again, and it counts as two");
    }
    Ok(())
}
