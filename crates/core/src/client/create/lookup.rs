//! What a payment's refund list shows about the requested refund and about other unsettled ones.

use std::collections::{HashMap, HashSet};

use crate::{
    Money, PaymentId, Reference, Refund, RefundId, RefundList,
    journal::{Entry, Evidence, Seen, Standing},
};

/// The maximum number of suspects to report. A longer list of ids does not help a person.
const MAX_SUSPECTS: usize = 20;

/// The refund to look up.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The payment, in its canonical spelling.
    pub(super) payment: &'a PaymentId,
    pub(super) reference: &'a Reference,
    /// The exact amount, if it is known.
    pub(super) amount: Option<Money>,
    /// Whether the provider may not report references.
    pub(super) hidden: bool,
    /// Whether a refund without a reference may be attributed by its id.
    pub(super) by_id: bool,
}

/// The result of a lookup.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) outcome: LookupOutcome,
    /// Whether the list was complete.
    pub(super) complete: bool,
    /// Other refunds whose outcome the list shows.
    pub(super) others: Vec<Seen>,
    /// Amounts for which the list contains a refund that cannot be attributed.
    pub(super) candidates: HashSet<Money>,
    /// Existing refunds of the wanted amount without a reference.
    pub(super) unnamed: Vec<RefundId>,
}

/// What the list shows about the wanted refund.
#[derive(Debug)]
pub(super) enum LookupOutcome {
    /// The list contains it.
    Found(Box<Refund>, Evidence),
    /// Two refunds with the reference have moved or may move money.
    Duplicate(Box<Refund>, RefundId),
    /// It certainly does not exist.
    Absent,
    /// It was not found but may exist: among refunds without a reference, or among those that were not
    /// listed.
    Unclear { suspects: Vec<RefundId>, unlisted: bool },
}

/// Looks `wanted` up in a list that was requested after the journal was opened.
pub(super) fn look_up(wanted: Wanted<'_>, standing: &Standing, list: &RefundList) -> Lookup {
    let refunds = &list.refunds;
    let known = known_ids(standing);
    let outcome = by_own_reference(wanted, standing, refunds);
    let unnamed: Vec<&Refund> = refunds
        .iter()
        .filter(|refund| refund.reference.is_none() && refund.status.reduces_refundable())
        .filter(|refund| !known.contains(&refund.id) && !known.contains(refund.money_id()))
        .collect();
    let mut others = by_reference(wanted, standing, refunds);
    let mut candidates = HashSet::new();
    let mut by_id = None;
    for (amount, open) in unsettled_by_amount(standing) {
        let of_amount: Vec<&&Refund> = unnamed.iter().filter(|refund| refund.amount == amount).collect();
        if of_amount.is_empty() {
            continue;
        }
        let new_to = |entry: &Entry| -> Vec<&Refund> {
            let known_before: HashSet<&RefundId> = entry.known_before.iter().collect();
            of_amount
                .iter()
                .map(|refund| **refund)
                .filter(|refund| !known_before.contains(&refund.id))
                .collect()
        };
        // A refund that existed before all of these requests belongs to none of them.
        if open.iter().any(|entry| !new_to(entry).is_empty()) {
            candidates.insert(amount);
        }
        let [entry] = open[..] else { continue };
        let new = new_to(entry);
        let sure = wanted.hidden && wanted.by_id && list.complete && entry.payment == *wanted.payment;
        match new[..] {
            [refund] if sure && entry.reference == *wanted.reference => by_id = Some(refund.clone()),
            // One that is listed under its own reference is not also this one.
            [refund] if sure && !others.iter().any(|seen| seen.is_of(entry)) => {
                others.push(Seen::of(&entry.payment, &entry.reference, refund, Evidence::ById));
            }
            _ => {}
        }
    }
    let outcome = match (outcome, by_id) {
        (Some(outcome), _) => outcome,
        (None, Some(refund)) => LookupOutcome::Found(Box::new(refund.clone()), Evidence::ById),
        (None, None) => when_not_listed(wanted, standing, list, &unnamed),
    };
    let of_mine = |refund: &&&Refund| wanted.amount.is_none_or(|amount| amount == refund.amount);
    let unnamed = unnamed.iter().filter(of_mine).map(|refund| refund.id.clone()).collect();
    Lookup { outcome, complete: list.complete, others, candidates, unnamed }
}

/// Every id of a refund in the journal.
fn known_ids(standing: &Standing) -> HashSet<&RefundId> {
    let entries = standing.others.iter().chain(&standing.mine);
    let made = entries.filter_map(|entry| entry.made.as_ref());
    made.flat_map(|made| [Some(&made.id), made.alias.as_ref(), made.doubled.as_ref()]).flatten().collect()
}

/// The refund with the reference. Of multiple, the one that reduces the refundable amount and has the wanted
/// amount.
fn by_own_reference(wanted: Wanted<'_>, standing: &Standing, refunds: &[Refund]) -> Option<LookupOutcome> {
    let known = standing.mine.as_ref().and_then(|entry| entry.made.as_ref());
    let is_mine = |refund: &&Refund| match &refund.reference {
        Some(reference) => reference == wanted.reference,
        None => known.is_some_and(|made| made.is_called(&refund.id) || made.is_called(refund.money_id())),
    };
    best_match(refunds.iter().filter(is_mine).collect(), wanted.amount)
}

fn best_match(matches: Vec<&Refund>, amount: Option<Money>) -> Option<LookupOutcome> {
    let best = matches.iter().max_by_key(|refund| {
        let right = amount.is_none_or(|amount| amount == refund.amount);
        (refund.status.reduces_refundable(), right, refund.created_at)
    })?;
    let second = matches.iter().find(|refund| {
        refund.id != best.id
            && refund.status.reduces_refundable()
            && best.status.reduces_refundable()
            && refund.made_for() == best.made_for()
    });
    let best = Box::new((*best).clone());
    Some(match second {
        Some(second) => LookupOutcome::Duplicate(best, second.id.clone()),
        None => LookupOutcome::Found(best, Evidence::Listed),
    })
}

/// Unsettled refunds of this payment under other references that the list contains.
fn by_reference(wanted: Wanted<'_>, standing: &Standing, refunds: &[Refund]) -> Vec<Seen> {
    let unsettled: HashMap<&Reference, &Entry> = standing
        .others
        .iter()
        .filter(|entry| entry.payment == *wanted.payment && entry.unsettled_sends().next().is_some())
        .map(|entry| (&entry.reference, entry))
        .collect();
    if unsettled.is_empty() {
        return Vec::new();
    }
    let mut shown: HashMap<&Reference, Vec<&Refund>> = HashMap::new();
    for refund in refunds {
        if let Some(reference) =
            refund.reference.as_ref().filter(|reference| unsettled.contains_key(reference))
        {
            shown.entry(reference).or_default().push(refund);
        }
    }
    let seen = shown.into_iter().filter_map(|(reference, matches)| {
        let entry = unsettled.get(reference)?;
        let (refund, doubled) = match best_match(matches, Some(entry.amount))? {
            LookupOutcome::Found(refund, _) => (refund, None),
            LookupOutcome::Duplicate(refund, second) => (refund, Some(second)),
            LookupOutcome::Absent | LookupOutcome::Unclear { .. } => return None,
        };
        let mut seen = Seen::of(&entry.payment, reference, &refund, Evidence::Listed);
        seen.refund.doubled = doubled;
        Some(seen)
    });
    seen.collect()
}

/// The refunds of this money that may have been made, by amount.
fn unsettled_by_amount(standing: &Standing) -> HashMap<Money, Vec<&Entry>> {
    let mut by_amount: HashMap<Money, Vec<&Entry>> = HashMap::new();
    for entry in standing.others.iter().chain(&standing.mine) {
        if entry.unsettled_sends().next().is_some() {
            by_amount.entry(entry.amount).or_default().push(entry);
        }
    }
    by_amount
}

/// The outcome if the list does not contain the refund.
///
/// A refund with an unreported reference may always be the wanted one. A refund without a reference is not
/// ours, unless one of ours may have been made. Dates rule nothing out: the provider's clock is not ours.
fn when_not_listed(
    wanted: Wanted<'_>,
    standing: &Standing,
    list: &RefundList,
    unnamed: &[&Refund],
) -> LookupOutcome {
    let mine = standing.mine.as_ref();
    let is_unsettled = mine.is_some_and(|entry| entry.unsettled_sends().next().is_some());
    let known_before: HashSet<&RefundId> = mine.into_iter().flat_map(|entry| &entry.known_before).collect();
    let noted: HashSet<&RefundId> = mine.into_iter().flat_map(|entry| &entry.suspects).collect();
    let by_amount = unnamed.iter().filter(|refund| {
        (refund.reference_is_unreported() || (is_unsettled && wanted.hidden))
            && wanted.amount.is_none_or(|amount| amount == refund.amount)
            && !known_before.contains(&refund.id)
    });
    let by_id =
        unnamed.iter().filter(|refund| noted.contains(&refund.id) || noted.contains(refund.money_id()));
    let mut named = HashSet::new();
    let suspects = by_amount.chain(by_id).map(|refund| &refund.id).filter(|id| named.insert(*id));
    let suspects: Vec<RefundId> = suspects.take(MAX_SUSPECTS).cloned().collect();
    if suspects.is_empty() && list.complete {
        return LookupOutcome::Absent;
    }
    LookupOutcome::Unclear { suspects, unlisted: !list.complete }
}
