//! Refunds of Checkout transactions, over HTTP.

use crate::common::{asked, client, dintero, get, line, list, log, payment, reference, submit, sums};
use refunds_core::{
    CreateRefund, ErrorKind, RefundAmount, RefundProvider as _, RefundStatus, RetryAdvice, SubmitRefund,
    WaitOutcome,
};
use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Sandbox,
    dintero::{Decline, ErrorType, TransactionSpec},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_refund_is_made_listed_and_found_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox
        .dintero()
        .transaction(TransactionSpec::new(44_850, "NOK").line("1", 29_900).line("2", 14_950));
    let dintero = dintero(&sandbox);
    let request = asked(&id, 14_950, "rf-1")
        .with_reason("one of two")
        .with_line(line("2", 14_950).with_quantity(1))
        .with_metadata("rma", "RMA-551")
        .with_metadata("ext_store", "7");
    let refund = submit(&dintero, request).await.unwrap();

    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(refund.reference, Some(reference("rf-1")));
    assert_eq!(refund.lines[0].id, "2");
    assert_eq!(serde_json::to_value(&refund.metadata).unwrap(), json!({"rma": "RMA-551", "store": "7"}));
    assert_eq!(sandbox.ledger().total_refunded(&id), 14_950);
    assert_eq!(sandbox.ledger().entries()[0].refund_id, refund.id.as_str());
    assert_eq!(log(&sandbox), ["GET transaction", "POST refund"]);
    assert_eq!(
        sandbox.dintero().transaction_json(&id).unwrap().pointer("/events/2/items").unwrap(),
        &json!([{"line_id": "2", "amount": 14_950, "quantity": 1, "id": "sku-2", "description": "Line 2"}]),
        "what is known of a line is sent with it"
    );

    assert_eq!(list(&dintero, &id).await.unwrap(), std::slice::from_ref(&refund));
    assert_eq!(get(&dintero, &id, refund.id.as_str()).await.unwrap(), refund);
    for alias in [
        refund.extra.text("event_id").unwrap(),
        &refund.id.as_str().replace('-', ""),
        &refund.id.as_str().to_uppercase(),
    ] {
        assert_eq!(get(&dintero, &id, alias).await.unwrap().id, refund.id, "{alias}");
    }
    assert_eq!(sums(&dintero, &id).await, [44_850, 14_950, 0, 29_900]);
}

#[tokio::test]
async fn a_creation_is_one_look_and_one_refund() {
    for (product, kind) in [("dintero_psp", "dintero_psp.creditcard"), ("instabank", "instabank.invoice")] {
        let sandbox = Sandbox::start().await.unwrap();
        let spec = TransactionSpec::new(44_850, "NOK").product(product, kind).line("1", 44_850);
        let id = sandbox.dintero().transaction(spec);
        let client = refunds_core::RefundClient::new(dintero(&sandbox));
        client.create(&asked(&id, 44_850, "rf-1")).await.unwrap();
        // What the look read is handed to the submission, also where lines are needed.
        let looks = ["GET transaction", "POST refund"];
        assert_eq!(log(&sandbox), looks, "{product}");
    }
}

#[tokio::test]
async fn a_payment_and_its_refunds_are_one_request() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.dintero().captured(100, "NOK");
    let dintero = dintero(&sandbox);
    submit(&dintero, asked(&id, 40, "rf-1")).await.unwrap();
    sandbox.clear_requests();
    let overview = dintero.overview(&payment(&id)).await.unwrap();
    assert_eq!(log(&sandbox), ["GET transaction"]);
    assert_eq!(overview.payment, dintero.payment(&payment(&id)).await.unwrap());
    assert_eq!(overview.refunds.refunds, list(&dintero, &id).await.unwrap());
    assert!(overview.refunds.complete);
    assert_eq!(overview.payment.provider_status.as_deref(), Some("PARTIALLY_REFUNDED"));
}

#[tokio::test]
async fn a_refund_that_takes_its_time_keeps_its_id() {
    for spec in [
        TransactionSpec::new(100, "SEK"),
        TransactionSpec::new(100, "SEK").with_plain_request_ids(),
        TransactionSpec::new(100, "SEK").without_reference_on_initiate(),
    ] {
        for (outcome, status) in
            [(Outcome::Succeeded, RefundStatus::Succeeded), (Outcome::Declined, RefundStatus::Declined)]
        {
            let sandbox = Sandbox::start().await.unwrap();
            sandbox.set_settle_after_reads(None);
            let id = sandbox
                .dintero()
                .transaction(spec.clone().product("swish", "swish.swish").asynchronous(outcome));
            let dintero = dintero(&sandbox);
            let sek = refunds_core::Money::new(40, "SEK".parse().unwrap());
            let request = CreateRefund::new(payment(&id), RefundAmount::Exact(sek), reference("rf-1"));
            let pending = dintero.submit_refund(&SubmitRefund::new(request, sek)).await.unwrap();
            assert_eq!(pending.status, RefundStatus::Pending, "{spec:?}");
            assert_eq!(sums(&dintero, &id).await, [100, 0, 40, 60], "{spec:?}");

            sandbox.settle_all();
            let ended = get(&dintero, &id, pending.id.as_str()).await.unwrap();
            assert_eq!((&ended.id, ended.status), (&pending.id, status), "{spec:?}");
            assert_eq!(ended.reference, Some(reference("rf-1")), "{spec:?}");
            assert_eq!(list(&dintero, &id).await.unwrap(), std::slice::from_ref(&ended), "{spec:?}");
            assert!(pending.merge(ended).unwrap().status.is_final());
        }
    }
}

#[tokio::test]
async fn two_hundred_is_not_success() {
    let sandbox = Sandbox::start().await.unwrap();
    let decline =
        Decline::new(ErrorType::InsufficientFunds).code("E51").retry_after_delay("2030-01-01T00:00:00Z");
    let spec = TransactionSpec::new(100, "NOK").with_corrections();
    for (decline, status, code, retry) in [
        (decline, RefundStatus::Declined, "E51", RetryAdvice::Later),
        (Decline::new(ErrorType::Error).retry_immediately(), RefundStatus::Failed, "ERROR", RetryAdvice::Now),
        (Decline::new(ErrorType::Unknown), RefundStatus::Failed, "UNKNOWN", RetryAdvice::Never),
    ] {
        let id = sandbox.dintero().transaction(spec.clone().declines(decline));
        let dintero = dintero(&sandbox);
        let refund = submit(&dintero, asked(&id, 40, "rf-1")).await.unwrap();
        assert_eq!(refund.status, status);
        let failure = refund.failure.unwrap();
        assert_eq!((failure.code.as_deref(), failure.retry), (Some(code), Some(retry)));
        assert_eq!(sums(&dintero, &id).await, [100, 0, 0, 100]);
        assert_eq!(sandbox.ledger().total_refunded(&id), 0);
    }
}

#[tokio::test]
async fn amounts_at_the_limits() {
    let sandbox = Sandbox::start().await.unwrap();
    let most = i64::from(i32::MAX);
    for (minor, kind) in [
        (1, None),
        (most, None),
        (most + 1, Some(ErrorKind::InvalidRequest)),
        (0, Some(ErrorKind::InvalidRequest)),
        (-1, Some(ErrorKind::InvalidRequest)),
        (i64::MAX, Some(ErrorKind::InvalidRequest)),
    ] {
        let id = sandbox.dintero().captured(most, "NOK");
        sandbox.clear_requests();
        let refund = submit(&dintero(&sandbox), asked(&id, minor, "rf-1")).await;
        assert_eq!(refund.as_ref().err().map(refunds_core::Error::kind), kind, "{minor}");
        match refund {
            Ok(refund) => assert_eq!(refund.amount.minor_units(), minor),
            Err(error) => {
                assert!(!error.may_have_applied(), "{minor}");
                assert!(sandbox.requests().is_empty(), "{minor}: nothing is sent");
            }
        }
    }
}

#[tokio::test]
async fn refusals_and_unknown_payments() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let id = sandbox.dintero().captured(100, "NOK");
    let other = sandbox.dintero().captured(100, "NOK");
    let unknown = "T11223344.doesNotExist";
    let refund = submit(&dintero, asked(&other, 10, "rf-1")).await.unwrap();

    let kind = |error: refunds_core::Error| {
        assert!(!error.may_have_applied(), "{error}");
        assert_eq!(error.provider(), Some("dintero"));
        assert!(error.operation().is_some(), "{error}");
        error.kind()
    };
    assert_eq!(kind(get(&dintero, &id, refund.id.as_str()).await.unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(get(&dintero, &id, "x").await.unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(get(&dintero, unknown, "x").await.unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(list(&dintero, unknown).await.unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(dintero.payment(&payment(unknown)).await.unwrap_err()), ErrorKind::NotFound);
    assert_eq!(kind(submit(&dintero, asked(unknown, 1, "rf-1")).await.unwrap_err()), ErrorKind::NotFound);
    let too_much = submit(&dintero, asked(&id, 101, "rf-1")).await.unwrap_err();
    assert!(too_much.message().contains("exceeds what is left"), "{too_much}");
    assert_eq!(kind(too_much), ErrorKind::InvalidRequest);
    let authorized = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").authorized_only());
    assert_eq!(
        kind(submit(&dintero, asked(&authorized, 1, "rf-1")).await.unwrap_err()),
        ErrorKind::InvalidRequest
    );
    let in_sek = CreateRefund::new(
        payment(&id),
        RefundAmount::Exact(refunds_core::Money::new(1, "SEK".parse().unwrap())),
        reference("rf-1"),
    );
    let in_sek = SubmitRefund::new(in_sek, refunds_core::Money::new(1, "SEK".parse().unwrap()));
    assert_eq!(kind(dintero.submit_refund(&in_sek).await.unwrap_err()), ErrorKind::InvalidRequest);
    let page = refunds_core::PageRequest::after(refunds_core::Cursor::new("x").unwrap());
    assert_eq!(
        kind(dintero.list_refunds(&payment(&id), &page).await.unwrap_err()),
        ErrorKind::InvalidRequest
    );
    assert_eq!(sandbox.ledger().total_refunded(&id), 0);
}

#[tokio::test]
async fn a_known_reference_returns_its_refund_and_is_not_refunded_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.dintero().captured(100, "NOK");
    let dintero = dintero(&sandbox);
    let first = submit(&dintero, asked(&id, 40, "rf-1")).await.unwrap();
    let again = submit(&dintero, asked(&id, 40, "rf-1")).await.unwrap();
    assert_eq!(first, again);
    let other = submit(&dintero, asked(&id, 41, "rf-1")).await.unwrap_err();
    assert_eq!((other.kind(), other.may_have_applied()), (ErrorKind::Conflict, false));
    assert!(other.is_reference_spent(), "{other}");
    assert_eq!(sandbox.ledger().total_refunded(&id), 40);
}

#[tokio::test]
async fn products_that_need_lines_get_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    for (product, kind) in [
        ("instabank", "instabank.invoice"),
        ("collector", "collector.invoice_b2b"),
        ("kravia", "kravia.invoice_b2b"),
        ("two", "two.invoice_b2b"),
    ] {
        let spec = TransactionSpec::new(300, "NOK").product(product, kind).line("1", 100).line("2", 200);
        let id = sandbox.dintero().transaction(spec);
        let part = submit(&dintero, asked(&id, 150, "rf-1")).await.unwrap_err();
        assert_eq!((part.kind(), part.may_have_applied()), (ErrorKind::InvalidRequest, false));
        assert!(part.message().contains("name the lines"), "{part}");

        let named = submit(&dintero, asked(&id, 50, "rf-2").with_line(line("1", 50))).await.unwrap();
        assert_eq!(named.lines.len(), 1);
        let rest = submit(&dintero, asked(&id, 250, "rf-3")).await.unwrap();
        let lines: Vec<_> =
            rest.lines.iter().map(|line| (line.id.as_str(), line.amount.minor_units())).collect();
        assert_eq!(lines, [("1", 50), ("2", 200)], "{product}");
        assert_eq!(sandbox.ledger().total_refunded(&id), 300, "{product}");
    }
    let plain = sandbox.dintero().transaction(TransactionSpec::new(300, "NOK").line("1", 300));
    let refund = submit(&dintero, asked(&plain, 300, "rf-1")).await.unwrap();
    assert!(refund.lines.is_empty(), "others do without");
}

#[tokio::test]
async fn a_response_without_the_requested_event_is_a_protocol_error() {
    let sandbox = Sandbox::start().await.unwrap();
    for (pointer, value) in [
        ("/events/-1/event_reference", json!("another-systems")),
        ("/events/-1/event_reference", json!(null)),
        ("/events/-1/event", json!("SETTLEMENT")),
        ("/events/-1/amount", json!("40")),
        ("/events/-1/amount", json!(40.0)),
        ("/events", json!(null)),
        ("/currency", json!(null)),
        ("/id", json!("T11223344.other")),
    ] {
        let id = sandbox.dintero().captured(100, "NOK");
        let action = FaultAction::Rewrite { pointer: pointer.to_owned(), value: value.clone() };
        sandbox.faults().clear();
        sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(action));
        let error = submit(&dintero(&sandbox), asked(&id, 40, "rf-1")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_applied()),
            (ErrorKind::Protocol, true),
            "{pointer} {value}"
        );
        assert!(error.request_id().is_some(), "{pointer} {value}");
        assert_eq!(sandbox.ledger().total_refunded(&id), 40, "{pointer} {value}");
    }
}

#[tokio::test]
async fn a_client_makes_a_refund_once_whatever_happens_on_the_way() {
    for fault in [
        "submit:1:process-then-drop",
        "submit:1:process-then-reset",
        "submit:1:process-then-status=500",
        "submit:1:process-then-status=409",
        "submit:1:truncated-body",
        "submit:1:malformed-body",
        "submit:1:html-body",
        "submit:1:rewrite=/events/-1/event_reference=null",
        "submit:1:rate-limited=1",
        "submit:1:unauthorized",
        "look:1:status=503",
        "look:2:status=503",
        "token:1:status=500",
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let id = sandbox.dintero().captured(100, "NOK");
        sandbox.faults().add(fault.parse().unwrap());
        let client = client(dintero(&sandbox));
        let refund =
            client.create(&asked(&id, 40, "rf-1")).await.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(refund.status, RefundStatus::Succeeded, "{fault}");
        assert_eq!(client.create(&asked(&id, 40, "rf-1")).await.unwrap().id, refund.id, "{fault}");
        assert_eq!(sandbox.ledger().total_refunded(&id), 40, "{fault}");
    }
}

#[tokio::test]
async fn a_client_waits_for_the_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").asynchronous(Outcome::Succeeded));
    let client = client(dintero(&sandbox));
    let pending = client
        .create(&CreateRefund::new(payment(&id), RefundAmount::Remaining, reference("rf-1")))
        .await
        .unwrap();
    assert_eq!(pending.status, RefundStatus::Pending);
    let ended = client.wait_until_final(&payment(&id), &pending.id, Duration::from_secs(60)).await.unwrap();
    let WaitOutcome::Final(ended) = ended else { panic!("{ended:?}") };
    assert_eq!((ended.id, ended.status), (pending.id, RefundStatus::Succeeded));
    assert_eq!(sums_of(&client, &id).await, 0);
}

async fn sums_of(client: &refunds_core::RefundClient, id: &str) -> i64 {
    client.payment(&payment(id)).await.unwrap().refundable.minor_units()
}
