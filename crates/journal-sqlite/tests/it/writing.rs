//! Commits that are shared, locked out, or no longer waited for.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use futures_util::future::join_all;
use refunds_core::{
    ErrorKind, Journal,
    journal::{Intended, IntentState, Outcome, Query, Why},
};
use rusqlite::Connection;

use crate::common::{File, about, committed, intend, intent, is_made, is_unknown, key};

fn locked(file: &File) -> Connection {
    let lock = file.sqlite();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock
}

fn unlock(lock: Connection) {
    lock.execute_batch("ROLLBACK").unwrap();
}

/// Polls a call once, so that it is queued.
async fn begin(mut call: Pin<&mut impl Future>) {
    assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await);
}

#[tokio::test]
async fn intents_that_wait_at_the_same_time_share_one_commit() {
    let file = File::new();
    let journal = file.open();
    let mut intents = Vec::new();
    for at in 0..32 {
        let about = about(&format!("p-{at}"), "r");
        intents.push(intent(&about, &journal.open(&about).await.unwrap()));
    }
    let lock = locked(&file);
    let unlocked = async { unlock(lock) };
    let (intended, ()) =
        tokio::join!(join_all(intents.iter().map(|intent| journal.intend(intent))), unlocked);
    let stats = journal.stats();
    assert_eq!((stats.commits, stats.operations), (1, 32));

    let mut numbers: Vec<_> =
        intended.into_iter().map(|intended| committed(intended.unwrap()).number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 32, "each has a version of its own");
    assert_eq!(file.crashed().open().entries(&Query::unsettled()).await.unwrap().len(), 32);
}

#[tokio::test]
async fn of_two_intents_from_one_version_in_a_group_only_one_is_committed() {
    let file = File::new();
    let journal = file.open();
    let (a, b) = (about("p-1", "a"), about("p-1", "b"));
    let (for_a, for_b) =
        (intent(&a, &journal.open(&a).await.unwrap()), intent(&b, &journal.open(&b).await.unwrap()));
    let lock = locked(&file);
    let (one, other, ()) =
        tokio::join!(journal.intend(&for_a), journal.intend(&for_b), async { unlock(lock) });
    committed(one.unwrap());
    assert!(matches!(other.unwrap(), Intended::Moved(_)));
}

#[tokio::test]
async fn a_refused_call_does_not_affect_its_group() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let first = intend(&journal, &a).await;
    journal.settle(&key(&a, &first), &Outcome::NotApplied(Why::never_sent())).await.unwrap();
    let mut other_amount = intent(&a, &journal.open(&a).await.unwrap());
    other_amount.amount = crate::common::nok(1);
    let b = about("p-2", "b");
    let for_b = intent(&b, &journal.open(&b).await.unwrap());
    let mut used_token = for_b.clone();
    used_token.about = about("p-3", "c");
    let lock = locked(&file);
    let (refused, twice, fine, ()) = tokio::join!(
        journal.intend(&other_amount),
        journal.intend(&for_b),
        journal.intend(&used_token),
        async { unlock(lock) }
    );
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    committed(twice.unwrap());
    assert!(!fine.unwrap_err().may_have_applied(), "a token names one intent");
    assert_eq!(journal.entries(&Query::all()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_intent_without_a_waiting_caller_is_never_committed() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    let intent = intent(&a, &standing);
    let lock = locked(&file);
    {
        let mut dropped = pin!(journal.intend(&intent));
        begin(dropped.as_mut()).await;
    }
    journal.abandon(&intent.key());
    unlock(lock);
    drop(journal);
    let journal = file.open();
    assert_eq!(journal.entries(&Query::all()).await.unwrap(), []);
    assert_eq!(journal.open(&a).await.unwrap().version, standing.version);
}

#[tokio::test]
async fn abandoning_takes_effect_after_an_intent_that_is_still_under_way() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let intent = intent(&a, &journal.open(&a).await.unwrap());
    let lock = locked(&file);
    {
        let mut pending = pin!(journal.intend(&intent));
        begin(pending.as_mut()).await;
        journal.abandon(&intent.key());
        unlock(lock);
        committed(pending.await.unwrap());
    }
    journal.flush().await.unwrap();
    let mine = file.crashed().open().open(&a).await.unwrap().mine.unwrap();
    assert_eq!(mine.intents[0].state, IntentState::NotApplied);
}

#[tokio::test]
async fn an_outcome_is_stored_although_its_caller_is_gone() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let first = intend(&journal, &a).await;
    let lock = locked(&file);
    {
        let (key, outcome) = (key(&a, &first), is_made("id-1"));
        let mut dropped = pin!(journal.settle(&key, &outcome));
        begin(dropped.as_mut()).await;
    }
    unlock(lock);
    // Dropping the journal writes what is queued.
    drop(journal);
    assert!(file.open().open(&a).await.unwrap().mine.unwrap().made.is_some());
}

#[tokio::test]
async fn a_journal_that_is_locked_for_long_is_unavailable_and_works_again_later() {
    let file = File::new();
    let journal = file.impatient().open(file.path()).unwrap();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    let lock = locked(&file);
    let error = journal.intend(&intent(&a, &standing)).await.unwrap_err();
    let got = (error.kind(), error.is_retryable(), error.may_have_applied());
    assert_eq!(got, (ErrorKind::Unavailable, true, false), "{error}");
    assert!(error.message().contains("locked"), "{error}");
    assert_eq!(journal.open(&a).await.unwrap(), standing, "it can be read all the time");
    unlock(lock);
    intend(&journal, &a).await;
}

#[tokio::test]
async fn what_was_abandoned_while_the_journal_was_locked_is_stored_with_the_next_write() {
    let file = File::new();
    let journal = file.impatient().open(file.path()).unwrap();
    let (a, b) = (about("p-1", "a"), about("p-2", "b"));
    let first = intend(&journal, &a).await;
    let second = intend(&journal, &b).await;
    let lock = locked(&file);
    journal.abandon(&key(&a, &first));
    journal.settle(&key(&b, &second), &is_unknown()).await.unwrap_err();
    unlock(lock);
    journal.settle(&key(&b, &second), &is_unknown()).await.unwrap();
    let mine = journal.open(&a).await.unwrap().mine.unwrap();
    assert_eq!(mine.intents[0].state, IntentState::NotApplied);
}

#[test]
fn it_works_without_a_runtime() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    futures_executor(async {
        let first = intend(&journal, &a).await;
        journal.settle(&key(&a, &first), &is_made("id-1")).await.unwrap();
    });
}

/// Polls without any runtime.
fn futures_executor<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}
