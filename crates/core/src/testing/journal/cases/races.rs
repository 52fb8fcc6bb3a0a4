//! Concurrent calls, in one process and in two.

use std::sync::Arc;

use futures_util::future::{join, join_all};

use super::super::kit::{
    JournalKit, Sent, amount, beside, made, new_intent, new_payment, new_refund, not_applied, request,
    unknown,
};
use crate::{
    ErrorKind, Reference,
    journal::{About, Intended, IntentState, Journal, MoneyKey, NewIntent, Purge},
    testing::verdict::{Verdict, ensure, failed, ok},
};

/// How often each race is run.
const ROUNDS: usize = 10;

/// Lets the intents race, each on the next of `journals`; returns the one that was committed.
async fn race(journals: &[Arc<dyn Journal>], intents: &[NewIntent]) -> Verdict<Sent> {
    let calls = intents.iter().zip(journals.iter().cycle());
    let intended = join_all(calls.map(|(new, journal)| journal.intend(new))).await;
    let mut committed = Vec::new();
    for (new, intended) in intents.iter().zip(intended) {
        match ok("intending", intended)? {
            Intended::Committed(intent) => {
                committed.push(Sent { about: new.about.clone(), intent, key: new.key() });
            }
            Intended::Moved(_) => {}
            Intended::Full => return Err(failed("an empty journal is full")),
        }
    }
    let count = committed.len();
    ensure!(count == 1, "{count} of {} intents on one version were committed", intents.len());
    committed.pop().ok_or_else(|| failed("none"))
}

async fn one_of(kit: JournalKit<'_>, count: usize, same_reference: bool) -> Verdict {
    let journals = [Arc::clone(kit.journal), kit.other_process().await];
    for _ in 0..ROUNDS {
        let about = new_refund();
        let refunds: Vec<About> =
            (0..count).map(|_| if same_reference { about.clone() } else { beside(&about) }).collect();
        // All calls look before any of them continues.
        let mut intents = Vec::new();
        for (about, journal) in refunds.iter().zip(journals.iter().cycle()) {
            intents.push(new_intent(about, &kit.on(journal).open(about).await?));
        }
        let winner = race(&journals, &intents).await?;
        for journal in &journals {
            kit.on(journal).ensure_state(&winner, IntentState::Open, "the race is over").await?;
            let query = crate::journal::Query::unsettled().of_scope(about.money.scope.clone());
            let open = ok("entries", journal.entries(&query).await)?;
            ensure!(open.len() == 1, "one intent was committed, but {} are open", open.len());
        }
    }
    Ok(())
}

pub(crate) async fn one_of_two_calls_commits(kit: JournalKit<'_>) -> Verdict {
    one_of(kit, 2, true).await
}

pub(crate) async fn one_of_three_calls_commits(kit: JournalKit<'_>) -> Verdict {
    one_of(kit, 3, true).await
}

pub(crate) async fn one_of_two_references_commits(kit: JournalKit<'_>) -> Verdict {
    one_of(kit, 2, false).await
}

pub(crate) async fn one_of_three_references_commits(kit: JournalKit<'_>) -> Verdict {
    one_of(kit, 3, false).await
}

pub(crate) async fn a_payment_gets_one_money(kit: JournalKit<'_>) -> Verdict {
    let journals = [Arc::clone(kit.journal), kit.other_process().await];
    for _ in 0..ROUNDS {
        // Two processes with different configurations see different money keys for the payment.
        let one = new_refund();
        let other = MoneyKey::new(one.money.scope.clone(), new_payment());
        let other = About::new(other, &one.payment, Reference::random());
        let first = new_intent(&one, &kit.on(&journals[0]).open(&one).await?);
        let second = new_intent(&other, &kit.on(&journals[1]).open(&other).await?);
        let intended = join(journals[0].intend(&first), journals[1].intend(&second)).await;
        let intended = [intended.0, intended.1];
        let committed = intended.iter().filter(|it| matches!(it, Ok(Intended::Committed(_)))).count();
        let refused = intended.iter().filter_map(|it| it.as_ref().err());
        let refused = refused.filter(|error| error.kind() == ErrorKind::Config).count();
        ensure!((committed, refused) == (1, 1), "one payment has two money keys: {intended:?}");
    }
    Ok(())
}

pub(crate) async fn an_outcome_and_an_intent_do_not_cross(kit: JournalKit<'_>) -> Verdict {
    let journals = [Arc::clone(kit.journal), kit.other_process().await];
    for _ in 0..ROUNDS {
        let about = new_refund();
        let first = kit.send_and_settle(&about, &unknown()).await?;
        kit.pass_until(first.intent.resubmit_from).await?;
        let mut again = new_intent(&about, &kit.open(&about).await?);
        again.absent = vec![first.intent.number];
        // The refund appears while another process gives it up.
        let made = crate::journal::Outcome::Made(made("re_1"));
        let (intended, settled) =
            join(journals[1].intend(&again), journals[0].settle(&first.key, &made)).await;
        ok("settling", settled)?;
        let entry = kit.known(&about).await?;
        ensure!(entry.made.is_some(), "the outcome is lost");
        match ok("intending", intended)? {
            // First the intent, then the outcome: both are kept.
            Intended::Committed(intent) => {
                let kept = entry.intents.iter().any(|kept| kept.number == intent.number);
                ensure!(kept, "the intent is lost: {entry:?}");
            }
            Intended::Moved(standing) => {
                let made = standing.mine.and_then(|entry| entry.made);
                ensure!(made.is_some(), "refused without a visible reason");
            }
            Intended::Full => return Err(failed("the journal is not full")),
        }
    }
    Ok(())
}

pub(crate) async fn everything_at_once_loses_nothing(kit: JournalKit<'_>) -> Verdict {
    let journals = [Arc::clone(kit.journal), kit.other_process().await];
    let calls = (0..12).map(|place| {
        let journal = &journals[place % 2];
        let kit = kit.on(journal);
        async move {
            let about = new_refund();
            let sent = kit.send_and_settle(&about, &unknown()).await?;
            let purged = journal.purge(&Purge::older_than(std::time::Duration::ZERO)).await;
            ok("purging", purged)?;
            kit.ensure_state(&sent, IntentState::Unknown, "among others").await?;
            kit.settle(&sent, &not_applied()).await?;
            let entry = kit.known(&about).await?;
            ensure!(
                entry.request == Some(request(&about, amount())),
                "the entry has another request: {entry:?}"
            );
            Ok(sent.intent.number)
        }
    });
    let mut numbers = join_all(calls).await.into_iter().collect::<Verdict<Vec<_>>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    ensure!(numbers.len() == 12, "12 intents have {} distinct numbers", numbers.len());
    Ok(())
}
