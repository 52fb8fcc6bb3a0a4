//! What an observer receives, through a client.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use refunds_core::{
    CallOutcome, Certainty, Error, ErrorKind, Idempotency, IdempotencyKey, Observer, Operation, PageRequest,
    Policy, Recovered, References, Refund, RefundClient, RefundId, RefundStatus, Replay, Resolved, Retried,
    Settled, Waited, Waiting, testing::SkippingClock,
};

use crate::client::scripted::{Scripted, Step, nok, request};

const DAY: Duration = Duration::from_secs(86_400);

/// Writes down what it receives, a line each.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn push(&self, provider: &str, line: String) {
        assert_eq!(provider, "memory");
        self.0.lock().unwrap().push(line);
    }

    /// The lines since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn waiting(&self, waiting: &Waiting) {
        self.push("memory", format!("{} waits: {}", waiting.reference, waiting.what.as_str()));
    }

    fn waited(&self, waited: &Waited<'_>) {
        let seconds = waited.elapsed.as_secs();
        self.push(
            waited.provider,
            format!("{} waited: {}, {seconds} s", waited.reference, waited.what.as_str()),
        );
    }

    fn retried(&self, retried: &Retried<'_>) {
        let Retried { provider, operation, attempt, kind, delay, .. } = *retried;
        assert!(delay <= Policy::default().max_delay);
        self.push(provider, format!("{operation} failed, attempt {attempt}: {kind}"));
    }

    fn recovered(&self, recovered: &Recovered<'_>) {
        let Recovered { provider, reference, refund, status, .. } = *recovered;
        assert!(!refund.as_str().is_empty());
        self.push(provider, format!("{reference} recovered: {status}"));
    }

    fn resolved(&self, resolved: &Resolved<'_>) {
        let Resolved { provider, reference, outcome, .. } = *resolved;
        self.push(provider, format!("{reference} resolved: {}", outcome.as_str()));
    }

    fn settled(&self, settled: &Settled<'_>) {
        let Settled { provider, reference, is_resolve, outcome, elapsed, attempts, .. } = *settled;
        let call = if is_resolve { "resolve" } else { "create" };
        let (outcome, seconds) = (outcome.as_str(), elapsed.as_secs());
        self.push(provider, format!("{reference} {call}: {outcome}, {attempts} attempts, {seconds} s"));
    }
}

/// A client with short back-off, so that whole seconds are waits.
fn client(provider: &Scripted) -> (RefundClient, Recorder) {
    let mut policy = Policy::default();
    (policy.base_delay, policy.max_delay) = (Duration::from_millis(1), Duration::from_millis(1));
    policy.settle_timeout = Duration::from_secs(2);
    let recorder = Recorder::default();
    (provider.client().with_policy(policy).with_observer(recorder.clone()), recorder)
}

fn failed(kind: ErrorKind) -> Step {
    Step::Fail(Error::new(kind, "scripted"))
}

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no response")
}

#[tokio::test(start_paused = true)]
async fn a_call_settles_once_with_its_outcome_duration_and_attempts() {
    let limited = || failed(ErrorKind::RateLimited);
    let read_again =
        ["create_refund failed, attempt 1: unavailable", "create_refund failed, attempt 2: protocol"];
    let again = "submit_refund failed, attempt 1: rate_limited";
    for (what, honours_key, writes, expected) in [
        ("made", false, vec![], vec!["a create: succeeded, 1 attempts, 0 s"]),
        (
            "slow",
            false,
            vec![Step::Wait(Duration::from_secs(2))],
            vec!["a create: succeeded, 1 attempts, 2 s"],
        ),
        (
            "refused",
            false,
            vec![failed(ErrorKind::PermissionDenied)],
            vec!["a create: permission_denied, 1 attempts, 0 s"],
        ),
        ("retried", false, vec![limited()], vec![again, "a create: succeeded, 2 attempts, 0 s"]),
        (
            "the last attempt is not retried",
            false,
            vec![limited(), limited(), limited()],
            vec![
                again,
                "submit_refund failed, attempt 2: rate_limited",
                "a create: rate_limited, 3 attempts, 0 s",
            ],
        ),
        (
            "a lost response",
            false,
            vec![Step::Lose(lost())],
            vec!["a recovered: succeeded", "a create: succeeded, 1 attempts, 0 s"],
        ),
        (
            "a lost request",
            false,
            vec![Step::Fail(lost())],
            vec!["a create: outcome_unknown, 1 attempts, 2 s"],
        ),
        (
            "a lost request that is sent again with its key",
            true,
            vec![Step::Fail(lost())],
            vec!["submit_refund failed, attempt 1: timeout", "a create: succeeded, 2 attempts, 0 s"],
        ),
        (
            "a lost response whose refund is found before it is sent again",
            true,
            vec![Step::Lose(lost())],
            vec!["a recovered: succeeded", "a create: succeeded, 1 attempts, 0 s"],
        ),
    ] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        if honours_key {
            let key = IdempotencyKey::new(255, DAY, Replay::CurrentState, Certainty::Guaranteed);
            provider.offers(|able| able.idempotency = Idempotency::Key(key));
        }
        provider.read(failed(ErrorKind::Unavailable)).read(failed(ErrorKind::Protocol));
        provider.script(|script| script.writes.extend(writes));
        let (client, recorder) = client(&provider);
        let created = client.create(&request(&payment, 100, "a")).await;
        let expected = [&read_again[..], &expected].concat();
        assert_eq!(recorder.take(), expected, "{what}");
        if created.is_ok() {
            client.create(&request(&payment, 100, "a")).await.unwrap();
            assert_eq!(recorder.take(), ["a create: succeeded, 0 attempts, 0 s"], "{what}, again");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_resolved_once() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let clock = SkippingClock::new();
    let (client, recorder) = client(&provider);
    let client = client.with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(lost()));
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    let unresolved = error.unresolved().unwrap();
    recorder.take();

    let mut seen = Vec::new();
    for look_only in [true, false, false] {
        let resolved = if look_only {
            client.resolve_look_only(unresolved).await
        } else {
            client.resolve(unresolved).await
        };
        seen.push((resolved.is_ok(), recorder.take()));
        clock.advance(DAY);
    }
    let line = |text: &str| text.to_owned();
    let expected = [
        (false, vec![line("a resolve: outcome_unknown, 0 attempts, 0 s")]),
        (true, vec![line("a resolved: succeeded"), line("a resolve: succeeded, 1 attempts, 0 s")]),
        (true, vec![line("a resolve: succeeded, 0 attempts, 0 s")]),
    ];
    assert_eq!(seen, expected);

    // By another process, of a refund that is there.
    let (another, recorder) = self::client(&provider);
    another.resolve(unresolved).await.unwrap();
    let expected =
        ["a recovered: succeeded", "a resolved: succeeded", "a resolve: succeeded, 0 attempts, 0 s"];
    assert_eq!(recorder.take(), expected);

    let mut elsewhere = unresolved.clone();
    elsewhere.scope = Some(refunds_core::Scope::new("memory", "another", ""));
    another.resolve(&elsewhere).await.unwrap_err();
    assert_eq!(recorder.take(), ["a resolve: config, 0 attempts, 0 s"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_reported_with_its_end() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let (client, recorder) = client(&provider);
    provider.write(Step::Hang);
    let first = request(&payment, 100, "a");
    let cut_off = tokio::time::timeout(Duration::from_secs(1), client.create(&first));
    assert!(cut_off.await.is_err());
    assert_eq!(recorder.take(), [""; 0], "a call that is dropped reports no end");

    client.create(&request(&payment, 100, "b")).await.unwrap();
    // The attempt, the send window and the settle timeout of the other one, less the second that it ran.
    let expected =
        ["b waits: other_refund", "b waited: other_refund, 36 s", "b create: succeeded, 1 attempts, 36 s"];
    assert_eq!(recorder.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn reads_report_retries_and_the_lost_refunds_that_they_show() {
    for read in ["get", "page", "wait", "payment"] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        let (client, recorder) = client(&provider);
        provider.write(Step::Lose(lost()));
        provider.script(|script| script.hide_refunds = true);
        client.create(&request(&payment, 100, "a")).await.unwrap_err();
        provider.script(|script| script.hide_refunds = false);
        recorder.take();
        let page = client.provider().list_refunds(&payment, &PageRequest::default()).await.unwrap();
        let id = &page.items[0].id;

        provider.read(failed(ErrorKind::Unavailable));
        let operation = match read {
            "get" => {
                client.get(&payment, id).await.unwrap();
                Operation::GetRefund
            }
            "page" => {
                client.list_page(&payment, &PageRequest::default()).await.unwrap();
                Operation::ListRefunds
            }
            "wait" => {
                let waited = client.wait_until_final(&payment, id, Duration::from_secs(1)).await.unwrap();
                assert!(waited.is_final());
                Operation::WaitUntilFinal
            }
            _ => {
                client.payment(&payment).await.unwrap();
                Operation::Payment
            }
        };
        client.create(&request(&payment, 100, "a")).await.unwrap();
        let retried = format!("{operation} failed, attempt 1: unavailable");
        // Once: by the read, or where that shows no refund by the call that follows.
        let expected = [&retried, "a recovered: succeeded", "a create: succeeded, 0 attempts, 0 s"];
        assert_eq!(recorder.take(), expected, "{read}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_refund_is_recovered_by_the_call_for_another_one() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let (client, recorder) = client(&provider);
    provider.write(Step::LoseAndHang);
    let first = request(&payment, 100, "a");
    let cut_off = tokio::time::timeout(Duration::from_secs(1), client.create(&first));
    assert!(cut_off.await.is_err());
    tokio::time::advance(DAY).await;
    client.create(&request(&payment, 100, "b")).await.unwrap();
    assert_eq!(recorder.take(), ["a recovered: succeeded", "b create: succeeded, 1 attempts, 0 s"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_says_whether_a_refund_may_have_been_made() {
    #[derive(Debug)]
    struct Alarm(Arc<Mutex<Vec<bool>>>);
    impl Observer for Alarm {
        fn settled(&self, settled: &Settled<'_>) {
            let CallOutcome::Error { may_have_applied, .. } = settled.outcome else { return };
            self.0.lock().unwrap().push(may_have_applied);
        }
    }
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let seen = Arc::default();
    let client = provider.client().with_observer(Alarm(Arc::clone(&seen)));
    provider.write(failed(ErrorKind::PermissionDenied)).write(failed(ErrorKind::Timeout));
    for reference in ["a", "b"] {
        client.create(&request(&payment, 100, reference)).await.unwrap_err();
    }
    assert_eq!(*seen.lock().unwrap(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_refund_without_a_reference_is_not_reported_as_one_that_is_listed_under_its_own() {
    let provider = Scripted::new();
    provider.offers(|able| able.references = References::MayBeUnreported);
    let payment = provider.memory.captured(nok(1000));
    let (client, recorder) = client(&provider);
    provider.write(Step::LoseAndHang);
    let first = request(&payment, 100, "a");
    let cut_off = tokio::time::timeout(Duration::from_secs(1), client.create(&first));
    assert!(cut_off.await.is_err());
    let id = RefundId::new("elsewhere").unwrap();
    let status = RefundStatus::Succeeded;
    let elsewhere = Refund::new("scripted", id, payment.clone(), status, "succeeded", nok(100));
    provider.script(|script| script.others.push(elsewhere.with_unreported_reference()));
    tokio::time::advance(DAY).await;
    client.create(&request(&payment, 200, "b")).await.unwrap();
    assert_eq!(recorder.take(), ["a recovered: succeeded", "b create: succeeded, 1 attempts, 0 s"]);
}
