//! Reading: retried, streamed, followed to the end.

use std::time::Duration;

use futures_util::TryStreamExt;
use refunds_core::{Error, ErrorKind, Policy, RefundStatus, WaitOutcome, testing::Settling};
use tokio::time::Instant;

use crate::client::scripted::{Scripted, Step, nok, request};

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "503")
}

#[tokio::test(start_paused = true)]
async fn a_read_is_retried_as_often_as_the_policy_allows() {
    for attempts in [1, 3, 5] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        for _ in 0..10 {
            provider.read(Step::Fail(unavailable()));
        }
        let mut policy = Policy::default();
        policy.max_attempts = attempts;
        let error = provider.client().with_policy(policy).payment(&payment).await.unwrap_err();
        assert_eq!(provider.calls("payment"), usize::try_from(attempts).unwrap());
        assert!(!error.may_have_applied(), "a read moves nothing: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_cannot_succeed_is_not_retried() {
    let provider = Scripted::new();
    let error = provider.client().payment(&"p-404".parse().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("payment")), (ErrorKind::NotFound, 1));
}

#[tokio::test(start_paused = true)]
async fn the_provider_decides_how_long_to_wait() {
    for (retry_after, attempts) in [(Some(45), 2), (Some(600), 1), (None, 2)] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        let mut error = Error::new(ErrorKind::RateLimited, "slow down");
        if let Some(seconds) = retry_after {
            error = error.with_retry_after(Duration::from_secs(seconds));
        }
        provider.read(Step::Fail(error));
        let begun = Instant::now();
        let result = provider.client().payment(&payment).await;
        assert_eq!(provider.calls("payment"), attempts, "Retry-After: {retry_after:?}");
        match retry_after {
            Some(45) => assert!(result.is_ok() && begun.elapsed() >= Duration::from_secs(45)),
            // Longer than the call may take: the error returns at once and says when to retry.
            Some(_) => {
                assert!(begun.elapsed() < Duration::from_secs(1));
                assert_eq!(result.unwrap_err().retry_after(), Some(Duration::from_secs(600)));
            }
            None => assert!(result.is_ok()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_pages_come_as_one_stream() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for n in 0..45 {
        provider.client().create(&request(&payment, 1, &format!("r-{n}"))).await.unwrap();
    }
    provider.script(|script| script.calls.clear());
    let mut stream = provider.client().list(&payment);
    assert!(!stream.is_complete(), "not known yet");
    let mut references = Vec::new();
    while let Some(refund) = stream.try_next().await.unwrap() {
        references.push(refund.reference.unwrap().to_string());
    }
    assert!(stream.is_complete());
    assert_eq!(references, (0..45).map(|n| format!("r-{n}")).collect::<Vec<_>>());
    assert_eq!(provider.calls("list"), 3, "20 a page");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_short_says_so() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for n in 0..3 {
        provider.client().create(&request(&payment, 1, &format!("r-{n}"))).await.unwrap();
    }
    provider.script(|script| script.ignore_cursors = true);
    let mut stream = provider.client().list(&payment);
    let mut seen = 0;
    while stream.try_next().await.unwrap().is_some() {
        seen += 1;
    }
    assert_eq!((seen, stream.is_complete()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_stream() {
    let provider = Scripted::new();
    let mut stream = provider.client().list(&"p-404".parse().unwrap());
    assert_eq!(stream.try_next().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(stream.try_next().await.unwrap().is_none() && !stream.is_complete());
}

#[tokio::test(start_paused = true)]
async fn a_pending_refund_is_followed_to_its_end() {
    let mut provider = Scripted::new();
    provider.memory = provider.memory.with_settling(Settling::AfterReads(6));
    let payment = provider.memory.captured(nok(1000));
    let refund = provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    provider.read(Step::Fail(unavailable())).read(Step::Pass).read(Step::Hang);
    let waited =
        provider.client().wait_until_final(&payment, &refund.id, Duration::from_secs(600)).await.unwrap();
    assert!(waited.is_final());
    assert_eq!(waited.refund().status, RefundStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_in_time_and_returns_the_current_refund() {
    let mut provider = Scripted::new();
    provider.memory = provider.memory.with_settling(Settling::AfterReads(u32::MAX));
    let payment = provider.memory.captured(nok(1000));
    let refund = provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    let begun = Instant::now();
    let waited =
        provider.client().wait_until_final(&payment, &refund.id, Duration::from_secs(60)).await.unwrap();
    assert!(matches!(waited, WaitOutcome::TimedOut(refund) if refund.status == RefundStatus::Pending));
    assert_eq!(begun.elapsed(), Duration::from_secs(60));

    for _ in 0..50 {
        provider.read(Step::Hang);
    }
    let error =
        provider.client().wait_until_final(&payment, &refund.id, Duration::from_secs(60)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Timeout, false));
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_unknown_refund_fails_at_once() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let missing = "r-404".parse().unwrap();
    let error =
        provider.client().wait_until_final(&payment, &missing, Duration::from_secs(60)).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("get")), (ErrorKind::NotFound, 1));
}
