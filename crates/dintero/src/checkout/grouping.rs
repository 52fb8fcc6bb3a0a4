//! Which events are one refund.
//!
//! Checkout has no refund object, and an event does not say to which refund it belongs. Two events are
//! one refund by the first of these rules that applies:
//!
//! 1. **The same event id**: one event that is shown twice. Where its amounts differ, the larger one
//!    counts.
//! 2. **A failure whose `correction` names an event** over the same amount says why that one was taken
//!    back (see [`events`](crate::checkout::events)).
//! 3. **The same request**: the `correlation_request_id` of an event, else its `request_id`, is a request
//!    of the other one, with or without dashes. One request is one refund.
//!
//! Events are not one refund where something distinguishes them:
//!
//! - different, non-empty `event_reference`s are two refunds, whatever else they have in common;
//! - so are different requests, whatever their event ids are;
//! - of one request, different events over different amounts or lines are two refunds. The event that
//!   initiates a refund and the one that completes it may differ in these: the latter says what was done.
//!
//! Where an event may belong to either of two refunds, the one over its amount gets it; where that does
//! not decide, it is a refund of its own. So an error counts a refund too often, and never too rarely: an
//! event that says that money is gone adds to what is gone, and one that says that a refund failed takes
//! back no other refund.

use std::collections::{HashMap, HashSet};

use crate::{
    checkout::corrections::{corrected_ids, standings},
    checkout::events::{Group, line_amounts, reference, request},
    convert::RequestId,
    wire::{Amount, Event, Item, Kind},
};

/// How many refunds one id may name before nothing joins them any more.
const MAX_OF_ONE_ID: usize = 16;

/// The refunds among `events`, in the order in which they began.
pub(crate) fn groups(events: &[Event<'_>]) -> Vec<Group> {
    one_group_each(events).unwrap_or_else(|| grouped(events))
}

/// The refunds of almost every transaction: no event corrects another or belongs to the request of another,
/// and none is shown twice. Then each event is a refund, and none of the rules needs to be asked.
fn one_group_each(events: &[Event<'_>]) -> Option<Vec<Group>> {
    if events.iter().any(|event| event.correction.is_some()) {
        return None;
    }
    let refunds = || events.iter().filter(|event| Kind::of(event).is_refund());
    if refunds().any(|event| event.correlation_request_id.is_some())
        || !are_distinct(refunds().filter_map(|event| request(&event.request_id)))
        || !are_distinct(refunds().filter_map(event_id))
    {
        return None;
    }
    let places = events.iter().enumerate().filter(|(_, event)| Kind::of(event).is_refund());
    Some(places.map(|(at, _)| Group::of(at)).collect())
}

/// Whether all are different.
pub(crate) fn are_distinct<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.windows(2).all(|pair| pair[0] != pair[1])
}

/// The refunds by the rules.
fn grouped(events: &[Event<'_>]) -> Vec<Group> {
    let mut grouping = Grouping { events, ..Grouping::default() };
    for (at, event) in events.iter().enumerate() {
        if Kind::of(event).is_refund() {
            grouping.add(at);
        }
    }
    let mut groups = grouping.groups;
    let standings = standings(events, &groups);
    for (group, standing) in groups.iter_mut().zip(standings) {
        group.standing = standing;
    }
    groups
}

#[derive(Default)]
struct Grouping<'a> {
    events: &'a [Event<'a>],
    groups: Vec<Group>,
    /// What the events of each group say.
    traits: Vec<Traits<'a>>,
    by_event: HashMap<&'a str, Named>,
    by_request: HashMap<RequestId<'a>, Named>,
}

/// What distinguishes a refund from others.
#[derive(Default)]
struct Traits<'a> {
    reference: Option<&'a str>,
    /// The requests that they belong to.
    requests: HashSet<RequestId<'a>>,
    initiated: Extent<'a>,
    completed: Extent<'a>,
}

/// The amount and lines of a refund, as far as they are known.
#[derive(Clone, Copy, Default)]
struct Extent<'a> {
    amount: Option<Amount>,
    lines: &'a [Item<'a>],
}

/// The refunds that one id names, which is one almost always.
struct Named {
    first: usize,
    others: Vec<usize>,
}

impl<'a> Grouping<'a> {
    fn add(&mut self, at: usize) {
        let event = &self.events[at];
        let (own, correlation) = (request(&event.request_id), request(&event.correlation_request_id));
        if correlation.is_none()
            && let Some(group) = self.corrected_by(event)
        {
            self.groups[group].corrected_by = Some(at);
            self.traits[group].requests.extend(own);
            return;
        }
        let known = self.shown_before(event, own, correlation);
        let known = known.or_else(|| self.of_request(event, correlation.or(own)?));
        let group = known.unwrap_or(self.groups.len());
        if group == self.groups.len() {
            self.groups.push(Group::of(at));
            self.traits.push(Traits::default());
        } else {
            self.groups[group].later.push(at);
        }
        self.traits[group].learn(event);
        if let Some(id) = event_id(event) {
            self.by_event.entry(id).and_modify(|named| named.add(group)).or_insert_with(|| Named::new(group));
        }
        for id in own.into_iter().chain(correlation) {
            self.by_request
                .entry(id)
                .and_modify(|named| named.add(group))
                .or_insert_with(|| Named::new(group));
            self.traits[group].requests.insert(id);
        }
    }

    /// The refund that `event` takes back or confirms, where it says so and is not a refund of its own.
    fn corrected_by(&self, event: &Event<'_>) -> Option<usize> {
        if *event.success != Some(false) {
            return None;
        }
        let named = corrected_ids(event).filter_map(|id| self.by_event.get(id)).flat_map(Named::all);
        let mut named = named.filter(|group| {
            let first = &self.events[self.groups[*group].first];
            *first.amount == *event.amount
        });
        named.find(|group| {
            reference(event).is_none_or(|reported| self.traits[*group].reference == Some(reported))
        })
    }

    /// The refund that has this very event already.
    fn shown_before(
        &self,
        event: &Event<'_>,
        own: Option<RequestId<'_>>,
        correlation: Option<RequestId<'_>>,
    ) -> Option<usize> {
        let mut known = candidates(self.by_event.get(event_id(event)?));
        known.find(|group| {
            let requests = &self.traits[*group].requests;
            let mut reported = own.into_iter().chain(correlation).peekable();
            let same_request =
                requests.is_empty() || reported.peek().is_none() || reported.any(|id| requests.contains(&id));
            same_request && !self.traits[*group].has_another_reference(event)
        })
    }

    /// The only refund of the request that `event` may belong to.
    fn of_request(&self, event: &'a Event<'a>, request: RequestId<'a>) -> Option<usize> {
        let extent = Extent::of(event);
        let initiates = Kind::of(event) == Kind::InitiateRefund;
        let fits = |group: &usize| {
            let traits = &self.traits[*group];
            let other = if initiates { &traits.initiated } else { &traits.completed };
            !traits.has_another_reference(event) && !other.contradicts(&extent)
        };
        let mut fitting = candidates(self.by_request.get(&request)).filter(fits);
        let first = fitting.next()?;
        // The initiating event belongs to the first that fits, whichever completes it.
        if initiates || fitting.next().is_none() {
            return Some(first);
        }
        let over_the_same = |group: &usize| {
            let traits = &self.traits[*group];
            extent.amount.is_some()
                && [traits.initiated.amount, traits.completed.amount].contains(&extent.amount)
        };
        let mut fitting = candidates(self.by_request.get(&request)).filter(fits).filter(over_the_same);
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

impl<'a> Traits<'a> {
    fn learn(&mut self, event: &'a Event<'a>) {
        self.reference = self.reference.or_else(|| reference(event));
        let initiates = Kind::of(event) == Kind::InitiateRefund;
        let extent = if initiates { &mut self.initiated } else { &mut self.completed };
        let Extent { amount, lines } = Extent::of(event);
        extent.amount = extent.amount.or(amount);
        if extent.lines.is_empty() {
            extent.lines = lines;
        }
    }

    fn has_another_reference(&self, event: &Event<'_>) -> bool {
        matches!((self.reference, reference(event)), (Some(known), Some(reported)) if known != reported)
    }
}

impl<'a> Extent<'a> {
    fn of(event: &'a Event<'a>) -> Self {
        Self { amount: *event.amount, lines: event.items.list() }
    }

    fn contradicts(&self, other: &Self) -> bool {
        let amounts = matches!((self.amount, other.amount), (Some(one), Some(other)) if one != other);
        // Lists of other lengths are other lines: only equal ones, which cost no more than the event that is
        // compared, are looked into.
        let lines = || {
            !self.lines.is_empty()
                && !other.lines.is_empty()
                && (self.lines.len() != other.lines.len()
                    || line_amounts(self.lines) != line_amounts(other.lines))
        };
        amounts || lines()
    }
}

/// The refunds of one id; none where it names so many that it says nothing.
fn candidates(named: Option<&Named>) -> impl Iterator<Item = usize> {
    named.filter(|named| named.others.len() + 1 < MAX_OF_ONE_ID).into_iter().flat_map(Named::all)
}

impl Named {
    fn new(first: usize) -> Self {
        Self { first, others: Vec::new() }
    }

    fn add(&mut self, group: usize) {
        if self.others.len() + 1 < MAX_OF_ONE_ID && self.all().all(|known| known != group) {
            self.others.push(group);
        }
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

fn event_id<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    event.id.as_deref().filter(|id| !id.is_empty())
}

#[cfg(test)]
#[path = "tests/grouping.rs"]
mod tests;
