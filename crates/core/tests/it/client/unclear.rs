//! Providers that hide references or some refunds: the client is careful and truthful.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Certainty, Error, ErrorKind, Idempotency, IdempotencyKey, Journal as _, MemoryJournal, Policy,
    References, Refund, RefundClient, RefundId, RefundProvider as _, RefundStatus, RefundTarget, Replay,
    TargetKind,
    journal::{IntentState, Query},
    testing::{Fault, FaultTarget, MemoryProvider, SkippingClock},
};

use crate::client::scripted::{Scripted, Step, nok, remaining, request};

#[tokio::test(start_paused = true)]
async fn a_refund_that_may_be_the_one_is_not_made_again() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.script(|script| script.hide_references = true);
    let first = provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!(first.reference.unwrap().as_str(), "a", "the response to our own request is ours");

    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
    assert_eq!(error.unresolved().unwrap().suspects, std::slice::from_ref(&first.id));
    assert!(error.to_string().contains(first.id.as_str()), "a person can look it up: {error}");

    let error = provider.client().create(&remaining(&payment, "a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "any of them may be the rest of back then");
    assert_eq!(provider.memory.moved(&payment), 100);

    // A refund with another amount cannot be it.
    provider.client().create(&request(&payment, 200, "b")).await.unwrap();
    assert_eq!(provider.memory.moved(&payment), 300);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_without_references_is_found_by_its_id() {
    for (by_id, kind) in [(true, None), (false, Some(ErrorKind::OutcomeUnknown))] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.script(|script| script.hide_references = true);
        provider.write(Step::Lose(Error::new(ErrorKind::Timeout, "no response")));
        let mut policy = Policy::default();
        policy.match_by_id = by_id;
        let client = provider.client().with_policy(policy);
        let created = client.create(&request(&payment, 100, "a")).await;
        if let Err(error) = &created {
            assert_eq!(error.unresolved().unwrap().suspects.len(), 1, "a person can look it up: {error}");
        }
        assert_eq!(created.as_ref().err().map(Error::kind), kind, "by id: {by_id}");
        let again = client.create(&request(&payment, 100, "a")).await;
        assert_eq!(again.err().map(|error| error.kind()), kind, "by id: {by_id}, repeated");
        assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (1, 100));
    }
}

#[tokio::test(start_paused = true)]
async fn the_journal_distinguishes_equal_parts_without_references() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.script(|script| script.hide_references = true);
    let client = provider.client();
    let first = client.create(&request(&payment, 100, "a")).await.unwrap();
    let second = client.create(&request(&payment, 100, "b")).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(client.create(&request(&payment, 100, "a")).await.unwrap().id, first.id);
    assert_eq!(client.create(&request(&payment, 100, "b")).await.unwrap().id, second.id);
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (2, 200));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_short_proves_nothing() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    for reference in ["a", "b"] {
        provider.client().create(&request(&payment, 100, reference)).await.unwrap();
    }
    provider.script(|script| script.ignore_cursors = true);
    // The first page shows it …
    provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    // … and where it does not, the refund may be on the pages that cannot be reached.
    let error = provider.client().create(&request(&payment, 100, "b")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
    assert_eq!(provider.memory.moved(&payment), 200);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_does_not_clear_a_suspect() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.script(|script| script.hide_references = true);
    provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    let ahead = SkippingClock::new();
    ahead.advance(Duration::from_secs(3600));
    // Another process, without the journal of the first.
    let client = provider.client().with_clock(Arc::new(ahead));
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_gift_card_is_refused_where_the_provider_supports_none() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let mut capabilities = refunds_core::RefundProvider::capabilities(&provider);
    capabilities.gift_cards = false;
    provider.script(|script| script.capabilities = Some(capabilities));
    let target = RefundTarget::new(TargetKind::GiftCard, Some("g-1".into()));
    let error = provider.client().create(&request(&payment, 100, "a").with_target(target)).await.unwrap_err();
    assert_eq!((error.kind(), provider.script(|script| script.calls.len())), (ErrorKind::Unsupported, 0));
}

/// Hidden references; a back-office refund of the same amount says that it has none, so it is in
/// `known_before`. The first send is lost and was never processed.
#[tokio::test(start_paused = true)]
async fn an_earlier_refund_does_not_block_forever() {
    let provider = Scripted::new();
    provider.offers(|capabilities| {
        capabilities.idempotency = Idempotency::None;
        capabilities.references = References::MayBeUnreported;
    });
    let payment = provider.memory.captured(nok(1000));
    let office = provider.memory.clone();
    let other = RefundClient::new(office).create(&request(&payment, 100, "office")).await.unwrap();
    provider.script(|script| script.drop_references = true);
    drop(other);
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!(provider.calls("submit"), 1);
    clock.advance(Duration::from_secs(3600));
    let before = provider.calls("list");
    provider.script(|script| {
        script.reads.extend((0..40).map(|_| Step::Pass));
        script.reads.extend((0..100).map(|_| Step::Fail(Error::new(ErrorKind::PermissionDenied, "enough"))));
    });
    let again = client.create(&request(&payment, 100, "a")).await;
    let looks = provider.calls("list") - before;
    assert!(looks < 20, "{looks} looks in one call");
    again.unwrap();
    assert_eq!(provider.calls("submit"), 2);
}

/// Two lost refunds of different amounts, references hidden, both made: either call finds its own.
#[tokio::test(start_paused = true)]
async fn two_lost_refunds_of_different_amounts_are_both_found() {
    let provider = Scripted::new();
    provider.offers(|capabilities| {
        capabilities.idempotency = Idempotency::None;
        capabilities.references = References::MayBeUnreported;
    });
    provider.script(|script| script.hide_references = true);
    let payment = provider.memory.captured(nok(1000));
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    for (reference, minor) in [("a", 100), ("b", 200)] {
        provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
        client.create(&request(&payment, minor, reference)).await.unwrap_err();
        clock.advance(Duration::from_secs(120));
    }
    // Both were carried out late.
    for (id, minor) in [("r-1", 100), ("r-2", 200)] {
        let (id, status) = (RefundId::new(id).unwrap(), RefundStatus::Succeeded);
        let refund =
            Refund::new(provider.name().to_owned(), id, payment.clone(), status, "succeeded", nok(minor));
        provider.script(|script| script.others.push(refund));
    }
    client.create(&request(&payment, 100, "a")).await.unwrap();
}

/// A re-send with the key may follow an incomplete list; that list proves nothing about others.
#[tokio::test(start_paused = true)]
async fn an_incomplete_list_closes_no_other_refund() {
    let provider = Scripted::new();
    let key =
        IdempotencyKey::new(255, Duration::from_secs(86_400), Replay::FirstAnswer, Certainty::Guaranteed);
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::Key(key));
    let payment = provider.memory.captured(nok(1000));
    for n in 0..2 {
        // Fills the first page.
        provider.client().create(&request(&payment, 10 + n, &format!("old-{n}"))).await.unwrap();
    }
    let clock = SkippingClock::new();
    let journal = MemoryJournal::with_clock(Arc::new(clock.clone()));
    let client = provider.client().with_clock(Arc::new(clock.clone())).with_journal(journal.clone());
    let mut policy = Policy::default();
    policy.max_attempts = 1;
    policy.settle_timeout = Duration::ZERO;
    let client = client.with_policy(policy);
    // a is lost. Then b is made, its response is lost, and the look after it fails.
    provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    clock.advance(Duration::from_secs(120));
    provider.write(Step::Lose(Error::new(ErrorKind::Timeout, "no response")));
    provider.read(Step::Pass).read(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    client.create(&request(&payment, 200, "b")).await.unwrap_err();
    clock.advance(Duration::from_secs(3600));
    // The list is cut short, and shows neither. a may be sent again with its key.
    provider.script(|script| script.ignore_cursors = true);
    client.create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (5, 321));
    let entries = journal.entries(&Query::all()).await.unwrap();
    let b = entries.iter().find(|entry| entry.reference.as_str() == "b").unwrap();
    assert_eq!(b.newest().unwrap().state, IntentState::Unknown, "an incomplete list proves nothing absent");
    assert!(client.unresolved(&request(&payment, 200, "b")).await.unwrap().is_some());
}

/// Some providers keep the response to a key even if it was a server error, and repeat it for a day. Then the key
/// is used up, whether the refund was made or not.
#[tokio::test(start_paused = true)]
async fn a_server_error_that_the_key_repeats_ends_in_one_refund() {
    for fault in [Fault::ServerError, Fault::ErrorAfterwards] {
        let key =
            IdempotencyKey::new(255, Duration::from_secs(86_400), Replay::FirstAnswer, Certainty::Guaranteed);
        let provider = MemoryProvider::new()
            .with_capabilities(|capabilities| capabilities.idempotency = Idempotency::Key(key));
        let payment = provider.captured(nok(1000));
        let request = request(&payment, 100, "a");
        let clock = Arc::new(SkippingClock::new());
        let client = RefundClient::new(provider.clone()).with_clock(clock.clone());
        provider.inject(fault, FaultTarget::Submit);
        let first = client.create(&request).await;
        match &first {
            Ok(_) => assert_eq!(provider.moved(&payment), 100, "{fault}"),
            Err(error) => {
                let truth = (error.kind(), error.may_have_applied(), provider.moved(&payment));
                assert_eq!(truth, (ErrorKind::OutcomeUnknown, true, 0), "{fault}: {error}");
            }
        }
        // The error that is repeated shows nothing: only a lookup after it frees the reference.
        assert_eq!(first.is_ok(), fault.is_processed(), "{fault}");
        clock.advance(Duration::from_secs(3600));
        client.create(&request).await.unwrap();
        assert_eq!(
            (provider.moved(&payment), provider.made(&payment, &request.reference)),
            (100, 1),
            "{fault}"
        );
    }
}
