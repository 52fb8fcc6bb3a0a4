//! Storing what a list or a read showed.

use super::{Book, Counter, intend::without_private_data};
use crate::journal::{
    entry::{Entry, Evidence, IntentState},
    key::{JournalTime, MoneyKey, Version},
    request::{Adopt, Observed, Seen},
};

impl Book {
    /// Stores what was seen: by reference at any time, by id alone only if the version is still `since`.
    pub fn observe(
        &mut self,
        money: &MoneyKey,
        seen: &[Seen],
        since: Option<Version>,
        now: JournalTime,
        counter: &mut Counter,
    ) -> Observed {
        let moved = since != Some(self.version);
        let (mut changed, mut refused) = (false, false);
        for seen in seen {
            if seen.needs_version() && moved {
                refused = true;
            } else {
                changed |= self.observe_one(money, seen, now, counter);
            }
        }
        match (changed, refused) {
            (_, true) => Observed::Moved,
            (true, false) => Observed::Settled(self.version),
            (false, false) => Observed::Nothing,
        }
    }

    fn observe_one(
        &mut self,
        money: &MoneyKey,
        seen: &Seen,
        now: JournalTime,
        counter: &mut Counter,
    ) -> bool {
        let place = self.place(&seen.payment, &seen.reference);
        // An id belongs to one refund. If another payment has it with the same reference, it is the same
        // refund under another id of the money, and nothing needs to be written.
        if self.owner(place.unwrap_or(usize::MAX), &seen.refund).is_some() {
            return false;
        }
        let at = match (place, &seen.adopt) {
            (Some(at), _) => at,
            (None, Some(adopt)) => self.adopt(money, seen, adopt, now),
            (None, None) => return false,
        };
        if seen.refund.evidence == Evidence::ById && !self.may_be_by_id(at, seen) {
            return false;
        }
        let entry = &mut self.entries[at];
        let mut refund = seen.refund.clone();
        if refund.amount != entry.amount && refund.fault.is_none() {
            refund.fault =
                Some(format!("{} was requested, but the refund is {}", entry.amount, refund.amount));
        }
        let mut changed = entry.set_made(&refund);
        for intent in entry.intents.iter_mut().filter(|intent| !intent.step || !seen.needs_completion) {
            // It is unknown which of multiple requests made it; each of them has ended.
            if intent.state.is_open_ended() {
                intent.state = IntentState::Made;
                intent.settled_at = Some(now);
                changed = true;
            }
        }
        if changed {
            self.touch(at, counter);
        }
        changed
    }

    /// Whether the refund can be attributed by its id: the entry is the only one of its amount with an
    /// unsettled intent.
    fn may_be_by_id(&self, at: usize, seen: &Seen) -> bool {
        let open =
            |entry: &Entry| entry.amount == seen.refund.amount && entry.unsettled_sends().next().is_some();
        let entry = &self.entries[at];
        open(entry)
            && !entry.known_before.contains(&seen.refund.id)
            && self.entries.iter().enumerate().all(|(other, entry)| other == at || !open(entry))
    }

    fn adopt(&mut self, money: &MoneyKey, seen: &Seen, adopt: &Adopt, now: JournalTime) -> usize {
        if self.entries.is_empty() {
            self.entries.reserve_exact(1);
        }
        self.entries.push(Entry {
            money: money.clone(),
            payment: seen.payment.clone(),
            reference: seen.reference.clone(),
            amount: seen.refund.amount,
            request: Some(without_private_data(&adopt.request)),
            hidden: adopt.hidden,
            generation: 0,
            made: None,
            known_before: Vec::new(),
            suspects: Vec::new(),
            decision: None,
            intents: Vec::new(),
            keep_until: now.plus(adopt.keep),
        });
        self.entries.len() - 1
    }
}
