//! Which payment an order is refunded through, where other payments may have paid a part of it.

use crate::common::{asked, client, dintero, get, line, list, submit, sums};
use refunds_core::{ErrorKind, RefundStatus};
use refunds_sandbox::{
    Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::json;

/// An order over 2.00, of which line 1 is captured by the transaction.
fn half(transaction: &str) -> OrderSpec {
    OrderSpec::new("NOK").line(1, 100).line(2, 100).capture_of(transaction, [(1, 100)])
}

#[tokio::test]
async fn money_that_was_paid_elsewhere_is_not_refunded_to_the_card() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let side = sandbox.dintero();
    let transaction = || side.captured(200, "NOK");
    let rest = [(2, 100)];
    for (what, spec) in [
        ("cash", half(&transaction()).capture_in_cash(rest)),
        ("another system", half(&transaction()).capture_elsewhere_of("Bambora", "b-1", rest)),
        ("another account", half(&transaction()).capture_elsewhere_of("dintero", "P99887766.x", rest)),
        ("nothing", half(&transaction()).capture_with(json!(null), rest)),
        ("Checkout, and no transaction", half(&transaction()).capture_with(json!({"psp": "dintero"}), rest)),
        ("an empty payment", half(&transaction()).capture_with(json!({"payment_id": ""}), rest)),
        ("another transaction", half(&transaction()).capture_of(transaction(), rest)),
    ] {
        let order = side.order(spec);
        for request in [
            asked(&order, 200, "rf-1").with_line(line("1", 100)).with_line(line("2", 100)),
            asked(&order, 100, "rf-2").with_line(line("1", 100)),
        ] {
            let error = submit(&dintero, request).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false), "{what}");
            assert!(error.message().contains("cannot be refunded through Checkout"), "{what}: {error}");
        }
        assert!(side.order_refunds(&order).is_empty(), "{what}");
        assert_eq!(sums(&dintero, &order).await, [200, 0, 0, 200], "{what}");
    }
    assert!(sandbox.ledger().entries().is_empty());
}

#[tokio::test]
async fn a_transaction_is_searched_for_only_where_the_captures_name_nothing() {
    let all = [(1, 100), (2, 100)];
    let spec = || OrderSpec::new("NOK").id("order-42").line(1, 100).line(2, 100);
    let named = |details| spec().capture_with(details, all);
    for (what, spec, found) in [
        ("nothing", named(json!(null)), true),
        ("no details", named(json!({})), true),
        ("Checkout", named(json!({"psp": "Dintero"})), true),
        ("a product of Checkout", named(json!({"payment_product": "dintero_psp"})), true),
        ("Checkout and a product", named(json!({"psp": "dintero", "payment_product": "vipps"})), true),
        (
            "nothing, twice",
            spec().capture_with(json!(null), [(1, 100)]).capture_with(json!({}), [(2, 100)]),
            true,
        ),
        ("another system", named(json!({"psp": "Bambora"})), false),
        ("a product of whatever system", named(json!({"payment_product": "vipps"})), false),
        ("a type of whatever system", named(json!({"payment_product_type": "swish.swish"})), false),
        ("a payment", named(json!({"psp": "dintero", "payment_id": "b-1"})), false),
        ("cash", spec().capture_in_cash(all), false),
        ("cash for a part", spec().capture_with(json!(null), [(1, 100)]).capture_in_cash([(2, 100)]), false),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let side = sandbox.dintero();
        let transaction = side.transaction(TransactionSpec::new(200, "NOK").merchant_reference("order-42"));
        let order = side.order(spec);
        let refund = submit(&dintero(&sandbox), asked(&order, 200, "rf-1")).await;
        assert_eq!(refund.is_ok(), found, "{what}: {refund:?}");
        assert_eq!(sandbox.ledger().total_refunded(&transaction), if found { 200 } else { 0 }, "{what}");
        if let Err(error) = refund {
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false), "{what}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_took_less_than_the_order_did_not_pay_all_of_it() {
    for (captured, ok) in [(199, false), (200, true), (201, true)] {
        let sandbox = Sandbox::start().await.unwrap();
        let side = sandbox.dintero();
        let spec = TransactionSpec::new(captured, "NOK").merchant_reference("order-42");
        let transaction = side.transaction(spec);
        let order = side.order(OrderSpec::new("NOK").id("order-42").line(1, 200).captured_anonymously());
        let request = asked(&order, 100, "rf-1").with_line(line("1", 100));
        let refund = submit(&dintero(&sandbox), request).await;
        assert_eq!(refund.is_ok(), ok, "{captured}: {refund:?}");
        assert_eq!(sandbox.ledger().total_refunded(&transaction), if ok { 100 } else { 0 }, "{captured}");
        if let Err(error) = refund {
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false));
            submit(&dintero(&sandbox), asked(&transaction, 50, "rf-2")).await.unwrap();
            assert_eq!(sums(&dintero(&sandbox), &order).await, [200, 50, 0, 149], "its refunds are shown");
        }
    }
}

#[tokio::test]
async fn what_was_refunded_before_a_part_was_paid_elsewhere_is_still_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let side = sandbox.dintero();
    let transaction = side.captured(100, "NOK");
    let order = side.order(half(&transaction).id("order-42"));
    sandbox.faults().add("record:*:status=503".parse().unwrap());
    let request = asked(&order, 40, "rf-1").with_line(line("1", 40));
    let made = client(dintero.clone()).create(&request).await.unwrap();
    sandbox.faults().clear();
    // Line 2 is paid in cash.
    side.order(half(&transaction).id("order-42").capture_in_cash([(2, 100)]));
    assert_eq!(list(&dintero, &order).await.unwrap().len(), 1);
    let shown = get(&dintero, &order, made.id.as_str()).await.unwrap();
    assert_eq!((shown.status, &shown.reference), (RefundStatus::Succeeded, &made.reference));
    assert_eq!(sums(&dintero, &order).await, [200, 40, 0, 60]);
    let again = client(dintero).create(&request).await.unwrap();
    assert_eq!((again.id, again.status), (made.id, RefundStatus::Succeeded));
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 40);
}

#[tokio::test]
async fn a_record_of_cash_is_not_the_refund_of_the_card() {
    for (what, details, refunded) in [
        ("cash", json!({"psp": "cash"}), 80),
        ("another payment", json!({"payment_id": "b-1"}), 80),
        ("another transaction", json!({"psp": "dintero", "payment_id": "T11223344.other"}), 80),
        ("Checkout", json!({"psp": "dintero"}), 40),
        ("nothing", json!(null), 40),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let dintero = dintero(&sandbox);
        let transaction = sandbox.dintero().captured(100, "NOK");
        let order = sandbox.dintero().order(half(&transaction).capture_in_cash([(2, 100)]));
        submit(&dintero, asked(&transaction, 40, "back-office")).await.unwrap();
        let record = json!({"id": "till", "amount": 40, "success": true, "payment_details": details});
        sandbox.dintero().set_order_refunds(&order, vec![record]);
        assert_eq!(sums(&dintero, &order).await[1], refunded, "{what}");
        let listed = list(&dintero, &order).await.unwrap();
        let listed: i64 = listed.iter().map(|refund| refund.amount.minor_units()).sum();
        assert_eq!(listed, refunded, "{what}");
    }
}

#[tokio::test]
async fn a_capture_that_is_listed_twice_is_captured_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let side = sandbox.dintero();
    let transaction = side.captured(200, "NOK");
    let order = side.order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    let path = format!("/v1/accounts/{}/shopping/orders/{order}/captures", side.account_id());
    let capture = json!({
        "id": "c", "amount": 100, "success": true, "items": [{"line_id": 1, "amount": 100}],
        "payment_details": {"payment_id": transaction},
    });
    side.serve_bytes(path, json!({"captures": [capture, capture]}).to_string());
    assert_eq!(sums(&dintero, &order).await, [100, 0, 0, 100]);
    let refund = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    assert_eq!(refund.lines[0].amount.minor_units(), 100);
}
