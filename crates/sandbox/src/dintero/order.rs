//! An order: its lines, its captures and the refunds recorded on it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{document::integer, error, order_spec::PROCESSED_BY_CHECKOUT};
use crate::{clock::seconds_z, common::Common, wire::Reply};

#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) document: Value,
    pub(super) authorizations: Vec<Value>,
    pub(super) captures: Vec<Value>,
    pub(super) refunds: Vec<Value>,
    /// If webhooks are early: how many refunds reads show, and until when.
    pub(super) before: Option<(usize, OffsetDateTime)>,
}

impl Order {
    /// The records as reads show them.
    pub(super) fn seen(&self, now: OffsetDateTime) -> &[Value] {
        match self.before {
            Some((count, until)) if now < until => self.refunds.get(..count).unwrap_or_default(),
            _ => &self.refunds,
        }
    }

    pub(super) fn push(&mut self, common: &Common, refund: Value) {
        let now = common.now();
        let shown_from = common.outbox.shown_from(now);
        if shown_from > now {
            self.before = Some((self.seen(now).len(), shown_from));
        }
        self.refunds.push(refund);
    }

    pub(super) fn left(&self) -> i64 {
        let done = |operations: &[Value]| {
            operations
                .iter()
                .filter(|operation| operation.get("success") == Some(&Value::Bool(true)))
                .fold(0_i64, |sum, operation| sum.saturating_add(integer(operation.get("amount"))))
        };
        // The documentation does not say that an order without captures refuses records: its own amount is the limit.
        let limit = if self.captures.is_empty() {
            integer(self.document.get("gross_amount"))
        } else {
            done(&self.captures)
        };
        limit.saturating_sub(done(&self.refunds))
    }

    /// Line ids are integers here, and must belong to the order.
    pub(super) fn read_lines(&self, items: Option<&Value>) -> Result<Vec<(i64, i64)>, Reply> {
        let items = items
            .and_then(Value::as_array)
            .filter(|items| !items.is_empty())
            .ok_or_else(|| error::invalid("items", "are required"))?;
        items.iter().map(|item| self.read_line(item)).collect()
    }

    fn read_line(&self, item: &Value) -> Result<(i64, i64), Reply> {
        let line_id = item
            .get("line_id")
            .and_then(Value::as_i64)
            .ok_or_else(|| error::invalid("items.line_id", "must be an integer"))?;
        let ordered = self.document.get("items").and_then(Value::as_array);
        let known = ordered
            .into_iter()
            .flatten()
            .any(|ordered| ordered.get("line_id").and_then(Value::as_i64) == Some(line_id));
        if !known {
            return Err(error::invalid("items.line_id", "is not a line of the order"));
        }
        match item.get("amount").and_then(Value::as_i64) {
            Some(amount) if amount > 0 => Ok((line_id, amount)),
            _ => Err(error::invalid("items.amount", "must be a positive integer")),
        }
    }
}

pub(super) fn find<'a>(refunds: &'a [Value], id: &str) -> Option<&'a Value> {
    refunds.iter().find(|refund| refund.get("id").and_then(Value::as_str) == Some(id))
}

/// What authorizations, captures and refunds have in common. The amount is the sum of the items.
pub(super) fn operation(common: &Common, client_id: &str, lines: &[(i64, i64)]) -> Map<String, Value> {
    let now = seconds_z(common.now());
    let items: Vec<Value> =
        lines.iter().map(|(line_id, amount)| json!({"line_id": line_id, "amount": amount})).collect();
    let operation = json!({
        "id": common.ids.uuid(),
        "amount": sum(lines),
        "success": true,
        "items": items,
        "metadata": {},
        "created_at": now,
        "created_by": client_id,
        "processed_at": now,
        "processed_by": PROCESSED_BY_CHECKOUT,
        "_links": [],
    });
    match operation {
        Value::Object(operation) => operation,
        _ => Map::new(),
    }
}

pub(super) fn sum(lines: &[(i64, i64)]) -> i64 {
    lines.iter().fold(0, |sum, (_, amount)| i64::saturating_add(sum, *amount))
}
