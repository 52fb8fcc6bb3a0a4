//! Removing old, settled entries.

use super::{Book, Counter};
use crate::{
    PaymentId, Reference,
    journal::{
        entry::Entry,
        key::{JournalTime, Version},
        request::Purge,
    },
};

/// How much an entry is needed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Only attempts that were certainly not carried out.
    NothingMade,
    /// Made, and every list shows it with its reference by now.
    Shown,
    /// Made, and distinguished from later refunds of its amount by its id alone.
    Hidden,
}

/// How much the entry is needed; `None` if it must be kept.
pub(crate) fn need(entry: &Entry, money_is_settled: bool, now: JournalTime) -> Option<Need> {
    if entry.unsettled().next().is_some() || now < entry.keep_until {
        return None;
    }
    match &entry.made {
        None => Some(Need::NothingMade),
        Some(_) if !entry.hidden => Some(Need::Shown),
        Some(_) => money_is_settled.then_some(Need::Hidden),
    }
}

impl Book {
    /// Removes what `what` allows, and returns how many entries were changed or removed. If no entries are
    /// left, [`version`](Self::version) becomes the version of money keys without entries.
    ///
    /// A journal must store the whole book afterwards: [`changed`](Self::changed) does not include removed
    /// entries.
    pub fn purge(&mut self, what: &Purge, now: JournalTime, counter: &mut Counter) -> u64 {
        let settled = self.is_settled();
        let is_old = |entry: &Entry| entry.keep_until.plus(what.older_than) <= now;
        let before = self.entries.len();
        self.entries.retain(|entry| {
            let need = need(entry, settled, now).filter(|_| is_old(entry));
            match need {
                None => true,
                Some(Need::NothingMade) => false,
                Some(Need::Shown | Need::Hidden) => !what.forget_made,
            }
        });
        let mut count = before - self.entries.len();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let has_details = entry.request.is_some() || !entry.intents.is_empty();
            if has_details && is_old(entry) && need(entry, settled, now).is_some() {
                entry.request = None;
                entry.intents.clear();
                entry.decision = None;
                if !self.changed.contains(&at) {
                    self.changed.push(at);
                }
                count += 1;
            }
        }
        if count > 0 {
            self.version = counter.advance();
        }
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Whether no intent of the money is unsettled.
    pub(crate) fn is_settled(&self) -> bool {
        self.entries.iter().all(|entry| entry.unsettled().next().is_none())
    }

    /// Removes one entry that is no longer needed.
    pub(crate) fn forget(
        &mut self,
        payment: &PaymentId,
        reference: &Reference,
        counter: &mut Counter,
    ) -> Option<Version> {
        let at = self.place(payment, reference)?;
        self.entries.remove(at);
        self.changed.clear();
        self.version = counter.advance();
        Some(self.version)
    }
}
