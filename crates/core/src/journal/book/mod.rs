//! The rules of the protocol, over what is stored about one money.
//!
//! Pure: no clock, no storage. Every method takes the journal's time and its counter of versions, and
//! notes which entries it changed.

mod blocking;
mod decide;
mod forget;
mod intend;
mod observe;
mod settle;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    blocking::{Block, IntentTerms, may_resend},
    forget::need,
};
use super::{
    entry::Entry,
    key::{About, JournalTime, Version},
    request::Standing,
};
use crate::{PaymentId, Reference};

/// The counter of a journal's versions. It never goes back: not after a purge, not after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter(pub u64);

impl Counter {
    /// The next version.
    pub fn advance(&mut self) -> Version {
        self.0 += 1;
        Version(self.0)
    }
}

/// What a journal holds about one money, and what may be done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    version: Version,
    entries: Vec<Entry>,
    changed: Vec<usize>,
}

impl Book {
    /// What is stored about one money: its version, which is the [last eviction's](Self::standing) for a
    /// money without entries, and its entries.
    #[must_use]
    pub fn new(version: Version, entries: Vec<Entry>) -> Self {
        Self { version, entries, changed: Vec::new() }
    }

    /// The money's version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that changed since the book was loaded: what to store, together with the version.
    pub fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.changed.iter().filter_map(|at| self.entries.get(*at))
    }

    /// What stands about the money, for the refund that `about` names.
    ///
    /// A money of which everything was forgotten has as its version that of the forgetting, so that
    /// nobody who opened the journal before can commit on it.
    #[must_use]
    pub fn standing(&self, about: &About, now: JournalTime) -> Standing {
        let is_mine = |entry: &&Entry| entry.is(&about.payment, &about.reference);
        let matters = |entry: &&Entry| entry.made.is_some() || entry.unsettled().next().is_some();
        let others = self.entries.iter().filter(|entry| !is_mine(entry)).filter(matters).map(|entry| {
            let unsettled = entry.unsettled().cloned().collect();
            Entry { intents: unsettled, request: None, ..entry.clone() }
        });
        Standing {
            now,
            version: self.version,
            mine: self.entries.iter().find(is_mine).cloned(),
            others: others.collect(),
        }
    }

    fn place(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is(payment, reference))
    }

    /// Forgets what [`changed`](Self::changed): it is stored.
    pub fn stored(&mut self) {
        self.changed.clear();
    }

    fn note(&mut self, at: usize) {
        if !self.changed.contains(&at) {
            self.changed.push(at);
        }
    }

    /// Notes that the entry changed, in a new version.
    fn touch(&mut self, at: usize, counter: &mut Counter) -> Version {
        self.version = counter.advance();
        self.note(at);
        self.version
    }
}
