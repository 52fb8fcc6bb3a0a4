//! What corrections say: see [`events`](crate::events) for how they are read.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{
    convert::words,
    events::{Group, Kind, Standing, captures},
    loose::Amount,
    wire::Event,
};

/// Statuses of a transaction in which nothing of it is refunded.
const NOTHING_REFUNDED: [&str; 3] = ["AUTHORIZED", "CAPTURED", "PARTIALLY_CAPTURED"];
/// The status in which all of it is refunded.
const ALL_REFUNDED: &str = "REFUNDED";

/// How each of the refunds stands after all corrections.
pub(crate) fn standings(events: &[Event], groups: &[Group]) -> Vec<Standing> {
    let mut naming: HashMap<&str, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| Kind::of(event) != Kind::Capture) {
        naming.extend(corrected_ids(event).map(|id| (id, at)));
    }
    let standing = |group: &Group| {
        let latest = group.latest(events);
        let event = &events[latest];
        if *event.success != Some(true) {
            return Standing::Stands;
        }
        let verdict = |at: usize| says(&events[at], at, event, events, groups);
        let by_other = event.id.as_deref().and_then(|id| naming.get(id)).filter(|at| **at != latest);
        match by_other {
            Some(at) => verdict(*at).unwrap_or(Standing::Unclear),
            None => verdict(latest).unwrap_or(Standing::Stands),
        }
    };
    groups.iter().map(standing).collect()
}

/// What the correction of `by`, the event at `at`, says of the success of `refund`, if it is clear.
fn says(by: &Event, at: usize, refund: &Event, events: &[Event], groups: &[Group]) -> Option<Standing> {
    let correction = by.correction.as_ref()?;
    match status(correction) {
        Some(status) if NOTHING_REFUNDED.contains(&status.as_str()) => return Some(Standing::TakenBack),
        Some(status) if status == ALL_REFUNDED => return Some(Standing::Stands),
        _ => {}
    }
    let minor = |event: &Event| match *event.amount {
        Some(Amount::Minor(minor)) => Some(minor),
        _ => None,
    };
    let sum = |places: &mut dyn Iterator<Item = usize>| {
        places
            .filter(|place| *place <= at)
            .try_fold(0_i64, |sum, place| sum.checked_add(minor(&events[place])?))
    };
    let captured = sum(&mut captures(events).into_iter())?;
    let succeeded = groups.iter().map(|group| group.latest(events));
    let refunded = sum(&mut succeeded.filter(|place| *events[*place].success == Some(true)))?;
    let with_it = captured.checked_sub(refunded)?;
    let remaining = remaining_refund_amount(correction)?;
    if remaining == with_it {
        Some(Standing::Stands)
    } else {
        (remaining == with_it.checked_add(minor(refund)?)?).then_some(Standing::TakenBack)
    }
}

/// The events that are corrected.
pub(crate) fn corrected_ids(event: &Event) -> impl Iterator<Item = &str> {
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
#[path = "correction_tests.rs"]
mod tests;
