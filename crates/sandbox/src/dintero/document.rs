//! Sums and statuses of a transaction document, read from its events.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The amounts that a transaction's events add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) total: i64,
    pub(super) captured: i64,
    pub(super) refunded: i64,
    pub(super) pending: i64,
}

impl Sums {
    pub(super) fn of(document: &Map<String, Value>) -> Self {
        let events = once(events(document));
        let sum = |kind: &str| {
            events
                .iter()
                .filter(|event| is(event, kind) && succeeded(event))
                .fold(0_i64, |sum, event| sum.saturating_add(amount(event)))
        };
        let pending = events
            .iter()
            .filter(|event| is(event, "INITIATE_REFUND") && succeeded(event))
            .filter(|event| !is_completed(event, &events))
            .fold(0_i64, |sum, event| sum.saturating_add(amount(event)));
        Self {
            total: integer(document.get("amount")),
            captured: sum("CAPTURE"),
            refunded: sum("REFUND"),
            pending,
        }
    }

    pub(super) fn left(self) -> i64 {
        self.captured.saturating_sub(self.refunded).saturating_sub(self.pending)
    }

    /// The status that follows from these sums, by the documented table.
    pub(super) fn status(self) -> &'static str {
        let all_captured = self.captured >= self.total;
        match (self.captured, self.refunded) {
            (..=0, _) => "AUTHORIZED",
            (_, ..=0) if all_captured => "CAPTURED",
            (_, ..=0) => "PARTIALLY_CAPTURED",
            _ if !all_captured => "PARTIALLY_CAPTURED_REFUNDED",
            (captured, refunded) if refunded >= captured => "REFUNDED",
            _ => "PARTIALLY_REFUNDED",
        }
    }
}

pub(super) fn events(document: &Map<String, Value>) -> &[Value] {
    document.get("events").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The events without those that the document repeats with the same id.
fn once(events: &[Value]) -> Vec<&Value> {
    let mut seen = HashSet::new();
    let id = |event: &'_ Value| event.get("id").and_then(Value::as_str).map(str::to_owned);
    events.iter().filter(|event| id(event).is_none_or(|id| seen.insert(id))).collect()
}

pub(super) fn text<'a>(document: &'a Map<String, Value>, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn integer(value: Option<&Value>) -> i64 {
    value.and_then(Value::as_i64).unwrap_or(0)
}

fn is(event: &Value, kind: &str) -> bool {
    event.get("event").and_then(Value::as_str) == Some(kind)
}

fn succeeded(event: &Value) -> bool {
    event.get("success").and_then(Value::as_bool) != Some(false)
}

fn amount(event: &Value) -> i64 {
    integer(event.get("amount"))
}

/// Whether the final event of this initiating event is present. Ids come with and without dashes.
fn is_completed(initiating: &Value, events: &[&Value]) -> bool {
    let Some(id) = plain_id(initiating, "request_id") else {
        return false;
    };
    events
        .iter()
        .any(|event| is(event, "REFUND") && plain_id(event, "correlation_request_id").as_ref() == Some(&id))
}

fn plain_id(event: &Value, name: &str) -> Option<String> {
    let id = event.get(name)?.as_str()?;
    Some(id.replace('-', "").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_event_counts_once() {
        let event = |id: &str, kind: &str, amount: i64| serde_json::json!({"id": id, "event": kind, "amount": amount});
        let events = ["a", "a", "b"].map(|id| event(id, "REFUND", 10)).into_iter();
        let events: Vec<_> =
            [event("c", "CAPTURE", 100), event("c", "CAPTURE", 100)].into_iter().chain(events).collect();
        let document = serde_json::json!({"amount": 100, "events": events});
        let sums = Sums::of(document.as_object().unwrap());
        assert_eq!((sums.captured, sums.refunded, sums.left()), (100, 20, 80));
    }

    #[test]
    fn statuses_follow_the_table() {
        for (total, captured, refunded, status) in [
            (100, 0, 0, "AUTHORIZED"),
            (100, 100, 0, "CAPTURED"),
            (100, 60, 0, "PARTIALLY_CAPTURED"),
            (100, 100, 40, "PARTIALLY_REFUNDED"),
            (100, 100, 100, "REFUNDED"),
            (100, 60, 20, "PARTIALLY_CAPTURED_REFUNDED"),
            (100, 60, 60, "PARTIALLY_CAPTURED_REFUNDED"),
        ] {
            let sums = Sums { total, captured, refunded, pending: 0 };
            assert_eq!(sums.status(), status, "{total} {captured} {refunded}");
        }
    }
}
