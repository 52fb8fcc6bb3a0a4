//! Creating refunds: once, within the rules, and truthfully.

use std::time::Duration;

use refunds_core::{
    Error, ErrorKind, Idempotency, Journal as _, MemoryJournal, Policy, RefundLine, RefundStatus, Scope,
    UnresolvedRefund, journal::Query, testing::Settling,
};
use tokio::time::Instant;

use crate::client::scripted::{Scripted, Step, nok, remaining, request};

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no response")
}

#[tokio::test(start_paused = true)]
async fn the_same_reference_is_the_same_refund() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(44850));
    let first = provider.client().create(&request(&payment, 14950, "rma-1")).await.unwrap();
    // Another client, as in another process.
    let again = provider.client().create(&request(&payment, 14950, "rma-1")).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(provider.memory.moved(&payment), 14950);
    assert_eq!(provider.calls("submit"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_reference_with_another_amount_is_a_conflict() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(44850));
    provider.client().create(&request(&payment, 100, "rma-1")).await.unwrap();
    let error = provider.client().create(&request(&payment, 101, "rma-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(!error.may_have_applied() && error.to_string().contains("1.00 NOK"), "{error}");
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn remaining_is_what_is_left_and_then_nothing() {
    let provider = Scripted::new();
    let client = provider.client();
    let payment = provider.memory.captured(nok(44850));
    client.create(&request(&payment, 14950, "rma-1")).await.unwrap();
    let rest = client.create(&remaining(&payment, "rma-2")).await.unwrap();
    assert_eq!(rest.amount, nok(29900));
    assert_eq!(client.create(&remaining(&payment, "rma-2")).await.unwrap().id, rest.id);
    let error = client.create(&remaining(&payment, "rma-3")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false));
    assert_eq!(provider.memory.moved(&payment), 44850);
}

#[tokio::test(start_paused = true)]
async fn money_under_way_counts_as_gone() {
    let mut provider = Scripted::new();
    provider.memory = provider.memory.with_settling(Settling::AfterReads(100));
    let payment = provider.memory.captured(nok(1000));
    let pending = provider.client().create(&request(&payment, 600, "a")).await.unwrap();
    assert_eq!(pending.status, RefundStatus::Pending);
    let error = provider.client().create(&request(&payment, 401, "b")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotRefundable);
    provider.client().create(&request(&payment, 400, "c")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn impossible_refunds_are_refused_before_any_money_moves() {
    let provider = Scripted::new();
    let client = provider.client();
    let payment = provider.memory.captured(nok(1000));
    let uncaptured = provider.memory.captured(nok(0));
    let in_sek = {
        let mut request = request(&payment, 100, "sek");
        request.amount =
            refunds_core::RefundAmount::Exact(refunds_core::Money::new(100, "SEK".parse().unwrap()));
        request
    };
    for (what, request, kind) in [
        ("nothing", request(&payment, 0, "a"), ErrorKind::InvalidRequest),
        ("less than nothing", request(&payment, -1, "b"), ErrorKind::InvalidRequest),
        ("too much", request(&payment, 1001, "c"), ErrorKind::NotRefundable),
        ("far too much", request(&payment, i64::MAX, "d"), ErrorKind::NotRefundable),
        ("another currency", in_sek, ErrorKind::InvalidRequest),
        ("not captured", request(&uncaptured, 1, "e"), ErrorKind::NotRefundable),
        ("nothing left", remaining(&uncaptured, "f"), ErrorKind::NotRefundable),
        (
            "lines of the rest that do not add up",
            remaining(&payment, "g").with_line(RefundLine::new("1", nok(1))),
            ErrorKind::InvalidRequest,
        ),
        ("an unknown payment", request(&"p-404".parse().unwrap(), 1, "h"), ErrorKind::NotFound),
    ] {
        let error = client.create(&request).await.expect_err(what);
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{what}: {error}");
        assert!(error.provider().is_some() && error.operation().is_some(), "{what}: {error}");
    }
    assert_eq!(provider.calls("submit"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refund_with_a_lost_response_is_found() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Lose(lost()));
    let refund = provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((refund.amount, provider.calls("submit")), (nok(100), 1));
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_lost_refund_is_looked_for_as_long_as_it_may_take_to_show() {
    for (failing_looks, found) in [(4, true), (100, false)] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.read(Step::Pass).write(Step::Lose(lost()));
        for _ in 0..failing_looks {
            provider.read(Step::Fail(Error::new(ErrorKind::Unavailable, "503")));
        }
        let begun = Instant::now();
        let result = provider.client().create(&request(&payment, 100, "a")).await;
        assert_eq!((result.is_ok(), provider.calls("submit")), (found, 1));
        assert!(begun.elapsed() <= Duration::from_secs(31), "the settle time: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_never_blindly_repeated_and_can_be_resolved() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Fail(lost()));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("submit")), (ErrorKind::OutcomeUnknown, 1));
    assert!(error.may_have_applied() && !error.is_retryable());

    // Through a queue, into another process.
    let stored = serde_json::to_string(error.unresolved().unwrap()).unwrap();
    let unresolved: UnresolvedRefund = serde_json::from_str(&stored).unwrap();
    assert_eq!(&unresolved, error.unresolved().unwrap());
    // It cannot know what happened since: it looks, and submits when the request is certainly over.
    let patient = || {
        let mut policy = Policy::default();
        policy.total_timeout = Duration::from_secs(3600);
        provider.client().with_policy(policy)
    };
    let begun = Instant::now();
    let refund = patient().resolve(&unresolved).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(630), "{:?}", begun.elapsed());
    assert_eq!((refund.amount, provider.memory.moved(&payment)), (nok(100), 100));
    // Resolving twice makes one refund.
    assert_eq!(patient().resolve(&unresolved).await.unwrap().id, refund.id);
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn an_unsent_request_is_retried() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider
        .write(Step::Fail(Error::new(ErrorKind::Transport, "connection refused").not_applied()))
        .write(Step::Fail(Error::new(ErrorKind::RateLimited, "slow down")));
    provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (3, 100));
}

#[tokio::test(start_paused = true)]
async fn attempts_end_and_nothing_was_made() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for _ in 0..3 {
        provider.write(Step::Fail(Error::new(ErrorKind::RateLimited, "slow down")));
    }
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::RateLimited, false));
    assert_eq!(provider.calls("submit"), 3);
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_attempt_is_not_forgotten_over_a_clean_refusal() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    // A key that is honoured lets it be submitted again; the second attempt is refused.
    let key = refunds_core::IdempotencyKey::new(
        255,
        Duration::from_secs(86400),
        refunds_core::Replay::FirstAnswer,
        refunds_core::Certainty::Guaranteed,
    );
    let mut capabilities = refunds_core::RefundProvider::capabilities(&provider);
    capabilities.idempotency = Idempotency::Key(key);
    provider.script(|script| script.capabilities = Some(capabilities));
    provider
        .write(Step::Fail(lost()))
        .write(Step::Fail(Error::new(ErrorKind::PermissionDenied, "the client was locked")));
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("submit")), (ErrorKind::OutcomeUnknown, 2));
}

#[tokio::test(start_paused = true)]
async fn a_response_about_something_else_is_not_accepted() {
    for alter in [
        (|refund| refund.amount = nok(101)) as fn(&mut refunds_core::Refund),
        |refund| refund.amount = refunds_core::Money::new(100, "SEK".parse().unwrap()),
        |refund| refund.payment_id = "p-other".parse().unwrap(),
        |refund| refund.reference = Some("other".parse().unwrap()),
    ] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.write(Step::Alter(alter));
        let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
        assert!(error.unresolved().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn another_workers_refund_under_the_reference_is_found_after_a_refusal() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(100));
    let (one, two) = (provider.client(), provider.client());
    let request = request(&payment, 100, "a");
    // Both look before either submits; the payment holds the money for one only.
    let (one, two) = tokio::join!(one.create(&request), two.create(&request));
    assert_eq!(one.unwrap().id, two.unwrap().id);
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_journal_closes_the_window_between_two_workers() {
    for (shared, moved) in [(false, 200), (true, 100)] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        let journal = MemoryJournal::new();
        let client = || {
            let client = provider.client();
            if shared { client.with_journal(journal.clone()) } else { client }
        };
        let request = request(&payment, 100, "a");
        let (one, two) = (client(), client());
        let (one, two) = tokio::join!(one.create(&request), two.create(&request));
        assert_eq!(one.unwrap().id == two.unwrap().id, shared);
        assert_eq!(provider.memory.moved(&payment), moved, "one journal: {shared}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_lasts_longer_than_its_limit() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for step in [Step::Hang, Step::Hang, Step::Hang, Step::Hang, Step::Hang, Step::Hang] {
        provider.read(step);
    }
    let begun = Instant::now();
    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Timeout, false));
    assert!(begun.elapsed() <= Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_submission_ends_in_the_truth() {
    for (step, moved) in [(Step::Hang, 0), (Step::LoseAndHang, 100)] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.write(step);
        let begun = Instant::now();
        let result = provider.client().create(&request(&payment, 100, "a")).await;
        assert!(begun.elapsed() <= Duration::from_secs(120), "{:?}", begun.elapsed());
        assert_eq!((result.is_ok(), provider.memory.moved(&payment)), (moved > 0, moved));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_leaves_the_client_usable_and_the_refund_made_once() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::LoseAndHang);
    let client = provider.client();
    let request = request(&payment, 100, "a");
    assert!(tokio::time::timeout(Duration::from_secs(1), client.create(&request)).await.is_err());
    client.create(&request).await.unwrap();
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_another_provider_is_not_resolved_here() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let unresolved = UnresolvedRefund::new(Scope::new("elsewhere", "", ""), request(&payment, 100, "a"));
    let error = provider.client().resolve(&unresolved).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(provider.script(|script| script.calls.len()), 0);
}

/// The caller repeats a lost refund with another amount by mistake: that is its mistake, not the
/// provider's.
#[tokio::test(start_paused = true)]
async fn another_amount_by_mistake_is_a_conflict_and_poisons_nothing() {
    let provider = Scripted::new();
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::None);
    let payment = provider.memory.captured(nok(1000));
    let journal = MemoryJournal::new();
    let client = provider.client().with_journal(journal.clone());
    provider.write(Step::Lose(lost()));
    for _ in 0..40 {
        provider.read(Step::Fail(Error::new(ErrorKind::PermissionDenied, "no")));
    }
    provider.script(|script| script.reads.push_front(Step::Pass));
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    provider.script(|script| script.reads.clear());
    let error = client.create(&request(&payment, 200, "a")).await.unwrap_err();
    let entry = journal.entries(&Query::all()).await.unwrap().remove(0);
    assert_eq!(entry.made.unwrap().fault, None, "the provider did what was requested");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

/// An order's money takes a request, and its failure may be there at the first poll.
#[tokio::test(start_paused = true)]
async fn a_failure_before_the_journal_is_opened_is_retried() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(100));
    let error = Error::new(ErrorKind::Transport, "the connection broke").not_applied();
    provider.script(|script| script.money_fails = Some(error));
    provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!(provider.memory.moved(&payment), 100);
}
