//! Storing the outcome of an intent.

use super::{Book, Counter};
use crate::journal::{
    entry::{Entry, Intent, IntentState, MadeRefund, Why},
    key::{IntentToken, JournalTime},
    request::Outcome,
};

impl Book {
    /// Stores an outcome of the intent itself. Only "made" overrides another outcome.
    ///
    /// Returns whether anything changed; repeating it changes nothing.
    pub fn settle(
        &mut self,
        token: IntentToken,
        outcome: &Outcome,
        now: JournalTime,
        counter: &mut Counter,
    ) -> bool {
        let has = |entry: &Entry| entry.intents.iter().position(|intent| intent.token == token);
        let found = self.entries.iter().enumerate().find_map(|(at, entry)| Some((at, has(entry)?)));
        let Some((at, of)) = found else { return false };
        let changed = match outcome {
            Outcome::Made(refund) => self.settle_made(at, of, refund, now),
            Outcome::NotApplied(why) => self.settle_open(at, of, IntentState::NotApplied, why, now),
            Outcome::FailedStored(why) => self.settle_open(at, of, IntentState::FailedStored, why, now),
            Outcome::Unknown { why, suspects, late } => {
                let mut changed = self.settle_open(at, of, IntentState::Unknown, why, now);
                changed |= self.suspect(at, suspects);
                changed | (*late && self.begin_anew(at, of, now))
            }
        };
        if changed {
            self.touch(at, counter);
        }
        changed
    }

    fn settle_made(&mut self, at: usize, of: usize, refund: &MadeRefund, now: JournalTime) -> bool {
        if let Some(other) = self.owner(at, refund) {
            // The response to our own request belongs to another entry. With the same reference it is the
            // same refund, journalled under another id of the money: our request made nothing.
            let same = self.entries[other].reference == self.entries[at].reference;
            let state = if same { IntentState::NotApplied } else { IntentState::Unknown };
            let changed = self.settle_open(at, of, state, &Why::never_sent(), now);
            return changed | (!same && self.suspect(at, std::slice::from_ref(&refund.id)));
        }
        let entry = &mut self.entries[at];
        let mut changed = false;
        let intent = &mut entry.intents[of];
        if intent.state != IntentState::Made {
            intent.state = IntentState::Made;
            intent.settled_at = Some(now);
            changed = true;
        }
        changed | entry.set_made(refund)
    }

    /// Settles an open intent; any other outcome stays. An unknown outcome may still become a used-up key.
    fn settle_open(&mut self, at: usize, of: usize, state: IntentState, why: &Why, now: JournalTime) -> bool {
        let intent: &mut Intent = &mut self.entries[at].intents[of];
        let used_up = state == IntentState::FailedStored && intent.state == IntentState::Unknown;
        if intent.state != IntentState::Open && !used_up {
            return false;
        }
        intent.state = state;
        intent.why = Some(why.clone());
        intent.settled_at = Some(now);
        true
    }

    /// Bytes were sent after `not_after`: delays all following times by the same amount.
    fn begin_anew(&mut self, at: usize, of: usize, now: JournalTime) -> bool {
        let entry = &mut self.entries[at];
        let intent = &mut entry.intents[of];
        if !intent.state.is_open_ended() || intent.not_after >= now {
            return false;
        }
        let later = now.since(intent.not_after);
        let times = [
            &mut intent.not_after,
            &mut intent.attempt_until,
            &mut intent.unsettled_until,
            &mut intent.resubmit_from,
        ];
        for time in times {
            *time = time.plus(later);
        }
        entry.keep_until = entry.keep_until.max(intent.resubmit_from);
        true
    }

    pub(super) fn suspect(&mut self, at: usize, suspects: &[crate::RefundId]) -> bool {
        let entry = &mut self.entries[at];
        let before = entry.suspects.len();
        for id in suspects {
            if !entry.suspects.contains(id) {
                entry.suspects.push(id.clone());
            }
        }
        entry.suspects.len() > before
    }

    /// Another entry that the refund's id already belongs to.
    pub(super) fn owner(&self, at: usize, refund: &MadeRefund) -> Option<usize> {
        self.entries.iter().enumerate().find_map(|(other, entry)| {
            let made = entry.made.as_ref().filter(|_| other != at)?;
            let same = made.is_called(&refund.id)
                || refund.alias.as_ref().is_some_and(|alias| made.is_called(alias));
            same.then_some(other)
        })
    }
}

impl Entry {
    /// Stores that the refund is made. A second id is kept beside the first one and never replaces it.
    pub(super) fn set_made(&mut self, refund: &MadeRefund) -> bool {
        let Some(made) = &mut self.made else {
            self.made = Some(refund.clone());
            return true;
        };
        let before = made.clone();
        let same =
            made.is_called(&refund.id) || refund.alias.as_ref().is_some_and(|alias| made.is_called(alias));
        if same {
            made.status = refund.status;
            made.alias = made.alias.take().or_else(|| refund.alias.clone()).filter(|alias| *alias != made.id);
            // A later read is more accurate than an unexpected response.
            made.amount = refund.amount;
            made.fault.clone_from(&refund.fault);
            made.doubled = made.doubled.take().or_else(|| refund.doubled.clone());
        } else if refund.status.reduces_refundable() {
            if made.status.reduces_refundable() {
                made.doubled = Some(refund.id.clone());
            } else {
                // The first refund moved no money; this one did or may.
                *made = refund.clone();
                self.known_before.push(before.id.clone());
            }
        }
        *made != before
    }
}
