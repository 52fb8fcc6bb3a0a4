//! Which events are one refund, or one capture: events as JSON in, amounts out.

use proptest::{option, prelude::*, sample};
use refunds_core::{Money, RefundStatus};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::*;
use crate::{
    checkout::events::tests::{one, read, sums},
    wire,
};

const REQUEST: &str = "8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c04";
const REQUEST_PLAIN: &str = "8D3B1C5E0C2B4A559A6E2F7F3B1F0C04";

/// A refund that succeeded, of request `r` unless it is changed.
fn refund(id: &str, amount: i64, changes: Value) -> Value {
    event("REFUND", id, amount, changes)
}

fn event(kind: &str, id: &str, amount: i64, changes: Value) -> Value {
    let mut event = json!({"id": id, "event": kind, "success": true, "amount": amount, "request_id": "r"});
    let Value::Object(changes) = changes else { return event };
    event.as_object_mut().unwrap().extend(changes);
    event
}

fn reference(text: &str) -> Value {
    json!({"event_reference": text})
}

fn line(id: &str, amount: i64) -> Value {
    json!({"items": [{"line_id": id, "amount": amount}]})
}

/// The amounts and statuses of the refunds, and a check that no two of them have one id.
fn refunds(events: Vec<Value>) -> Vec<(i64, RefundStatus)> {
    let refunds = read(events).unwrap().into_refunds();
    let ids: HashSet<_> = refunds.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!(ids.len(), refunds.len(), "{ids:?}");
    refunds.iter().map(|refund| (refund.amount.minor_units(), refund.status)).collect()
}

#[test]
fn refunds_that_something_tells_apart_are_all_counted() {
    let end = |id: &str, amount: i64, reference: &str| {
        let request = format!("r-{id}");
        refund(
            id,
            amount,
            json!({"request_id": request, "correlation_request_id": REQUEST, "event_reference": reference}),
        )
    };
    let initiate =
        |id: &str, amount: i64| event("INITIATE_REFUND", id, amount, json!({"request_id": REQUEST_PLAIN}));
    for (what, events, refunded, pending) in [
        (
            "two references under one request",
            vec![refund("a", 100, reference("rf-1")), refund("b", 100, reference("rf-2"))],
            200,
            0,
        ),
        (
            "two references under one event id",
            vec![refund("a", 100, reference("rf-1")), refund("a", 100, reference("rf-2"))],
            200,
            0,
        ),
        (
            "two events and amounts under one request",
            vec![refund("a", 100, json!({})), refund("b", 300, json!({}))],
            400,
            0,
        ),
        (
            "two lines under one request",
            vec![refund("a", 100, line("1", 100)), refund("b", 100, line("2", 100))],
            200,
            0,
        ),
        (
            "two references under one correlation",
            vec![initiate("i", 100), end("a", 100, "rf-1"), end("b", 100, "rf-2")],
            200,
            0,
        ),
        (
            "two references under one correlation, newest first",
            vec![end("b", 100, "rf-2"), end("a", 100, "rf-1"), initiate("i", 100)],
            200,
            0,
        ),
        (
            "two events and amounts under one correlation",
            vec![initiate("i", 100), end("a", 60, "rf-1"), end("b", 40, "rf-1")],
            100,
            0,
        ),
        (
            "two requests that were initiated under one id",
            vec![initiate("i", 100), initiate("j", 60)],
            0,
            160,
        ),
        (
            "the second of two that were initiated under one id has ended",
            vec![initiate("i", 100), initiate("j", 60), end("a", 60, "rf-1")],
            60,
            100,
        ),
        (
            "an end that contradicts the reference of its beginning",
            vec![
                event("INITIATE_REFUND", "i", 100, json!({"request_id": REQUEST, "event_reference": "rf-9"})),
                end("a", 100, "rf-1"),
            ],
            100,
            100,
        ),
    ] {
        assert_eq!(sums(events.clone()), [1000, refunded, pending, 1000 - refunded - pending], "{what}");
        refunds(events);
    }
}

#[test]
fn what_may_be_of_either_of_two_refunds_takes_nothing_back() {
    for (what, events, refunded) in [
        (
            "one that may be of either of two",
            vec![
                refund("a", 100, reference("rf-1")),
                refund("b", 100, reference("rf-2")),
                refund("c", 100, json!({})),
            ],
            300,
        ),
        (
            "a failure that may be of either of two",
            vec![
                refund("a", 100, reference("rf-1")),
                refund("b", 100, reference("rf-2")),
                refund("c", 100, json!({"success": false})),
            ],
            200,
        ),
        (
            "a failure over another amount",
            vec![refund("a", 100, json!({})), refund("b", 40, json!({"success": false}))],
            100,
        ),
    ] {
        assert_eq!(sums(events.clone()), [1000, refunded, 0, 1000 - refunded], "{what}");
        refunds(events);
    }
}

#[test]
fn what_nothing_tells_apart_is_one_refund() {
    use RefundStatus::{Failed, Succeeded};
    let same = |changes: Value| refund("a", 100, changes);
    for (what, events, amount, status) in [
        ("an event that is shown twice", vec![same(json!({})), same(json!({}))], 100, Succeeded),
        (
            "the same without a request",
            vec![same(json!({"request_id": null})), same(json!({"request_id": null}))],
            100,
            Succeeded,
        ),
        (
            "an event that is shown twice, once without what it has",
            vec![same(reference("rf-1")), same(json!({"event_reference": "", "request_id": ""}))],
            100,
            Succeeded,
        ),
        (
            "an event that is shown with two amounts: the larger one counts",
            vec![same(json!({"amount": 300})), same(json!({}))],
            300,
            Succeeded,
        ),
        (
            "one request in two forms",
            vec![
                same(json!({"request_id": REQUEST})),
                refund("b", 100, json!({"request_id": REQUEST_PLAIN})),
            ],
            100,
            Succeeded,
        ),
        (
            "one that is taken back, without its lines",
            vec![same(line("1", 100)), refund("b", 100, json!({"success": false}))],
            100,
            Failed,
        ),
        (
            "one that is taken back, without its amount",
            vec![same(json!({})), refund("b", 0, json!({"success": false, "amount": null}))],
            100,
            Failed,
        ),
        (
            "the end says less than the beginning",
            vec![
                event("INITIATE_REFUND", "i", 100, json!({"request_id": REQUEST, "event_reference": "rf-1"})),
                refund("b", 60, json!({"request_id": "x", "correlation_request_id": REQUEST_PLAIN})),
            ],
            60,
            Succeeded,
        ),
    ] {
        assert_eq!(refunds(events), [(amount, status)], "{what}");
    }
}

#[test]
fn an_event_that_is_shown_twice_is_named_once() {
    let read = one(vec![refund("a", 100, json!({})), refund("a", 100, json!({}))]);
    assert!(!read.extra.contains_key("event_ids"), "{:?}", read.extra);
}

#[test]
fn an_event_that_is_shown_again_changes_nothing_that_a_correction_said() {
    let stands = json!({
        "success": false, "request_id": "r2",
        "correction": {"event_ids": ["a"], "remaining_refund_amount": 900},
    });
    let events = vec![refund("a", 100, json!({})), refund("b", 100, stands), refund("a", 100, json!({}))];
    assert_eq!(refunds(events.clone()), [(100, RefundStatus::Succeeded)]);
    assert_eq!(sums(events), [1000, 100, 0, 900]);
}

#[test]
fn refunds_that_cannot_be_told_apart_by_any_id_make_the_answer_unreadable() {
    let nameless =
        |reference: &str| refund("a", 100, json!({"event_reference": reference, "request_id": null}));
    let fault = read(vec![nameless("rf-1"), nameless("rf-2")]).err().unwrap();
    assert!(fault.contains("same `id`"), "{fault}");
}

#[test]
fn a_capture_counts_once_however_often_it_is_shown() {
    let capture = |id: &str, amount: i64, changes: Value| event("CAPTURE", id, amount, changes);
    // Before each of them: a capture of 1000, with the id `c` and the request `c-1`.
    for (what, events, captured) in [
        ("the same event", vec![capture("c", 1000, json!({"request_id": "c-1"}))], 1000),
        ("the same event without its request", vec![capture("c", 1000, json!({"request_id": null}))], 1000),
        ("another id, the same request", vec![capture("d", 1000, json!({"request_id": "c-1"}))], 1000),
        ("another amount", vec![capture("d", 500, json!({"request_id": "c-1"}))], 1500),
        (
            "other lines",
            vec![
                capture("d", 500, json!({"items": [{"line_id": "1", "amount": 500}]})),
                capture("e", 500, json!({"items": [{"line_id": "2", "amount": 500}]})),
                capture("f", 500, json!({"items": [{"line_id": 2, "amount": 500}]})),
            ],
            2000,
        ),
        (
            "one request in two forms",
            vec![
                capture("d", 500, json!({"request_id": REQUEST})),
                capture("e", 500, json!({"request_id": REQUEST_PLAIN})),
            ],
            1500,
        ),
        ("another request", vec![capture("d", 1000, json!({}))], 2000),
        (
            "one that failed later",
            vec![capture("c", 1000, json!({"request_id": "c-1", "success": false}))],
            0,
        ),
    ] {
        assert_eq!(sums(events)[0], captured, "{what}");
    }
}

#[test]
fn a_capture_that_is_shown_again_gives_nothing_back_after_a_correction() {
    let failed = json!({"success": false, "correction": {"remaining_refund_amount": 700}});
    let again = event("CAPTURE", "c", 1000, json!({"request_id": "c-1"}));
    assert_eq!(sums(vec![refund("a", 300, failed), again]), [1000, 300, 0, 700]);
}

#[test]
fn lines_of_a_capture_that_is_shown_twice_are_captured_once() {
    let document = json!({
        "id": "T11223344.x", "currency": "NOK", "amount": 300,
        "payment_product": "instabank",
        "events": [
            event("CAPTURE", "c", 300, line("1", 300)),
            event("CAPTURE", "c", 300, line("1", 300)),
            refund("a", 100, json!({"request_id": "r-a", "items": [{"line_id": "1", "amount": 100}]})),
            refund("a", 100, json!({"request_id": "r-a", "items": [{"line_id": "1", "amount": 100}]})),
        ],
    });
    let read = crate::checkout::events::tests::of(document).unwrap();
    let items = read.refund_items(&[], Money::new(200, "NOK".parse().unwrap())).unwrap();
    assert_eq!(serde_json::to_value(items[0].amount).unwrap(), 200);
}

#[test]
fn thousands_of_refunds_under_one_request_are_read_as_few_are() {
    let events =
        (0..20_000).map(|n| refund(&format!("e{n}"), n, json!({"event_reference": format!("r{n}")})));
    assert_eq!(refunds(events.collect()).len(), 20_000);
}

#[test]
fn a_refund_of_thousands_of_lines_is_not_looked_through_for_each_other() {
    let lines: Vec<_> = (0..4_000).map(|n| json!({"line_id": format!("{n}"), "amount": 1})).collect();
    let long = refund("long", 4_000, json!({ "items": lines }));
    let short = (0..4_000).map(|n| refund(&format!("e{n}"), 1, line("1", 1)));
    let read = refunds(std::iter::once(long).chain(short).collect());
    assert_eq!(read.len(), 2);
}

/// An event in which ids, requests, amounts and success come from few values, so that events have much in
/// common.
fn any_event() -> impl Strategy<Value = Value> {
    let id = || option::weighted(0.8, 0..12_u8);
    let kind = sample::select(vec!["CAPTURE", "REFUND", "REFUND", "INITIATE_REFUND", "VOID", "PART_REFUND"]);
    let correction = option::weighted(0.1, 0..12_u8);
    (kind, id(), id(), option::weighted(0.2, 0..12_u8), 1..3_i64, any::<bool>(), correction).prop_map(
        |(kind, id, request, correlation, amount, success, corrected)| {
            json!({
                "event": kind,
                "id": id.map(|id| format!("e{id}")),
                "request_id": request.map(|id| format!("r{id}")),
                "correlation_request_id": correlation.map(|id| format!("r{id}")),
                "amount": amount,
                "success": success,
                "correction": corrected.map(|id| json!({"status": "CAPTURED", "event_ids": [format!("e{id}")]})),
            })
        },
    )
}

proptest! {
    /// The shortcut agrees with the rules, or declines.
    #[test]
    fn events_that_have_nothing_in_common_are_what_the_rules_make_of_them(
        events in proptest::collection::vec(any_event(), 0..6),
    ) {
        let document = json!({ "events": events });
        let wire = wire::Transaction::deserialize(&document).unwrap();
        if let Some(short) = one_group_each(wire.events.list()) {
            let parts = |group: &Group| (group.all().collect::<Vec<_>>(), group.corrected_by, group.standing);
            let short: Vec<_> = short.iter().map(parts).collect();
            prop_assert_eq!(short, grouped(wire.events.list()).iter().map(parts).collect::<Vec<_>>());
        }
    }
}
