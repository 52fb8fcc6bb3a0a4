//! Orders whose records and whose money differ.

use crate::common::{
    asked, change_events, client, dintero, get, line, list, payment, reference, reverse_last, submit, sums,
};
use refunds_core::{ErrorKind, RefundProvider as _, RefundStatus};
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::json;

/// An order over 1.00 and the transaction over so much that paid it.
fn order_of(sandbox: &Sandbox, minor: i64) -> (String, String) {
    let transaction = sandbox.dintero().transaction(TransactionSpec::new(minor, "NOK"));
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    (order, transaction)
}

#[tokio::test]
async fn money_that_is_gone_without_a_record_is_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = order_of(&sandbox, 100);
    let moved = submit(&dintero, asked(&transaction, 40, "in-the-back-office")).await.unwrap();
    let reported = list(&dintero, &order).await.unwrap();
    assert_eq!(
        (reported.len(), &reported[0].id, reported[0].status),
        (1, &moved.id, RefundStatus::Succeeded)
    );
    assert_eq!(
        (reported[0].payment_id.as_str(), reported[0].extra.get("recorded")),
        (&*order, Some(json!(false)))
    );
    assert_eq!(get(&dintero, &order, moved.id.as_str()).await.unwrap(), reported[0]);
    assert_eq!(sums(&dintero, &order).await, [100, 40, 0, 60]);
}

#[tokio::test]
async fn a_refund_and_its_record_are_one_however_they_are_reported() {
    for (what, recorded) in [
        ("by one reference", json!({"id": "a", "metadata": {"refund_reference": "rf-1"}})),
        ("a record without a reference", json!({"id": "a"})),
        ("a record with something else for one", json!({"id": "a", "metadata": {"refund_reference": 7}})),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let dintero = dintero(&sandbox);
        let (order, transaction) = order_of(&sandbox, 100);
        let moved = submit(&dintero, asked(&transaction, 40, "rf-1")).await.unwrap();
        let mut record = recorded;
        record["amount"] = json!(40);
        record["success"] = json!(true);
        sandbox.dintero().set_order_refunds(&order, vec![record]);
        let reported = list(&dintero, &order).await.unwrap();
        assert_eq!((reported.len(), reported[0].id.as_str()), (1, "a"), "{what}");
        assert_eq!(reported[0].reference, Some(reference("rf-1")), "{what}");
        assert_eq!(get(&dintero, &order, moved.id.as_str()).await.unwrap().id.as_str(), "a", "{what}");
        assert_eq!(sums(&dintero, &order).await, [100, 40, 0, 60], "{what}");
        // However it was recorded, it is there, and is not made or recorded again.
        let again =
            client(dintero).create(&asked(&order, 40, "rf-1").with_line(line("1", 40))).await.unwrap();
        assert_eq!(again.id.as_str(), "a", "{what}");
        assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1, "{what}");
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 40, "{what}");
    }
}

#[tokio::test]
async fn a_record_of_another_refund_over_the_same_amount_is_not_ours() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = order_of(&sandbox, 100);
    // In the back office, without a reference, and recorded so.
    submit(&dintero, asked(&transaction, 40, "x")).await.unwrap();
    change_events(&sandbox, &transaction, |events| {
        events.last_mut().unwrap().as_object_mut().unwrap().remove("event_reference");
    });
    let client = client(dintero.clone());
    sandbox.faults().add("record:*:status=503".parse().unwrap());
    let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
    let made = client.create(&request).await.unwrap();
    sandbox.faults().clear();
    let office =
        json!({"id": "office", "amount": 40, "success": true, "items": [{"line_id": 1, "amount": 40}]});
    sandbox.dintero().set_order_refunds(&order, vec![office]);
    let reported = list(&dintero, &order).await.unwrap();
    let reported: Vec<_> =
        reported.iter().map(|refund| (refund.id.as_str(), refund.needs_completion())).collect();
    assert_eq!(reported, [("office", false), (made.id.as_str(), true)]);
    assert_eq!(client.create(&request).await.unwrap().id, made.id);
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 2);
    assert_eq!(sums(&dintero, &order).await, [100, 80, 0, 20]);
}

#[tokio::test]
async fn a_pending_refund_is_not_a_record_made_elsewhere() {
    for (outcome, end) in
        [(Outcome::Succeeded, RefundStatus::Succeeded), (Outcome::Declined, RefundStatus::Declined)]
    {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.set_settle_after_reads(None);
        let transaction =
            sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").asynchronous(outcome));
        let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
        let dintero = dintero(&sandbox);
        let pending = submit(&dintero, asked(&order, 40, "rf-1").with_line(line("1", 40))).await.unwrap();
        // A record made elsewhere, and one without an outcome.
        let unclear = json!({"id": "unclear", "amount": 40, "success": null});
        sandbox.dintero().set_order_refunds(&order, vec![unclear]);
        assert_eq!(get(&dintero, &order, "unclear").await.unwrap().status, RefundStatus::Unknown);
        let office = json!({"id": "office", "amount": 40, "success": true});
        sandbox.dintero().set_order_refunds(&order, vec![office]);
        let reported = get(&dintero, &order, pending.id.as_str()).await.unwrap();
        assert_eq!(
            (reported.status, reported.reference),
            (RefundStatus::Pending, Some(reference("rf-1"))),
            "{outcome}"
        );
        assert_eq!(sums(&dintero, &order).await, [100, 40, 40, 20], "{outcome}");
        sandbox.settle_all();
        let reported = get(&dintero, &order, pending.id.as_str()).await.unwrap();
        assert_eq!(reported.status, end, "{outcome}");
    }
}

#[tokio::test]
async fn what_contradicts_is_two_refunds() {
    for (what, record, reported, gone) in [
        ("another reference", json!({"amount": 40, "metadata": {"refund_reference": "rf-2"}}), 2, 80),
        ("another amount", json!({"amount": 30}), 2, 70),
        ("a record of a failure", json!({"amount": 40, "success": false}), 2, 40),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let dintero = dintero(&sandbox);
        let (order, transaction) = order_of(&sandbox, 100);
        submit(&dintero, asked(&transaction, 40, "rf-1")).await.unwrap();
        let mut record = record;
        record["id"] = json!("a");
        record["success"] = record.get("success").cloned().unwrap_or(json!(true));
        sandbox.dintero().set_order_refunds(&order, vec![record]);
        assert_eq!(list(&dintero, &order).await.unwrap().len(), reported, "{what}");
        assert_eq!(sums(&dintero, &order).await, [100, gone, 0, 100 - gone], "{what}");
    }
}

#[tokio::test]
async fn a_refund_that_was_recorded_twice_is_one() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, _) = order_of(&sandbox, 100);
    submit(&dintero, asked(&order, 30, "rf-0").with_line(line("1", 30))).await.unwrap();
    let refund = submit(&dintero, asked(&order, 40, "rf-1").with_line(line("1", 40))).await.unwrap();
    let mut records = sandbox.dintero().order_refunds(&order);
    let mut double = records[1].clone();
    double["id"] = json!("double");
    records.insert(0, double);
    sandbox.dintero().set_order_refunds(&order, records);
    let reported = list(&dintero, &order).await.unwrap();
    let references: Vec<_> =
        reported.iter().map(|refund| refund.reference.clone().unwrap().to_string()).collect();
    assert_eq!(references.len(), 2, "{references:?}");
    assert_eq!(sums(&dintero, &order).await, [100, 70, 0, 30]);
    for id in ["double", refund.id.as_str()] {
        assert_eq!(get(&dintero, &order, id).await.unwrap().reference, refund.reference, "{id}");
    }
}

#[tokio::test]
async fn a_record_of_a_success_that_the_bank_took_back_is_a_failure() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = order_of(&sandbox, 100);
    let refund = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    change_events(&sandbox, &transaction, reverse_last);
    let reported = get(&dintero, &order, refund.id.as_str()).await.unwrap();
    assert_eq!((reported.status, reported.needs_completion()), (RefundStatus::Failed, false));
    assert_eq!(sums(&dintero, &order).await, [100, 0, 0, 100]);
}

#[tokio::test]
async fn a_transaction_that_cannot_be_read_is_not_ignored() {
    for (fault, kind) in [
        ("payment:1:status=403", ErrorKind::PermissionDenied),
        ("payment:1:status=503", ErrorKind::Unavailable),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let dintero = dintero(&sandbox);
        let (order, _) = order_of(&sandbox, 100);
        sandbox.faults().add(fault.parse().unwrap());
        let error = dintero.overview(&payment(&order)).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{fault}");
    }
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let gone = format!("{}.gone", sandbox.dintero().account_id());
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(gone));
    assert_eq!(sums(&dintero, &order).await, [100, 0, 0, 100], "its records are all there is");
    let error = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false));
}

#[tokio::test]
async fn creating_again_writes_the_record_that_is_missing_and_names_it_as_it_was_reported() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, transaction) = order_of(&sandbox, 100);
    sandbox.faults().add("record:*:status=503".parse().unwrap());
    let client = client(dintero(&sandbox));
    let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
    let made = client.create(&request).await.unwrap();
    assert_eq!((made.status, made.needs_completion()), (RefundStatus::Succeeded, true));
    assert!(sandbox.dintero().order_refunds(&order).is_empty());
    sandbox.faults().clear();
    let recorded = client.create(&request).await.unwrap();
    assert_eq!((&recorded.id, recorded.needs_completion()), (&made.id, false));
    let merged = recorded.clone().merge(made).unwrap();
    assert_eq!(
        (merged.needs_completion(), &merged.extra),
        (false, &recorded.extra),
        "the record is the later version"
    );
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 40);
}

#[tokio::test]
async fn ids_of_doubles_lead_to_the_refund_that_they_are() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, _) = order_of(&sandbox, 100);
    for (minor, text) in [(40, "rf-1"), (30, "rf-9")] {
        submit(&dintero, asked(&order, minor, text).with_line(line("1", minor))).await.unwrap();
    }
    let mut records = sandbox.dintero().order_refunds(&order);
    for id in ["b", "a"] {
        let mut double = records.iter().rev().nth(1).unwrap().clone();
        (double["id"], double["success"]) = (json!(id), json!(false));
        records.insert(0, double);
    }
    sandbox.dintero().set_order_refunds(&order, records.clone());
    assert_eq!(list(&dintero, &order).await.unwrap().len(), 2);
    for (at, text) in [(0, "rf-1"), (1, "rf-1"), (2, "rf-1"), (3, "rf-9")] {
        let id = records[at]["id"].as_str().unwrap();
        let found = get(&dintero, &order, id).await.unwrap();
        assert_eq!((found.reference, found.status), (Some(reference(text)), RefundStatus::Succeeded), "{id}");
    }
}

#[tokio::test]
async fn captures_that_cannot_be_read_are_not_nothing() {
    for (fault, kind) in
        [("malformed-body", ErrorKind::Protocol), ("status=403", ErrorKind::PermissionDenied)]
    {
        let sandbox = Sandbox::start().await.unwrap();
        let dintero = dintero(&sandbox);
        let (order, transaction) = order_of(&sandbox, 100);
        let moved = submit(&dintero, asked(&transaction, 100, "rf-1")).await.unwrap();
        sandbox.faults().add(format!("GET */captures:every:{fault}").parse().unwrap());
        assert_eq!(get(&dintero, &order, moved.id.as_str()).await.unwrap_err().kind(), kind, "{fault}");
        assert_eq!(list(&dintero, &order).await.unwrap_err().kind(), kind, "{fault}");
    }
}

#[tokio::test]
async fn a_reference_twice_at_checkout_is_an_error_that_names_both_refunds() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = order_of(&sandbox, 100);
    submit(&dintero, asked(&transaction, 40, "rf-1")).await.unwrap();
    change_events(&sandbox, &transaction, |events| {
        let mut event = events.last().unwrap().clone();
        event["id"] = json!("again");
        event["request_id"] = json!("11111111-2222-3333-4444-555555555555");
        events.push(event);
    });
    let twice = asked(&order, 40, "rf-1").with_line(line("1", 40));
    let error = client(dintero.clone()).create(&twice).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Conflict, true), "{error}");
    for refund in list(&dintero, &order).await.unwrap() {
        assert!(error.to_string().contains(refund.id.as_str()), "both are named: {error}");
    }
    assert_eq!(sums(&dintero, &order).await, [100, 80, 0, 20]);
}
