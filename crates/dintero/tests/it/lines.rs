//! No line is refunded beyond what was captured of it, and nothing is sent where one would be.

use crate::common::{asked, client, config, dintero, line, log, payment, reference, submit};
use refunds_core::ErrorKind;
use refunds_dintero::Dintero;
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};
use serde_json::json;

/// A payment over lines 1 (1.00) and 2 (2.00): a transaction, or the order that it paid.
fn paid(sandbox: &Sandbox, spec: TransactionSpec, order: bool) -> (String, String) {
    let side = sandbox.dintero();
    let transaction = side.transaction(spec);
    let spec = OrderSpec::new("NOK").line(1, 100).line(2, 200).captured_by(&transaction);
    (if order { side.order(spec) } else { transaction.clone() }, transaction)
}

fn two_lines() -> TransactionSpec {
    TransactionSpec::new(300, "NOK").line("1", 100).line("2", 200)
}

#[tokio::test]
async fn no_line_is_refunded_beyond_what_was_captured_of_it() {
    for order in [false, true] {
        for spec in [two_lines(), two_lines().asynchronous(Outcome::Succeeded)] {
            let sandbox = Sandbox::start().await.unwrap();
            sandbox.set_settle_after_reads(None);
            let (id, transaction) = paid(&sandbox, spec, order);
            let client = client(dintero(&sandbox));
            client.create(&asked(&id, 60, "rf-1").with_line(line("1", 60))).await.unwrap();
            sandbox.clear_requests();
            let error = client.create(&asked(&id, 60, "rf-2").with_line(line("1", 60))).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.may_have_applied()),
                (ErrorKind::NotRefundable, false),
                "{error}"
            );
            assert!(error.message().starts_with("0.40 NOK is left to refund of line `1`"), "{error}");
            assert!(error.message().contains("`2` (2.00 NOK left)"), "{error}");
            let sent = log(&sandbox);
            assert!(!sent.iter().any(|request| request.starts_with("POST")), "{sent:?}");
            client.create(&asked(&id, 40, "rf-3").with_line(line("1", 40))).await.unwrap();
            let ledger = sandbox.ledger();
            assert_eq!(ledger.total_refunded(&transaction) + ledger.pending(&transaction), 100);
        }
    }
}

#[tokio::test]
async fn a_payment_shows_what_is_left_of_its_lines_without_further_requests() {
    for (order, requests) in [(false, 1), (true, 4)] {
        let sandbox = Sandbox::start().await.unwrap();
        let (id, _) = paid(&sandbox, two_lines(), order);
        let client = client(dintero(&sandbox));
        client.create(&asked(&id, 60, "rf-1").with_line(line("1", 60))).await.unwrap();
        sandbox.clear_requests();
        let left = client.payment(&payment(&id)).await.unwrap().refundable_lines;
        assert_eq!(left, [line("1", 40), line("2", 200)]);
        assert_eq!(log(&sandbox).len(), requests, "{:?}", log(&sandbox));
        let rest = left.into_iter().fold(asked(&id, 240, "rf-2"), refunds_core::CreateRefund::with_line);
        client.create(&rest).await.unwrap();
        assert_eq!(client.payment(&payment(&id)).await.unwrap().refundable_lines, []);
    }
}

#[tokio::test]
async fn what_can_never_be_a_line_is_refused_before_anything_is_sent() {
    for order in [false, true] {
        let sandbox = Sandbox::start().await.unwrap();
        let (id, _) = paid(&sandbox, two_lines(), order);
        for (amount, lines, silent) in [
            (100, vec![line("1", 100), line("2", 0)], true),
            (100, vec![line("1", -100), line("2", 200)], false),
            (100, vec![line("1", 50), line("9", 50)], false),
        ] {
            sandbox.clear_requests();
            let request =
                lines.into_iter().fold(asked(&id, amount, "rf-1"), refunds_core::CreateRefund::with_line);
            let error = submit(&dintero(&sandbox), request).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.may_have_applied()),
                (ErrorKind::InvalidRequest, false),
                "{error}"
            );
            let sent = log(&sandbox);
            assert!(!sent.iter().any(|request| request.starts_with("POST")), "{sent:?}");
            assert!(sent.is_empty() || !silent, "{sent:?}");
        }
        assert!(sandbox.ledger().entries().is_empty());
    }
}

#[tokio::test]
async fn lines_that_are_not_known_are_not_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let dintero = dintero(&sandbox);
    let transaction = side.captured(300, "NOK");
    submit(&dintero, asked(&transaction, 100, "rf-1").with_line(line("7", 100))).await.unwrap();
    submit(&dintero, asked(&transaction, 100, "rf-2").with_line(line("7", 100))).await.unwrap();
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 200);

    let transaction = side.captured(300, "NOK");
    let order = side.order(OrderSpec::new("NOK").line(1, 300).captured_by(&transaction));
    let path = format!("/v1/accounts/{}/shopping/orders/{order}/captures", side.account_id());
    let capture =
        json!({"id": "c", "amount": 300, "success": true, "payment_details": {"payment_id": transaction}});
    side.serve_bytes(path, json!({"captures": [capture]}).to_string());
    let refund = submit(&dintero, asked(&order, 100, "rf-1").with_line(line("1", 100))).await.unwrap();
    assert_eq!(refund.lines[0].id, "1");
}

#[tokio::test]
async fn a_line_is_recorded_no_further_than_it_was_captured() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = Dintero::new(config(&sandbox).with_record_only(true)).unwrap();
    let (order, _) = paid(&sandbox, two_lines(), true);
    submit(&dintero, asked(&order, 60, "rf-1").with_line(line("1", 60))).await.unwrap();
    let error = submit(&dintero, asked(&order, 60, "rf-2").with_line(line("1", 60))).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false));
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1);
}

#[tokio::test]
async fn a_line_that_was_refunded_meanwhile_keeps_no_refund_from_being_recorded() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, transaction) = paid(&sandbox, two_lines(), true);
    let dintero = dintero(&sandbox);
    sandbox.faults().add("record:1:status=503".parse().unwrap());
    let request = || asked(&order, 60, "rf-1").with_line(line("1", 60));
    submit(&dintero, request()).await.unwrap_err();
    let other = json!({"id": "a", "amount": 60, "success": true, "items": [{"line_id": 1, "amount": 60}],
        "metadata": {"refund_reference": "rf-2"}});
    sandbox.dintero().set_order_refunds(&order, vec![other]);
    let healed = submit(&dintero, request()).await.unwrap();
    assert_eq!(healed.reference, Some(reference("rf-1")));
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 2);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 60);
}

#[tokio::test]
async fn orders_with_the_same_line_ids_do_not_block_each_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let transaction = side.transaction(two_lines());
    // Line 1 of the second order is line 2 of the transaction.
    let orders =
        [100, 200].map(|minor| side.order(OrderSpec::new("NOK").line(1, minor).captured_by(&transaction)));
    let dintero = dintero(&sandbox);
    for (order, minor) in orders.iter().zip([100, 200]) {
        submit(&dintero, asked(order, minor, "rf-1").with_line(line("1", minor))).await.unwrap();
    }
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 300);
}
