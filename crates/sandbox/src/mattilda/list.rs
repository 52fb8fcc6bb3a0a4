//! `GET /transactions/{id}/refunds`: newest first, in pages.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Mattilda, State,
    error::{self, Detail},
    options::CursorMode,
};
use crate::wire::{Answer, Incoming, Reply};

const MAX_LIMIT: usize = 100;
/// The cursor back to the first page.
const START: &str = "start";

impl Mattilda {
    pub(super) fn list_refunds(
        &self,
        state: &mut State,
        request: &Incoming,
        ids: &[String],
        account: &str,
    ) -> Answer {
        let transaction = &ids[0];
        state.owned(transaction, account)?;
        let options = state.options;
        let now = self.common.now();
        let newest_first: Vec<usize> =
            (0..state.refunds.len()).rev().filter(|at| state.shows(*at, transaction, now)).collect();
        let (start, limit) = match options.cursors {
            CursorMode::Ignored | CursorMode::RepeatsPage => (0, options.page_size),
            CursorMode::Honoured => read_query(request, state, &newest_first)
                .map_err(|detail| error::invalid(&[detail], options.errors))?,
        };
        let page: Vec<usize> = newest_first.iter().skip(start).take(limit).copied().collect();
        let more = start + page.len() < newest_first.len();
        let next = match options.cursors {
            CursorMode::RepeatsPage => Some(encoded(&self.common.ids.base62(12))),
            CursorMode::Honoured | CursorMode::Ignored => page
                .last()
                .filter(|_| more)
                .and_then(|at| state.refunds.get(*at))
                .map(|refund| encoded(&refund.id)),
        };
        let previous = (start > 0).then(|| {
            let before = start.checked_sub(limit + 1);
            let before = before.and_then(|at| newest_first.get(at));
            let id = before.and_then(|at| state.refunds.get(*at));
            encoded(id.map_or(START, |refund| refund.id.as_str()))
        });
        let items: Vec<Value> = page
            .iter()
            .filter_map(|at| state.refunds.get(*at)?.seen(now))
            .map(|refund| state.render(&refund))
            .collect();
        self.count_reads(state, &page);
        let body = json!({
            "items": items,
            "limit": limit,
            "next_cursor": next,
            "previous_cursor": previous,
        });
        Ok(Reply::json(200, &body))
    }
}

impl State {
    fn shows(&self, at: usize, transaction: &str, now: OffsetDateTime) -> bool {
        self.refunds
            .get(at)
            .is_some_and(|refund| refund.transaction_id == transaction && refund.seen(now).is_some())
    }
}

/// Where the page starts and how long it is.
fn read_query(request: &Incoming, state: &State, refunds: &[usize]) -> Result<(usize, usize), Detail> {
    let mut place = (0, state.options.page_size);
    for (name, value) in request.query_pairs() {
        match name.as_str() {
            "limit" => place.1 = read_limit(&value)?,
            "cursor" => place.0 = read_cursor(&value, state, refunds)?,
            _ => {}
        }
    }
    Ok(place)
}

fn read_limit(value: &str) -> Result<usize, Detail> {
    match value.parse() {
        Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Ok(0) => Err(in_query("limit", "Input should be at least 1", "greater_than_equal")),
        Ok(_) => Err(in_query("limit", "Input should be at most 100", "less_than_equal")),
        Err(_) => Err(in_query("limit", "Input should be a valid integer", "int_parsing")),
    }
}

fn read_cursor(value: &str, state: &State, refunds: &[usize]) -> Result<usize, Detail> {
    let unknown = || in_query("cursor", "Unknown cursor", "value_error");
    let bytes = URL_SAFE_NO_PAD.decode(value).map_err(|_| unknown())?;
    let last = String::from_utf8(bytes).map_err(|_| unknown())?;
    if last == START {
        return Ok(0);
    }
    refunds
        .iter()
        .position(|at| state.refunds.get(*at).is_some_and(|refund| refund.id == last))
        .map(|at| at + 1)
        .ok_or_else(unknown)
}

fn in_query(name: &str, message: &str, kind: &'static str) -> Detail {
    Detail { location: "query", pointer: format!("/{name}"), message: message.to_owned(), kind }
}

fn encoded(cursor: &str) -> String {
    URL_SAFE_NO_PAD.encode(cursor)
}
