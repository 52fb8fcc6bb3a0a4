//! What a payment's refunds say about the one that is requested, and about others that are unsettled.

use std::collections::{HashMap, HashSet};

use crate::{
    Money, PaymentId, Reference, Refund, RefundId, RefundList,
    journal::{Entry, Evidence, Seen, Standing},
};

/// How many refunds that may be it are named. A person who is to look at more than these is not helped by
/// their ids.
const MAX_SUSPECTS: usize = 20;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The payment, in its canonical spelling.
    pub(super) payment: &'a PaymentId,
    pub(super) reference: &'a Reference,
    /// The exact amount, where it is known.
    pub(super) amount: Option<Money>,
    /// Whether the provider may hide references.
    pub(super) hidden: bool,
    /// Whether a refund without a reference may be attributed by its id.
    pub(super) by_id: bool,
}

/// What a look came to.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) outcome: LookupOutcome,
    /// Whether the list was complete.
    pub(super) complete: bool,
    /// Refunds of others whose outcome the list shows.
    pub(super) others: Vec<Seen>,
    /// Amounts of which the list shows a refund that may be anybody's.
    pub(super) candidates: HashSet<Money>,
    /// Refunds of the wanted amount without a reference, which are there already.
    pub(super) unnamed: Vec<RefundId>,
}

/// What the list says about the refund itself.
#[derive(Debug)]
pub(super) enum LookupOutcome {
    /// It is there.
    Found(Box<Refund>, Evidence),
    /// Two refunds under the reference hold money.
    Duplicate(Box<Refund>, RefundId),
    /// It is certainly not there.
    Absent,
    /// It is not seen, and may be there all the same: among refunds that carry no reference, or among
    /// those that were not listed.
    Unclear { suspects: Vec<RefundId>, unlisted: bool },
}

/// Looks for `wanted` in a list that was begun after the journal was opened.
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
        // What was there before the requests of each of them is nobody's.
        if open.iter().any(|entry| !new_to(entry).is_empty()) {
            candidates.insert(amount);
        }
        let [entry] = open[..] else { continue };
        let new = new_to(entry);
        let sure = wanted.hidden && wanted.by_id && list.complete && entry.payment == *wanted.payment;
        match new[..] {
            [refund] if sure && entry.reference == *wanted.reference => by_id = Some(refund.clone()),
            [refund] if sure => {
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

/// Every id that belongs to a refund of the journal.
fn known_ids(standing: &Standing) -> HashSet<&RefundId> {
    let entries = standing.others.iter().chain(&standing.mine);
    let made = entries.filter_map(|entry| entry.made.as_ref());
    made.flat_map(|made| [Some(&made.id), made.alias.as_ref(), made.doubled.as_ref()]).flatten().collect()
}

/// The refund that carries the reference. Of several, the one that holds money and has the amount.
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

/// Refunds of other references of this payment that are unsettled, and that the list shows.
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

/// The refunds of this money that may have been made, by their amounts.
fn unsettled_by_amount(standing: &Standing) -> HashMap<Money, Vec<&Entry>> {
    let mut by_amount: HashMap<Money, Vec<&Entry>> = HashMap::new();
    for entry in standing.others.iter().chain(&standing.mine) {
        if entry.unsettled_sends().next().is_some() {
            by_amount.entry(entry.amount).or_default().push(entry);
        }
    }
    by_amount
}

/// What it means that the list does not show the refund.
///
/// A refund whose reference is hidden may always be the one. A refund that says that it has none is
/// another's, unless one of ours may have been made. No date rules one out: the provider's clock is not
/// ours.
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
