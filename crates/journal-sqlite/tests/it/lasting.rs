//! What outlives a process.

use std::time::Duration;

use refunds_core::{
    Clock as _, Journal, RefundId,
    journal::{
        Decision, Intended, IntentState, JournalTime, Observed, Outcome, Purge, Query, Seen, Verdict, Why,
    },
};

use crate::common::{
    ATTEMPT, File, RESUBMIT, SETTLE, WINDOW, about, committed, intend, intent, is_made, is_unknown, key, made,
};

#[tokio::test]
async fn every_acknowledged_write_is_there_after_a_crash() {
    let file = File::new();
    let journal = file.open();
    let one = about("p-1", "r-1");
    let first = intend(&journal, &one).await;
    let open = file.crashed().open().open(&one).await.unwrap();
    assert_eq!(open.mine.as_ref().unwrap().intents, std::slice::from_ref(&first));
    assert_eq!(open, journal.open(&one).await.unwrap(), "the crash changed nothing");

    let refused = Outcome::NotApplied(Why::never_sent());
    journal.settle(&key(&one, &first), &refused).await.unwrap();
    let refused = file.crashed().open().open(&one).await.unwrap().mine.unwrap();
    assert_eq!(refused.intents[0].state, IntentState::NotApplied);

    let second = intend(&journal, &one).await;
    journal.settle(&key(&one, &second), &is_unknown()).await.unwrap();
    let unknown = file.crashed().open().open(&one).await.unwrap().mine.unwrap();
    assert_eq!(unknown.intents[1].state, IntentState::Unknown);

    file.clock.advance(WINDOW + ATTEMPT + SETTLE);
    let id = RefundId::new("id-0").unwrap();
    let decision = Decision::new("ada", "another order's", Verdict::NotThisOne(id.clone()));
    journal.decide(&one.money, second.number, &decision).await.unwrap();
    let decided = file.crashed().open().open(&one).await.unwrap().mine.unwrap();
    assert_eq!(decided.known_before, [id]);
    assert_eq!(decided.decision.unwrap().by, "ada");

    let seen = Seen::new(&one.payment, one.reference.clone(), made("id-1"));
    let observed = journal.observe(&one.money, &[seen], None).await.unwrap();
    assert!(matches!(observed, Observed::Settled(_)), "{observed:?}");
    let found = file.crashed().open().open(&one).await.unwrap().mine.unwrap();
    assert_eq!(found.made.unwrap().id.as_str(), "id-1");

    file.clock.advance(RESUBMIT * 2);
    assert_eq!(journal.purge(&Purge::older_than(Duration::ZERO)).await.unwrap(), 1);
    let purged = file.crashed().open().open(&one).await.unwrap().mine.unwrap();
    assert_eq!((purged.request, purged.intents.len()), (None, 0));
    assert_eq!(purged.made.unwrap().id.as_str(), "id-1", "what guards against a second refund stays");
}

#[tokio::test]
async fn another_process_sees_each_write_at_once_and_neither_can_pass_the_other() {
    let file = File::new();
    let (one, other) = (file.open(), file.open());
    let a = about("p-1", "a");
    let (theirs, ours) = (other.open(&a).await.unwrap(), one.open(&a).await.unwrap());
    assert_eq!(theirs, ours);
    let first = committed(one.intend(&intent(&a, &ours)).await.unwrap());
    // The other one looked before that.
    match other.intend(&intent(&a, &theirs)).await.unwrap() {
        Intended::Moved(standing) => assert_eq!(standing.mine.unwrap().intents, std::slice::from_ref(&first)),
        moved => panic!("{moved:?}"),
    }
    other.settle(&key(&a, &first), &is_made("id-1")).await.unwrap();
    assert!(one.open(&a).await.unwrap().mine.unwrap().made.is_some());
}

#[tokio::test]
async fn a_frozen_process_blocks_no_reader_and_its_intents_stay() {
    let file = File::new();
    let frozen = file.open();
    let a = about("p-1", "a");
    let first = intend(&frozen, &a).await;
    std::mem::forget(frozen);
    let standing = file.open().open(&a).await.unwrap();
    assert_eq!(standing.mine.unwrap().intents, [first]);
}

#[tokio::test]
async fn versions_go_on_after_a_purge_and_a_restart() {
    let file = File::new();
    let (a, b) = (about("p-1", "a"), about("p-2", "b"));
    let journal = file.open();
    let stale = journal.open(&a).await.unwrap();
    let first = intend(&journal, &a).await;
    journal.settle(&key(&a, &first), &is_made("id-1")).await.unwrap();
    file.clock.advance(RESUBMIT * 2);
    let before = journal.open(&a).await.unwrap();
    assert_eq!(journal.purge(&Purge::older_than(Duration::ZERO).and_forget_made()).await.unwrap(), 1);
    assert_eq!(journal.entries(&Query::all()).await.unwrap(), []);
    drop(journal);

    let journal = file.open();
    for old in [&stale, &before] {
        let moved = journal.intend(&intent(&a, old)).await.unwrap();
        assert!(matches!(moved, Intended::Moved(_)), "a look from before the purge: {moved:?}");
    }
    let next = intend(&journal, &b).await;
    assert!(next.number.0 > before.version.0, "{next:?} after {before:?}");
}

#[tokio::test]
async fn purging_goes_through_all_of_a_large_journal() {
    let file = File::new();
    let journal = file.open();
    for at in 0..300 {
        let about = about(&format!("p-{at}"), "r");
        let first = intend(&journal, &about).await;
        if at % 3 > 0 {
            journal.settle(&key(&about, &first), &is_made("id-1")).await.unwrap();
        }
    }
    file.clock.advance(RESUBMIT * 3);
    assert_eq!(journal.purge(&Purge::older_than(RESUBMIT)).await.unwrap(), 200);
    assert_eq!(journal.purge(&Purge::older_than(RESUBMIT)).await.unwrap(), 0);
    assert_eq!(journal.purge(&Purge::older_than(RESUBMIT).and_forget_made()).await.unwrap(), 200);
    assert_eq!(journal.entries(&Query::all()).await.unwrap().len(), 100, "unsettled ones stay");
}

#[tokio::test]
async fn time_never_goes_back_not_even_with_the_wall_clock() {
    let file = File::new();
    let a = about("p-1", "a");
    let journal = file.open();
    let first = intend(&journal, &a).await;
    assert_eq!(first.committed_at, JournalTime::from_datetime(file.clock.now()));
    drop(journal);
    file.clock.set_back(Duration::from_secs(86_400));
    let journal = file.open();
    assert_eq!(journal.now().await.unwrap(), first.committed_at);
    assert_eq!(journal.open(&a).await.unwrap().now, first.committed_at);
    let second = intend(&journal, &about("p-2", "b")).await;
    assert_eq!(second.committed_at, first.committed_at);
}

#[tokio::test]
async fn a_wait_that_is_long_because_a_clock_was_wrong_is_explained() {
    let file = File::new();
    let a = about("p-1", "a");
    let first = intend(&file.open(), &a).await;
    file.clock.set_back(Duration::from_secs(3600));
    let decision = Decision::new("ada", "looked twice", Verdict::NotMade);
    let error = file.open().decide(&a.money, first.number, &decision).await.unwrap_err();
    assert!(error.message().contains("1h ahead of this machine's clock"), "{error}");
}

#[tokio::test]
async fn reading_and_waiting_write_nothing() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    journal.wait(&a.money, standing.version, Duration::ZERO).await.unwrap();
    journal.now().await.unwrap();
    journal.entries(&Query::all()).await.unwrap();
    let unknown = intent(&a, &standing).key();
    journal.settle(&unknown, &is_unknown()).await.unwrap();
    assert_eq!(journal.observe(&a.money, &[], None).await.unwrap(), Observed::Nothing);
    assert_eq!(journal.stats().commits, 0);
    assert_eq!(journal.open(&a).await.unwrap().version, standing.version);
}
