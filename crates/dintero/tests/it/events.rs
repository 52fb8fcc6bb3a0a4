//! Which events of a transaction are one refund, over HTTP.

use crate::common::{asked, change_events, client, dintero, get, line, list, submit, sums};
use refunds_core::{ErrorKind, RefundStatus};
use refunds_sandbox::{Outcome, Sandbox, dintero::TransactionSpec};
use serde_json::json;

#[tokio::test]
async fn events_that_are_shown_twice_are_one_capture_and_one_refund() {
    for asynchronous in [false, true] {
        let sandbox = Sandbox::start().await.unwrap();
        let mut spec = TransactionSpec::new(100, "NOK").line("1", 100).with_repeated_events();
        if asynchronous {
            spec = spec.asynchronous(Outcome::Succeeded);
        }
        let id = sandbox.dintero().transaction(spec);
        let dintero = dintero(&sandbox);
        assert_eq!(sums(&dintero, &id).await, [100, 0, 0, 100]);
        for text in ["rf-1", "rf-2"] {
            let refund = submit(&dintero, asked(&id, 40, text).with_line(line("1", 40))).await.unwrap();
            sandbox.settle_all();
            assert_eq!(get(&dintero, &id, refund.id.as_str()).await.unwrap().status, RefundStatus::Succeeded);
        }
        assert_eq!(list(&dintero, &id).await.unwrap().len(), 2);
        assert_eq!(sums(&dintero, &id).await, [100, 80, 0, 20]);
        let more = submit(&dintero, asked(&id, 21, "rf-3").with_line(line("1", 21))).await.unwrap_err();
        assert_eq!((more.kind(), more.may_have_applied()), (ErrorKind::NotRefundable, false));
    }
}

#[tokio::test]
async fn a_refund_of_another_reference_under_the_same_request_is_another_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.dintero().captured(100, "NOK");
    let dintero = dintero(&sandbox);
    submit(&dintero, asked(&id, 40, "rf-1")).await.unwrap();
    change_events(&sandbox, &id, |events| {
        let mut event = events.last().unwrap().clone();
        event["id"] = json!("other");
        event["event_reference"] = json!("Rückgabe № 7");
        events.push(event);
    });
    assert_eq!(sums(&dintero, &id).await, [100, 80, 0, 20]);
    let refunds = list(&dintero, &id).await.unwrap();
    let references: Vec<_> =
        refunds.iter().map(|refund| refund.reference.as_ref().map_or("", |text| text.as_str())).collect();
    assert_eq!(references, ["rf-1", "Rückgabe № 7"]);
    let client = client(dintero);
    let more = client.create(&asked(&id, 40, "rf-2")).await.unwrap_err();
    assert_eq!((more.kind(), more.may_have_applied()), (ErrorKind::NotRefundable, false));
    assert_eq!(sandbox.ledger().total_refunded(&id), 40);
}
