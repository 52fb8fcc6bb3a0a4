//! Refunds that take more than one step; only the first moves money.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Error, ErrorKind, Idempotency, Journal as _, MemoryJournal, RefundId, RefundProvider as _,
    UnresolvedRefund, journal::Query, testing::SkippingClock,
};

use crate::client::scripted::{Scripted, Step, nok, request};

/// A provider without a key, whose refunds take so many submissions.
pub(crate) fn of_steps(steps: usize) -> Scripted {
    let provider = Scripted::new();
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::None);
    provider.script(|script| script.steps = steps);
    provider
}

fn lost() -> Error {
    Error::new(ErrorKind::Unavailable, "it could not be written down").with_may_have_applied(true)
}

#[tokio::test(start_paused = true)]
async fn a_remaining_step_is_done_by_creating_again() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    // All of the payment, so that nothing is left to refund when the step is done.
    let request = request(&payment, 100, "rma-1");
    let first = provider.client().create(&request).await.unwrap();
    let second = provider.client().create(&request).await.unwrap();
    assert_eq!((&second.id, second.needs_completion()), (&first.id, false));
    assert_eq!(provider.script(|script| script.made.clone()), [None, Some(first.id)]);
    provider.client().create(&request).await.unwrap();
    assert_eq!(provider.calls("submit"), 2, "nothing is left to do");
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_again_leaves_the_refund_unchanged() {
    let provider = of_steps(usize::MAX);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "rma-1");
    let first = provider.client().create(&request).await.unwrap();
    for error in [lost(), Error::new(ErrorKind::PermissionDenied, "not allowed"), lost().not_applied()] {
        provider.write(Step::Fail(error));
        let again = provider.client().create(&request).await.unwrap();
        assert_eq!((&again.id, again.status, again.needs_completion()), (&first.id, first.status, true));
    }
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_lost_between_the_steps_goes_on() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    provider.write(Step::Lose(lost()));
    let refund = provider.client().create(&request(&payment, 100, "rma-1")).await.unwrap();
    assert!(!refund.needs_completion());
    assert_eq!(provider.script(|script| script.made.clone()), [None, Some(refund.id)]);
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn what_was_left_unknown_is_finished_when_it_is_resolved() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "rma-1");
    let journal = UnresolvedRefund::new(provider.scope(), request.clone());
    provider.client().create(&request).await.unwrap();
    let resolved = provider.client().resolve(&journal).await.unwrap();
    assert!(!resolved.needs_completion());
    assert_eq!(provider.calls("submit"), 2);
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn once_it_was_seen_nothing_makes_it_unknown() {
    let late =
        Error::new(ErrorKind::RateLimited, "much too soon").with_retry_after(Duration::from_secs(3600));
    let denied = || Error::new(ErrorKind::PermissionDenied, "no more reads");
    for (what, writes, reads) in [
        ("the step must wait for long", vec![Step::Lose(lost()), Step::Fail(late)], vec![]),
        (
            "looking before the step fails",
            vec![Step::Lose(lost())],
            vec![Step::Pass, Step::Pass, Step::Fail(denied())],
        ),
    ] {
        let provider = of_steps(usize::MAX);
        let payment = provider.memory.captured(nok(100));
        provider.script(|script| (script.writes, script.reads) = (writes.into(), reads.into()));
        let refund = provider.client().create(&request(&payment, 100, "rma-1")).await.expect(what);
        assert!(refund.needs_completion(), "{what}");
        assert_eq!(provider.memory.moved(&payment), 100, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn resolving_a_seen_refund_returns_it_whatever_fails_then() {
    let provider = of_steps(usize::MAX);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "rma-1");
    let journal = UnresolvedRefund::new(provider.scope(), request.clone());
    provider.client().create(&request).await.unwrap();
    provider.read(Step::Pass).read(Step::Fail(Error::new(ErrorKind::PermissionDenied, "no more reads")));
    let refund = provider.client().resolve(&journal).await.unwrap();
    assert!(refund.needs_completion());
}

#[tokio::test(start_paused = true)]
async fn look_only_submits_no_step_either() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "rma-1");
    provider.client().create(&request).await.unwrap();
    let handle = UnresolvedRefund::new(provider.scope(), request);
    let refund = provider.client().resolve_look_only(&handle).await.unwrap();
    assert_eq!(provider.calls("submit"), 1, "it says that it submits nothing");
    assert!(refund.needs_completion());
}

/// Two refunds under the reference hold money, and a step is left of the one that is known.
#[tokio::test(start_paused = true)]
async fn a_remaining_step_hides_no_second_refund() {
    let provider = of_steps(usize::MAX);
    let payment = provider.memory.captured(nok(1000));
    let client = provider.client();
    let mut second = client.create(&request(&payment, 100, "a")).await.unwrap();
    second.id = RefundId::new("second").unwrap();
    provider.script(|script| script.others.push(second));
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_process_died_is_settled_by_the_next_look() {
    let provider = of_steps(2);
    let payment = provider.memory.captured(nok(100));
    let clock = SkippingClock::new();
    let journal = MemoryJournal::with_clock(Arc::new(clock.clone()));
    let client = provider.client().with_clock(Arc::new(clock.clone())).with_journal(journal.clone());
    client.create(&request(&payment, 100, "a")).await.unwrap();
    // The step was done, and its response is lost.
    provider.write(Step::Hang);
    client.create(&request(&payment, 100, "a")).await.unwrap();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(3600));
        assert!(!client.create(&request(&payment, 100, "a")).await.unwrap().needs_completion());
    }
    let unsettled = journal.entries(&Query::unsettled()).await.unwrap();
    assert!(unsettled.is_empty(), "{unsettled:?}");
}
