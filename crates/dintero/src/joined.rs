//! An order's records and what moved at Checkout, as one list of refunds.
//!
//! Recording moves nothing and moving records nothing, so each may be without the other: a run was cut
//! off between the two, Checkout is still at it, or somebody refunded in the back office. A list of
//! records alone would tell of money that is gone as if it were there.

use refunds_core::{PaymentId, Refund, RefundId};

use crate::{convert::ORDER, transaction::Transaction};

/// The refunds of an order.
#[derive(Default)]
pub(crate) struct Joined {
    records: Vec<Refund>,
    /// What Checkout holds of the order and no record tells.
    unrecorded: Vec<Refund>,
    /// What Checkout holds and may be of this order or of another.
    unclear: Vec<Refund>,
    /// Which record other ids lead to: those at Checkout, and those of records that were doubles.
    pairs: Vec<(RefundId, usize)>,
}

/// Whose refund one of a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The order's.
    Ours,
    /// It says that it is another order's.
    Theirs,
    /// It tells no order, and several share the transaction.
    Unknown,
}

/// Whose refund it is: it says so where it was made for an order by this crate. Else it is the order's
/// that is `alone` with the transaction.
pub(crate) fn whose(refund: &Refund, order: &PaymentId, alone: bool) -> Whose {
    match refund.extra.get(ORDER).and_then(|told| told.as_str()) {
        Some(told) if told == order.as_str() => Whose::Ours,
        Some(_) => Whose::Theirs,
        None if alone => Whose::Ours,
        None => Whose::Unknown,
    }
}

impl Joined {
    /// Records of refunds that no transaction of Checkout tells of.
    pub(crate) fn records(records: Vec<Refund>) -> Self {
        Self { records, ..Self::default() }
    }

    /// Records, each as it stands at Checkout, and what Checkout holds besides.
    ///
    /// A record and a refund at Checkout are the same by their ids or their reference. Where one of them
    /// tells none, they are by the amount, if both came to the same end.
    pub(crate) fn of(
        mut records: Vec<Refund>,
        transaction: &Transaction,
        order: &PaymentId,
        alone: bool,
    ) -> Self {
        let moved: Vec<_> = transaction
            .refunds()
            .iter()
            .map(|refund| (refund, whose(refund, order, alone)))
            .filter(|(_, whose)| *whose != Whose::Theirs)
            .collect();
        let mut record_of: Vec<Option<usize>> = vec![None; moved.len()];
        for sameness in [same_id, same_reference_and_end, same_reference, both_without_reference, same_end] {
            for (at, record) in records.iter().enumerate() {
                if record_of.contains(&Some(at)) {
                    continue;
                }
                // Of several under one reference, the newest is the one that counts.
                let found = (0..moved.len())
                    .rev()
                    .find(|of| record_of[*of].is_none() && sameness(record, moved[*of].0));
                if let Some(found) = found {
                    record_of[found] = Some(at);
                }
            }
        }
        let mut joined = Self::default();
        for ((refund, whose), record) in moved.into_iter().zip(record_of) {
            match (record, whose) {
                (Some(at), _) => {
                    stands_as(&mut records[at], refund);
                    joined.pairs.push((refund.id.clone(), at));
                }
                (None, Whose::Ours) => joined.unrecorded.push(unrecorded(order, transaction, refund.clone())),
                // A reference that is told without an order is that of somebody who knows of none.
                (None, _) if refund.reference_is_hidden() => {
                    joined.unclear.push(unrecorded(order, transaction, refund.clone()));
                }
                (None, _) => {}
            }
        }
        joined.records = records;
        joined.drop_doubles();
        joined
    }

    /// Two runs of one refund that recorded it at the same moment left two records of it. Money went back
    /// as often as Checkout says. And of several refunds under one reference, one can be recorded.
    fn drop_doubles(&mut self) {
        let paired: Vec<usize> = self.pairs.iter().map(|(_, at)| *at).collect();
        let double_of = |at: usize| {
            let record = &self.records[at];
            let of = paired.iter().find(|of| same_reference(record, &self.records[**of]));
            of.copied().filter(|_| !paired.contains(&at))
        };
        let doubles: Vec<_> = (0..self.records.len()).filter_map(|at| Some((at, double_of(at)?))).collect();
        for (at, of) in doubles.into_iter().rev() {
            let double = self.records.remove(at);
            self.pairs.push((double.id, of));
            self.pairs.iter_mut().filter(|(_, record)| *record > at).for_each(|(_, record)| *record -= 1);
        }
        for refund in &mut self.unrecorded {
            let recorded = self.records.iter().any(|record| record.reference == refund.reference);
            // A record can not wait for an outcome, and without a reference it is not ours to write.
            if refund.status.is_final() && refund.reference.is_some() && !recorded {
                *refund = refund.clone().with_step_left();
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
            let (_, record) = self.pairs.iter().find(|(moved, _)| moved == id)?;
            self.records.get(*record)
        })
    }
}

fn same_id(record: &Refund, moved: &Refund) -> bool {
    record.id == moved.id && record.amount == moved.amount
}

fn same_reference(record: &Refund, moved: &Refund) -> bool {
    record.reference.is_some() && record.reference == moved.reference && record.amount == moved.amount
}

fn same_reference_and_end(record: &Refund, moved: &Refund) -> bool {
    same_reference(record, moved) && record.status.holds_money() == moved.status.holds_money()
}

fn both_without_reference(record: &Refund, moved: &Refund) -> bool {
    record.reference.is_none() && moved.reference.is_none() && same_end(record, moved)
}

/// Whoever recorded it, or moved it, did not tell a reference. What has no end yet is nothing that
/// somebody else recorded.
fn same_end(record: &Refund, moved: &Refund) -> bool {
    let ended = |refund: &Refund| (refund.status.is_final(), refund.status.holds_money());
    (record.reference.is_none() || moved.reference.is_none())
        && record.amount == moved.amount
        && moved.status.is_final()
        && ended(record) == ended(moved)
}

/// A record is a success or a failure for ever; what became of the money is what Checkout says.
pub(crate) fn stands_as(record: &mut Refund, moved: &Refund) {
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
pub(crate) fn unrecorded(order: &PaymentId, transaction: &Transaction, mut refund: Refund) -> Refund {
    refund.payment_id = order.clone();
    refund.extra.insert("recorded".to_owned(), false.into());
    refund.extra.insert("transaction_id".to_owned(), transaction.id.as_str().into());
    refund
}
