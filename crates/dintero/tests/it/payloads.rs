//! The documented payload of `GET …/orders/{id}/refunds`, byte for byte, and a transaction.

use crate::common::{dintero, get, list};
use refunds_core::Refund;
use refunds_sandbox::{Sandbox, dintero::OrderSpec};
use serde_json::{Value, json};

const ORDER_REFUNDS: &str = include_str!("../fixtures/order_refunds.json");
const TRANSACTION: &str = include_str!("../fixtures/transaction.json");

async fn normalized(body: &str) -> Vec<Refund> {
    let sandbox = Sandbox::start().await.unwrap();
    let order = sandbox.dintero().order(OrderSpec::new("NOK").id("order-42").line(123, 27_840));
    sandbox.dintero().insert_order_refunds_bytes(&order, body.to_owned());
    list(&dintero(&sandbox), &order).await.unwrap()
}

#[tokio::test]
async fn the_documented_payload_is_normalized() {
    let refunds = normalized(ORDER_REFUNDS).await;
    insta::assert_json_snapshot!(refunds);
    assert_eq!(refunds[0].extra.get("success"), Some(true.into()));
}

#[tokio::test]
async fn nothing_of_the_documented_payload_is_lost() {
    let reported: Value = serde_json::from_str(ORDER_REFUNDS).unwrap();
    found_again(&reported, &normalized(ORDER_REFUNDS).await);

    // Once more, with another value at every place, so that none can be found in another's stead.
    let mut next = 0;
    let unique = with_unique_leaves(&reported, &mut next);
    assert!(next > 20, "{next} leaves");
    found_again(&unique, &normalized(&unique.to_string()).await);
}

#[tokio::test]
async fn the_payload_itself_is_kept_where_that_is_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let order = sandbox.dintero().order(OrderSpec::new("NOK"));
    sandbox.dintero().insert_order_refunds_bytes(&order, ORDER_REFUNDS);
    let transaction = sandbox.dintero().insert_transaction_json(serde_json::from_str(TRANSACTION).unwrap());
    let reported: Value = serde_json::from_str(ORDER_REFUNDS).unwrap();

    let keeping = refunds_dintero::Dintero::new(crate::common::config(&sandbox).with_keep_raw(true)).unwrap();
    let refunds = list(&keeping, &order).await.unwrap();
    assert_eq!(refunds[0].raw(), Some(&reported["refunds"][0]));
    let refund = get(&keeping, &transaction, "e5").await.unwrap();
    let events: Vec<_> = refund.raw().unwrap().as_array().unwrap().iter().map(|event| &event["id"]).collect();
    assert_eq!(events, ["e4", "e5"]);

    assert!(list(&dintero(&sandbox), &order).await.unwrap()[0].raw().is_none());
}

#[tokio::test]
async fn a_transaction_is_normalized() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.dintero().insert_transaction_json(serde_json::from_str(TRANSACTION).unwrap());
    let dintero = dintero(&sandbox);
    insta::assert_json_snapshot!(list(&dintero, &id).await.unwrap());
    assert_eq!(crate::common::sums(&dintero, &id).await, [44_850, 14_950, 700, 29_200]);
}

fn found_again(reported: &Value, refunds: &[Refund]) {
    let normalized = serde_json::to_value(refunds).unwrap();
    let mut found = Vec::new();
    leaves(&normalized, &mut found);
    let mut wanted = Vec::new();
    leaves(reported, &mut wanted);
    assert!(!wanted.is_empty());
    for leaf in wanted {
        // An integer may stand as a text: a line's id is one here and the other there.
        let text = Value::String(leaf.to_string());
        assert!(found.contains(&leaf) || found.contains(&&text), "{leaf} is lost in {normalized:#}");
    }
    assert!(normalized[0]["metadata"].is_object() && normalized[0]["extra"]["card_metadata"].is_object());
}

/// All values that hold no others.
fn leaves<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| leaves(value, into)),
        Value::Object(map) => map.values().for_each(|value| leaves(value, into)),
        leaf => into.push(leaf),
    }
}

fn with_unique_leaves(value: &Value, next: &mut i64) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|value| with_unique_leaves(value, next)).collect(),
        Value::Object(map) if map.is_empty() => {
            *next += 1;
            json!({ format!("key-{next}"): format!("value-{next}") })
        }
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), with_unique_leaves(value, next))).collect()
        }
        Value::String(text) => {
            *next += 1;
            let is_time = text.ends_with('Z');
            if is_time {
                json!(format!("2023-11-07T05:31:{next:02}Z"))
            } else {
                json!(format!("leaf-{next}"))
            }
        }
        Value::Number(_) => {
            *next += 1;
            json!(1000 + *next)
        }
        Value::Bool(_) | Value::Null => value.clone(),
    }
}
