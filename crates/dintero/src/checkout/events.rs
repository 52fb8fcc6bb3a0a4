//! What a transaction's events are, the status of a refund made up of them, and what is captured.
//!
//! Checkout has no refund object. A refund is a `REFUND` event, or an `INITIATE_REFUND` event that a
//! `REFUND` event completes later: its `correlation_request_id` is the `request_id` of the initiating
//! one. See <https://docs.dintero.com/docs/integrations/support/refunds>. Which events are one refund is
//! for [`grouping`](crate::checkout::grouping) to say.
//!
//! # Corrections
//!
//! An event may carry a `correction`: what the status was set to after an operation failed. Dintero
//! does not document more. This is how it is read, as an assumption, for a `REFUND` that succeeded:
//!
//! - its own correction takes it back where it sets a status in which nothing is refunded, or where
//!   what remains to be refunded is what there was without it;
//! - so does the correction of another event that names it in `event_ids`. Where that one says neither
//!   that nor the contrary, the refund is unknown: its money counts as gone, so that it is not
//!   refunded again;
//! - a failed event that names it, over the same amount, is not another refund but its reason;
//! - a correction never turns a failure into a success.

use std::{borrow::Cow, collections::HashMap};

use refunds_core::{RefundStatus, parse_time};
use refunds_http::lenient::Lenient;

use crate::{
    convert::{RequestId, words},
    wire::{Amount, Event, Item, Kind},
};

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
    /// The place of the first of them among the transaction's events.
    pub(crate) first: usize,
    /// The places of the others, in order.
    pub(crate) later: Vec<usize>,
    /// A failed event that corrects it.
    pub(crate) corrected_by: Option<usize>,
    pub(crate) standing: Standing,
}

/// What corrections leave of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Stands,
    TakenBack,
    Unclear,
}

impl Group {
    /// The refund that one event is.
    pub(crate) const fn of(event: usize) -> Self {
        Self { first: event, later: Vec::new(), corrected_by: None, standing: Standing::Stands }
    }

    /// The places of its events, in order.
    pub(crate) fn members(&self) -> impl DoubleEndedIterator<Item = usize> {
        std::iter::once(self.first).chain(self.later.iter().copied())
    }

    /// All its events, a correcting one last.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        self.members().chain(self.corrected_by)
    }

    /// Its events, the decisive one first.
    pub(crate) fn decisive_first<'a>(
        &self,
        events: &'a [Event<'a>],
    ) -> impl Iterator<Item = &'a Event<'a>> + use<'a, '_> {
        let places = [self.decisive(events), self.first].into_iter();
        places.chain(self.later.iter().copied()).map(|at| &events[at])
    }

    fn has_event(&self, events: &[Event<'_>], id: &str) -> bool {
        self.all().any(|at| events[at].id.as_deref() == Some(id))
    }

    /// The event that began it.
    pub(crate) fn first<'a>(&self, events: &'a [Event<'a>]) -> &'a Event<'a> {
        if self.later.is_empty() {
            return &events[self.first];
        }
        let initiating = self.members().find(|at| Kind::of(&events[*at]) == Kind::InitiateRefund);
        &events[initiating.unwrap_or(self.first)]
    }

    /// The event that decides its status: the latest one, and an initiating one only while it is alone.
    pub(crate) fn decisive(&self, events: &[Event<'_>]) -> usize {
        match self.corrected_by {
            Some(at) if self.standing == Standing::TakenBack => at,
            _ => self.latest(events),
        }
    }

    /// The same without regard to corrections.
    pub(crate) fn latest(&self, events: &[Event<'_>]) -> usize {
        if self.later.is_empty() {
            return self.first;
        }
        let rank = |at: usize| Kind::of(&events[at]) != Kind::InitiateRefund;
        self.later.iter().copied().fold(self.first, |best, at| {
            let later = match (rank(at), rank(best)) {
                (true, false) => true,
                (false, true) => false,
                _ => !is_before(&events[at], &events[best]) && !is_repeated(&events[at], &events[best]),
            };
            if later { at } else { best }
        })
    }

    /// The event whose amount is the refund's: the decisive one, unless it has none. Of one that is shown
    /// with several amounts, the largest counts.
    pub(crate) fn amount<'a>(&self, events: &'a [Event<'a>]) -> &'a Event<'a> {
        let decisive = &events[self.decisive(events)];
        if self.later.is_empty() && self.corrected_by.is_none() {
            return decisive;
        }
        let shown = self.members().map(|at| &events[at]).filter(|event| is_same(event, decisive));
        let decisive = shown.max_by_key(|event| *event.amount).unwrap_or(decisive);
        let telling = || self.members().rev().map(|at| &events[at]).find(|event| event.amount.is_some());
        if decisive.amount.is_some() { decisive } else { telling().unwrap_or(decisive) }
    }

    /// Whether the refund was first accepted and carried out later.
    pub(crate) fn is_asynchronous(&self, events: &[Event<'_>]) -> bool {
        self.members().any(|at| {
            let event = &events[at];
            Kind::of(event) == Kind::InitiateRefund || event.correlation_request_id.is_some()
        })
    }

    /// The id of the request that began it.
    pub(crate) fn request<'a>(&self, events: &'a [Event<'a>]) -> Option<&'a str> {
        let first = self.first(events);
        let text = |id: &'a Lenient<Cow<'a, str>>| id.as_deref().filter(|id| !id.is_empty());
        match Kind::of(first) {
            Kind::InitiateRefund => text(&first.request_id),
            _ => text(&first.correlation_request_id).or_else(|| text(&first.request_id)),
        }
    }

    /// Whether `id` is one of its requests or events.
    pub(crate) fn is_called(&self, events: &[Event<'_>], id: &str) -> bool {
        let requests = self.all().flat_map(|at| requests(&events[at]));
        self.has_event(events, id) || requests.into_iter().any(|request| request == RequestId::of(id))
    }

    /// Its status: the one table.
    pub(crate) fn status(&self, events: &[Event<'_>]) -> RefundStatus {
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

/// The request that an id names.
pub(crate) fn request<'a>(id: &'a Lenient<Cow<'_, str>>) -> Option<RequestId<'a>> {
    id.as_deref().filter(|id| !id.is_empty()).map(RequestId::of)
}

/// The requests that an event belongs to.
pub(crate) fn requests<'a>(event: &'a Event<'_>) -> impl Iterator<Item = RequestId<'a>> {
    request(&event.request_id).into_iter().chain(request(&event.correlation_request_id))
}

/// The reference of an event, which a blank one is not.
pub(crate) fn reference<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    event.event_reference.as_deref().filter(|reference| !reference.chars().all(char::is_whitespace))
}

/// Whether `left` is certainly older: by their times where both have one, else by their places.
fn is_before(left: &Event<'_>, right: &Event<'_>) -> bool {
    let time = |event: &Event<'_>| event.created_at.as_deref().and_then(parse_time);
    matches!((time(left), time(right)), (Some(left), Some(right)) if left < right)
}

/// Whether both are one event, by their ids.
fn is_same(left: &Event<'_>, right: &Event<'_>) -> bool {
    left.id.as_deref().is_some_and(|id| !id.is_empty() && right.id.as_deref() == Some(id))
}

/// Whether one event is shown twice and says the same of its success.
fn is_repeated(left: &Event<'_>, right: &Event<'_>) -> bool {
    is_same(left, right) && *left.success == *right.success
}

/// Whether a failed event says that a bank declined.
fn is_decline(event: &Event<'_>) -> bool {
    let types = event.error.as_ref().and_then(|error| error.get("type"));
    types.is_some_and(|types| {
        words(types).any(|word| DECLINES.iter().any(|decline| word.eq_ignore_ascii_case(decline)))
    })
}

/// A line's id and amount, as they can be compared.
pub(crate) type LineAmount = (Option<String>, Option<Amount>);

/// Lines, in an order of their own.
pub(crate) fn line_amounts(lines: &[Item<'_>]) -> Vec<LineAmount> {
    let mut lines: Vec<_> = lines.iter().map(|item| (item.key(), *item.amount)).collect();
    lines.sort_unstable();
    lines
}

/// The places of the captures that succeeded, each counted once:
///
/// - an event that is shown twice, by its id, is one capture;
/// - so are events of one request over the same amount and lines;
/// - one that was initiated first is completed by one `CAPTURE`, or several with one correlation, of which
///   the latest counts.
pub(crate) fn captures(events: &[Event<'_>]) -> Vec<usize> {
    let mut latest: Vec<usize> = Vec::new();
    let mut by_event: HashMap<&str, usize> = HashMap::new();
    let mut by_correlation: HashMap<RequestId<'_>, usize> = HashMap::new();
    let mut by_request: HashMap<(RequestId<'_>, Option<Amount>, Vec<LineAmount>), usize> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        if Kind::of(event) != Kind::Capture {
            continue;
        }
        let id = event.id.as_deref().filter(|id| !id.is_empty());
        let correlation = request(&event.correlation_request_id);
        let own = request(&event.request_id).map(|id| (id, *event.amount, line_amounts(event.items.list())));
        let known = id.and_then(|id| by_event.get(id));
        let known = known.or_else(|| by_correlation.get(correlation.as_ref()?));
        let known = known.or_else(|| by_request.get(own.as_ref()?)).copied();
        let place = known.unwrap_or(latest.len());
        by_event.extend(id.map(|id| (id, place)));
        by_correlation.extend(correlation.map(|id| (id, place)));
        by_request.extend(own.map(|own| (own, place)));
        match latest.get_mut(place) {
            None => latest.push(at),
            Some(best) => {
                let (one, other) = (event, &events[*best]);
                let same = *one.success == *other.success && *one.amount == *other.amount;
                if !same && !is_before(one, other) {
                    *best = at;
                }
            }
        }
    }
    latest.retain(|at| *events[*at].success == Some(true));
    latest
}

#[cfg(test)]
#[path = "tests/events.rs"]
pub(crate) mod tests;
