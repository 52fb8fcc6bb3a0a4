//! Multiple refunds under one reference, long lists, and responses about something other than
//! requested.

use std::time::Duration;

use refunds_core::{
    ErrorKind, Policy, Reference, Refund, RefundStatus, RefundTarget, TargetKind, testing::MemoryProvider,
};

use crate::client::scripted::{Scripted, Shown, Step, nok, request};

/// A refund of another process, under a reference of ours.
fn listed(payment: &refunds_core::PaymentId, id: &str, status: RefundStatus, minor: i64) -> Refund {
    let id = id.parse().unwrap();
    let mut refund = Refund::new("memory", id, payment.clone(), status, status.as_str(), nok(minor));
    refund.reference = Some(Reference::new("rma-1").unwrap());
    refund
}

#[tokio::test(start_paused = true)]
async fn of_multiple_refunds_under_a_reference_the_one_that_holds_money_and_has_the_amount_wins() {
    use RefundStatus::{Declined, Failed, Pending, Succeeded};
    for (what, refunds, expected) in [
        ("declined, then made", vec![("r-1", Declined, 100), ("r-2", Succeeded, 100)], Ok("r-2")),
        ("made, then declined", vec![("r-1", Succeeded, 100), ("r-2", Declined, 100)], Ok("r-1")),
        ("pending beside failed", vec![("r-1", Failed, 100), ("r-2", Pending, 100)], Ok("r-2")),
        ("a declined one with another amount", vec![("r-1", Declined, 70), ("r-2", Pending, 100)], Ok("r-2")),
        ("two that hold money", vec![("r-1", Succeeded, 100), ("r-2", Pending, 100)], Err(true)),
        ("two of different amounts", vec![("r-1", Succeeded, 100), ("r-2", Pending, 70)], Err(true)),
        ("with another amount", vec![("r-1", Succeeded, 70)], Err(false)),
        ("only a declined one: the reference is spent", vec![("r-1", Declined, 100)], Ok("r-1")),
    ] {
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        let refunds = refunds.into_iter().map(|(id, status, minor)| listed(&payment, id, status, minor));
        provider.script(|script| script.others = refunds.collect());
        let client = provider.client();
        for _ in 0..2 {
            let created = client.create(&request(&payment, 100, "rma-1")).await;
            match (&created, expected) {
                (Ok(refund), Ok(id)) => assert_eq!(refund.id.as_str(), id, "{what}"),
                (Err(error), Err(doubled)) => {
                    let kind = (error.kind(), error.may_have_applied());
                    assert_eq!(kind, (ErrorKind::Conflict, doubled), "{what}: {error}");
                    let names_both = ["r-1", "r-2"].iter().all(|id| error.to_string().contains(id));
                    assert_eq!(names_both, doubled, "{what}: {error}");
                }
                (created, expected) => panic!("{what}: {created:?} instead of {expected:?}"),
            }
        }
        assert_eq!(provider.calls("submit"), 0, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_to_another_target_is_not_accepted() {
    let gift_card = || RefundTarget::new(TargetKind::GiftCard, Some("g-1".into()));
    let other_card = || RefundTarget::new(TargetKind::GiftCard, Some("g-2".into()));
    let main = || RefundTarget::new(TargetKind::PaymentMethod, Some("m-1".into()));
    for (requested, shown, ok) in [
        (None, None, true),
        (None, Some(main()), true),
        (None, Some(gift_card()), false),
        (Some(gift_card()), Some(gift_card()), true),
        (Some(gift_card()), Some(other_card()), false),
        (Some(gift_card()), Some(main()), false),
        (Some(gift_card()), None, true),
    ] {
        let mut provider = Scripted::new();
        provider.memory = MemoryProvider::new().with_capabilities(|able| able.gift_cards = true);
        let (payment, card) = provider.memory.gift_card(nok(1000));
        let mut request = request(&payment, 100, "a");
        if let Some(target) = &requested {
            let id = if target.id.as_deref() == Some("g-1") { card.id.clone() } else { target.id.clone() };
            request.target = Some(RefundTarget::new(target.kind.clone(), id));
        }
        let shown_id = |id: Option<String>| if id.as_deref() == Some("g-1") { card.id.clone() } else { id };
        let shown = shown.map(|target| RefundTarget::new(target.kind, shown_id(target.id)));
        provider.script(|script| script.target = shown.clone().map_or(Shown::Nothing, Shown::Target));
        let created = provider.client().create(&request).await;
        assert_eq!(created.is_ok(), ok, "{requested:?} {shown:?}: {created:?}");
        if let Err(error) = created {
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_response_spends_the_reference_until_a_read_shows_the_truth() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Alter(|refund| refund.amount = nok(101)));
    let client = provider.client();
    let error = client.create(&request(&payment, 100, "a")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true));
    // Read again, it is what was requested.
    let refund = client.create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((refund.amount, provider.calls("submit")), (nok(100), 1));
}

#[tokio::test(start_paused = true)]
async fn a_made_refund_is_returned_even_where_it_cannot_be_read() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let client = provider.client();
    let made = client.create(&request(&payment, 100, "a")).await.unwrap();
    for _ in 0..20 {
        provider.read(Step::Fail(refunds_core::Error::new(ErrorKind::Unavailable, "503")));
    }
    let again = client.create(&request(&payment, 100, "a")).await.unwrap();
    assert_eq!((again.id, again.status), (made.id, made.status));
    assert_eq!(again.extra.get("from_journal"), Some(true.into()));
    assert_eq!(provider.calls("submit"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_zero_is_not_a_reason_to_look_as_fast_as_possible() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Fail(refunds_core::Error::new(ErrorKind::Timeout, "no response")));
    let mut policy = Policy::default();
    policy.base_delay = Duration::ZERO;
    policy.settle_timeout = Duration::from_millis(500);
    provider.client().with_policy(policy).create(&request(&payment, 100, "a")).await.unwrap_err();
    assert!(provider.calls("list") <= 30, "{} looks in half a second", provider.calls("list"));
}

#[tokio::test(start_paused = true)]
async fn thousands_of_refunds_without_a_reference_are_not_all_named() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1_000_000));
    let others = (0..5_000).map(|number| {
        let mut refund = listed(&payment, &format!("r-{number}"), RefundStatus::Succeeded, 1);
        refund.reference = None;
        refund.with_unreported_reference()
    });
    provider.script(|script| script.others = others.collect());
    let error = provider.client().create(&request(&payment, 1, "a")).await.unwrap_err();
    assert_eq!((error.kind(), provider.calls("submit")), (ErrorKind::OutcomeUnknown, 0), "{error}");
    assert!(error.to_string().len() < 1000 && error.unresolved().unwrap().suspects.len() == 20, "{error}");
}

#[tokio::test(start_paused = true)]
async fn reads_that_cannot_be_understood_are_read_again() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let garbage = || Step::Fail(refunds_core::Error::new(ErrorKind::Protocol, "not JSON"));
    provider.read(garbage()).read(garbage());
    provider.client().create(&request(&payment, 100, "a")).await.unwrap();
    provider.read(garbage()).read(garbage()).read(garbage());
    let error = provider.client().create(&request(&payment, 200, "b")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, false));
}

#[tokio::test(start_paused = true)]
async fn no_request_is_begun_that_the_time_left_does_not_cover() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    let mut policy = Policy::default();
    policy.total_timeout = Duration::from_secs(40);
    policy.attempt_timeout = Duration::from_secs(19);
    // Reads that take all but 18 seconds of it.
    provider.read(Step::Hang).read(Step::Fail(slow())).read(Step::Pass);
    let begun = tokio::time::Instant::now();
    let created = provider.client().with_policy(policy).create(&request(&payment, 100, "a")).await;
    let error = created.unwrap_err();
    assert!(!error.may_have_applied(), "{error}");
    assert!(begun.elapsed() <= Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_eq!(provider.calls("submit"), 0);
}

fn slow() -> refunds_core::Error {
    refunds_core::Error::new(ErrorKind::RateLimited, "slow down").with_retry_after(Duration::from_secs(3))
}
