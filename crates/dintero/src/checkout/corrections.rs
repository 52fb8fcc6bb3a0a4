//! What corrections say: see [`events`](crate::checkout::events) for how they are read.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{
    checkout::events::{Group, Standing, captures},
    convert::words,
    wire::{Amount, Event, Kind},
};

/// Statuses of a transaction in which nothing of it is refunded.
const NOTHING_REFUNDED: [&str; 3] = ["AUTHORIZED", "CAPTURED", "PARTIALLY_CAPTURED"];
/// The status in which all of it is refunded.
const ALL_REFUNDED: &str = "REFUNDED";

/// What is captured less what is refunded after each event, by the events alone; `None` from where that
/// leaves 64 bits or an amount is none.
fn left_after(events: &[Event<'_>], groups: &[Group]) -> Vec<Option<i64>> {
    let mut changes: Vec<Option<i64>> = vec![Some(0); events.len()];
    let succeeded = groups.iter().map(|group| group.latest(events));
    let succeeded = succeeded.filter(|at| *events[*at].success == Some(true)).map(|at| (at, -1));
    for (at, sign) in captures(events).into_iter().map(|at| (at, 1)).chain(succeeded) {
        let change = minor(&events[at]).map(|minor| minor.saturating_mul(sign));
        changes[at] = changes[at].zip(change).and_then(|(sum, change)| sum.checked_add(change));
    }
    let add = |left: &mut Option<i64>, change: Option<i64>| {
        *left = left.zip(change).and_then(|(left, change)| left.checked_add(change));
        Some(*left)
    };
    changes.into_iter().scan(Some(0), add).collect()
}

fn minor(event: &Event<'_>) -> Option<i64> {
    match *event.amount {
        Some(Amount::Minor(minor)) => Some(minor),
        _ => None,
    }
}

/// The state of each refund after all corrections.
pub(crate) fn standings(events: &[Event<'_>], groups: &[Group]) -> Vec<Standing> {
    let mut naming: HashMap<&str, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| Kind::of(event) != Kind::Capture) {
        naming.extend(corrected_ids(event).map(|id| (id, at)));
    }
    let left = left_after(events, groups);
    let standing = |group: &Group| {
        let latest = group.latest(events);
        let event = &events[latest];
        if *event.success != Some(true) {
            return Standing::Stands;
        }
        let verdict = |at: usize| says(&events[at], event, left[at]);
        let by_other = event.id.as_deref().and_then(|id| naming.get(id)).filter(|at| **at != latest);
        match by_other {
            Some(at) => verdict(*at).unwrap_or(Standing::Unclear),
            None => verdict(latest).unwrap_or(Standing::Stands),
        }
    };
    groups.iter().map(standing).collect()
}

/// What the correction of `by` says of the success of `refund`, if it is clear; `left` is what would be
/// left after `by` if the success stood.
fn says(by: &Event<'_>, refund: &Event<'_>, left: Option<i64>) -> Option<Standing> {
    let correction = by.correction.as_ref()?;
    match status(correction) {
        Some(status) if NOTHING_REFUNDED.contains(&status.as_str()) => return Some(Standing::TakenBack),
        Some(status) if status == ALL_REFUNDED => return Some(Standing::Stands),
        _ => {}
    }
    let remaining = remaining_refund_amount(correction)?;
    if remaining == left? {
        Some(Standing::Stands)
    } else {
        (remaining == left?.checked_add(minor(refund)?)?).then_some(Standing::TakenBack)
    }
}

/// The events that are corrected.
pub(crate) fn corrected_ids<'a>(event: &'a Event<'_>) -> impl Iterator<Item = &'a str> {
    let ids = event.correction.as_ref().and_then(|correction| correction.get("event_ids"));
    ids.into_iter().flat_map(words)
}

/// What can still be refunded after a correction.
pub(crate) fn remaining_refund_amount(correction: &Map<String, Value>) -> Option<i64> {
    correction.get("remaining_refund_amount")?.as_i64()
}

fn status(correction: &Map<String, Value>) -> Option<String> {
    Some(correction.get("status")?.as_str()?.trim().to_ascii_uppercase())
}

#[cfg(test)]
#[path = "tests/corrections.rs"]
mod tests;
