//! Refunds of orders that are cut off on the way, or take their time.

use crate::common::{asked, client, dintero, get, list, reference, submit, sums};
use refunds_core::{Error, ErrorKind, RefundStatus};
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{Decline, OrderSpec, TransactionSpec},
};

fn paid_order(sandbox: &Sandbox, spec: TransactionSpec) -> (String, String) {
    let transaction = sandbox.dintero().transaction(spec);
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    (order, transaction)
}

#[tokio::test]
async fn a_run_that_was_cut_off_anywhere_is_healed_by_the_next() {
    for (fault, kind, may_have_applied) in [
        ("GET */captures:1:status=503", ErrorKind::Unavailable, false),
        ("list:1:status=503", ErrorKind::Unavailable, false),
        ("GET */transactions/*:1:drop-before", ErrorKind::Transport, false),
        ("submit:1:status=400", ErrorKind::InvalidRequest, false),
        ("submit:1:status=429", ErrorKind::RateLimited, false),
        ("submit:1:process-then-drop", ErrorKind::Transport, true),
        ("submit:1:process-then-status=503", ErrorKind::Unavailable, true),
        ("submit:1:truncated-body", ErrorKind::Transport, true),
        ("submit:1:rewrite=/events=[]", ErrorKind::Protocol, true),
        ("record:1:drop-before", ErrorKind::Transport, true),
        ("record:1:status=400", ErrorKind::InvalidRequest, true),
        ("record:1:status=403", ErrorKind::PermissionDenied, true),
        ("record:1:status=429", ErrorKind::RateLimited, true),
        ("record:1:status=503", ErrorKind::Unavailable, true),
        ("record:1:process-then-drop", ErrorKind::Transport, true),
        ("record:1:process-then-status=500", ErrorKind::Unavailable, true),
        ("record:1:malformed-body", ErrorKind::Protocol, true),
        ("record:1:altered-amount", ErrorKind::Protocol, true),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let (order, transaction) = paid_order(&sandbox, TransactionSpec::new(100, "NOK"));
        sandbox.faults().add(fault.parse().unwrap());
        let dintero = dintero(&sandbox);
        let error: Error = submit(&dintero, asked(&order, 100, "rf-1")).await.expect_err(fault);
        assert_eq!((error.kind(), error.may_have_applied()), (kind, may_have_applied), "{fault}: {error}");
        if fault.starts_with("record") {
            assert!(error.message().starts_with("the money is refunded by transaction"), "{fault}: {error}");
            assert!(error.message().contains(&transaction), "{fault}: {error}");
        }

        let healed = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
        assert_eq!(
            (healed.status, healed.reference),
            (RefundStatus::Succeeded, Some(reference("rf-1"))),
            "{fault}"
        );
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 100, "{fault}");
        assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1, "{fault}");
        assert_eq!(list(&dintero, &order).await.unwrap()[0].id, healed.id, "{fault}");
        assert_eq!(sums(&dintero, &order).await, [100, 100, 0, 0], "{fault}");
    }
}

#[tokio::test]
async fn the_same_through_a_client_ends_in_one_refund() {
    for fault in [
        "submit:1:process-then-drop",
        "record:1:status=503",
        "record:1:process-then-drop",
        "record:1:status=403",
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let (order, transaction) = paid_order(&sandbox, TransactionSpec::new(100, "NOK"));
        sandbox.faults().add(fault.parse().unwrap());
        let client = client(dintero(&sandbox));
        let made = client.create(&asked(&order, 100, "rf-1")).await.unwrap();
        assert_eq!((made.status, made.needs_completion()), (RefundStatus::Succeeded, false), "{fault}");
        let again = client.create(&asked(&order, 100, "rf-1")).await.unwrap();
        assert_eq!(again.status, RefundStatus::Succeeded, "{fault}");
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 100, "{fault}");
        assert_eq!(sandbox.dintero().order_refunds(&order).len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_record_is_written_when_checkout_is_done() {
    for (outcome, status, total) in
        [(Outcome::Succeeded, RefundStatus::Succeeded, 100), (Outcome::Declined, RefundStatus::Declined, 0)]
    {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.set_settle_after_reads(None);
        let (order, transaction) =
            paid_order(&sandbox, TransactionSpec::new(100, "NOK").asynchronous(outcome));
        let dintero = dintero(&sandbox);
        let pending = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
        assert_eq!(
            (pending.status, pending.extra.get("recorded")),
            (RefundStatus::Pending, Some(false.into()))
        );
        assert_eq!(pending.payment_id.as_str(), order);
        assert!(sandbox.dintero().order_refunds(&order).is_empty(), "nothing untrue is recorded");
        assert_eq!(submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap(), pending);
        assert_eq!(get(&dintero, &order, pending.id.as_str()).await.unwrap(), pending);
        assert_eq!(list(&dintero, &order).await.unwrap(), std::slice::from_ref(&pending));
        assert_eq!(sums(&dintero, &order).await, [100, 0, 100, 0]);
        assert_eq!(sandbox.ledger().by_reference(&transaction, "rf-1"), 1);

        sandbox.settle_all();
        let ended = get(&dintero, &order, pending.id.as_str()).await.unwrap();
        assert_eq!((ended.status, ended.extra.get("recorded")), (status, Some(false.into())));
        assert!(ended.needs_completion() && !pending.needs_completion());
        assert_eq!(list(&dintero, &order).await.unwrap(), [ended]);

        let written = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
        assert_eq!((&written.id, written.status, written.needs_completion()), (&pending.id, status, false));
        assert_eq!(sandbox.dintero().order_refunds(&order)[0]["success"], total != 0);
        assert_eq!(get(&dintero, &order, pending.id.as_str()).await.unwrap().status, status);
        assert_eq!(list(&dintero, &order).await.unwrap()[0].id, pending.id);
        assert_eq!(sandbox.ledger().total_refunded(&transaction), total);
        assert_eq!(sums(&dintero, &order).await, [100, total, 0, 100 - total]);
        assert!(pending.merge(written).unwrap().status.is_final());
    }
}

#[tokio::test]
async fn a_record_that_chose_its_own_id_is_found_by_the_first_one() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, _) = paid_order(&sandbox, TransactionSpec::new(100, "NOK").asynchronous(Outcome::Succeeded));
    let dintero = dintero(&sandbox);
    let pending = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    sandbox.settle_all();
    submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    let mut records = sandbox.dintero().order_refunds(&order);
    records[0]["id"] = "chosen-by-the-server".into();
    sandbox.dintero().set_order_refunds(&order, records);
    let found = get(&dintero, &order, pending.id.as_str()).await.unwrap();
    assert_eq!((found.id.as_str(), found.status), ("chosen-by-the-server", RefundStatus::Succeeded));
}

#[tokio::test]
async fn a_refund_whose_reference_checkout_hides_is_not_made_again() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    let spec =
        TransactionSpec::new(100, "NOK").asynchronous(Outcome::Succeeded).without_reference_on_initiate();
    let (order, transaction) = paid_order(&sandbox, spec);
    let dintero = dintero(&sandbox);
    let pending = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    assert_eq!(get(&dintero, &order, pending.id.as_str()).await.unwrap(), pending);
    let error = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Conflict, true));
    assert_eq!(sandbox.ledger().entries().len(), 1);

    sandbox.settle_all();
    let written = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    assert_eq!((written.id, written.status), (pending.id, RefundStatus::Succeeded));
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 100);
}

#[tokio::test]
async fn a_failure_that_cannot_be_recorded_moved_no_money() {
    let sandbox = Sandbox::start().await.unwrap();
    let (order, _) = paid_order(&sandbox, TransactionSpec::new(100, "NOK").declines(Decline::default()));
    sandbox.faults().add("record:1:status=503".parse().unwrap());
    let dintero = dintero(&sandbox);
    let error = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.may_have_applied(), error.is_retryable()),
        (ErrorKind::Unavailable, false, true)
    );
    let refund = submit(&dintero, asked(&order, 100, "rf-1")).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Declined);
    assert_eq!(sandbox.ledger().entries().len(), 1, "it is not tried again under the same reference");
}
