//! What of a payment's lines can be refunded, and what is sent.

use serde_json::{Value, json};

use super::*;
use crate::checkout::events::tests::of;

fn money(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

fn transaction(product: &str, kind: &str, refunds: &[Value]) -> Transaction<'static> {
    let items = json!([
        {"line_id": "1", "amount": 300, "quantity": 3, "id": "CUP", "description": "Cups", "vat": 25,
            "vat_amount": 60, "type": "physical"},
        {"line_id": "2", "amount": 200, "quantity": 1.5, "id": "TEA"},
    ]);
    let mut events = vec![json!({"event": "CAPTURE", "success": true, "amount": 500, "items": items})];
    events.extend(refunds.iter().cloned());
    let document = json!({
        "id": "T11223344.x", "currency": "NOK", "amount": 500, "events": events,
        "payment_product": product, "payment_product_type": kind,
    });
    of(document).unwrap()
}

fn items(transaction: &Transaction<'_>, given: &[RefundLine], amount: i64) -> Option<Value> {
    let items = transaction.refund_items(given, money(amount)).ok()?;
    Some(serde_json::to_value(items).unwrap())
}

#[test]
fn which_products_need_lines() {
    for (product, kind, need) in [
        ("instabank", "instabank.finance", true),
        ("INSTABANK", "", true),
        ("collector", "collector.installment", true),
        ("walley", "walley.invoice", true),
        ("kravia", "kravia.invoice_b2c", true),
        ("two", "two.invoice_b2b", true),
        ("payex", "payex.invoice", true),
        ("dintero", "collector.invoice", true),
        ("dintero_psp", "dintero_psp.creditcard", false),
        ("swish", "swish.swish", false),
        ("vipps", "vipps", false),
        ("klarna", "klarna.klarna", false),
        ("", "", false),
    ] {
        assert_eq!(transaction(product, kind, &[]).needs_lines(), need, "{product} {kind}");
    }
}

#[test]
fn what_is_known_of_a_line_is_sent_with_it() {
    let read = transaction("swish", "swish.swish", &[]);
    assert_eq!(items(&read, &[], 500), Some(json!([])));
    let part = items(&read, &[RefundLine::new("1", money(100)).with_quantity(1)], 100).unwrap();
    let known = json!({
        "line_id": "1", "amount": 100, "quantity": 1, "id": "CUP", "description": "Cups", "vat": 25, "type": "physical",
    });
    assert_eq!(part, json!([known]), "the VAT of a part is not known");
    let all = items(&read, &[RefundLine::new("1", money(300))], 300).unwrap();
    assert_eq!((&all[0]["quantity"], &all[0]["vat_amount"]), (&json!(3), &json!(60)));
}

#[test]
fn all_that_is_left_is_sent_where_lines_are_needed() {
    let refund = |success: bool, amount: i64| {
        json!({"event": "REFUND", "success": success, "amount": amount, "request_id": "r",
            "items": [{"line_id": "1", "amount": amount}]})
    };
    let amounts = |read: &Transaction<'_>, amount: i64| {
        let items = items(read, &[], amount)?;
        let lines = items.as_array().unwrap().iter();
        Some(lines.map(|line| line["amount"].as_i64().unwrap()).collect::<Vec<_>>())
    };
    for (what, refunds, amount, want) in [
        ("all", vec![], 500, Some(vec![300, 200])),
        ("a part", vec![], 499, None),
        ("the rest", vec![refund(true, 100)], 400, Some(vec![200, 200])),
        ("a line is gone", vec![refund(true, 300)], 200, Some(vec![200])),
        ("one that failed", vec![refund(false, 300)], 500, Some(vec![300, 200])),
        (
            "one without lines",
            vec![json!({"event": "REFUND", "success": true, "amount": 100, "request_id": "r"})],
            400,
            None,
        ),
    ] {
        assert_eq!(amounts(&transaction("instabank", "", &refunds), amount), want, "{what}");
    }
    let untouched = transaction("instabank", "", &[refund(true, 100)]);
    let rest = items(&untouched, &[], 400).unwrap();
    assert_eq!((rest[0].get("quantity"), &rest[1]["quantity"]), (None, &json!(1.5)));
}

/// What a refund of these lines is refused with, if it is.
fn refused(read: &Transaction<'_>, lines: &[(&str, i64)]) -> Option<(ErrorKind, String)> {
    let given: Vec<_> = lines.iter().map(|(id, minor)| RefundLine::new(*id, money(*minor))).collect();
    let sum = lines.iter().map(|(_, minor)| minor).sum();
    let error = read.refund_items(&given, money(sum)).err()?;
    assert!(!error.may_have_applied(), "{error}");
    Some((error.kind(), error.message().to_owned()))
}

#[test]
fn no_more_of_a_line_is_refunded_than_was_captured_of_it() {
    use ErrorKind::{InvalidRequest, NotRefundable};
    let refund = |id: &str, outcome: Value, amount: i64| {
        let mut event = json!({"event": "REFUND", "amount": amount, "request_id": format!("r{id}{amount}"),
            "items": [{"line_id": id, "amount": amount}]});
        event["success"] = outcome;
        event
    };
    let capture = |items: Value| json!({"event": "CAPTURE", "success": true, "amount": 0, "items": items, "id": "more"});
    for (what, before, lines, want) in [
        ("all of a line", vec![], vec![("1", 300)], None),
        ("more", vec![], vec![("1", 301)], Some(NotRefundable)),
        ("more, beside a line with enough left", vec![], vec![("1", 1), ("2", 201)], Some(NotRefundable)),
        ("the rest", vec![refund("1", json!(true), 100)], vec![("1", 200)], None),
        ("more than the rest", vec![refund("1", json!(true), 100)], vec![("1", 201)], Some(NotRefundable)),
        ("a line that is gone", vec![refund("1", json!(true), 300)], vec![("1", 1)], Some(NotRefundable)),
        (
            "a refund with an unknown end",
            vec![refund("1", json!(null), 300)],
            vec![("1", 1)],
            Some(NotRefundable),
        ),
        ("a refund that failed", vec![refund("1", json!(false), 300)], vec![("1", 300)], None),
        (
            "a line that was captured again",
            vec![capture(json!([{"line_id": 1, "amount": 50}]))],
            vec![("1", 350)],
            None,
        ),
        ("a line that was not captured", vec![], vec![("9", 1)], Some(InvalidRequest)),
        ("a capture without lines", vec![capture(json!([]))], vec![("1", 301)], None),
        ("a capture without lines, and an unknown one", vec![capture(json!(null))], vec![("9", 1)], None),
        (
            "a captured line that cannot be read",
            vec![capture(json!([{"line_id": 1}]))],
            vec![("1", 301)],
            None,
        ),
        ("nothing", vec![], vec![("1", 0)], Some(InvalidRequest)),
        ("a negative amount", vec![], vec![("1", -1), ("2", 2)], Some(InvalidRequest)),
        (
            "a negative amount of an unknown line",
            vec![capture(json!([]))],
            vec![("9", -1)],
            Some(InvalidRequest),
        ),
        (
            "a negative amount of a line that is refunded too often",
            vec![refund("1", json!(true), 301)],
            vec![("1", -1), ("2", 2)],
            Some(InvalidRequest),
        ),
    ] {
        let read = transaction("swish", "swish.swish", &before);
        assert_eq!(refused(&read, &lines).map(|(kind, _)| kind), want, "{what}");
    }
}

#[test]
fn a_refused_line_is_named_with_what_is_left_and_the_lines_there_are() {
    let before = json!({"event": "REFUND", "success": true, "amount": 100, "request_id": "r",
        "items": [{"line_id": "1", "amount": 100}]});
    let read = transaction("swish", "swish.swish", &[before]);
    let (_, message) = refused(&read, &[("1", 250)]).unwrap();
    assert_eq!(
        message,
        "2.00 NOK is left to refund of line `1`, 2.50 NOK was requested; \
         the lines that can be refunded are `1` (2.00 NOK left), `2` (2.00 NOK left)"
    );
    let (_, message) = refused(&read, &[("9", 250)]).unwrap();
    assert_eq!(
        message,
        "line `9` was not captured; \
         the lines that can be refunded are `1` (2.00 NOK left), `2` (2.00 NOK left)"
    );
    let (_, message) = refused(&read, &[("1", -1), ("2", 2)]).unwrap();
    assert!(message.starts_with("line `1` has the amount -0.01 NOK"), "{message}");
}

#[test]
fn which_lines_a_payment_shows() {
    let items = json!([{"line_id": "1", "amount": 300}, {"line_id": "2", "amount": 200}]);
    let capture = |items: &Value| json!({"event": "CAPTURE", "success": true, "amount": 500, "items": items});
    let refund = |amount: i64, items: Value| json!({"event": "REFUND", "success": true, "amount": amount, "request_id": "r", "items": items});
    let one = |amount: i64| json!([{"line_id": "1", "amount": amount}]);
    let none = json!([]);
    for (what, total, events, want) in [
        ("captured lines", 500, vec![capture(&items)], vec![("1", 300), ("2", 200)]),
        ("a part", 500, vec![capture(&items), refund(100, one(100))], vec![("1", 200), ("2", 200)]),
        ("a line that is gone", 500, vec![capture(&items), refund(300, one(300))], vec![("2", 200)]),
        ("nothing left", 500, vec![capture(&items), refund(500, none.clone())], vec![]),
        ("all captured, without lines", 500, vec![capture(&none)], vec![("1", 300), ("2", 200)]),
        ("a part captured, without lines", 900, vec![capture(&none)], vec![]),
        ("a line that cannot be read", 500, vec![capture(&json!([items[0], {"line_id": "2"}]))], vec![]),
    ] {
        let document = json!({"id": "T11223344.x", "currency": "NOK", "amount": total, "items": items,
            "events": events});
        let read = of(document).unwrap();
        let left = read.payment().unwrap().refundable_lines;
        let want: Vec<_> = want.into_iter().map(|(id, minor)| RefundLine::new(id, money(minor))).collect();
        assert_eq!(left, want, "{what}");
    }
}

#[test]
fn lines_that_are_needed_are_named() {
    let error = transaction("instabank", "", &[]).refund_items(&[], money(499)).unwrap_err();
    let there_are = "the lines that can be refunded are `1` (3.00 NOK left), `2` (2.00 NOK left)";
    assert!(error.message().ends_with(there_are), "{error}");
}

#[test]
fn lines_of_gift_cards_are_negative() {
    let document = |refunds: &[Value]| {
        let items = json!([
            {"line_id": "1", "amount": 600},
            {"line_id": "card", "amount": -100, "type": "gift_card"},
        ]);
        let mut events = vec![json!({"event": "CAPTURE", "success": true, "amount": 500, "items": items})];
        events.extend(refunds.iter().cloned());
        let document = json!({
            "id": "T11223344.x", "currency": "NOK", "amount": 500, "events": events,
            "payment_product": "instabank",
        });
        of(document).unwrap()
    };
    let read = document(&[]);
    for (lines, ok) in [
        ([("1", 600), ("card", -100)], true),
        ([("1", 600), ("card", -101)], false),
        ([("1", 600), ("card", 100)], false),
        ([("1", 600), ("card", 0)], false),
    ] {
        assert_eq!(refused(&read, &lines).is_none(), ok, "{lines:?}");
    }
    let half = json!({"event": "REFUND", "success": true, "amount": 200, "request_id": "r",
        "items": [{"line_id": "1", "amount": 240}, {"line_id": "card", "amount": -40}]});
    let read = document(&[half]);
    assert!(refused(&read, &[("1", 360), ("card", -60)]).is_none());
    assert!(refused(&read, &[("1", 360), ("card", -61)]).is_some());
    let rest = items(&read, &[], 300).unwrap();
    assert_eq!((&rest[0]["amount"], &rest[1]["amount"]), (&json!(360), &json!(-60)));
}

#[test]
fn a_line_that_was_refunded_too_often_is_not_taken_back() {
    let refund = json!({"event": "REFUND", "success": true, "amount": 400, "request_id": "r",
        "items": [{"line_id": "1", "amount": 400}]});
    let read = transaction("instabank", "", &[refund]);
    assert_eq!(items(&read, &[], 100), None, "lines 2 (2.00) less 1 (1.00) would be the amount");
    let named = [RefundLine::new("2", money(100))];
    assert_eq!(items(&read, &named, 100).unwrap()[0]["amount"], 100);
}
