//! Orders of Order Management: what is recorded, and what a refund of one does.

use crate::common::{asked, config, dintero, get, line, list, log, nok, payment, reference, submit, sums};
use refunds_core::{CreateRefund, ErrorKind, RefundAmount, RefundProvider as _, RefundStatus, SubmitRefund};
use refunds_dintero::Dintero;
use refunds_sandbox::{
    Sandbox,
    dintero::{Decline, ErrorType, OrderSpec, TransactionSpec},
};
use serde_json::json;

/// A transaction over 448.50 and the order that it paid, with lines 1 (299.00) and 2 (149.50).
fn paid_order(sandbox: &Sandbox) -> (String, String) {
    let transaction = sandbox.dintero().transaction(two_lines());
    let order = sandbox
        .dintero()
        .order(OrderSpec::new("NOK").line(1, 29_900).line(2, 14_950).captured_by(&transaction));
    (order, transaction)
}

fn two_lines() -> TransactionSpec {
    TransactionSpec::new(44_850, "NOK").line("1", 29_900).line("2", 14_950)
}

#[tokio::test]
async fn an_order_is_refunded_by_its_transaction_and_recorded() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, transaction) = paid_order(&sandbox);
    let dintero = dintero(&sandbox);
    let request = asked(&order, 14_950, "rf-1")
        .with_line(line("2", 14_950))
        .with_reason("one of two")
        .with_metadata("rma", "RMA-551");
    let refund = submit(&dintero, request).await.unwrap();

    assert_eq!(refund.payment_id, payment(&order));
    assert_eq!((refund.status, &*refund.provider_status), (RefundStatus::Succeeded, "success:true"));
    assert_eq!(refund.reference, Some(reference("rf-1")));
    assert_eq!(refund.reason.as_deref(), Some("one of two"));
    assert_eq!(serde_json::to_value(&refund.metadata).unwrap(), json!({"rma": "RMA-551"}));
    assert_eq!(sandbox.ledger().by_reference(&transaction, "rf-1"), 1);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 14_950);

    let recorded = &sandbox.dintero().order_refunds(&order)[0];
    assert_eq!(recorded["id"], refund.id.as_str());
    assert_eq!(recorded["items"], json!([{"line_id": 2, "amount": 14_950}]));
    assert_eq!(recorded["processed_by"], "refunds-rs");
    assert!(recorded["processed_at"].is_string());
    assert_eq!(
        recorded["payment_details"],
        json!({
            "psp": "dintero", "payment_id": transaction,
            "payment_product": "dintero_psp", "payment_product_type": "dintero_psp.creditcard",
        })
    );
    let moved = list(&dintero, &transaction).await.unwrap();
    assert_eq!(moved[0].lines[0].id, "2", "Checkout gets the lines that it knows");

    assert_eq!(list(&dintero, &order).await.unwrap(), std::slice::from_ref(&refund));
    assert_eq!(get(&dintero, &order, refund.id.as_str()).await.unwrap(), refund);
    assert_eq!(sums(&dintero, &order).await, [44_850, 14_950, 0, 29_900]);
    let overview = dintero.overview(&payment(&order)).await.unwrap();
    assert_eq!(overview.payment, dintero.payment(&payment(&order)).await.unwrap());
    assert_eq!(overview.refunds.refunds, std::slice::from_ref(&refund));

    sandbox.clear_requests();
    let again = asked(&order, 14_950, "rf-1").with_line(line("2", 14_950));
    assert_eq!(submit(&dintero, again).await.unwrap(), refund);
    assert!(!log(&sandbox).iter().any(|request| request.starts_with("POST")), "{:?}", log(&sandbox));
    let other = submit(&dintero, asked(&order, 1, "rf-1")).await.unwrap_err();
    assert_eq!((other.kind(), other.may_have_applied()), (ErrorKind::Conflict, false));
    assert!(other.is_reference_spent(), "{other}");
}

#[tokio::test]
async fn which_transaction_paid_an_order() {
    use ErrorKind::{NotRefundable, Unsupported};
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let transaction = || side.transaction(two_lines());
    let by_reference = |order: &str| side.transaction(two_lines().merchant_reference(order));
    let spec = |id: &str| OrderSpec::new("NOK").id(id).line(1, 29_900).line(2, 14_950);
    let one = transaction();

    side.order(spec("named").captured_by(&one));
    side.order(spec("named-twice").capture_of(&one, [(1, 29_900)]).capture_of(&one, [(2, 14_950)]));
    side.order(spec("a-failed-one-too").failed_capture_by(transaction()).captured_by(transaction()));
    side.order(spec("found").captured_anonymously());
    by_reference("found");
    side.order(spec("found-beside-an-attempt").captured_anonymously());
    by_reference("found-beside-an-attempt");
    side.transaction(two_lines().authorized_only().merchant_reference("found-beside-an-attempt"));
    side.order(spec("none").captured_anonymously());
    side.order(spec("several-found").captured_anonymously());
    by_reference("several-found");
    by_reference("several-found");
    side.order(
        spec("several-named")
            .capture_of(transaction(), [(1, 29_900)])
            .capture_of(transaction(), [(2, 14_950)]),
    );
    side.order(spec("foreign").captured_elsewhere("other", "ch_1"));
    side.order(spec("foreign-and-found").captured_elsewhere("other", "ch_2"));
    by_reference("foreign-and-found");
    side.order(spec("not-captured"));
    side.order(spec("failed").failed_capture_by(transaction()));
    side.order(spec("only-authorized").captured_anonymously());
    side.transaction(two_lines().authorized_only().merchant_reference("only-authorized"));

    let dintero = dintero(&sandbox);
    for (order, refused) in [
        ("named-twice", None),
        ("a-failed-one-too", None),
        ("found", None),
        ("found-beside-an-attempt", None),
        ("none", Some(Unsupported)),
        ("several-found", Some(Unsupported)),
        ("several-named", Some(Unsupported)),
        ("foreign", Some(Unsupported)),
        ("foreign-and-found", Some(Unsupported)),
        ("not-captured", Some(NotRefundable)),
        ("failed", Some(NotRefundable)),
        ("only-authorized", Some(NotRefundable)),
    ] {
        let refund = submit(&dintero, asked(order, 100, "rf-1").with_line(line("1", 100))).await;
        assert_eq!(refund.as_ref().err().map(refunds_core::Error::kind), refused, "{order}: {refund:?}");
        if let Err(error) = refund {
            assert!(!error.may_have_applied(), "{order}");
            assert!(side.order_refunds(order).is_empty(), "{order}");
        }
    }
    assert_eq!(sandbox.ledger().entries().len(), 4);
}

#[tokio::test]
async fn lines_are_known_before_the_money_moves() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = paid_order(&sandbox);
    for (what, request) in [
        ("a part, and no lines", asked(&order, 100, "rf-1")),
        ("an unknown line", asked(&order, 100, "rf-1").with_line(line("9", 100))),
        ("a line that is no number", asked(&order, 100, "rf-1").with_line(line("one", 100))),
        ("lines that are another amount", asked(&order, 100, "rf-1").with_line(line("1", 99))),
        ("another currency", {
            let sek = refunds_core::Money::new(100, "SEK".parse().unwrap());
            let line = refunds_core::RefundLine::new("1", sek);
            CreateRefund::new(payment(&order), RefundAmount::Exact(sek), reference("rf-1")).with_line(line)
        }),
    ] {
        let RefundAmount::Exact(amount) = request.amount else { unreachable!() };
        let error = dintero.submit_refund(&SubmitRefund::new(request, amount)).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::InvalidRequest, false), "{what}");
    }
    let too_much = asked(&order, 44_851, "rf-1").with_line(line("1", 44_851));
    let too_much = submit(&dintero, too_much).await.unwrap_err();
    assert_eq!((too_much.kind(), too_much.may_have_applied()), (ErrorKind::NotRefundable, false));
    assert_eq!(sandbox.ledger().entries().len(), 0);

    submit(&dintero, asked(&order, 900, "rf-1").with_line(line("1", 900))).await.unwrap();
    let rest = submit(&dintero, asked(&order, 43_950, "rf-2")).await.unwrap();
    let lines: Vec<_> = rest.lines.iter().map(|line| (line.id.as_str(), line.amount)).collect();
    assert_eq!(lines, [("1", nok(29_000)), ("2", nok(14_950))]);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 44_850);
}

#[tokio::test]
async fn what_checkout_has_left_counts_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = paid_order(&sandbox);
    // A refund in the back office, without a record.
    submit(&dintero, asked(&transaction, 44_000, "elsewhere")).await.unwrap();
    assert_eq!(sums(&dintero, &order).await, [44_850, 44_000, 0, 850]);
    let reported = list(&dintero, &order).await.unwrap();
    assert_eq!(
        (reported[0].payment_id.as_str(), reported[0].extra.get("recorded")),
        (&*order, Some(false.into()))
    );
    let error = submit(&dintero, asked(&order, 44_850, "rf-1")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false));
    assert!(error.message().contains("8.50 NOK is left"), "{error}");
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 44_000);
}

#[tokio::test]
async fn a_refund_that_checkout_declines_is_recorded_as_no_success() {
    let sandbox = Sandbox::start().await.unwrap();
    let decline = Decline::new(ErrorType::ExpiredCard).message("the card is gone");
    let transaction = sandbox.dintero().transaction(two_lines().declines(decline));
    let order = sandbox
        .dintero()
        .order(OrderSpec::new("NOK").line(1, 29_900).line(2, 14_950).captured_by(&transaction));
    let dintero = dintero(&sandbox);
    let refund = submit(&dintero, asked(&order, 44_850, "rf-1")).await.unwrap();
    let reported = (refund.status, &*refund.provider_status);
    assert_eq!(
        reported,
        (RefundStatus::Declined, "REFUND success:false"),
        "Checkout says more than the record"
    );
    assert_eq!(refund.failure.unwrap().message.as_deref(), Some("the card is gone"));
    assert_eq!(sandbox.dintero().order_refunds(&order)[0]["success"], false);
    assert_eq!(list(&dintero, &order).await.unwrap()[0].status, RefundStatus::Declined);
    assert_eq!(sums(&dintero, &order).await, [44_850, 0, 0, 44_850]);
}

#[tokio::test]
async fn recording_alone_moves_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = Dintero::new(config(&sandbox).with_record_only(true)).unwrap();
    let order =
        sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_elsewhere("other", "ch_1"));
    let refund = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap().id, refund.id);
    assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1);
    assert_eq!(sums(&dintero, &order).await, [100, 100, 0, 0]);
    assert!(sandbox.ledger().entries().is_empty());
    assert_eq!(get(&dintero, &order, "x").await.unwrap_err().kind(), ErrorKind::NotFound);

    let transaction = sandbox.dintero().captured(100, "NOK");
    submit(&dintero, asked(&transaction, 100, "rf-1")).await.unwrap();
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 100, "transactions are refunded all the same");
}

#[tokio::test]
async fn the_currency_is_learnt_from_the_transaction_where_the_order_does_not_tell_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let dintero = dintero(&sandbox);
    let transaction = side.captured(44_850, "SEK");
    let path = |order: &str| format!("/v1/accounts/{}/shopping/orders/{order}", side.account_id());
    let record = json!({"refunds": [
        {"id": "a", "amount": 1, "payment_details": {"payment_id": "elsewhere"}},
        {"id": "b", "amount": 2, "success": true, "payment_details": {"payment_id": transaction}},
    ]});

    for order in ["no-order", "silent", "no-currency", "nonsense", "no-list", "no-amount", "empty"] {
        side.serve_bytes(path(&format!("{order}/captures")), r#"{"captures":[]}"#);
    }
    side.insert_order_refunds_bytes("no-order", record.to_string());
    side.insert_order_refunds_bytes("silent", record.to_string());
    side.serve_bytes(path("silent"), "{}");
    for order in ["no-order", "silent"] {
        let refunds = list(&dintero, order).await.unwrap();
        assert_eq!(refunds[1].amount.to_string(), "0.02 SEK", "{order}");
        assert_eq!(refunds[0].status, RefundStatus::Unknown, "{order}");
    }
    for (order, body, reported) in [
        ("no-currency", json!({"refunds": [{"id": "a", "amount": 1}]}), "{}"),
        ("nonsense", record, r#"{"currency":"KR"}"#),
        ("no-list", json!({}), r#"{"currency":"NOK"}"#),
        ("no-amount", json!({"refunds": [{"id": "a"}]}), r#"{"currency":"NOK"}"#),
    ] {
        side.insert_order_refunds_bytes(order, body.to_string());
        side.serve_bytes(path(order), reported);
        let error = list(&dintero, order).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_applied()),
            (ErrorKind::Protocol, false),
            "{order}: {error}"
        );
    }
    side.insert_order_refunds_bytes("empty", r#"{"refunds": []}"#);
    assert!(list(&dintero, "empty").await.unwrap().is_empty(), "no refund, no currency needed");
    assert_eq!(list(&dintero, "unknown").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(dintero.payment(&payment("unknown")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(get(&dintero, "unknown", "x").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_refund_of_another_order_is_not_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = dintero(&sandbox);
    let (order, transaction) = paid_order(&sandbox);
    let (other, _) = paid_order(&sandbox);
    let refund = submit(&dintero, asked(&order, 44_850, "rf-1")).await.unwrap();
    let moved = &list(&dintero, &transaction).await.unwrap()[0];
    for (order, id) in [(&other, &refund.id), (&other, &moved.id), (&transaction, &refund.id)] {
        assert_eq!(get(&dintero, order, id.as_str()).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(get(&dintero, &order, moved.id.as_str()).await.unwrap().id, refund.id, "it is this refund");
}
