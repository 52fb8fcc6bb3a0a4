//! `GET /transactions`: a bare array, newest first, a page at a time.

use serde_json::{Map, Value};

use super::{Dintero, page::PageQuery, transaction::Transaction};
use crate::{
    lock::lock,
    wire::{Answer, Incoming, Reply},
};

/// The parameters that filter by the member of the same name. A repeated parameter matches any of its values.
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
    pub(super) fn search(&self, request: &Incoming, _: &[String]) -> Answer {
        let query = PageQuery::read(request)?;
        let state = lock(&self.state);
        let now = self.common.now();
        let newest_first = state.transactions.iter().rev();
        let found: Vec<&Transaction> =
            newest_first.filter(|transaction| fits(transaction.seen(now), &query.parameters)).collect();
        let page = query.page(found, |found| &found.id)?;
        Ok(Reply::json(200, &page.into_iter().map(|found| found.shown(found.seen(now))).collect()))
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
