//! Waiting for another call or another process.

use std::time::Duration;

use refunds_core::Journal;

use crate::common::{File, about, intend, is_made, key};

/// No test waits that long unless a wake-up is lost.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_waiter_wakes_up_when_the_refund_is_settled_by_another_call() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let first = intend(&journal, &a).await;
    let standing = journal.open(&a).await.unwrap();
    let (key, outcome) = (key(&a, &first), is_made("id-1"));
    let (waited, settled) = tokio::join!(
        tokio::time::timeout(LONG, journal.wait(&a.money, standing.version, LONG * 2)),
        journal.settle(&key, &outcome),
    );
    waited.expect("woken up").unwrap();
    settled.unwrap();
    assert_ne!(journal.open(&a).await.unwrap().version, standing.version);
}

#[tokio::test]
async fn a_waiter_wakes_up_when_the_refund_is_settled_by_another_process() {
    let file = File::new();
    let (ours, theirs) = (file.open(), file.open());
    let a = about("p-1", "a");
    let first = intend(&theirs, &a).await;
    let standing = ours.open(&a).await.unwrap();
    let (key, outcome) = (key(&a, &first), is_made("id-1"));
    let settle = async {
        // Not before the waiter is asleep, as far as that can be seen.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        theirs.settle(&key, &outcome).await
    };
    let (waited, settled) =
        tokio::join!(tokio::time::timeout(LONG, ours.wait(&a.money, standing.version, LONG * 2)), settle);
    waited.expect("woken up").unwrap();
    settled.unwrap();
}

#[tokio::test]
async fn a_wait_ends_at_once_if_the_version_has_moved_and_else_in_time() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    let (waited, ()) = tokio::join!(journal.wait(&a.money, standing.version, LONG), async {
        file.clock.advance(LONG);
    });
    waited.unwrap();
    intend(&journal, &a).await;
    let waited = tokio::time::timeout(LONG, journal.wait(&a.money, standing.version, LONG * 2));
    waited.await.expect("it has moved").unwrap();
}

#[tokio::test]
async fn a_write_about_another_money_ends_no_wait() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    intend(&journal, &a).await;
    let standing = journal.open(&a).await.unwrap();
    let wait = journal.wait(&a.money, standing.version, LONG * 2);
    tokio::pin!(wait);
    for payment in ["p-2", "p-3", "p-4"] {
        let other = about(payment, "b");
        tokio::select! {
            biased;
            waited = &mut wait => panic!("woken up: {waited:?}"),
            _ = intend(&journal, &other) => {}
        }
    }
}
