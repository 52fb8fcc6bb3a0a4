//! An order's records and what moved at Checkout, as one list of refunds.
//!
//! Recording moves nothing and moving records nothing, so each may be without the other: a run was cut
//! off between the two, Checkout is still at it, or somebody refunded in the back office. A list of
//! records alone would tell of money that is gone as if it were there.

use refunds_core::{Money, PaymentId, Refund, RefundId, RefundStatus};

use crate::transaction::Transaction;

/// The refunds of an order.
#[derive(Default)]
pub(crate) struct Joined {
    records: Vec<Refund>,
    /// What Checkout holds and no record tells.
    unrecorded: Vec<Refund>,
    /// Which record other ids lead to: those at Checkout, and those of records that were doubles.
    pairs: Vec<(RefundId, usize)>,
    /// Whether all that the transaction took is this order's, so that all its refunds are, too.
    alone: bool,
}

impl Joined {
    /// Records of refunds that no transaction of Checkout tells of.
    pub(crate) fn records(records: Vec<Refund>) -> Self {
        Self { records, ..Self::default() }
    }

    /// Records, each as it stands at Checkout, and what Checkout holds besides.
    ///
    /// A record and a refund at Checkout are the same by their ids or their reference; else, where their
    /// references do not contradict, by amount and by whether money moved.
    pub(crate) fn of(
        mut records: Vec<Refund>,
        transaction: &Transaction,
        order: &PaymentId,
        captured: Money,
    ) -> Self {
        let moved = transaction.refunds();
        let mut record_of: Vec<Option<usize>> = vec![None; moved.len()];
        for sameness in [same_id, same_reference_and_end, same_reference, same_amount] {
            for (at, record) in records.iter().enumerate() {
                if record_of.contains(&Some(at)) {
                    continue;
                }
                // Of several under one reference, the newest is the one that counts.
                let found = (0..moved.len())
                    .rev()
                    .find(|of| record_of[*of].is_none() && sameness(record, &moved[*of]));
                if let Some(found) = found {
                    record_of[found] = Some(at);
                }
            }
        }
        let mut unrecorded = Vec::new();
        let mut pairs: Vec<(RefundId, usize)> = Vec::new();
        for (refund, record) in moved.iter().zip(record_of) {
            match record {
                Some(at) => {
                    stands_as(&mut records[at], refund);
                    pairs.push((refund.id.clone(), at));
                }
                None => unrecorded.push(self::unrecorded(order, transaction, refund.clone())),
            }
        }
        let mut joined = Self { records, unrecorded, pairs, alone: transaction.captured() == captured };
        joined.drop_doubles();
        joined
    }

    /// Two runs of one refund that recorded it at the same moment left two records of it. Money went back
    /// as often as Checkout says.
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
    }

    pub(crate) fn is_of_the_order_alone(&self) -> bool {
        self.alone
    }

    /// What is recorded.
    pub(crate) fn recorded(&self) -> &[Refund] {
        &self.records
    }

    /// All refunds of the order: records first. What is not recorded is the order's only where nothing
    /// else shares its transaction.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Refund> {
        self.records.iter().chain(self.unrecorded.iter().filter(|_| self.alone))
    }

    pub(crate) fn into_all(self) -> Vec<Refund> {
        let mut all = self.records;
        if self.alone {
            all.extend(self.unrecorded);
        }
        all
    }

    /// The refund that is called `id`, by its record or at Checkout.
    pub(crate) fn called(&self, id: &RefundId) -> Option<&Refund> {
        let own = self.records.iter().chain(&self.unrecorded).find(|refund| refund.id == *id);
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
    same_reference(record, moved) && same_end(record, moved)
}

/// Whoever recorded it, or moved it, did not tell a reference.
fn same_amount(record: &Refund, moved: &Refund) -> bool {
    (record.reference.is_none() || moved.reference.is_none())
        && record.amount == moved.amount
        && same_end(record, moved)
}

fn same_end(record: &Refund, moved: &Refund) -> bool {
    record.status.holds_money() == moved.status.holds_money()
}

/// A record is a success or a failure for ever; what became of the money is what Checkout says.
pub(crate) fn stands_as(record: &mut Refund, moved: &Refund) {
    record.failure = record.failure.take().or_else(|| moved.failure.clone());
    if record.status != moved.status && moved.status != RefundStatus::Pending {
        record.status = moved.status;
        record.provider_status.clone_from(&moved.provider_status);
        record.updated_at = moved.updated_at;
    }
}

/// The order's refund at Checkout that is not recorded, or not yet.
pub(crate) fn unrecorded(order: &PaymentId, transaction: &Transaction, mut refund: Refund) -> Refund {
    refund.payment_id = order.clone();
    refund.extra.insert("recorded".to_owned(), false.into());
    refund.extra.insert("transaction_id".to_owned(), transaction.id.as_str().into());
    // A record can not wait for an outcome, and without a reference it is not ours to write.
    let recordable = refund.status.is_final() && refund.reference.is_some();
    if recordable { refund.with_step_left() } else { refund }
}
