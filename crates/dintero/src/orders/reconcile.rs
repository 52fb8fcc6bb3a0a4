//! An order's records and what moved at Checkout, as one list of refunds.
//!
//! Recording moves nothing and moving records nothing, so each may be without the other: a run was cut
//! off between the two, Checkout is still processing, or the refund was made in the back office. A list of
//! records alone would show money that is gone as still there.

use std::collections::{HashMap, HashSet};

use refunds_core::{PaymentId, Reference, Refund, RefundId};

use crate::{
    checkout::Transaction,
    convert::{ORDER, RequestId},
    orders::paying_transaction::is_checkout,
};

/// By their ids, by their reference and end, by their reference.
const SURE: [(Sameness, Sameness); 3] =
    [(id, id), (reference_and_end, reference_and_end), (reference, reference)];

/// By amount and end, where one of them has no reference.
const LIKELY: [(Sameness, Sameness); 3] = [(unnamed, unnamed), (unnamed, named), (named, unnamed)];

/// The refunds of an order.
#[derive(Default)]
pub(crate) struct ReconciledRefunds {
    records: Vec<Refund>,
    /// What Checkout refunded for the order without a record.
    unrecorded: Vec<Refund>,
    /// What Checkout holds and may be of this order or of another.
    unclear: Vec<Refund>,
    /// Which record each refund at Checkout, by its id there, belongs to.
    pairs: Vec<(RefundId, usize)>,
    /// Which record the ids of dropped doubles lead to.
    doubles: Vec<(RefundId, usize)>,
}

/// Whose refund one of a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The order's.
    Ours,
    /// It says that it is another order's.
    Theirs,
    /// It names no order, and several orders share the transaction.
    Unknown,
}

/// Whose refund it is: it says so where it was made for an order by this crate. Else it is the order's
/// that is `alone` with the transaction.
pub(crate) fn ownership(refund: &Refund, order: &PaymentId, exclusive: bool) -> Ownership {
    match refund.extra.text(ORDER) {
        Some(order_id) if RequestId::of(order_id) == RequestId::of(order.as_str()) => Ownership::Ours,
        Some(_) => Ownership::Theirs,
        None if exclusive => Ownership::Ours,
        None => Ownership::Unknown,
    }
}

/// What a record and a refund at Checkout have in common where they are one; nothing where that is
/// unknown for this one.
type Sameness = fn(&Refund) -> Option<String>;

impl ReconciledRefunds {
    /// Records of refunds that no transaction at Checkout shows.
    pub(crate) fn records(records: Vec<Refund>) -> Self {
        Self { records, ..Self::default() }
    }

    /// Records, each with its state at Checkout, and what Checkout has besides.
    pub(crate) fn of(
        mut records: Vec<Refund>,
        transaction: &Transaction<'_>,
        order: &PaymentId,
        exclusive: bool,
    ) -> Self {
        let of = |wanted: Ownership| {
            transaction.refunds().iter().filter(move |refund| ownership(refund, order, exclusive) == wanted)
        };
        let (ours, unknown): (Vec<_>, Vec<_>) =
            (of(Ownership::Ours).collect(), of(Ownership::Unknown).collect());
        let mut paired = vec![false; records.len()];
        let mut of_ours = vec![None; ours.len()];
        let mut of_unknown = vec![None; unknown.len()];
        let any = |_: &Refund| true;
        for sameness in &SURE {
            pair(sameness, &records, any, &mut paired, &ours, &mut of_ours);
        }
        let may_be_of = |record: &Refund| !names_another_payment(record, transaction);
        for sameness in &LIKELY {
            pair(sameness, &records, may_be_of, &mut paired, &ours, &mut of_ours);
        }
        for sameness in &SURE {
            pair(sameness, &records, any, &mut paired, &unknown, &mut of_unknown);
        }
        let mut reconciled = Self::default();
        let ours = ours.into_iter().zip(of_ours).map(|(refund, record)| (refund, record, true));
        let unknown = unknown.into_iter().zip(of_unknown).map(|(refund, record)| (refund, record, false));
        for (refund, record, is_ours) in ours.chain(unknown) {
            match record {
                Some(at) => {
                    apply_checkout_state(&mut records[at], refund);
                    reconciled.pairs.push((refund.id.clone(), at));
                }
                None if is_ours => reconciled.unrecorded.push(unrecorded(order, transaction, refund.clone())),
                // A final refund names its order, if it has one.
                None if !refund.status.is_final() => {
                    reconciled.unclear.push(unrecorded(order, transaction, refund.clone()));
                }
                None => {}
            }
        }
        reconciled.records = records;
        reconciled.drop_doubles();
        reconciled.mark_steps_left();
        reconciled
    }

    /// Two runs of one refund that recorded it at the same moment left two records of it. Money went back
    /// as often as Checkout says.
    fn drop_doubles(&mut self) {
        let paired: HashSet<usize> = self.pairs.iter().map(|(_, at)| *at).collect();
        let mut first: HashMap<String, usize> = HashMap::new();
        for (_, at) in &self.pairs {
            first.extend(reference(&self.records[*at]).map(|reference| (reference, *at)));
        }
        let double_of = |at: usize, record: &Refund| {
            let of = first.get(&reference(record)?).copied();
            of.filter(|_| !paired.contains(&at))
        };
        let doubles: Vec<Option<usize>> =
            self.records.iter().enumerate().map(|(at, record)| double_of(at, record)).collect();
        let mut places = Vec::with_capacity(doubles.len());
        let mut kept = Vec::with_capacity(doubles.len());
        let mut dropped = Vec::new();
        for (record, double) in std::mem::take(&mut self.records).into_iter().zip(&doubles) {
            places.push(kept.len());
            match double {
                Some(of) => dropped.push((record.id, *of)),
                None => kept.push(record),
            }
        }
        self.records = kept;
        self.doubles = dropped;
        for (_, at) in self.pairs.iter_mut().chain(&mut self.doubles) {
            *at = places[*at];
        }
    }

    /// A record cannot wait for an outcome; without a reference it is not ours to write; and only one of
    /// several refunds under one reference can be recorded.
    fn mark_steps_left(&mut self) {
        let recorded: HashSet<&Reference> =
            self.records.iter().filter_map(|record| record.reference.as_ref()).collect();
        for refund in &mut self.unrecorded {
            let open = refund.reference.as_ref().is_some_and(|reference| !recorded.contains(reference));
            if refund.status.is_final() && open {
                *refund = refund.clone().with_needs_completion();
            }
        }
    }

    /// What is recorded.
    pub(crate) fn recorded(&self) -> &[Refund] {
        &self.records
    }

    /// What may be this order's or another's. Its money is not to be counted on.
    pub(crate) fn unclear(&self) -> &[Refund] {
        &self.unclear
    }

    /// All refunds of the order: records first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Refund> {
        self.records.iter().chain(&self.unrecorded)
    }

    pub(crate) fn into_all(self) -> Vec<Refund> {
        let mut all = self.records;
        all.extend(self.unrecorded);
        all
    }

    /// The refund that is called `id`, by its record or at Checkout.
    pub(crate) fn called(&self, id: &RefundId) -> Option<&Refund> {
        let own = self.all().chain(&self.unclear).find(|refund| refund.id == *id);
        own.or_else(|| {
            let (_, record) = self.pairs.iter().chain(&self.doubles).find(|(moved, _)| moved == id)?;
            self.records.get(*record)
        })
    }
}

/// Pairs what is not paired yet. Of several under one reference, the newest is the one that counts.
fn pair(
    (of_record, of_moved): &(Sameness, Sameness),
    records: &[Refund],
    may_be_of: impl Fn(&Refund) -> bool,
    paired: &mut [bool],
    moved: &[&Refund],
    record_of: &mut [Option<usize>],
) {
    let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, refund) in moved.iter().enumerate().filter(|(at, _)| record_of[*at].is_none()) {
        if let Some(key) = of_moved(refund) {
            waiting.entry(key).or_default().push(at);
        }
    }
    for (at, record) in records.iter().enumerate() {
        if paired[at] || !may_be_of(record) {
            continue;
        }
        let found = of_record(record).and_then(|key| waiting.get_mut(&key)?.pop());
        if let Some(found) = found {
            record_of[found] = Some(at);
            paired[at] = true;
        }
    }
}

/// Whether a record says that another payment, or another system, gave the money back.
fn names_another_payment(record: &Refund, transaction: &Transaction<'_>) -> bool {
    record.payment_method.as_ref().is_some_and(|method| match method.payment_id.as_deref() {
        Some(id) if !id.trim().is_empty() => id != transaction.id.as_str(),
        _ => method.psp.as_deref().is_some_and(|psp| !is_checkout(psp)),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the others may have none")]
fn id(refund: &Refund) -> Option<String> {
    Some(format!("{} {}", refund.amount.minor_units(), refund.id))
}

fn reference(refund: &Refund) -> Option<String> {
    Some(format!("{} {}", refund.amount.minor_units(), refund.reference.as_ref()?))
}

fn reference_and_end(refund: &Refund) -> Option<String> {
    Some(format!("{} {}", refund.status.reduces_refundable(), reference(refund)?))
}

fn unnamed(refund: &Refund) -> Option<String> {
    refund.reference.is_none().then(|| amount_and_end(refund)).flatten()
}

fn named(refund: &Refund) -> Option<String> {
    refund.reference.is_some().then(|| amount_and_end(refund)).flatten()
}

/// What has no end yet cannot have been recorded elsewhere.
fn amount_and_end(refund: &Refund) -> Option<String> {
    let end = refund.status.is_final().then(|| refund.status.reduces_refundable());
    end.map(|holds| format!("{} {holds}", refund.amount.minor_units()))
}

/// A record is a success or a failure for ever; what became of the money is what Checkout says.
pub(crate) fn apply_checkout_state(record: &mut Refund, moved: &Refund) {
    *record = record.clone().with_money_id(moved.id.clone());
    record.reference = record.reference.take().or_else(|| moved.reference.clone());
    record.failure = record.failure.take().or_else(|| moved.failure.clone());
    // The record came after what it records.
    record.updated_at = moved.updated_at.max(record.created_at);
    if record.status != moved.status {
        record.status = moved.status;
        record.provider_status.clone_from(&moved.provider_status);
    }
}

/// The order's refund at Checkout that is not recorded, or not yet.
pub(crate) fn unrecorded(order: &PaymentId, transaction: &Transaction<'_>, refund: Refund) -> Refund {
    let mut refund = refund.with_made_for(order.clone());
    refund.payment_id = order.clone();
    refund.extra.insert("recorded", false);
    refund.extra.insert("transaction_id", transaction.id.as_str());
    refund
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_json::json;

    use super::*;
    use crate::{orders::record, wire};

    #[test]
    fn each_refund_of_an_order_names_the_one_that_moved_its_money() {
        let refund = |request: &str, reference: &str, amount: i64| {
            json!({"id": format!("e-{request}"), "event": "REFUND", "success": true, "amount": amount,
                "request_id": request, "event_reference": reference})
        };
        let events = vec![refund("r1", "rf-1", 10), refund("r2", "rf-2", 20)];
        let transaction = crate::checkout::events::tests::read(events).unwrap();
        let order = PaymentId::new("order-42").unwrap();
        let records = [
            json!({"id": "double", "amount": 10, "success": true, "metadata": {"refund_reference": "rf-1"}}),
            json!({"id": "cash", "amount": 30, "success": true}),
            json!({"id": "r1", "amount": 10, "success": true, "metadata": {"refund_reference": "rf-1"}}),
        ];
        let records = records.map(|record| {
            let wire = wire::Operation::deserialize(&record).unwrap();
            record::refund(&wire, &order, transaction.currency).unwrap()
        });
        let reconciled = ReconciledRefunds::of(records.to_vec(), &transaction, &order, true);
        let ids: Vec<_> =
            reconciled.all().map(|refund| (refund.id.as_str(), refund.money_id().as_str())).collect();
        assert_eq!(ids, [("cash", "cash"), ("r1", "r1"), ("r2", "r2")]);
        assert_eq!(reconciled.called(&RefundId::new("double").unwrap()).unwrap().id.as_str(), "r1");
    }
}
