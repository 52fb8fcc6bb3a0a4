//! Orders that share a transaction, workers that share an order, and reads that are behind.

use std::time::Duration;

use crate::common::{asked, change_events, client, dintero, get, line, list, payment, submit, sums};
use refunds_core::{ErrorKind, PageRequest, RefundClient, RefundProvider as _, RefundStatus};
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::json;

/// Two orders over 1.00 each and the transaction that paid both.
fn two_orders(sandbox: &Sandbox, spec: TransactionSpec) -> (String, String, String) {
    let transaction = sandbox.dintero().transaction(spec);
    let order = || sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    (order(), order(), transaction)
}

fn one_order(sandbox: &Sandbox) -> (String, String) {
    let transaction = sandbox.dintero().transaction(TransactionSpec::new(100, "NOK"));
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    (order, transaction)
}

fn two() -> TransactionSpec {
    TransactionSpec::new(200, "NOK")
}

#[tokio::test]
async fn a_transaction_that_paid_more_than_the_order_shows_nothing_of_others() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (one, two, transaction) = two_orders(&sandbox, two());
    let refund = submit(&dintero, asked(&two, 100, "rf-1")).await.unwrap();
    assert!(list(&dintero, &one).await.unwrap().is_empty());
    assert_eq!(sums(&dintero, &one).await, [100, 0, 0, 100]);
    assert_eq!(list(&dintero, &two).await.unwrap(), [refund]);
    let moved = dintero.list_refunds(&payment(&transaction), &PageRequest::first()).await.unwrap();
    let others = get(&dintero, &one, moved.items[0].id.as_str()).await.unwrap_err();
    assert_eq!(others.kind(), ErrorKind::NotFound);
    submit(&dintero, asked(&one, 100, "rf-2")).await.unwrap();
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 200);
}

#[tokio::test]
async fn one_reference_on_two_orders_is_two_refunds() {
    let sandbox = Sandbox::start().await.unwrap();
    let (one, two, transaction) = two_orders(&sandbox, two());
    let client = client(dintero(&sandbox));
    for (order, minor) in [(&one, 100), (&two, 60), (&one, 100), (&two, 60)] {
        let request = asked(order, minor, "rma-1").with_line(line("1", minor));
        let refund = client.create(&request).await.unwrap();
        assert_eq!((refund.status, refund.payment_id), (RefundStatus::Succeeded, payment(order)));
    }
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 160);
    assert_eq!(sums(&dintero(&sandbox), &two).await, [100, 60, 0, 40]);
}

#[tokio::test]
async fn an_order_gives_back_no_more_than_it_took() {
    for (what, spec, fault) in [
        ("its first refund is under way", two().asynchronous(Outcome::Succeeded), None),
        ("its first refund is not recorded", two(), Some("record:every:status=503")),
        (
            "its first refund is under way and names no order",
            two().asynchronous(Outcome::Succeeded).without_metadata_on_initiate(),
            None,
        ),
        (
            "its first refund is under way and names nothing",
            two()
                .asynchronous(Outcome::Succeeded)
                .without_reference_on_initiate()
                .without_metadata_on_initiate(),
            None,
        ),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.set_settle_after_reads(None);
        let (one, _, transaction) = two_orders(&sandbox, spec);
        sandbox.faults().add(fault.unwrap_or("GET /nowhere:1:status=500").parse().unwrap());
        let client = client(dintero(&sandbox));
        let first = client.create(&asked(&one, 60, "rf-1").with_line(line("1", 60))).await.unwrap();
        let error = client.create(&asked(&one, 50, "rf-2").with_line(line("1", 50))).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false), "{what}");
        assert_eq!(
            get(&dintero(&sandbox), &one, first.id.as_str()).await.unwrap().status,
            first.status,
            "{what}"
        );
        let ledger = sandbox.ledger();
        assert_eq!(ledger.total_refunded(&transaction) + ledger.pending(&transaction), 60, "{what}");
    }
}

/// A replica that lags, a cache: the transaction as it was before it was refunded.
#[tokio::test]
async fn a_read_that_is_behind_refunds_nothing_again() {
    for nth in 3..8 {
        let sandbox = Sandbox::start().await.unwrap();
        let (order, transaction) = one_order(&sandbox);
        let before = sandbox.dintero().transaction_json(&transaction).unwrap();
        sandbox.faults().add("record:1:status=503".parse().unwrap());
        let stale = format!("GET */transactions/*:{nth}:rewrite=/events={}", before["events"]);
        sandbox.faults().add(stale.parse().unwrap());
        let client = client(dintero(&sandbox));
        let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
        let reported = client.create(&request).await;
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 40, "read {nth}: {reported:?}");
        sandbox.faults().clear();
        assert_eq!(client.create(&request).await.unwrap().status, RefundStatus::Succeeded);
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 40, "read {nth}");
    }
}

#[tokio::test]
async fn a_read_that_is_behind_while_the_record_is_written_refunds_nothing_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, transaction) = one_order(&sandbox);
    let before = sandbox.dintero().transaction_json(&transaction).unwrap();
    sandbox.faults().add("record:every:status=503".parse().unwrap());
    let client = client(dintero(&sandbox));
    let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
    let made = client.create(&request).await.unwrap();
    sandbox.faults().clear();
    let stale = format!("GET */transactions/*:2:rewrite=/events={}", before["events"]);
    sandbox.faults().add(stale.parse().unwrap());
    assert_eq!(client.create(&request).await.unwrap().id, made.id);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 40);
}

#[tokio::test]
async fn two_workers_of_which_one_waits_for_checkout_leave_one_refund() {
    for fault in ["submit:1:latency=300ms", "record:1:latency=300ms"] {
        let sandbox = Sandbox::start().await.unwrap();
        let (order, transaction) = one_order(&sandbox);
        sandbox.faults().add(fault.parse().unwrap());
        let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
        let worker = || RefundClient::new(dintero(&sandbox));
        let (first, second) = (worker(), worker());
        let (one, other) = tokio::join!(first.create(&request), async {
            while sandbox.ledger().entries().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            second.create(&request).await
        });
        assert_eq!(
            (one.unwrap().status, other.unwrap().status),
            (RefundStatus::Succeeded, RefundStatus::Succeeded)
        );
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 40, "{fault}");
        assert_eq!(list(&dintero(&sandbox), &order).await.unwrap().len(), 1, "{fault}");
        assert_eq!(sums(&dintero(&sandbox), &order).await, [100, 40, 0, 60], "{fault}");
    }
}

#[tokio::test]
async fn an_existing_record_is_returned() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, transaction) = one_order(&sandbox);
    let dintero = dintero(&sandbox);
    submit(&dintero, asked(&transaction, 40, "rf-1")).await.unwrap();
    sandbox.faults().add("record:every:latency=50ms".parse().unwrap());
    let request = || asked(&order, 40, "rf-1").with_line(line("1", 40));
    let (one, other) = tokio::join!(submit(&dintero, request()), submit(&dintero, request()));
    assert_eq!(one.unwrap().id, other.unwrap().id);
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1);
}

#[tokio::test]
async fn a_stale_response_is_not_another_orders_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    let (one, two, transaction) = two_orders(&sandbox, two());
    let client = client(dintero(&sandbox));
    client.create(&asked(&two, 60, "rma-1").with_line(line("1", 60))).await.unwrap();
    change_events(&sandbox, &transaction, |events| events.last_mut().unwrap()["success"] = json!(false));
    let before = sandbox.dintero().transaction_json(&transaction).unwrap();
    sandbox.faults().add(format!("submit:1:rewrite=/events={}", before["events"]).parse().unwrap());
    let request = asked(&one, 60, "rma-1").with_line(line("1", 60));
    assert_eq!(client.create(&request).await.unwrap().status, RefundStatus::Succeeded);
    assert_eq!(sandbox.dintero().order_refunds(&one)[0]["success"], true);
    assert_eq!(client.create(&request).await.unwrap().status, RefundStatus::Succeeded);
}

#[tokio::test]
async fn what_is_ours_goes_before_what_may_be() {
    let sandbox = Sandbox::start().await.unwrap();
    let (one, _, transaction) = two_orders(&sandbox, two());
    let dintero = dintero(&sandbox);
    submit(&dintero, asked(&one, 40, "rma-1").with_line(line("1", 40))).await.unwrap();
    // Other software, for the other order: the same reference and amount, and no order.
    change_events(&sandbox, &transaction, |events| {
        let mut event = events.last().unwrap().clone();
        event.as_object_mut().unwrap().remove("metadata");
        event["request_id"] = json!("11111111-1111-4111-8111-111111111111");
        event["id"] = json!("other");
        events.push(event);
    });
    assert_eq!(list(&dintero, &one).await.unwrap().len(), 1);
    assert_eq!(sums(&dintero, &one).await, [100, 40, 0, 60]);
}

#[tokio::test]
async fn a_final_refund_without_an_order_blocks_no_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let (one, _, transaction) = two_orders(&sandbox, two().asynchronous(Outcome::Succeeded));
    // In the back office, for the other order.
    submit(&dintero(&sandbox), asked(&transaction, 100, "x")).await.unwrap();
    sandbox.settle_all();
    change_events(&sandbox, &transaction, |events| {
        for event in events.iter_mut() {
            event.as_object_mut().unwrap().remove("event_reference");
        }
    });
    assert_eq!(sums(&dintero(&sandbox), &one).await, [100, 0, 0, 100]);
    let refund = client(dintero(&sandbox)).create(&asked(&one, 100, "rf-1")).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 200);
}

/// Two processes without a common journal, two orders behind one transaction. The first one's refund is
/// under way and shows its reference, not its order: under another reference it would be made twice.
#[tokio::test]
async fn a_refund_that_may_be_this_one_is_not_called_certainly_not_made() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    let spec = two().asynchronous(Outcome::Succeeded).without_metadata_on_initiate();
    let (one, ..) = two_orders(&sandbox, spec);
    let request = asked(&one, 40, "rf-1").with_line(line("1", 40));
    client(dintero(&sandbox)).create(&request).await.unwrap();
    let error = client(dintero(&sandbox)).create(&request).await.unwrap_err();
    assert!(error.may_have_applied(), "{:?}: {error}", error.kind());
}

/// The transaction behind an order is found by its `merchant_reference`, and the search is a moment
/// behind. The first call fails cleanly; the order must not be locked for ever by what it journalled.
#[tokio::test]
async fn an_order_whose_transaction_shows_later_can_be_refunded_then() {
    let sandbox = Sandbox::start().await.unwrap();
    let order = sandbox.dintero().order(OrderSpec::new("NOK").id("o-1").line(1, 100).captured_anonymously());
    let client = client(dintero(&sandbox));
    let request = asked(&order, 100, "rf-1").with_line(line("1", 100));
    let error = client.create(&request).await.unwrap_err();
    assert!(!error.may_have_applied(), "{error}");
    sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").merchant_reference("o-1"));
    client.create(&request).await.unwrap();
}
