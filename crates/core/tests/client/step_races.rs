//! A step that is left of a refund, while other calls are at work.

use std::time::Duration;

use refunds_core::{Error, ErrorKind, MemoryJournal, PageRequest, PaymentId, RefundClient, RefundStatus};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    scripted::{Scripted, Step, nok, request},
    steps::of_steps,
};

/// The send window and the attempt limit, and not much more.
const ATTEMPT: std::ops::Range<u64> = 35..45;

/// A call that moved the money and is at the step, and another one that creates the same refund after `first`.
async fn while_the_step_is_taken(provider: &Scripted, first: impl AsyncFnOnce(&RefundClient, &PaymentId)) {
    let payment = provider.memory.captured(nok(100));
    let journal = MemoryJournal::new();
    let [maker, other] = [(); 2].map(|()| provider.client().with_journal(journal.clone()));
    provider.write(Step::LoseAndHang);
    let request = request(&payment, 100, "a");
    let begun = Instant::now();
    let creates_too = async {
        sleep(Duration::from_millis(10)).await;
        first(&other, &payment).await;
        (other.create(&request).await.unwrap(), begun.elapsed())
    };
    let (_, (refund, after)) =
        tokio::join!(timeout(Duration::from_secs(20), maker.create(&request)), creates_too);
    assert!(!refund.has_step_left());
    assert!(ATTEMPT.contains(&after.as_secs()), "{after:?}");
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (2, 100));
}

#[tokio::test(start_paused = true)]
async fn it_is_left_to_the_call_that_is_at_it() {
    while_the_step_is_taken(&of_steps(2), async |_, _| {}).await;
}

#[tokio::test(start_paused = true)]
async fn it_is_left_to_the_call_that_is_at_it_after_a_read() {
    let provider = of_steps(2);
    while_the_step_is_taken(&provider, async |other, payment| {
        other.list_page(payment, &PageRequest::first()).await.unwrap();
    })
    .await;
}

/// A refund that is pending has no step left yet.
#[tokio::test(start_paused = true)]
async fn it_is_left_to_the_call_that_is_at_it_though_it_was_seen_pending() {
    let provider = of_steps(0);
    while_the_step_is_taken(&provider, async |other, payment| {
        provider.script(|script| script.list_status = Some(RefundStatus::Pending));
        other.list_page(payment, &PageRequest::first()).await.unwrap();
        provider.script(|script| (script.list_status, script.steps) = (None, 2));
    })
    .await;
}

/// A call that opened the journal first looks last: what it sees is journalled by then.
#[tokio::test(start_paused = true)]
async fn it_is_left_to_the_call_that_is_at_it_by_a_call_that_was_slow_to_look() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    let journal = MemoryJournal::new();
    let [slow, maker, reader] = [(); 3].map(|()| provider.client().with_journal(journal.clone()));
    provider.read(Step::Wait(Duration::from_millis(50))).write(Step::LoseAndHang);
    let request = request(&payment, 100, "a");
    let makes_it = async {
        sleep(Duration::from_millis(10)).await;
        let _ = timeout(Duration::from_secs(20), maker.create(&request)).await;
    };
    let reads_it = async {
        sleep(Duration::from_millis(20)).await;
        reader.list_page(&payment, &PageRequest::first()).await.unwrap();
    };
    let (refund, (), ()) = tokio::join!(slow.create(&request), makes_it, reads_it);
    assert!(!refund.unwrap().has_step_left());
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (2, 100));
}

/// A call of another journal makes it, right after ours was not processed.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_not_processed_keeps_nobody_from_it() {
    let provider = of_steps(3);
    let payment = provider.memory.captured(nok(100));
    let [ours, theirs] = [(); 2].map(|()| provider.client());
    provider.write(Step::Fail(Error::new(ErrorKind::RateLimited, "too soon")));
    let request = request(&payment, 100, "a");
    let begun = Instant::now();
    let makes_it = async {
        while provider.asked("submit") < 1 {
            tokio::task::yield_now().await;
        }
        theirs.create(&request).await.unwrap();
    };
    let (refund, ()) = tokio::join!(ours.create(&request), makes_it);
    assert!(!refund.unwrap().has_step_left());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (3, 100));
}

#[tokio::test(start_paused = true)]
async fn a_list_and_a_read_that_disagree_keep_nobody_from_it() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "a");
    provider.client().create(&request).await.unwrap();
    provider.script(|script| script.list_status = Some(RefundStatus::Pending));
    let begun = Instant::now();
    assert!(!provider.client().create(&request).await.unwrap().has_step_left());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_no_other_reference() {
    let provider = of_steps(3);
    let payment = provider.memory.captured(nok(10_000));
    let client = provider.client();
    client.create(&request(&payment, 100, "a")).await.unwrap();
    sleep(Duration::from_secs(ATTEMPT.end)).await;
    provider.write(Step::Hang);
    let _ = timeout(Duration::from_secs(1), client.create(&request(&payment, 200, "b"))).await;
    let begun = Instant::now();
    assert!(!client.create(&request(&payment, 100, "a")).await.unwrap().has_step_left());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// The refund is journalled under the transaction, and found again under the order that it paid.
#[tokio::test(start_paused = true)]
async fn it_is_reported_where_the_refund_is_journalled_under_another_payment() {
    let provider = of_steps(0);
    let [transaction, order] = [(); 2].map(|()| provider.memory.captured(nok(100)));
    provider.script(|script| script.money = Some(transaction.clone()));
    let client = provider.client();
    let mut made = client.create(&request(&transaction, 100, "a")).await.unwrap().with_step_left();
    made.payment_id = order.clone();
    provider.script(|script| script.others.push(made));
    let begun = Instant::now();
    let refund = client.create(&request(&order, 100, "a")).await.unwrap();
    assert!(refund.has_step_left());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(provider.asked("submit"), 1);
}
