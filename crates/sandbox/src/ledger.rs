//! The ledger: the money that moved, whatever the responses reported.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    changes::{Change, Changes},
    clock::Clock,
    origin,
    provider::Provider,
};

/// A snapshot of all refunds that the sandbox really made.
///
/// An entry is written at the moment when money moves, in integer minor units, and does not depend on responses: a
/// refund whose response was lost is here; one that only a faulty response reports is not. Records in Order Management
/// move no money, so they are not here either.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let sandbox = refunds_sandbox::Sandbox::start().await?;
/// let payment = sandbox.mattilda().captured(1_299, "MXN");
/// assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// Every entry, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries of one payment, oldest first.
    pub fn of<'a>(&'a self, payment_id: &'a str) -> impl Iterator<Item = &'a Entry> + 'a {
        self.entries.iter().filter(move |entry| entry.payment_id == payment_id)
    }

    /// What really went back to the customer, in minor units.
    pub fn total_refunded(&self, payment_id: &str) -> i64 {
        self.sum(payment_id, EntryState::Moved)
    }

    /// What is accepted but not final, in minor units.
    pub fn pending(&self, payment_id: &str) -> i64 {
        self.sum(payment_id, EntryState::Pending)
    }

    /// How many refunds of this payment carry this reference, whatever their state: more than one is a double refund.
    pub fn by_reference(&self, payment_id: &str, reference: &str) -> usize {
        self.of(payment_id).filter(|entry| entry.reference.as_deref() == Some(reference)).count()
    }

    fn sum(&self, payment_id: &str, state: EntryState) -> i64 {
        self.of(payment_id)
            .filter(|entry| entry.state == state)
            .fold(0, |sum, entry| sum.saturating_add(entry.amount))
    }
}

/// One refund in the [`Ledger`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The provider that made it.
    pub provider: Provider,
    /// The transaction that was refunded.
    pub payment_id: String,
    /// Mattilda's refund id; for Dintero, which has none, the `request_id` of the event that began it.
    pub refund_id: String,
    /// `refund_reference` or `external_identifier`.
    pub reference: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What happened to the money.
    pub state: EntryState,
    /// When it was requested, on the sandbox's clock.
    pub at: OffsetDateTime,
}

/// What happened to the money of an [`Entry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EntryState {
    /// It went back to the customer.
    Moved,
    /// Accepted, not final yet.
    Pending,
    /// Accepted, but declined, failed or voided later.
    Failed,
}

/// The book behind the snapshots.
#[derive(Debug)]
pub(crate) struct Book {
    ledger: Ledger,
    /// As many as there are entries.
    pasts: Vec<Past>,
    clock: Arc<Clock>,
    changes: Arc<Changes>,
}

/// How an entry came about.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// The number of the request that made the refund.
    pub(crate) request: Option<u64>,
    /// Its states, oldest first.
    pub(crate) states: Vec<(OffsetDateTime, EntryState)>,
}

/// A line of the book.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Line(usize);

impl Book {
    pub(crate) fn new(clock: Arc<Clock>, changes: Arc<Changes>) -> Self {
        Self { ledger: Ledger::default(), pasts: Vec::new(), clock, changes }
    }

    pub(crate) fn write(&mut self, entry: Entry) -> Line {
        self.pasts.push(Past { request: origin::current(), states: vec![(entry.at, entry.state)] });
        self.ledger.entries.push(entry);
        self.changes.mark(Change::Payments);
        Line(self.ledger.entries.len() - 1)
    }

    pub(crate) fn settle(&mut self, line: Line, state: EntryState) {
        let now = self.clock.now();
        if let (Some(entry), Some(past)) = (self.ledger.entries.get_mut(line.0), self.pasts.get_mut(line.0)) {
            entry.state = state;
            past.states.push((now, state));
            self.changes.mark(Change::Payments);
        }
    }

    pub(crate) fn snapshot(&self) -> Ledger {
        self.ledger.clone()
    }

    /// Every entry with its past, oldest first.
    pub(crate) fn entries(&self) -> Vec<(Entry, Past)> {
        self.ledger.entries.iter().cloned().zip(self.pasts.iter().cloned()).collect()
    }

    /// The newest entry that fits.
    pub(crate) fn newest(&self, fits: impl Fn(&Entry) -> bool) -> Option<Entry> {
        self.ledger.entries.iter().rev().find(|entry| fits(entry)).cloned()
    }
}
