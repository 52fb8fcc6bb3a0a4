//! Which events of a transaction are one refund, and how it stands.
//!
//! Checkout has no refund object. A refund is a `REFUND` event, or an `INITIATE_REFUND` event that a
//! `REFUND` event completes later: its `correlation_request_id` is the `request_id` of the initiating
//! one. See <https://docs.dintero.com/docs/integrations/support/refunds>.
//!
//! # Corrections
//!
//! An event may carry a `correction`: what the status was set to after an operation failed. Dintero
//! does not document more. This is how it is read, as an assumption, for a `REFUND` that succeeded:
//!
//! - its own correction takes it back where it sets a status in which nothing is refunded, or where
//!   what remains to be refunded is what there was without it;
//! - so does the correction of another event that names it in `event_ids`. Where that one says neither
//!   that nor the contrary, the refund is unknown: its money counts as gone, and nobody is told to
//!   refund again;
//! - a failed event that names it, over the same amount, is no other refund but tells why;
//! - a correction never turns a failure into a success.

use std::collections::HashMap;

use refunds_core::{RefundStatus, parse_time};

use crate::{
    convert::{canonical_id, words},
    correction::corrected_ids,
    loose::Amount,
    loose::Maybe,
    wire::Event,
};

/// What an event is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Capture,
    Refund,
    InitiateRefund,
    /// A word that we do not know and that speaks of refunds: money may be gone.
    UnknownRefund,
    Other,
}

impl Kind {
    pub(crate) fn of(event: &Event) -> Self {
        let Some(word) = event.event.as_deref() else { return Self::Other };
        let word = word.trim().to_ascii_uppercase();
        match KINDS.iter().find(|(name, _)| *name == word) {
            Some((_, kind)) => *kind,
            None if word.contains("REFUND") => Self::UnknownRefund,
            None => Self::Other,
        }
    }

    fn is_refund(self) -> bool {
        matches!(self, Self::Refund | Self::InitiateRefund | Self::UnknownRefund)
    }
}

/// Every event of Dintero's specification, and `INITIATE`, which only its samples have.
const KINDS: [(&str, Kind); 10] = [
    ("INITIALIZE", Kind::Other),
    ("INITIATE", Kind::Other),
    ("AUTHORIZE", Kind::Other),
    ("CAPTURE", Kind::Capture),
    ("INITIATE_CAPTURE", Kind::Other),
    ("REFUND", Kind::Refund),
    ("INITIATE_REFUND", Kind::InitiateRefund),
    ("VOID", Kind::Other),
    ("INITIATE_VOID", Kind::Other),
    ("SETTLEMENT", Kind::Other),
];

/// Words of `error.type` with which a bank or card scheme says no. Others are technical failures.
const DECLINES: [&str; 15] = [
    "DECLINED",
    "ISSUER_ERROR",
    "PICK_UP_CARD",
    "INVALID_MERCHANT",
    "INVALID_TRANSACTION",
    "INVALID_AMOUNT",
    "INSUFFICIENT_FUNDS",
    "CLOSED_ACCOUNT",
    "EXPIRED_CARD",
    "EXCEEDS_APPROVAL_LIMIT",
    "EXCEEDS_WITHDRAWAL_FREQUENCY_LIMIT",
    "RESTRICTED_CARD",
    "PIN_REQUIRED",
    "FAILED_VERIFICATION",
    "ADDITIONAL_VERIFICATION_REQUIRED",
];

/// The events of one refund.
#[derive(Debug)]
pub(crate) struct Group {
    /// Their places among the transaction's events, in order.
    pub(crate) members: Vec<usize>,
    /// The requests that they belong to, in canonical form.
    requests: Vec<String>,
    /// A failed event that corrects it.
    corrected_by: Option<usize>,
    pub(crate) standing: Standing,
}

/// What corrections leave of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Stands,
    TakenBack,
    Unclear,
}

/// The refunds among `events`, in the order in which they began.
pub(crate) fn groups(events: &[Event]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_request: HashMap<String, usize> = HashMap::new();
    let mut by_request_and_amount: HashMap<(String, Option<Amount>), usize> = HashMap::new();
    let mut by_event: HashMap<&str, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        if !Kind::of(event).is_refund() {
            continue;
        }
        let (own, correlation) = (request(&event.request_id), request(&event.correlation_request_id));
        // One request is one refund; over another amount it would be a second one.
        let same_amount = |group: &&usize| *events[groups[**group].members[0]].amount == *event.amount;
        if correlation.is_none() && *event.success == Some(false) {
            let named = corrected_ids(event).filter_map(|id| by_event.get(id));
            let corrected = named.filter(same_amount).find(|group| groups[**group].may_be_of(events, event));
            if let Some(&group) = corrected {
                groups[group].corrected_by = Some(at);
                groups[group].requests.extend(own);
                continue;
            }
        }
        let known = match &correlation {
            Some(id) => by_request.get(id),
            None => own.as_ref().and_then(|id| by_request_and_amount.get(&(id.clone(), *event.amount))),
        };
        let group = known.copied().unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(Group::default());
        }
        groups[group].members.push(at);
        for id in own.into_iter().chain(correlation) {
            let amount = *events[groups[group].members[0]].amount;
            by_request.entry(id.clone()).or_insert(group);
            by_request_and_amount.entry((id.clone(), amount)).or_insert(group);
            groups[group].requests.push(id);
        }
        by_event.extend(event.id.as_deref().map(|id| (id, group)));
    }
    let standings = crate::correction::standings(events, &groups);
    for (group, standing) in groups.iter_mut().zip(standings) {
        group.standing = standing;
    }
    groups
}

impl Default for Group {
    fn default() -> Self {
        Self { members: Vec::new(), requests: Vec::new(), corrected_by: None, standing: Standing::Stands }
    }
}

impl Group {
    /// Whether `event` has no reference of its own.
    fn may_be_of(&self, events: &[Event], event: &Event) -> bool {
        let same = |at: &usize| *events[*at].event_reference == *event.event_reference;
        event.event_reference.is_none() || self.members.iter().any(same)
    }

    /// All its events, a correcting one last.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        self.members.iter().chain(&self.corrected_by).copied()
    }

    fn has_event(&self, events: &[Event], id: &str) -> bool {
        self.all().any(|at| events[at].id.as_deref() == Some(id))
    }

    /// The event that began it.
    pub(crate) fn first<'a>(&self, events: &'a [Event]) -> &'a Event {
        let initiating = self.members.iter().find(|at| Kind::of(&events[**at]) == Kind::InitiateRefund);
        &events[*initiating.unwrap_or(&self.members[0])]
    }

    /// The event that says how it stands: the latest one, and an initiating one only while it is alone.
    pub(crate) fn decisive(&self, events: &[Event]) -> usize {
        match self.corrected_by {
            Some(at) if self.standing == Standing::TakenBack => at,
            _ => self.latest(events),
        }
    }

    /// The same without regard to corrections.
    pub(crate) fn latest(&self, events: &[Event]) -> usize {
        let rank = |at: usize| Kind::of(&events[at]) != Kind::InitiateRefund;
        self.members.iter().copied().fold(self.members[0], |best, at| {
            let later = match (rank(at), rank(best)) {
                (true, false) => true,
                (false, true) => false,
                _ => !is_before(&events[at], &events[best]),
            };
            if later { at } else { best }
        })
    }

    /// The event whose amount is the refund's: the decisive one, unless it tells none.
    pub(crate) fn amount<'a>(&self, events: &'a [Event]) -> &'a Event {
        let decisive = &events[self.decisive(events)];
        let telling =
            || self.members.iter().rev().map(|at| &events[*at]).find(|event| event.amount.is_some());
        if decisive.amount.is_some() { decisive } else { telling().unwrap_or(decisive) }
    }

    /// Whether the refund was first accepted and carried out later.
    pub(crate) fn is_asynchronous(&self, events: &[Event]) -> bool {
        self.members.iter().any(|at| {
            let event = &events[*at];
            Kind::of(event) == Kind::InitiateRefund || event.correlation_request_id.is_some()
        })
    }

    /// The request that began it, in canonical form.
    pub(crate) fn request(&self, events: &[Event]) -> Option<String> {
        let first = self.first(events);
        match Kind::of(first) {
            Kind::InitiateRefund => request(&first.request_id),
            _ => request(&first.correlation_request_id).or_else(|| request(&first.request_id)),
        }
    }

    /// Whether `id` is one of its requests or events.
    pub(crate) fn is_called(&self, events: &[Event], id: &str) -> bool {
        self.has_event(events, id) || self.requests.contains(&canonical_id(id))
    }

    /// How it stands: the one table.
    pub(crate) fn status(&self, events: &[Event]) -> RefundStatus {
        let event = &events[self.decisive(events)];
        match (Kind::of(event), *event.success) {
            (Kind::Refund, Some(true)) => match self.standing {
                Standing::Stands => RefundStatus::Succeeded,
                Standing::TakenBack => RefundStatus::Failed,
                Standing::Unclear => RefundStatus::Unknown,
            },
            (Kind::Refund, Some(false)) if is_decline(event) => RefundStatus::Declined,
            (Kind::Refund | Kind::InitiateRefund, Some(false)) => RefundStatus::Failed,
            (Kind::InitiateRefund, _) => RefundStatus::Pending,
            (_, _) => RefundStatus::Unknown,
        }
    }
}

fn request(id: &Maybe<String>) -> Option<String> {
    id.as_deref().filter(|id| !id.is_empty()).map(canonical_id)
}

/// Whether `left` is certainly older: by their times where both are told, else by their places.
fn is_before(left: &Event, right: &Event) -> bool {
    let time = |event: &Event| event.created_at.as_deref().and_then(parse_time);
    matches!((time(left), time(right)), (Some(left), Some(right)) if left < right)
}

/// Whether a failed event tells that a bank said no.
fn is_decline(event: &Event) -> bool {
    let types = event.error.as_ref().and_then(|error| error.get("type"));
    types.is_some_and(|types| {
        words(types).any(|word| DECLINES.iter().any(|decline| word.eq_ignore_ascii_case(decline)))
    })
}

/// The places of the captures that succeeded. One that was initiated first is completed by one
/// `CAPTURE` (or several with one correlation, of which the latest counts), so none counts twice.
pub(crate) fn captures(events: &[Event]) -> Vec<usize> {
    let mut latest: Vec<usize> = Vec::new();
    let mut by_correlation: HashMap<String, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        if Kind::of(event) != Kind::Capture {
            continue;
        }
        let place = match request(&event.correlation_request_id) {
            Some(correlation) => *by_correlation.entry(correlation).or_insert(latest.len()),
            None => latest.len(),
        };
        match latest.get_mut(place) {
            None => latest.push(at),
            Some(best) if is_before(event, &events[*best]) => {}
            Some(best) => *best = at,
        }
    }
    latest.retain(|at| *events[*at].success == Some(true));
    latest
}

#[cfg(test)]
#[path = "events_tests.rs"]
pub(crate) mod tests;
