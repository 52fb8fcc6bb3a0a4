//! Corrections as JSON in, refunds and sums out.

use refunds_core::RefundStatus;
use serde_json::{Value, json};

use crate::checkout::events::tests::{one, read, sums};

/// A capture of 1000 comes before.
fn refund(id: &str, correction: Value) -> Value {
    json!({
        "id": id, "event": "REFUND", "success": true, "amount": 400, "request_id": format!("r-{id}"),
        "correction": correction,
    })
}

/// A refund of 400, and another event whose correction names it.
fn named_by(event: &str, success: bool, mut correction: Value) -> Vec<Value> {
    correction["event_ids"] = json!(["e1"]);
    let by = json!({
        "id": "e2", "event": event, "success": success, "amount": 400, "request_id": "r2",
        "correction": correction, "error": {"type": ["ERROR"], "message": "late"},
    });
    vec![refund("e1", json!(null)), by]
}

#[test]
fn corrections_take_successes_back() {
    use RefundStatus::{Failed, Succeeded, Unknown};
    for (what, events, status, sums_are) in [
        ("none", vec![refund("e1", json!(null))], Succeeded, [1000, 400, 0, 600]),
        ("not an object", vec![refund("e1", json!("x"))], Succeeded, [1000, 400, 0, 600]),
        (
            "its own, to captured",
            vec![refund("e1", json!({"status": "CAPTURED", "remaining_refund_amount": 1000}))],
            Failed,
            [1000, 0, 0, 1000],
        ),
        (
            "its own, which agrees",
            vec![refund("e1", json!({"status": "PARTIALLY_REFUNDED", "remaining_refund_amount": 600}))],
            Succeeded,
            [1000, 400, 0, 600],
        ),
        (
            "its own, which says by the amount that nothing is refunded",
            vec![refund("e1", json!({"remaining_refund_amount": 1000}))],
            Failed,
            [1000, 0, 0, 1000],
        ),
        (
            "a failure that names it",
            named_by("REFUND", false, json!({"status": "CAPTURED", "remaining_refund_amount": 1000})),
            Failed,
            [1000, 0, 0, 1000],
        ),
        (
            "a failure that names it and has no amount",
            named_by("REFUND", false, json!({"status": "captured"})),
            Failed,
            [1000, 0, 0, 1000],
        ),
        (
            "a failure that names it, without effect",
            named_by(
                "REFUND",
                false,
                json!({"status": "PARTIALLY_REFUNDED", "remaining_refund_amount": 600}),
            ),
            Succeeded,
            [1000, 400, 0, 600],
        ),
        (
            "a failure that names it and does not say what of it",
            named_by("REFUND", false, json!({"status": "PARTIALLY_REFUNDED"})),
            Unknown,
            [1000, 0, 400, 600],
        ),
        (
            "an amount that fits neither",
            named_by("CORRECTION", true, json!({"remaining_refund_amount": 700})),
            Unknown,
            [1000, 0, 400, 600],
        ),
        (
            "another event, to captured",
            named_by("CORRECTION", true, json!({"status": "CAPTURED"})),
            Failed,
            [1000, 0, 0, 1000],
        ),
        (
            "another event, to refunded",
            named_by("CORRECTION", true, json!({"status": "REFUNDED"})),
            Succeeded,
            [1000, 400, 0, 600],
        ),
        (
            "a failed capture is about captures",
            named_by("CAPTURE", false, json!({"status": "CAPTURED"})),
            Succeeded,
            [1000, 400, 0, 600],
        ),
    ] {
        assert_eq!(sums(events.clone()), sums_are, "{what}");
        assert_eq!(one(events).status, status, "{what}");
    }
}

#[test]
fn a_correction_tells_why() {
    let refund = one(named_by("REFUND", false, json!({"status": "CAPTURED"})));
    assert_eq!(refund.id.as_str(), "r-e1");
    assert_eq!(refund.provider_status, "REFUND success:false corrected");
    assert_eq!(refund.failure.unwrap().message.as_deref(), Some("late"));
    assert_eq!(refund.extra.text("event_id"), Some("e2"));
    assert_eq!(refund.extra.get("event_ids"), Some(json!(["e1", "e2"])));
    let read = read(named_by("REFUND", false, json!({"status": "CAPTURED"}))).unwrap();
    for alias in ["e1", "e2", "r2", "R-e1"] {
        assert_eq!(read.refund_called(alias).is_some(), alias != "R-e1", "{alias}");
    }
}

#[test]
fn a_failure_that_is_another_refund_stays_one() {
    for (what, change) in [
        ("another amount", json!({"amount": 399})),
        ("another reference", json!({"event_reference": "rf-2"})),
        ("another request that was initiated", json!({"correlation_request_id": "r-9"})),
        ("another event", json!({"correction": {"event_ids": ["e9"], "status": "CAPTURED"}})),
    ] {
        let mut events = named_by(
            "REFUND",
            false,
            json!({"status": "PARTIALLY_REFUNDED", "remaining_refund_amount": 600}),
        );
        for (key, value) in change.as_object().unwrap() {
            events[1][key] = value.clone();
        }
        let refunds = read(events).unwrap().into_refunds();
        let statuses: Vec<_> = refunds.iter().map(|refund| refund.status).collect();
        assert_eq!(statuses, [RefundStatus::Succeeded, RefundStatus::Failed], "{what}");
    }
}

#[test]
fn what_comes_after_a_correction_does_not_change_what_it_said() {
    let mut events = named_by("REFUND", false, json!({"remaining_refund_amount": 600}));
    events.push(refund("e3", json!(null)));
    events.insert(0, refund("e0", json!(null)));
    events[2]["correction"]["remaining_refund_amount"] = json!(600);
    // 1000 captured, e0 and e1 refunded: 600 remained after e1 was taken back.
    let statuses: Vec<_> =
        read(events.clone()).unwrap().into_refunds().iter().map(|refund| refund.status).collect();
    assert_eq!(statuses, [RefundStatus::Succeeded, RefundStatus::Failed, RefundStatus::Succeeded]);
    assert_eq!(sums(events), [1000, 800, 0, 200]);
}

#[test]
fn a_correction_never_gives_back_what_the_events_have_taken() {
    let failed = json!({
        "id": "e2", "event": "REFUND", "success": false, "amount": 100, "request_id": "r2",
        "correction": {"remaining_refund_amount": 1000},
    });
    let [captured, refunded, pending, left] = sums(vec![refund("e1", json!(null)), failed]);
    assert_eq!([captured, refunded, pending, left], [1000, 400, 0, 600]);
}

#[test]
fn thousands_of_corrections_are_read_as_few_are() {
    let events = (0..4000).map(|n| {
        json!({
            "id": format!("e{n}"), "event": "REFUND", "success": true, "amount": 0,
            "request_id": "r", "correction": {"remaining_refund_amount": 1000},
        })
    });
    assert_eq!(sums(events.collect()), [1000, 0, 0, 1000]);
}
