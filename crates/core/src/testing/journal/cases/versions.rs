//! A look holds only for its version, and every write moves the version.

use super::super::kit::{
    JournalKit, SECOND, beside, listed, made, new_intent, new_refund, not_applied, not_made, unknown,
};
use crate::{
    journal::{About, NewIntent, Observed, Outcome, Purge, Seen, Version},
    testing::verdict::{Verdict, ensure, ok, skipped},
};

/// A prepared intent that only its version can refuse.
async fn prepared(kit: JournalKit<'_>, about: &About) -> Verdict<NewIntent> {
    Ok(new_intent(about, &kit.open(about).await?))
}

/// Fails unless the write since `new` was prepared moved the version, and a second look succeeds.
async fn ensure_moved(kit: JournalKit<'_>, new: &NewIntent, write: &str) -> Verdict {
    let standing = kit.refuse(new, &format!("{write} came between the look and the intent")).await?;
    let now = kit.open(&new.about).await?;
    ensure!(standing.version != new.version, "the intent was refused as moved, but the version is the same");
    ensure!(standing == now, "the refusal shows {standing:?}, but the journal {now:?}");
    kit.commit(&new_intent(&new.about, &now)).await.map(drop)
}

pub(crate) async fn an_intent_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let late = prepared(kit, &about).await?;
    // Another call begins and ends meanwhile, so that nothing blocks.
    let quick = kit.send(&beside(&about)).await?;
    kit.refuse(&late, "another refund of the payment was sent").await?;
    kit.settle(&quick, &not_applied()).await?;
    ensure_moved(kit, &late, "another refund").await
}

pub(crate) async fn an_intent_of_the_same_refund_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let late = prepared(kit, &about).await?;
    kit.send_and_settle(&about, &not_applied()).await?;
    ensure_moved(kit, &late, "another call").await
}

pub(crate) async fn an_outcome_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    for outcome in [Outcome::Made(made("re_1")), not_applied(), unknown()] {
        let about = new_refund();
        let other = kit.send(&beside(&about)).await?;
        kit.pass_until(other.intent.resubmit_from).await?;
        let late = prepared(kit, &about).await?;
        kit.settle(&other, &outcome).await?;
        ensure_moved(kit, &late, "an outcome").await?;
    }
    Ok(())
}

pub(crate) async fn an_observation_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let other = kit.send(&beside(&about)).await?;
    kit.pass_until(other.intent.resubmit_from).await?;
    let late = prepared(kit, &about).await?;
    let observed = kit.observe(&other.about, listed("re_1"), None).await?;
    let version = kit.open(&about).await?.version;
    ensure!(
        observed == Observed::Settled(version),
        "observing returned {observed:?}, but the version is {version:?}"
    );
    ensure_moved(kit, &late, "an observation").await?;

    // Also of a refund that the journal did not know.
    let about = new_refund();
    let late = prepared(kit, &about).await?;
    kit.adopt(&beside(&about), listed("re_1"), false).await?;
    ensure_moved(kit, &late, "an observation of a refund that was not journalled").await
}

pub(crate) async fn an_observation_of_nothing_new_moves_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let other = kit.send(&beside(&about)).await?;
    let known = |reference: &crate::Reference| Seen::new(&about.payment, reference.clone(), listed("re_1"));
    let seen = [known(&other.about.reference)];
    ok("observing", kit.journal.observe(&about.money, &seen, None).await)?;
    let new = prepared(kit, &about).await?;
    // Known refunds, unknown refunds and nothing at all, as many callers observe them.
    for since in [None, Some(new.version)] {
        for seen in [seen.to_vec(), vec![known(&crate::Reference::random())], Vec::new()] {
            let observed = ok("observing", kit.journal.observe(&about.money, &seen, since).await)?;
            ensure!(observed == Observed::Nothing, "nothing is new, but observing returned {observed:?}");
        }
    }
    kit.commit(&new).await.map(drop)
}

pub(crate) async fn reading_moves_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let new = prepared(kit, &about).await?;
    kit.open(&about).await?;
    kit.open(&beside(&about)).await?;
    kit.entry(&about).await?;
    kit.now().await?;
    let waiter = kit.journal.wait(&about.money, new.version, SECOND);
    let (waited, _) = kit.run_until("a waiter", SECOND, waiter).await?;
    ok("waiting", waited)?;
    // A write about another money key does not move this one.
    kit.send(&new_refund()).await?;
    kit.commit(&new).await.map(drop)
}

pub(crate) async fn a_decision_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let other = kit.send(&beside(&about)).await?;
    kit.pass_until(other.intent.resubmit_from).await?;
    let late = prepared(kit, &about).await?;
    let decision = not_made();
    ok("deciding", kit.journal.decide(&about.money, other.intent.number, &decision).await)?;
    ensure_moved(kit, &late, "a person's decision").await
}

pub(crate) async fn an_abandoned_intent_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let other = kit.send(&beside(&about)).await?;
    kit.pass_until(other.intent.resubmit_from).await?;
    let late = prepared(kit, &about).await?;
    kit.journal.abandon(&other.key);
    kit.eventually("an abandoned intent is settled", || async {
        Ok(kit.open(&about).await?.others.is_empty())
    })
    .await?;
    ensure_moved(kit, &late, "an abandoned intent").await
}

pub(crate) async fn a_purge_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    for outcome in [Outcome::Made(made("re_1")), not_applied()] {
        let about = new_refund();
        let other = kit.send_and_settle(&beside(&about), &outcome).await?;
        kit.pass_until(other.intent.resubmit_from).await?;
        let late = prepared(kit, &about).await?;
        let purged = kit.journal.purge(&Purge::older_than(std::time::Duration::ZERO).and_forget_made()).await;
        let purged = ok("purging", purged)?;
        ensure!(purged > 0, "an old settled refund was not purged");
        ensure_moved(kit, &late, "a purge of all that was known of the payment").await?;
    }
    Ok(())
}

pub(crate) async fn an_eviction_moves_the_version(kit: JournalKit<'_>) -> Verdict {
    let journal = kit.harness.open_with_capacity(kit.clock.shared(), 2).await;
    let journal = journal.ok_or_else(|| skipped("the journal has no capacity"))?;
    let kit = kit.on(&journal);
    let made_one = kit.send_and_settle(&new_refund(), &Outcome::Made(made("re_1"))).await?;
    kit.pass_until(made_one.intent.unsettled_until).await?;
    // Too young to be evicted.
    let about = beside(&made_one.about);
    kit.send_and_settle(&about, &not_applied()).await?;
    kit.pass_until(made_one.intent.resubmit_from).await?;
    let late = prepared(kit, &about).await?;
    kit.send_making_room(&new_refund()).await?;
    ensure!(kit.entry(&made_one.about).await?.is_none(), "the oldest settled refund was not evicted");
    kit.refuse(&late, "what the look relied on is forgotten").await.map(drop)
}

pub(crate) async fn a_version_that_never_was_commits_nothing(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    kit.send_and_settle(&about, &not_applied()).await?;
    let version = kit.open(&about).await?.version;
    for version in [Version(version.0 + 1), Version(version.0 - 1), Version(0)] {
        let mut new = prepared(kit, &about).await?;
        new.version = version;
        kit.refuse(&new, "that is not the money's version").await?;
    }
    Ok(())
}
