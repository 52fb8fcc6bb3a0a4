//! Finishing later: what is left to wait for, what may be it, and what a key is still good for.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Certainty, Error, ErrorKind, Idempotency, IdempotencyKey, RefundProvider, Replay, UnresolvedRefund,
    testing::SkippingClock,
};

use crate::client::scripted::{Scripted, Step, nok, request};

const DAY: Duration = Duration::from_secs(86_400);

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no response")
}

fn honour_keys(provider: &Scripted, retention: Duration) {
    let key = IdempotencyKey::new(255, retention, Replay::FirstAnswer, Certainty::Guaranteed);
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::Key(key));
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_rests_until_the_provider_is_certainly_done_with_it() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(lost()));
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    let from = error.unresolved().unwrap().resubmit_from.unwrap();
    assert!(error.retry_after().is_some() && error.to_string().contains("try again"), "{error}");
    // Right after it, and until then, nothing is submitted: by create or by resolve.
    for _ in 0..2 {
        for again in [
            client.create(&request(&payment, 100, "a")).await,
            client.resolve(error.unresolved().unwrap()).await,
        ] {
            let error = again.unwrap_err();
            assert_eq!((error.kind(), provider.calls("submit")), (ErrorKind::OutcomeUnknown, 1), "{error}");
            let next = error.unresolved().unwrap().resubmit_from.unwrap();
            assert!((next - from).abs() < time::Duration::seconds(1), "the time does not move on");
        }
        clock.advance(Duration::from_secs(200));
    }
    clock.advance(Duration::from_secs(300));
    client.resolve(error.unresolved().unwrap()).await.unwrap();
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (2, 100));
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
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_relied_on_only_while_the_provider_certainly_remembers_it() {
    for (retention, submissions) in [(DAY, 4), (Duration::from_secs(600), 1)] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        honour_keys(&provider, retention);
        let client = provider.client();
        for _ in 0..3 {
            provider.write(Step::Fail(lost()));
        }
        client.create(&request(&payment, 100, "a")).await.unwrap_err();
        // Right after it, the key still covers another try.
        let again = client.create(&request(&payment, 100, "a")).await;
        assert_eq!(
            (again.is_ok(), provider.calls("submit")),
            (submissions > 1, submissions),
            "{retention:?}"
        );
        assert!(provider.memory.moved(&payment) <= 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_no_reason_to_skip_the_guard() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for reference in ["a", "b"] {
        provider.client().create(&request(&payment, 100, reference)).await.unwrap();
    }
    honour_keys(&provider, DAY);
    provider.script(|script| script.ignore_cursors = true);
    let error = provider.client().create(&request(&payment, 5000, "c")).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("submit")), (ErrorKind::OutcomeUnknown, 2));
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
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (1, 100));
    // A refund from before the first attempt is not ours.
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "b")).await.unwrap_err();
    assert!(error.unresolved().unwrap().suspects.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rival_that_is_seen_between_two_attempts_stops_the_second() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Fail(Error::new(ErrorKind::RateLimited, "slow down"))).write(Step::Pass);
    let (one, other) = (provider.client(), provider.client());
    let (hundred, two_hundred) = (request(&payment, 100, "a"), request(&payment, 200, "a"));
    let result = tokio::join!(one.create(&hundred), other.create(&two_hundred));
    let (made, refused) = match result {
        (Ok(made), Err(refused)) | (Err(refused), Ok(made)) => (made, refused),
        both => panic!("one of them is made: {both:?}"),
    };
    assert_eq!((refused.kind(), refused.may_have_applied()), (ErrorKind::Conflict, false));
    assert_eq!(provider.memory.moved(&payment), made.amount.minor_units());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_resolved_is_reported_as_it_is() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(100));
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    let mut unresolved = error.unresolved().unwrap().clone();
    // Another process refunded all of it since.
    provider.client().create(&request(&payment, 100, "b")).await.unwrap();
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    let early = client.resolve(&unresolved).await.unwrap_err();
    assert_eq!((early.kind(), early.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
    clock.advance(Duration::from_secs(640));
    // Ours was certainly not made, and cannot be made any more.
    let late = client.resolve(&unresolved).await.unwrap_err();
    assert_eq!((late.kind(), late.may_have_applied()), (ErrorKind::NotRefundable, false), "{late}");
    // A local refusal says nothing about an attempt that was made.
    unresolved.request.amount = refunds_core::RefundAmount::Exact(nok(0));
    let error = provider.client().resolve(&unresolved).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
}

/// The journal knows the reference only by an attempt that was refused; the handle is of a process
/// without it, whose request is still under way.
#[tokio::test(start_paused = true)]
async fn a_handle_is_not_made_harmless_by_an_old_refusal() {
    let provider = Scripted::new();
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::None);
    let payment = provider.memory.captured(nok(1000));
    let here = provider.client();
    provider.write(Step::Fail(Error::new(ErrorKind::PermissionDenied, "not yet allowed")));
    here.create(&request(&payment, 100, "a")).await.unwrap_err();
    // Another process, without this journal: lost, and carried out later.
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    let handle = error.unresolved().unwrap().clone();
    assert!(handle.resubmit_from.is_some());
    let resolved = here.resolve(&handle).await;
    assert_eq!(provider.calls("submit"), 2, "the handle's request may be under way: {resolved:?}");
}
