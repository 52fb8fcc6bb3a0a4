//! Whatever a payload contains, reading it ends with a refund or a fault.

use refunds_core::PaymentId;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::{checkout::Transaction, orders::record, wire};

const TRANSACTION: &str = include_str!("../../../tests/fixtures/transaction.json");
const ORDER_REFUNDS: &str = include_str!("../../../tests/fixtures/order_refunds.json");

#[test]
fn junk_at_any_place_of_a_transaction() {
    let id = PaymentId::new("T11223344.9rQ2xW").unwrap();
    let readable = with_junk_everywhere(TRANSACTION, |document| {
        let wire = wire::Transaction::deserialize(&document).map_err(|fault| fault.to_string())?;
        let read = Transaction::new(wire, &id)?;
        let payment = read.payment().unwrap();
        assert!(payment.refundable.minor_units() >= 0);
        assert!(read.refund_called("x").is_none());
        read.refund_items(&[], payment.refundable).unwrap();
        let refunds = read.into_refunds();
        serde_json::to_value((payment, refunds)).map_err(|fault| fault.to_string()).map(drop)
    });
    // Only ids, amounts and the currency are demanded.
    assert!(readable > 85, "{readable} % are readable");
}

#[test]
fn junk_at_any_place_of_a_record() {
    let (order, nok) = (PaymentId::new("o").unwrap(), "NOK".parse().unwrap());
    let readable = with_junk_everywhere(ORDER_REFUNDS, |document| {
        let wire = wire::Refunds::deserialize(&document).map_err(|fault| fault.to_string())?;
        for wire in &wire.refunds {
            let refund = record::refund(wire, &order, nok)?;
            serde_json::to_value(refund).map_err(|fault| fault.to_string())?;
        }
        Ok(())
    });
    assert!(readable > 60, "{readable} % are readable");
}

/// Puts each piece of junk in each place; returns how many in a hundred are still read.
fn with_junk_everywhere(body: &str, mut read: impl FnMut(Value) -> Result<(), String>) -> usize {
    let whole: Value = serde_json::from_str(body).unwrap();
    read(whole.clone()).unwrap();
    let mut pointers = Vec::new();
    collect(&whole, String::new(), &mut pointers);
    assert!(pointers.len() > 30);
    let junk = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(""),
        json!("REFUND"),
        json!("x\u{0}\u{202e}ß"),
        json!("9999-12-31T23:59:59-23:59"),
        json!([]),
        json!([[], {}, null, 1]),
        json!({}),
        json!({"a": {"b": []}}),
    ];
    let mut read_well = 0;
    for pointer in &pointers {
        for junk in &junk {
            let mut document = whole.clone();
            *document.pointer_mut(pointer).unwrap() = junk.clone();
            if let Err(fault) = read(document) {
                assert!(!fault.is_empty(), "{pointer} {junk}");
            } else {
                read_well += 1;
            }
        }
    }
    read_well * 100 / (pointers.len() * junk.len())
}

fn collect(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| collect(value, format!("{at}/{index}"), into));
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, format!("{at}/{key}"), into));
        }
        _ => {}
    }
    if !at.is_empty() {
        into.push(at);
    }
}
