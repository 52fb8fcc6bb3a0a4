//! The rules of the protocol, for the entries of one money key.
//!
//! No clock and no storage: every method takes the journal's time and version counter, and records which
//! entries it changed.

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

/// The version counter of a journal. It never goes back, not even after a purge or a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter(pub u64);

impl Counter {
    /// The next version.
    pub fn advance(&mut self) -> Version {
        self.0 += 1;
        Version(self.0)
    }
}

/// A journal's entries for one money key, with the operations on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    version: Version,
    entries: Vec<Entry>,
    changed: Vec<usize>,
}

impl Book {
    /// The stored version and entries of one money key. Without entries, the version is that of the
    /// [last eviction](Self::standing).
    #[must_use]
    pub fn new(version: Version, entries: Vec<Entry>) -> Self {
        Self { version, entries, changed: Vec::new() }
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that changed since the book was loaded. Store them together with the version.
    pub fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.changed.iter().filter_map(|at| self.entries.get(*at))
    }

    /// The snapshot for the refund in `about`.
    ///
    /// If all entries were removed, the version is that of the removal, so that a call that opened the
    /// journal earlier cannot commit.
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

    /// Marks all [changes](Self::changed) as stored.
    pub fn stored(&mut self) {
        self.changed.clear();
    }

    fn note(&mut self, at: usize) {
        if !self.changed.contains(&at) {
            self.changed.push(at);
        }
    }

    /// Marks the entry as changed, in a new version.
    fn touch(&mut self, at: usize, counter: &mut Counter) -> Version {
        self.version = counter.advance();
        self.note(at);
        self.version
    }
}
