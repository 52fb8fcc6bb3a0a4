//! The paths of the admin port, as data. `GET /api` shows this table.

use super::reply::Refusal;
use crate::{form::decode_percent, settle::Outcome};

/// What a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Index,
    State,
    Requests,
    Deliveries,
    Deliver,
    Events,
    ListFaults,
    AddFault,
    ClearFaults,
    RemoveFault,
    EndRefund(Outcome),
    AddPayment,
    Settle,
    Trigger,
}

pub(super) struct Row {
    pub(super) method: &'static str,
    /// `{name}` is any segment.
    pub(super) path: &'static str,
    act: Act,
    pub(super) what: &'static str,
}

pub(super) const ROUTES: [Row; 16] = [
    row("GET", "/api", Act::Index, "this list"),
    row("GET", "/api/state", Act::State, "providers, payments with their refunds, the ledger, active faults"),
    row(
        "GET",
        "/api/requests",
        Act::Requests,
        "the newest requests, redacted; ?after=NUMBER: those after it",
    ),
    row("GET", "/api/deliveries", Act::Deliveries, "webhooks: attempts, results, next attempts"),
    row("POST", "/api/deliveries", Act::Deliver, "{}: sends the webhooks that are due"),
    row("GET", "/api/events", Act::Events, "server-sent events: `change`, with what changed"),
    row("GET", "/api/faults", Act::ListFaults, "the active faults with their hits"),
    row("POST", "/api/faults", Act::AddFault, "{rule, provider?}: injects a fault"),
    row("DELETE", "/api/faults", Act::ClearFaults, "removes all faults"),
    row("DELETE", "/api/faults/{id}", Act::RemoveFault, "removes one fault"),
    row(
        "POST",
        "/api/payments",
        Act::AddPayment,
        "{provider, amount, currency, captured?, reference?, asynchronous?, outcome?}: adds a payment; amounts in minor units",
    ),
    row(
        "POST",
        "/api/refunds/{id}/settle",
        Act::EndRefund(Outcome::Succeeded),
        "{}: a pending refund succeeds",
    ),
    row("POST", "/api/refunds/{id}/fail", Act::EndRefund(Outcome::Failed), "{}: a pending refund fails"),
    row("POST", "/api/refunds/{id}/void", Act::EndRefund(Outcome::Voided), "{}: a pending refund is voided"),
    row("POST", "/api/settle", Act::Settle, "{}: ends every pending refund, each as its payment says"),
    row(
        "POST",
        "/api/trigger",
        Act::Trigger,
        "{event, refund?}: sends a webhook of this name about a refund, or the newest one",
    ),
];

const fn row(method: &'static str, path: &'static str, act: Act, what: &'static str) -> Row {
    Row { method, path, act, what }
}

/// What a request is for, and the segment in the place of a name.
pub(super) fn route(method: &str, path: &str) -> Result<(Act, String), Refusal> {
    let fitting: Vec<_> = ROUTES.iter().filter_map(|row| Some((row, id(row.path, path)?))).collect();
    if fitting.is_empty() {
        return Err(Refusal::new(404, "there is no such path; `GET /api` lists them"));
    }
    let allow: Vec<_> = fitting.iter().map(|(row, _)| row.method).collect();
    let found = fitting.iter().find(|(row, _)| row.method == method);
    let (row, id) = found.ok_or_else(|| Refusal::method(allow.join(", ")))?;
    Ok((row.act, id.clone()))
}

fn id(pattern: &str, path: &str) -> Option<String> {
    let mut found = String::new();
    let (mut parts, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), segments.next()) {
            (None, None) => return Some(found),
            (Some(part), Some(segment)) if part.starts_with('{') => found = decode_percent(segment),
            (Some(part), Some(segment)) if part == segment => {}
            _ => return None,
        }
    }
}
