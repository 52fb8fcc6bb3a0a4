//! Amounts of currencies with two decimals, none and three, out and back, exactly.

use refunds_core::serde_json::{self, Value, json};
use refunds_core::{
    CreateRefund, Currency, ErrorKind, Money, PaymentId, Reference, Refund, RefundAmount, RefundProvider,
    Result, SubmitRefund,
};

use crate::wire::Script;

fn charge(currency: &str, captured: &str, reversed: &str, reversing: &str) -> Value {
    json!({
        "id": "chg-1", "currency": currency, "state": "captured",
        "captured": captured, "reversed": reversed, "reversing": reversing,
    })
}

fn reversal(amount: &str) -> Value {
    json!({"id": "rev-1", "charge": "chg-1", "amount": amount, "state": "queued", "external_id": "rma-1"})
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Submits `minor` units, is answered with `told`, and tells what went over the wire and what came of it.
async fn submitted(code: &str, zero: &str, minor: i64, told: &str) -> (Value, Result<Refund>) {
    let script = Script::new([(200, charge(code, zero, zero, zero)), (201, reversal(told))]);
    let amount = Money::new(minor, currency(code));
    let payment = PaymentId::new("chg-1").unwrap();
    let request = CreateRefund::new(payment, RefundAmount::Exact(amount), Reference::new("rma-1").unwrap());
    let outcome = script.provider().submit_refund(&SubmitRefund::new(request, amount)).await;
    let sent = serde_json::from_slice(&script.requests()[1].body).unwrap();
    (sent, outcome)
}

#[tokio::test]
async fn amounts_go_out_and_come_back_with_the_decimals_of_their_currency() {
    for (code, zero, minor, text) in [
        ("NOK", "0.00", 14950, "149.50"),
        ("NOK", "0.00", 1, "0.01"),
        ("NOK", "0.00", 10_000_000_000_000_001, "100000000000000.01"),
        ("JPY", "0", 500, "500"),
        ("JPY", "0", 1, "1"),
        ("TND", "0.000", 1250, "1.250"),
        ("TND", "0.000", 1, "0.001"),
    ] {
        let (sent, outcome) = submitted(code, zero, minor, text).await;
        assert_eq!(sent["amount"], text, "as a text, in {code}");
        assert_eq!(outcome.unwrap().amount, Money::new(minor, currency(code)));
    }
}

#[tokio::test]
async fn an_amount_with_other_decimals_is_in_doubt() {
    for (code, zero, told) in [
        ("NOK", "0.00", "149.5"),
        ("NOK", "0.00", "149"),
        ("NOK", "0.00", "149.500"),
        ("NOK", "0.00", "+149.50"),
        ("NOK", "0.00", "-149.50"),
        ("NOK", "0.00", "1.495e2"),
        ("JPY", "0", "500.00"),
        ("TND", "0.000", "1.25"),
        ("TND", "0.000", ""),
    ] {
        let (_, outcome) = submitted(code, zero, 1, told).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true), "{told} {code}");
        assert!(told.is_empty() || !error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn the_sums_of_a_charge_are_exact() {
    for (code, sums, minor) in [
        ("NOK", ["448.50", "149.50", "9.01"], [44850, 14950, 901]),
        ("JPY", ["500", "20", "3"], [500, 20, 3]),
        ("TND", ["1.250", "0.001", "0.249"], [1250, 1, 249]),
    ] {
        let script = Script::new([(200, charge(code, sums[0], sums[1], sums[2]))]);
        let payment = script.provider().payment(&PaymentId::new("chg-1").unwrap()).await.unwrap();
        let told = [payment.captured, payment.refunded, payment.pending].map(Money::minor_units);
        assert_eq!(told, minor);
        assert_eq!(payment.refundable.minor_units(), minor[0] - minor[1] - minor[2]);
        assert_eq!(payment.currency().code(), code);
    }
}

#[tokio::test]
async fn a_charge_in_no_currency_is_unreadable() {
    for code in ["nok", "XXX", ""] {
        let script = Script::new([(200, charge(code, "1.00", "0.00", "0.00"))]);
        let error = script.provider().payment(&PaymentId::new("chg-1").unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, false));
    }
}

#[tokio::test]
async fn another_currency_is_refused_before_it_becomes_the_charges() {
    let script = Script::new([(200, charge("NOK", "448.50", "0.00", "0.00"))]);
    let amount = Money::new(500, currency("EUR"));
    let payment = PaymentId::new("chg-1").unwrap();
    let request = CreateRefund::new(payment, RefundAmount::Exact(amount), Reference::new("rma-1").unwrap());
    let error = script.provider().submit_refund(&SubmitRefund::new(request, amount)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::InvalidRequest, false));
    assert_eq!(script.requests().len(), 1, "the charge was read, and nothing was sent");
}
