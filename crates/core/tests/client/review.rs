//! Findings of a review: each of these fails today.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Certainty, Error, ErrorKind, Idempotency, IdempotencyKey, Journal as _, MemoryJournal,
    RefundProvider as _, Replay, UnresolvedRefund,
    journal::{IntentState, Query},
    testing::SkippingClock,
};

use crate::scripted::{Scripted, Step, nok, request};

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no answer")
}

fn without_key(provider: &Scripted) {
    let mut capabilities = provider.capabilities();
    capabilities.idempotency = Idempotency::None;
    provider.script(|script| script.capabilities = Some(capabilities));
}

fn with_key(provider: &Scripted) {
    let key =
        IdempotencyKey::new(255, Duration::from_secs(86_400), Replay::FirstAnswer, Certainty::Guaranteed);
    let mut capabilities = provider.capabilities();
    capabilities.idempotency = Idempotency::Key(key);
    provider.script(|script| script.capabilities = Some(capabilities));
}

/// Hidden references; a back-office refund of the same amount says that it has none, so it is in
/// `known_before`. The first send is lost and was never processed.
#[tokio::test(start_paused = true)]
async fn a_refund_that_was_there_before_does_not_block_for_ever() {
    let provider = Scripted::new();
    without_key(&provider);
    let mut capabilities = provider.script(|script| script.capabilities.clone()).unwrap();
    capabilities.references = refunds_core::References::MayBeHidden;
    provider.script(|script| script.capabilities = Some(capabilities));
    let payment = provider.memory.captured(nok(1000));
    let office = provider.memory.clone();
    let other =
        refunds_core::RefundClient::new(office).create(&request(&payment, 100, "office")).await.unwrap();
    provider.script(|script| script.drop_references = true);
    drop(other);
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(lost()));
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!(provider.asked("submit"), 1);
    clock.advance(Duration::from_secs(3600));
    let before = provider.asked("list");
    provider.script(|script| {
        script.reads.extend((0..40).map(|_| Step::Pass));
        script.reads.extend((0..100).map(|_| Step::Fail(Error::new(ErrorKind::PermissionDenied, "enough"))));
    });
    let again = client.create(&request(&payment, 100, "a")).await;
    let looks = provider.asked("list") - before;
    assert!(looks < 20, "{looks} looks in one call");
    again.unwrap();
    assert_eq!(provider.asked("submit"), 2);
}

#[tokio::test(start_paused = true)]
async fn look_only_submits_no_step_either() {
    let provider = Scripted::new();
    without_key(&provider);
    provider.script(|script| script.steps = 2);
    let payment = provider.memory.captured(nok(100));
    let request = request(&payment, 100, "rma-1");
    provider.client().create(&request).await.unwrap();
    let handle = UnresolvedRefund::new(provider.scope(), request);
    let refund = provider.client().resolve_look_only(&handle).await.unwrap();
    assert_eq!(provider.asked("submit"), 1, "it says that it submits nothing");
    assert!(refund.has_step_left());
}

/// A re-send with the key may follow an incomplete list; that list proves nothing about others.
#[tokio::test(start_paused = true)]
async fn an_incomplete_list_closes_no_other_refund() {
    let provider = Scripted::new();
    with_key(&provider);
    let payment = provider.memory.captured(nok(1000));
    for n in 0..2 {
        // Fills the first page.
        provider.client().create(&request(&payment, 10 + n, &format!("old-{n}"))).await.unwrap();
    }
    let clock = SkippingClock::new();
    let journal = MemoryJournal::with_clock(Arc::new(clock.clone()));
    let client = provider.client().with_clock(Arc::new(clock.clone())).with_journal(journal.clone());
    let mut policy = refunds_core::Policy::default();
    policy.max_attempts = 1;
    policy.settle_timeout = Duration::ZERO;
    let client = client.with_policy(policy);
    // a is lost. Then b is made, and its answer is lost, and the look after it fails.
    provider.write(Step::Fail(lost()));
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    clock.advance(Duration::from_secs(120));
    provider.write(Step::Lose(lost()));
    provider.read(Step::Pass).read(Step::Fail(lost()));
    client.create(&request(&payment, 200, "b")).await.unwrap_err();
    clock.advance(Duration::from_secs(3600));
    // The list is cut short, and shows neither. a may be sent again with its key.
    provider.script(|script| script.ignore_cursors = true);
    client.create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (5, 321));
    let entries = journal.entries(&Query::all()).await.unwrap();
    let b = entries.iter().find(|entry| entry.reference.as_str() == "b").unwrap();
    assert_eq!(b.newest().unwrap().state, IntentState::Unknown, "an incomplete list proves nothing absent");
    assert!(client.unresolved(&request(&payment, 200, "b")).await.unwrap().is_some());
}

/// The caller repeats a lost refund with another amount by mistake: that is its mistake, not the
/// provider's.
#[tokio::test(start_paused = true)]
async fn another_amount_by_mistake_is_a_conflict_and_poisons_nothing() {
    let provider = Scripted::new();
    without_key(&provider);
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

/// Two lost refunds of different amounts, references hidden, both made: either call finds its own.
#[tokio::test(start_paused = true)]
async fn two_lost_refunds_of_different_amounts_are_both_found() {
    let provider = Scripted::new();
    without_key(&provider);
    provider.script(|script| script.hide_references = true);
    let mut capabilities = provider.script(|script| script.capabilities.clone()).unwrap();
    capabilities.references = refunds_core::References::MayBeHidden;
    provider.script(|script| script.capabilities = Some(capabilities));
    let payment = provider.memory.captured(nok(1000));
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    for (reference, minor) in [("a", 100), ("b", 200)] {
        provider.write(Step::Fail(lost()));
        client.create(&request(&payment, minor, reference)).await.unwrap_err();
        clock.advance(Duration::from_secs(120));
    }
    // Both were carried out late.
    for (id, minor) in [("r-1", 100), ("r-2", 200)] {
        let (id, status) = (refunds_core::RefundId::new(id).unwrap(), refunds_core::RefundStatus::Succeeded);
        let refund =
            refunds_core::Refund::new(provider.name(), id, payment.clone(), status, "succeeded", nok(minor));
        provider.script(|script| script.others.push(refund));
    }
    client.create(&request(&payment, 100, "a")).await.unwrap();
}

/// The journal knows the reference only by an attempt that was refused; the handle is of a process
/// without it, whose request is still under way.
#[tokio::test(start_paused = true)]
async fn a_handle_is_not_made_harmless_by_an_old_refusal() {
    let provider = Scripted::new();
    without_key(&provider);
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
    assert_eq!(provider.asked("submit"), 2, "the handle's request may be under way: {resolved:?}");
}

/// Two refunds under the reference hold money, and a step is left of the one that is known.
#[tokio::test(start_paused = true)]
async fn a_step_that_is_left_hides_no_second_refund() {
    let provider = Scripted::new();
    without_key(&provider);
    provider.script(|script| script.steps = usize::MAX);
    let payment = provider.memory.captured(nok(1000));
    let client = provider.client();
    let mut second = client.create(&request(&payment, 100, "a")).await.unwrap();
    second.id = refunds_core::RefundId::new("second").unwrap();
    provider.script(|script| script.others.push(second));
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let _ = IntentState::ALL;
}

/// A step whose answer was lost, and that was done.
#[tokio::test(start_paused = true)]
async fn a_step_whose_process_died_is_settled_by_the_next_look() {
    let provider = Scripted::new();
    without_key(&provider);
    provider.script(|script| script.steps = 2);
    let payment = provider.memory.captured(nok(100));
    let clock = SkippingClock::new();
    let journal = MemoryJournal::with_clock(Arc::new(clock.clone()));
    let client = provider.client().with_clock(Arc::new(clock.clone())).with_journal(journal.clone());
    client.create(&request(&payment, 100, "a")).await.unwrap();
    // The step was done, and its answer is lost.
    provider.write(Step::Hang);
    client.create(&request(&payment, 100, "a")).await.unwrap();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(3600));
        assert!(!client.create(&request(&payment, 100, "a")).await.unwrap().has_step_left());
    }
    let unsettled = journal.entries(&Query::unsettled()).await.unwrap();
    assert!(
        unsettled.is_empty(),
        "{:?}",
        unsettled[0].intents.iter().map(|i| (i.state, i.step)).collect::<Vec<_>>()
    );
}
