//! Events as JSON in, refunds out.

use refunds_core::{Currency, Money, PaymentId, Refund, RefundStatus, RetryAdvice};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::{checkout::Transaction, wire};

const INITIATED: &str = "8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c04";
const INITIATED_PLAIN: &str = "8D3B1C5E0C2B4A559A6E2F7F3B1F0C04";

pub(crate) fn read(mut events: Vec<Value>) -> Result<Transaction<'static>, String> {
    let capture =
        json!({"id": "c", "event": "CAPTURE", "success": true, "amount": 1000, "request_id": "c-1"});
    events.insert(0, capture);
    of(json!({"id": "T11223344.x", "currency": "NOK", "amount": 1000, "events": events}))
}

pub(crate) fn of(document: Value) -> Result<Transaction<'static>, String> {
    let wire = wire::Transaction::deserialize(&document).unwrap();
    Ok(Transaction::new(wire, &PaymentId::new("T11223344.x").unwrap())?.into_owned())
}

pub(crate) fn one(events: Vec<Value>) -> Refund {
    let mut refunds = read(events).unwrap().into_refunds();
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    refunds.remove(0)
}

/// Captured, refunded, pending, refundable.
pub(crate) fn sums(events: Vec<Value>) -> [i64; 4] {
    let payment = read(events).unwrap().payment().unwrap();
    [payment.captured, payment.refunded, payment.pending, payment.refundable].map(Money::minor_units)
}

#[test]
fn every_event_and_outcome_has_its_status() {
    use RefundStatus as S;
    for (event, success, error, want) in [
        ("REFUND", json!(true), json!(null), Some(S::Succeeded)),
        ("refund", json!(true), json!(null), Some(S::Succeeded)),
        ("REFUND", json!(false), json!(null), Some(S::Failed)),
        ("REFUND", json!(false), json!("DECLINED"), Some(S::Declined)),
        ("REFUND", json!(null), json!(null), Some(S::Unknown)),
        ("REFUND", json!("true"), json!(null), Some(S::Unknown)),
        ("INITIATE_REFUND", json!(true), json!(null), Some(S::Pending)),
        ("INITIATE_REFUND", json!(null), json!(null), Some(S::Pending)),
        ("INITIATE_REFUND", json!(false), json!(null), Some(S::Failed)),
        ("REFUND_REVERSED", json!(true), json!(null), Some(S::Unknown)),
        ("PARTIAL_REFUND", json!(false), json!(null), Some(S::Unknown)),
        ("INITIALIZE", json!(true), json!(null), None),
        ("INITIATE", json!(true), json!(null), None),
        ("AUTHORIZE", json!(true), json!(null), None),
        ("INITIATE_CAPTURE", json!(true), json!(null), None),
        ("VOID", json!(true), json!(null), None),
        ("INITIATE_VOID", json!(true), json!(null), None),
        ("SETTLEMENT", json!(true), json!(null), None),
        ("SOMETHING_NEW", json!(true), json!(null), None),
        ("", json!(true), json!(null), None),
    ] {
        let shown = json!({
            "id": "e", "event": event, "success": success, "amount": 10, "request_id": "r", "error": {"type": [error]},
        });
        let refunds = read(vec![shown]).unwrap().into_refunds();
        assert_eq!(refunds.first().map(|refund| refund.status), want, "{event} {success}");
        assert_eq!(refunds.len(), usize::from(want.is_some()), "{event} {success}");
    }
    assert!(read(vec![json!({"amount": 1}), json!(7), json!(null)]).unwrap().into_refunds().is_empty());
}

#[test]
fn every_type_of_error_is_a_decline_or_a_failure() {
    use RefundStatus::{Declined, Failed};
    for (types, want) in [
        (json!(["DECLINED"]), Declined),
        (json!(["ISSUER_ERROR"]), Declined),
        (json!(["PICK_UP_CARD"]), Declined),
        (json!(["INVALID_MERCHANT"]), Declined),
        (json!(["INVALID_TRANSACTION"]), Declined),
        (json!(["INVALID_AMOUNT"]), Declined),
        (json!(["INSUFFICIENT_FUNDS"]), Declined),
        (json!(["CLOSED_ACCOUNT"]), Declined),
        (json!(["EXPIRED_CARD"]), Declined),
        (json!(["EXCEEDS_APPROVAL_LIMIT"]), Declined),
        (json!(["EXCEEDS_WITHDRAWAL_FREQUENCY_LIMIT"]), Declined),
        (json!(["RESTRICTED_CARD"]), Declined),
        (json!(["PIN_REQUIRED"]), Declined),
        (json!(["FAILED_VERIFICATION"]), Declined),
        (json!(["ADDITIONAL_VERIFICATION_REQUIRED"]), Declined),
        (json!(["ERROR", "expired_card"]), Declined),
        (json!("DECLINED"), Declined),
        (json!(["ERROR"]), Failed),
        (json!(["UNKNOWN"]), Failed),
        (json!(["SOMETHING_NEW"]), Failed),
        (json!([]), Failed),
        (json!(null), Failed),
        (json!({}), Failed),
    ] {
        let refund = one(vec![json!({
            "event": "REFUND", "success": false, "amount": 10, "request_id": "r",
            "error": {"type": types, "message": "no", "retry_policy": {"retry_codes": ["DO_NOT_RETRY"]}},
        })]);
        assert_eq!(refund.status, want, "{types}");
        let failure = refund.failure.unwrap();
        assert_eq!((failure.message.as_deref(), failure.retry), (Some("no"), Some(RetryAdvice::Never)));
    }
}

#[test]
fn a_failure_is_told_with_its_code_and_without_card_numbers() {
    for (error, code, message) in [
        (json!({"code": "E1", "type": ["ERROR"], "result_code": "05"}), Some("E1"), None),
        (json!({"type": ["ERROR"], "result_code": "05"}), Some("ERROR"), None),
        (json!({"result_code": "05"}), Some("05"), None),
        (json!({"message": "card 4111 1111 1111 1111"}), None, Some("card [card]")),
    ] {
        let refund = one(vec![
            json!({"event": "REFUND", "success": false, "amount": 10, "request_id": "r", "error": error}),
        ]);
        let failure = refund.failure.unwrap();
        assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (code, message), "{error}");
    }
    let bare = one(vec![json!({"event": "REFUND", "success": false, "amount": 10, "request_id": "r"})]);
    assert_eq!((bare.status, bare.failure), (RefundStatus::Failed, None));
}

#[test]
fn an_initiating_event_and_its_end_are_one_refund() {
    let initiate = |id: &str| json!({"id": "i", "event": "INITIATE_REFUND", "success": true, "amount": 10, "request_id": id});
    let end = |success: bool, id: &str| {
        json!({
            "id": "e", "event": "REFUND", "success": success, "amount": 10,
            "request_id": "other", "correlation_request_id": id,
        })
    };
    for (what, events, status) in [
        ("pending", vec![initiate(INITIATED)], RefundStatus::Pending),
        ("done", vec![initiate(INITIATED), end(true, INITIATED)], RefundStatus::Succeeded),
        (
            "other forms of one id",
            vec![initiate(INITIATED_PLAIN), end(true, INITIATED)],
            RefundStatus::Succeeded,
        ),
        ("newest first", vec![end(true, INITIATED), initiate(INITIATED_PLAIN)], RefundStatus::Succeeded),
        ("failed", vec![initiate(INITIATED), end(false, INITIATED)], RefundStatus::Failed),
        ("the beginning is missing", vec![end(true, INITIATED)], RefundStatus::Succeeded),
        (
            "failed later",
            vec![initiate(INITIATED), end(true, INITIATED), end(false, INITIATED)],
            RefundStatus::Failed,
        ),
    ] {
        let refund = one(events);
        assert_eq!((refund.id.as_str(), refund.status), (INITIATED, status), "{what}");
        assert!(refund.reference_is_unreported(), "{what}");
    }
}

#[test]
fn the_latest_event_wins_by_its_time() {
    let event = |success: bool, at: &str| {
        json!({
            "event": "REFUND", "success": success, "amount": 10, "correlation_request_id": INITIATED, "created_at": at,
        })
    };
    for (first, second, want) in [
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", RefundStatus::Failed),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", RefundStatus::Succeeded),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", RefundStatus::Failed),
        ("2026-01-02T00:00:00Z", "some time", RefundStatus::Failed),
    ] {
        let refund = one(vec![event(true, first), event(false, second)]);
        assert_eq!(refund.status, want, "{first} {second}");
        assert_eq!(refund.updated_at.is_none(), second == "some time");
    }
}

#[test]
fn events_without_request_ids_are_named_by_their_own() {
    let refund = one(vec![json!({"id": "e1", "event": "REFUND", "success": true, "amount": 10})]);
    assert_eq!((refund.id.as_str(), refund.reference_is_unreported()), ("e1", false));
    let nameless = read(vec![json!({"event": "REFUND", "success": true, "amount": 10})]);
    assert!(nameless.err().unwrap().contains("`request_id`"));
    let twice = |amount| json!({"id": format!("e{amount}"), "event": "REFUND", "success": true, "amount": amount, "request_id": "r"});
    let refunds = read(vec![twice(10), twice(20)]).unwrap().into_refunds();
    let ids: Vec<_> = refunds.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!(ids, ["r", "e20"], "two amounts under one request do not hide each other");
    assert_eq!(one(vec![twice(10), twice(10)]).amount.minor_units(), 10);
}

#[test]
fn references_are_told_hidden_or_somebody_elses() {
    let long = "å".repeat(512);
    for (what, events, reference, hidden) in [
        (
            "ours",
            vec![json!({"event": "REFUND", "success": true, "event_reference": "rf-1"})],
            Some("rf-1"),
            false,
        ),
        ("another system's", vec![json!({"event": "REFUND", "success": true})], None, false),
        (
            "longer than ours may be",
            vec![json!({"event": "REFUND", "success": true, "event_reference": &long})],
            Some(&*long),
            false,
        ),
        (
            "in letters that ours may not have",
            vec![json!({"event": "REFUND", "success": true, "event_reference": " Rückgabe № 7 "})],
            Some(" Rückgabe № 7 "),
            false,
        ),
        (
            "not a reference",
            vec![json!({"event": "REFUND", "success": true, "event_reference": "rf\n"})],
            None,
            false,
        ),
        ("blank", vec![json!({"event": "INITIATE_REFUND", "event_reference": " "})], None, true),
        ("not reported yet", vec![json!({"event": "INITIATE_REFUND"})], None, true),
        ("a new kind of event", vec![json!({"event": "REFUND_REQUESTED"})], None, true),
        (
            "reported at once",
            vec![json!({"event": "INITIATE_REFUND", "event_reference": "rf-1"})],
            Some("rf-1"),
            false,
        ),
        (
            "reported at the end",
            vec![
                json!({"event": "INITIATE_REFUND"}),
                json!({"event": "REFUND", "correlation_request_id": "r", "event_reference": "rf-1"}),
            ],
            Some("rf-1"),
            false,
        ),
        (
            "reported at the beginning",
            vec![
                json!({"event": "INITIATE_REFUND", "event_reference": "rf-1"}),
                json!({"event": "REFUND", "correlation_request_id": "r"}),
            ],
            Some("rf-1"),
            false,
        ),
    ] {
        let events = events.into_iter().map(|mut event| {
            event["amount"] = json!(10);
            event["request_id"] = json!("r");
            event
        });
        let refund = one(events.collect());
        assert_eq!(refund.reference.as_ref().map(AsRef::as_ref), reference, "{what}");
        assert_eq!(refund.reference_is_unreported(), hidden, "{what}");
        assert_eq!(refund.extra.contains_key("event_reference"), what == "not a reference", "{what}");
    }
}

#[test]
fn sums_count_each_refund_and_capture_once() {
    let refund = |id: &str, amount: i64| json!({"event": "REFUND", "success": true, "amount": amount, "request_id": id});
    let initiate = |id: &str, amount: i64| json!({"event": "INITIATE_REFUND", "success": true, "amount": amount, "request_id": id});
    for (what, events, want) in [
        ("nothing", vec![], [1000, 0, 0, 1000]),
        ("one", vec![refund("a", 300)], [1000, 300, 0, 700]),
        ("two", vec![refund("a", 300), refund("b", 300)], [1000, 600, 0, 400]),
        ("too much", vec![refund("a", 1300)], [1000, 1300, 0, 0]),
        ("pending", vec![initiate("a", 300)], [1000, 0, 300, 700]),
        (
            "pending and done",
            vec![
                initiate("a", 300),
                json!({"event": "REFUND", "success": true, "amount": 300, "correlation_request_id": "a"}),
            ],
            [1000, 300, 0, 700],
        ),
        (
            "failed",
            vec![json!({"event": "REFUND", "success": false, "amount": 300, "request_id": "a"})],
            [1000, 0, 0, 1000],
        ),
        (
            "unknown",
            vec![json!({"event": "REFUND_X", "success": false, "amount": 300, "request_id": "a"})],
            [1000, 0, 300, 700],
        ),
        (
            "a capture that was initiated",
            vec![
                json!({"event": "INITIATE_CAPTURE", "success": true, "amount": 500, "request_id": "k"}),
                json!({"event": "CAPTURE", "success": true, "amount": 500, "correlation_request_id": "k"}),
                json!({"event": "CAPTURE", "success": true, "amount": 500, "correlation_request_id": "k"}),
            ],
            [1500, 0, 0, 1500],
        ),
        (
            "captures that failed or are under way",
            vec![
                json!({"event": "CAPTURE", "success": false, "amount": 500, "request_id": "k"}),
                json!({"event": "INITIATE_CAPTURE", "success": true, "amount": 500, "request_id": "l"}),
            ],
            [1000, 0, 0, 1000],
        ),
        (
            "what comes after a correction counts on top of it",
            vec![
                refund("a", 300),
                json!({"event": "REFUND", "success": false, "amount": 100, "request_id": "b",
                    "correction": {"status": "PARTIALLY_REFUNDED", "remaining_refund_amount": 700}}),
                refund("c", 200),
                initiate("d", 50),
            ],
            [1000, 500, 50, 450],
        ),
        (
            "a correction that makes no sense",
            vec![json!({"event": "REFUND", "success": false, "amount": 100, "request_id": "b",
                "correction": {"remaining_refund_amount": 99_999}})],
            [1000, 0, 0, 1000],
        ),
    ] {
        assert_eq!(sums(events), want, "{what}");
    }
}

#[test]
fn amounts_are_told_or_the_answer_is_unreadable() {
    for (amount, ok) in [
        (json!(0), true),
        (json!(1), true),
        (json!(i32::MAX), true),
        (json!(i64::from(i32::MAX) + 1), true),
        (json!(i64::MAX), true),
        (json!(-1), false),
        (json!(100.0), false),
        (json!(0.5), false),
        (json!("100"), false),
        (json!(null), false),
        (json!(u64::MAX), false),
    ] {
        let refund =
            read(vec![json!({"event": "REFUND", "success": true, "amount": amount, "request_id": "r"})]);
        assert_eq!(refund.is_ok(), ok, "{amount}");
    }
    let too_much =
        |id: &str| json!({"event": "REFUND", "success": true, "amount": i64::MAX, "request_id": id});
    assert!(read(vec![too_much("a"), too_much("b")]).is_err_and(|fault| fault.contains("64 bits")));
}

#[test]
fn a_transaction_needs_an_id_a_currency_and_once_money_was_taken_its_events() {
    let x = "T11223344.x";
    for (document, want) in [
        (json!({"id": x, "currency": "NOK", "events": []}), Ok(0)),
        (json!({"id": x, "currency": "nok", "events": []}), Ok(0)),
        (json!({"id": x, "currency": "NOK", "amount": 5, "status": "AUTHORIZED"}), Ok(0)),
        (json!({"id": x, "currency": "NOK", "amount": 5, "status": "captured"}), Err("events")),
        (json!({"id": x, "currency": "NOK", "amount": 5, "status": "new word"}), Err("events")),
        (json!({"id": x, "currency": "NOK", "amount": 5}), Err("events")),
        (json!({"id": x, "currency": "NOK", "amount": 5, "status": "CAPTURED", "events": []}), Ok(0)),
        (
            json!({"id": x, "currency": "NOK", "events": {}, "items": 7, "card": "x", "status": []}),
            Err("events"),
        ),
        (json!({"id": "T11223344.y", "currency": "NOK"}), Err("`id`")),
        (json!({"currency": "NOK"}), Err("`id`")),
        (json!({"id": x}), Err("`currency`")),
        (json!({"id": x, "currency": "NOKK"}), Err("`currency`")),
        (json!({"id": x, "currency": 578}), Err("`currency`")),
    ] {
        match (of(document.clone()), want) {
            (Ok(read), Ok(captured)) => {
                assert_eq!(read.captured().minor_units(), captured, "{document}");
                assert_eq!(read.currency, Currency::new("NOK").unwrap());
            }
            (Err(fault), Err(names)) => assert!(fault.contains(names), "{fault}"),
            (read, _) => panic!("{document}: {:?}", read.err()),
        }
    }
}
