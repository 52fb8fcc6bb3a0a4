//! Providers that do not tell references, or not all refunds: careful, and truthful about it.

use std::{sync::Arc, time::Duration};

use refunds_core::{Error, ErrorKind, Policy, RefundTarget, TargetKind, testing::SkippingClock};

use crate::scripted::{Scripted, Step, nok, remaining, request};

#[tokio::test(start_paused = true)]
async fn a_refund_that_may_be_the_one_is_not_made_again() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.script(|script| script.hide_references = true);
    let first = provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!(first.reference.unwrap().as_str(), "a", "the answer to our own request is ours");

    let error = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::OutcomeUnknown, true));
    assert_eq!(error.unresolved().unwrap().suspects, std::slice::from_ref(&first.id));
    assert!(error.to_string().contains(first.id.as_str()), "a person can look it up: {error}");

    let error = provider.client().create(&remaining(&payment, "a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "any of them may be the rest of back then");
    assert_eq!(provider.memory.moved(&payment), 100);

    // Another amount can not be it.
    provider.client().create(&request(&payment, 200, "b")).await.unwrap();
    assert_eq!(provider.memory.moved(&payment), 300);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_without_references_is_found_by_its_id() {
    for (by_id, kind) in [(true, None), (false, Some(ErrorKind::OutcomeUnknown))] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        provider.script(|script| script.hide_references = true);
        provider.write(Step::Lose(Error::new(ErrorKind::Timeout, "no answer")));
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
        assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (1, 100));
    }
}

#[tokio::test(start_paused = true)]
async fn equal_parts_without_references_are_told_apart_by_the_journal() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.script(|script| script.hide_references = true);
    let client = provider.client();
    let first = client.create(&request(&payment, 100, "a")).await.unwrap();
    let second = client.create(&request(&payment, 100, "b")).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(client.create(&request(&payment, 100, "a")).await.unwrap().id, first.id);
    assert_eq!(client.create(&request(&payment, 100, "b")).await.unwrap().id, second.id);
    assert_eq!((provider.asked("submit"), provider.memory.moved(&payment)), (2, 200));
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
    // … and where it does not, it may be on the pages that can not be reached.
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
async fn a_gift_card_is_no_target_where_the_provider_has_none() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let mut capabilities = refunds_core::RefundProvider::capabilities(&provider);
    capabilities.gift_cards = false;
    provider.script(|script| script.capabilities = Some(capabilities));
    let target = RefundTarget::new(TargetKind::GiftCard, Some("g-1".into()));
    let error = provider.client().create(&request(&payment, 100, "a").with_target(target)).await.unwrap_err();
    assert_eq!((error.kind(), provider.script(|script| script.asked.len())), (ErrorKind::Unsupported, 0));
}
