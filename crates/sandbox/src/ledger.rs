//! The truth: money that moved, whatever the wire said about it.

use time::OffsetDateTime;

use crate::provider::Provider;

/// A snapshot of all refunds that the sandbox really made.
///
/// It is written at the moment when money moves, in integer minor units, and knows nothing of answers: a refund whose
/// answer was lost is here, one whose answer was invented is not. Records of Order Management move no money and are
/// not here either.
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

    /// What is on its way, in minor units.
    pub fn pending(&self, payment_id: &str) -> i64 {
        self.sum(payment_id, EntryState::Pending)
    }

    /// How many refunds of this payment carry this reference, whatever became of them: more than one is a double.
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Where it was made.
    pub provider: Provider,
    /// The transaction whose money it is.
    pub payment_id: String,
    /// Mattilda's refund id; for Dintero, which has none, the `request_id` of the event that began it.
    pub refund_id: String,
    /// `refund_reference` or `external_identifier`.
    pub reference: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What became of the money.
    pub state: EntryState,
    /// When it was asked for, on the sandbox's clock.
    pub at: OffsetDateTime,
}

/// What became of the money of an [`Entry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryState {
    /// It went back to the customer.
    Moved,
    /// Accepted, and not final yet.
    Pending,
    /// Accepted, and it did not happen: declined, failed or voided.
    Failed,
}

/// The book behind the snapshots.
#[derive(Debug, Default)]
pub(crate) struct Book {
    ledger: Ledger,
}

/// A line of the book.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line(usize);

impl Book {
    pub(crate) fn write(&mut self, entry: Entry) -> Line {
        self.ledger.entries.push(entry);
        Line(self.ledger.entries.len() - 1)
    }

    pub(crate) fn settle(&mut self, line: Line, state: EntryState) {
        if let Some(entry) = self.ledger.entries.get_mut(line.0) {
            entry.state = state;
        }
    }

    pub(crate) fn snapshot(&self) -> Ledger {
        self.ledger.clone()
    }
}
