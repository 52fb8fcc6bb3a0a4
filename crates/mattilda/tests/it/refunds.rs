//! The adapter against the sandbox, over real HTTP, driven by core.

use std::{sync::Arc, time::Duration};

use crate::common::{currency, fixture};
use futures_util::TryStreamExt as _;
use refunds_core::{
    CreateRefund, ErrorKind, Money, PageRequest, PaymentId, Policy, Reference, RefundAmount, RefundClient,
    RefundId, RefundProvider, RefundStatus, RefundTarget, Settings, TargetKind, testing::SkippingClock,
};
use refunds_mattilda::{Mattilda, MattildaConfig};
use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Provider, Sandbox,
    mattilda::{CursorMode, ErrorShape, Failure, FieldSet, IdempotencyMode, TransactionSpec},
};

fn adapter(sandbox: &Sandbox, more: &[(&str, &str)]) -> Mattilda {
    let mut settings: Settings = sandbox.settings("mattilda").into_iter().collect();
    for (key, value) in more {
        settings = settings.with(*key, *value);
    }
    Mattilda::new(MattildaConfig::from_settings(&settings).unwrap()).unwrap()
}

fn client_of(adapter: Mattilda) -> RefundClient {
    let mut policy = Policy::default();
    policy.jitter_seed = Some(7);
    RefundClient::new(adapter).with_policy(policy).with_clock(Arc::new(SkippingClock::new()))
}

fn client(sandbox: &Sandbox) -> RefundClient {
    client_of(adapter(sandbox, &[]))
}

fn id(payment: &str) -> PaymentId {
    PaymentId::new(payment).unwrap()
}

fn mxn(minor: i64) -> Money {
    Money::new(minor, currency("MXN"))
}

fn exact(payment: &str, minor: i64, reference: &str) -> CreateRefund {
    CreateRefund::new(id(payment), RefundAmount::Exact(mxn(minor)), Reference::new(reference).unwrap())
}

fn remaining(payment: &str, reference: &str) -> CreateRefund {
    CreateRefund::new(id(payment), RefundAmount::Remaining, Reference::new(reference).unwrap())
}

#[tokio::test]
async fn a_payment_from_its_first_refund_to_its_last() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = sandbox.mattilda().captured(44_850, "MXN");
    let client = client(&sandbox);

    let first = client.create(&exact(&payment, 14_950, "rma-1").with_reason("paid twice")).await.unwrap();
    assert_eq!((first.status, first.amount), (RefundStatus::Succeeded, mxn(14_950)));
    assert_eq!(first.reason.as_deref(), Some("paid twice"));
    let again = client.create(&exact(&payment, 14_950, "rma-1")).await.unwrap();
    assert_eq!(again.id, first.id);
    let reused = client.create(&exact(&payment, 100, "rma-1")).await.unwrap_err();
    assert_eq!(reused.kind(), ErrorKind::Conflict);

    let sums = client.payment(&id(&payment)).await.unwrap();
    assert_eq!((sums.captured, sums.refunded, sums.refundable), (mxn(44_850), mxn(14_950), mxn(29_900)));
    let too_much = client.create(&exact(&payment, 29_901, "rma-2")).await.unwrap_err();
    assert_eq!((too_much.kind(), too_much.may_have_applied()), (ErrorKind::NotRefundable, false));
    let dollars = CreateRefund::new(
        id(&payment),
        RefundAmount::Exact(Money::new(1, currency("USD"))),
        Reference::new("rma-2").unwrap(),
    );
    assert_eq!(client.create(&dollars).await.unwrap_err().kind(), ErrorKind::InvalidRequest);

    let rest = client.create(&remaining(&payment, "rma-3")).await.unwrap();
    assert_eq!(rest.amount, mxn(29_900));
    assert_eq!(
        client.create(&remaining(&payment, "rma-4")).await.unwrap_err().kind(),
        ErrorKind::NotRefundable
    );
    assert_eq!(client.get(&id(&payment), &rest.id).await.unwrap().id, rest.id);

    let listed: Vec<_> = client.list(&id(&payment)).try_collect().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 44_850);
    assert_eq!(sandbox.ledger().of(&payment).count(), 2);
}

#[tokio::test]
async fn refunds_that_take_their_time() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    let client = client(&sandbox);
    for (outcome, status, refundable) in [
        (Outcome::Succeeded, RefundStatus::Succeeded, 700),
        (Outcome::Declined, RefundStatus::Declined, 1000),
        (Outcome::Failed, RefundStatus::Failed, 1000),
        (Outcome::Voided, RefundStatus::Voided, 1000),
    ] {
        let reference = status.as_str();
        let spec = TransactionSpec::new(1000, "MXN")
            .asynchronous(outcome)
            .failure(Failure::new("refund_period_expired").raw("E104", "too old"));
        let payment = sandbox.mattilda().transaction(spec);
        let refund = client.create(&exact(&payment, 300, reference)).await.unwrap();
        assert_eq!(refund.status, RefundStatus::Pending);
        let sums = client.payment(&id(&payment)).await.unwrap();
        assert_eq!((sums.pending, sums.refundable), (mxn(300), mxn(700)), "{status}");

        sandbox.settle_all();
        let refund = client.get(&id(&payment), &refund.id).await.unwrap();
        assert_eq!(refund.status, status);
        assert_eq!(refund.failure.is_some(), status != RefundStatus::Succeeded, "{status}");
        let sums = client.payment(&id(&payment)).await.unwrap();
        assert_eq!((sums.pending, sums.refundable), (mxn(0), mxn(refundable)), "{status}");
        // A reference is spent whatever became of its refund.
        assert_eq!(client.create(&exact(&payment, 300, reference)).await.unwrap().id, refund.id);
    }
}

#[tokio::test]
async fn a_lost_response_is_found_in_every_generation() {
    for (fields, mode) in [
        (FieldSet::Newest, IdempotencyMode::Honoured),
        (FieldSet::Newest, IdempotencyMode::Ignored),
        (FieldSet::Documented, IdempotencyMode::Honoured),
        (FieldSet::Documented, IdempotencyMode::Ignored),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.mattilda().set_fields(fields);
        sandbox.mattilda().set_idempotency(mode);
        let payment = sandbox.mattilda().captured(1000, "MXN");
        let client = client(&sandbox);
        sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenDrop));
        let refund = client.create(&exact(&payment, 300, "rma-1")).await.unwrap();
        // The journal supplies the reference where the response does not show it.
        assert_eq!(refund.reference.unwrap().as_str(), "rma-1", "{fields:?} {mode:?}");
        assert_eq!(client.create(&exact(&payment, 300, "rma-1")).await.unwrap().id, refund.id);
        assert_eq!(sandbox.ledger().of(&payment).count(), 1, "{fields:?} {mode:?}");
        // A second equal part is another refund.
        assert_ne!(client.create(&exact(&payment, 300, "rma-2")).await.unwrap().id, refund.id);
        assert_eq!(sandbox.ledger().of(&payment).count(), 2, "{fields:?} {mode:?}");
    }
}

/// The key belongs to the merchant account, so it names the payment, too.
#[tokio::test]
async fn one_reference_on_two_payments_is_two_refunds() {
    let sandbox = Sandbox::start().await.unwrap();
    let (one, other) = (sandbox.mattilda().captured(1000, "MXN"), sandbox.mattilda().captured(1000, "MXN"));
    let client = client(&sandbox);
    let first = client.create(&exact(&one, 300, "rma-1")).await.unwrap();
    let second = client.create(&exact(&other, 300, "rma-1")).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!((sandbox.ledger().of(&one).count(), sandbox.ledger().of(&other).count()), (1, 1));
}

#[tokio::test]
async fn lists_of_many_pages() {
    for (mode, size, seen, complete) in [
        (CursorMode::Honoured, 2, 5, true),
        (CursorMode::Honoured, 20, 5, true),
        (CursorMode::Ignored, 20, 5, true),
        (CursorMode::Ignored, 2, 2, false),
        (CursorMode::RepeatsPage, 2, 2, false),
        (CursorMode::RepeatsPage, 20, 5, true),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = sandbox.mattilda().captured(1000, "MXN");
        let client = client(&sandbox);
        for n in 0..5 {
            client.create(&exact(&payment, 100, &format!("rma-{n}"))).await.unwrap();
        }
        sandbox.mattilda().set_cursors(mode);
        sandbox.mattilda().set_page_size(size);
        let mut list = client.list(&id(&payment));
        let mut ids = std::collections::HashSet::new();
        while let Some(refund) = list.try_next().await.unwrap() {
            assert!(ids.insert(refund.id), "{mode:?} {size}: no refund twice");
        }
        assert_eq!((ids.len(), list.is_complete()), (seen, complete), "{mode:?} {size}");
        let sums = client.payment(&id(&payment)).await.unwrap();
        assert_eq!((sums.refunded, sums.refundable), (mxn(500), mxn(500)), "{mode:?} {size}");
        assert_eq!(sums.complete, complete, "{mode:?} {size}");
    }
}

#[tokio::test]
async fn gift_cards_are_refunded_to_themselves() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = sandbox.mattilda().transaction(TransactionSpec::new(1000, "MXN").gift_card(500));
    let [redemption] = &sandbox.mattilda().gift_card_redemptions(&payment)[..] else { panic!("one card") };
    let client = client(&sandbox);
    let sums = client.payment(&id(&payment)).await.unwrap();
    assert_eq!(sums.extra.get("gift_card_redemptions").unwrap()[0]["id"], redemption.as_str());

    let target = RefundTarget::new(TargetKind::GiftCard, Some(redemption.clone()));
    let refund = client.create(&exact(&payment, 500, "rma-1").with_target(target.clone())).await.unwrap();
    assert_eq!(refund.target, Some(target));
    let rest = client.create(&remaining(&payment, "rma-2")).await.unwrap();
    assert_eq!(rest.amount, mxn(1000), "all of the main method");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 1500);

    // Nothing but a gift card.
    let payment = sandbox.mattilda().transaction(TransactionSpec::new(0, "MXN").gift_card(500));
    let [redemption] = &sandbox.mattilda().gift_card_redemptions(&payment)[..] else { panic!("one card") };
    let target = RefundTarget::new(TargetKind::GiftCard, Some(redemption.clone()));
    client.create(&exact(&payment, 200, "rma-3").with_target(target.clone())).await.unwrap();
    let sums = client.payment(&id(&payment)).await.unwrap();
    assert_eq!((sums.captured, sums.refunded, sums.refundable), (mxn(500), mxn(200), mxn(300)));
    let rest = remaining(&payment, "rma-4").with_target(target.clone());
    assert_eq!(client.create(&rest).await.unwrap_err().kind(), ErrorKind::Unsupported);
    client.create(&exact(&payment, 300, "rma-4").with_target(target)).await.unwrap();
    assert_eq!(sandbox.ledger().total_refunded(&payment), 500);

    // The main method is done, and the card is not held to what is left of it.
    let payment = sandbox.mattilda().transaction(TransactionSpec::new(1000, "MXN").gift_card(500));
    let [redemption] = &sandbox.mattilda().gift_card_redemptions(&payment)[..] else { panic!("one card") };
    let target = RefundTarget::new(TargetKind::GiftCard, Some(redemption.clone()));
    client.create(&remaining(&payment, "rma-5")).await.unwrap();
    client.create(&exact(&payment, 500, "rma-6").with_target(target)).await.unwrap();
    assert_eq!(sandbox.ledger().total_refunded(&payment), 1500);
}

#[tokio::test]
async fn what_is_not_captured_or_not_there() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let held = sandbox.mattilda().transaction(TransactionSpec::new(1000, "MXN").authorized_only());
    assert_eq!(client.create(&exact(&held, 1, "rma-1")).await.unwrap_err().kind(), ErrorKind::NotRefundable);

    let unknown = id("4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704");
    assert_eq!(client.payment(&unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        client.list_page(&unknown, &PageRequest::first()).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let refund = RefundId::new(unknown.as_str()).unwrap();
    assert_eq!(client.get(&unknown, &refund).await.unwrap_err().kind(), ErrorKind::NotFound);

    // A refund of another payment of the same merchant.
    let (one, other) = (sandbox.mattilda().captured(1000, "MXN"), sandbox.mattilda().captured(1000, "MXN"));
    let made = client.create(&exact(&one, 100, "rma-1")).await.unwrap();
    assert_eq!(client.get(&id(&other), &made.id).await.unwrap_err().kind(), ErrorKind::NotFound);

    // A merchant account that is not this one's.
    let elsewhere = client_of(adapter(&sandbox, &[("merchant_account_id", "another-account")]));
    assert_eq!(elsewhere.payment(&id(&one)).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(sandbox.ledger().of(&held).count(), 0);
}

#[tokio::test]
async fn a_refusal_names_the_field_in_both_shapes() {
    for shape in [ErrorShape::Envelope, ErrorShape::Detail] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.mattilda().set_error_shape(shape);
        let error = adapter(&sandbox, &[]).payment(&id("not-a-uuid")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{shape:?}");
        assert_eq!(error.details()[0].field, "path/transaction_id", "{shape:?}");
    }
}

#[tokio::test]
async fn tokens_that_the_provider_checks() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = sandbox.mattilda().captured(1000, "MXN");
    // Ours, renewed after one refusal.
    sandbox
        .faults()
        .add(FaultRule::on(Call::Submit).at(Provider::Mattilda).nth(1).then(FaultAction::Unauthorized));
    client(&sandbox).create(&exact(&payment, 100, "rma-1")).await.unwrap();
    assert_eq!(sandbox.ledger().of(&payment).count(), 1);

    // A ready one, with too narrow scopes and with enough.
    let token = |scopes: &[&str]| sandbox.mattilda().token(scopes, Duration::from_secs(60)).unwrap();
    let with = |token: String| {
        let config = MattildaConfig::from_token(token).with_api_url(sandbox.mattilda().api_url());
        client_of(Mattilda::new(config).unwrap())
    };
    let reader = with(token(&["transactions.read"]));
    let refused = reader.create(&exact(&payment, 100, "rma-2")).await.unwrap_err();
    assert_eq!((refused.kind(), refused.may_have_applied()), (ErrorKind::PermissionDenied, false));
    let both = with(token(&["transactions.read", "transactions.write"]));
    both.create(&exact(&payment, 100, "rma-2")).await.unwrap();

    // A clock that is some seconds ahead is all right, one that is minutes ahead is not.
    for (ahead, fine) in [(5, true), (120, false)] {
        let clock = SkippingClock::new();
        clock.advance(Duration::from_secs(ahead));
        let settings: Settings = sandbox.settings("mattilda").into_iter().collect();
        let config = MattildaConfig::from_settings(&settings).unwrap().with_clock(Arc::new(clock));
        let outcome = Mattilda::new(config).unwrap().payment(&id(&payment)).await;
        assert_eq!(
            outcome.map_err(|error| error.kind()).err(),
            (!fine).then_some(ErrorKind::Unauthenticated)
        );
    }
    // A key that the provider does not know.
    let stranger = MattildaConfig::from_private_key(fixture("test_key_p521.pem"))
        .with_api_url(sandbox.mattilda().api_url());
    let error = Mattilda::new(stranger).unwrap().payment(&id(&payment)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn hostile_ids_never_become_other_requests() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = sandbox.mattilda().captured(1000, "MXN");
    let adapter = adapter(&sandbox, &[]);
    for hostile in [
        "../transactions",
        &format!("{payment}/"),
        &format!("{payment}/refunds"),
        "..%2f..",
        "%2e%2e",
        &format!("{payment}/refunds/all"),
        &format!("{payment}?x=1"),
        &format!("{payment}#x"),
        "a\\b",
        "@localhost",
        "ünïcode",
    ] {
        sandbox.clear_requests();
        let asked = exact(hostile, 100, "rma-1");
        adapter.payment(&id(hostile)).await.unwrap_err();
        adapter.get_refund(&id(hostile), &RefundId::new(hostile).unwrap()).await.unwrap_err();
        adapter.submit_refund(&refunds_core::SubmitRefund::new(asked, mxn(100))).await.unwrap_err();
        for request in sandbox.requests() {
            let segments = request.path.split('/').count() - 1;
            let expected =
                [("refunds/", 2), ("transactions/", 2), ("transactions/", 3), ("transactions/", 4)];
            assert!(
                expected
                    .iter()
                    .any(|(start, count)| request.path[1..].starts_with(start) && segments == *count),
                "{hostile}: {}",
                request.path
            );
            assert_eq!(request.query, None, "{hostile}");
            let bare = !hostile.starts_with("ü") && request.path.contains(hostile);
            assert!(!bare, "{hostile}: {}", request.path);
            let last = request.path.rsplit('/').next().unwrap();
            assert_ne!(last, "all", "{hostile}");
        }
    }
    assert_eq!(sandbox.ledger().of(&payment).count(), 0);
}

#[tokio::test]
async fn the_documented_page_over_a_socket() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox
        .mattilda()
        .insert_refunds_page_bytes(crate::common::PAYMENT, fixture("list_transaction_refunds.json"));
    let client = client(&sandbox);
    let mut list = client.list(&crate::common::payment_id());
    let refund = list.try_next().await.unwrap().unwrap();
    assert_eq!(refund.amount, mxn(1299));
    assert!(list.try_next().await.unwrap().is_none());
    assert!(!list.is_complete(), "a full page with a cursor that leads nowhere: more may exist");
}
