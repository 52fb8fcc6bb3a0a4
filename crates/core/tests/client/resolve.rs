//! Finishing later: what is left to wait for, what may be it, and what a key is still good for.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Certainty, Error, ErrorKind, Idempotency, IdempotencyKey, RefundProvider, Replay, UnresolvedRefund,
    testing::SkippingClock,
};

use crate::scripted::{Scripted, Step, nok, request};

const DAY: Duration = Duration::from_secs(86_400);

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no answer")
}

fn honour_keys(provider: &Scripted) {
    let key = IdempotencyKey::new(255, DAY, Replay::FirstAnswer, Certainty::Guaranteed);
    let mut capabilities = provider.capabilities();
    capabilities.idempotency = Idempotency::Key(key);
    provider.script(|script| script.capabilities = Some(capabilities));
}

#[tokio::test(start_paused = true)]
async fn the_settle_time_begins_with_the_last_submission() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(lost())).write(Step::Fail(lost()));
    let first = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    clock.advance(Duration::from_secs(3600));
    let second = client.resolve(first.unresolved().unwrap()).await.unwrap_err();
    let (first, second) = (first.unresolved().unwrap(), second.unresolved().unwrap());
    assert_eq!(second.submitted_at, first.submitted_at);
    assert!(
        second.last_submitted_at.unwrap() - first.last_submitted_at.unwrap() >= Duration::from_secs(3600)
    );

    let before = clock.skipped();
    let mut again = second.clone();
    again.last_submitted_at = Some(refunds_core::Clock::now(&clock));
    client.resolve(&again).await.unwrap();
    assert!(clock.skipped() >= before + Duration::from_secs(29), "it settles before it submits again");
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_dead_process_leaves_enough_behind() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let client = provider.client();
    let journal =
        serde_json::to_string(&UnresolvedRefund::new(client.provider().scope(), request(&payment, 100, "a")))
            .unwrap();
    provider.write(Step::LoseAndHang);
    let dies = tokio::time::timeout(Duration::from_secs(1), async {
        client.create(&request(&payment, 100, "a")).await.unwrap();
    });
    assert!(dies.await.is_err());
    let found: UnresolvedRefund = serde_json::from_str(&journal).unwrap();
    provider.client().resolve(&found).await.unwrap();
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_forgotten_protects_nothing() {
    for (age, kind) in [(Duration::ZERO, None), (2 * DAY, Some(ErrorKind::OutcomeUnknown))] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.script(|script| script.hide_references = true);
        honour_keys(&provider);
        provider.client().create(&request(&payment, 100, "a")).await.unwrap();
        let clock = SkippingClock::new();
        clock.advance(age);
        let told = provider.client().with_clock(Arc::new(clock)).create(&request(&payment, 100, "a")).await;
        assert_eq!(told.err().map(|error| error.kind()), kind, "after {age:?}");
        // The memory does not know keys; a real provider would have answered with the first refund.
        assert_eq!(provider.asked("submit"), if kind.is_some() { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_no_reason_to_skip_the_guard() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for reference in ["a", "b"] {
        provider.client().create(&request(&payment, 100, reference)).await.unwrap();
    }
    honour_keys(&provider);
    provider.script(|script| script.ignore_cursors = true);
    let error = provider.client().create(&request(&payment, 5000, "c")).await.unwrap_err();
    assert_eq!((error.kind(), provider.asked("submit")), (ErrorKind::OutcomeUnknown, 2));
}

#[tokio::test(start_paused = true)]
async fn an_unnamed_refund_that_came_after_ours_may_be_ours() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    // The provider keeps no reference, and says so.
    provider.write(Step::Alter(|refund| refund.reference = None));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
    assert_eq!(error.unresolved().unwrap().suspects.len(), 1, "a person can look it up");

    provider.script(|script| script.drop_references = true);
    let error = provider.client().resolve(error.unresolved().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (1, 100));
    // What was there before the first attempt is somebody else's.
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "b")).await.unwrap_err();
    assert_eq!(error.unresolved().unwrap().known_before.len(), 1);
    assert!(error.unresolved().unwrap().suspects.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rival_that_is_seen_between_two_attempts_stops_the_second() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Fail(Error::new(ErrorKind::RateLimited, "slow down"))).write(Step::Pass);
    let (one, other) = (provider.client(), provider.client());
    let (hundred, two_hundred) = (request(&payment, 100, "a"), request(&payment, 200, "a"));
    let told = tokio::join!(one.create(&hundred), other.create(&two_hundred));
    let (made, refused) = match told {
        (Ok(made), Err(refused)) | (Err(refused), Ok(made)) => (made, refused),
        both => panic!("one of them is made: {both:?}"),
    };
    assert_eq!((refused.kind(), refused.may_have_applied()), (ErrorKind::Conflict, false));
    assert_eq!(provider.memory.moved(&payment), made.amount.minor_units());
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_resolved_is_told_as_it_is() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(100));
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    let mut unresolved = error.unresolved().unwrap().clone();
    // Somebody else refunded all of it since: ours is certainly not there, and can not be any more.
    provider.client().create(&request(&payment, 100, "b")).await.unwrap();
    let error = provider.client().resolve(&unresolved).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false));
    // A local refusal says nothing about an attempt that was made.
    unresolved.request.amount = refunds_core::RefundAmount::Exact(nok(0));
    let error = provider.client().resolve(&unresolved).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
}
