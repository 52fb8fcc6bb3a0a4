//! `GET /transactions`: a bare array, newest first, a page at a time.

use serde_json::{Map, Value};

use crate::common::lock;
use crate::wire::{Incoming, Reply};

use super::transactions::Transaction;
use super::{Dintero, error};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;
/// The parameters that filter by a member of the same name; one that is repeated means any of its values.
const FILTERS: [&str; 8] = [
    "id",
    "status",
    "currency",
    "merchant_reference",
    "merchant_reference_2",
    "payment_product",
    "payment_product_type",
    "session_id",
];

impl Dintero {
    pub(super) fn search(&self, request: &Incoming) -> Reply {
        let query = request.query_pairs();
        let last = |name: &str| {
            let found = query.iter().rev().find(|(given, _)| given == name);
            found.map(|(_, value)| value.as_str())
        };
        let limit = match last("limit").map(str::parse) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
            Some(_) => return error::invalid("limit", "must be between 1 and 100"),
        };
        let state = lock(&self.state);
        let now = self.common.now();
        let newest_first = state.transactions.iter().rev();
        let mut found: Vec<&Transaction> =
            newest_first.filter(|transaction| fits(transaction.seen(now), &query)).collect();
        if let Some(after) = last("starting_after") {
            let Some(at) = found.iter().position(|kept| kept.id == after) else {
                return error::invalid("starting_after", "is not in the list");
            };
            found.drain(..=at);
        }
        let page = found.into_iter().take(limit);
        let page = page.map(|found| found.shown(found.seen(now)));
        Reply::json(200, &Value::Array(page.collect()))
    }
}

fn fits(document: &Map<String, Value>, query: &[(String, String)]) -> bool {
    FILTERS.iter().all(|name| {
        let mut wanted =
            query.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).peekable();
        let actual = document.get(*name).and_then(Value::as_str);
        wanted.peek().is_none() || wanted.any(|value| actual == Some(value))
    })
}
