//! Committing an intent.

use std::{collections::HashSet, time::Duration};

use super::{
    Book, Counter,
    blocking::{IntentTerms, by_other, by_own, may_resend},
};
use crate::{
    CreateRefund, Error, ErrorKind, RefundId, Result,
    journal::{
        entry::{Entry, Intent, IntentState},
        key::{IntentNumber, JournalTime},
        request::{Intended, NewIntent},
    },
    redact::scrub,
};

impl Book {
    /// Commits an intent if nothing prevents it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] if the reference was used for another amount.
    pub fn intend(&mut self, new: &NewIntent, now: JournalTime, counter: &mut Counter) -> Result<Intended> {
        let moved = |book: &Self| Ok(Intended::Moved(Box::new(book.standing(&new.about, now))));
        // Blocking times are compared with the time before the lookup.
        let opened = new.opened_at.min(now);
        if self.version != new.version {
            return moved(self);
        }
        let place = self.place(&new.about.payment, &new.about.reference);
        let mine = place.and_then(|at| self.entries.get(at));
        if let Some(entry) = mine
            && entry.amount != new.amount
        {
            return Err(reused(entry, new));
        }
        if self.refuses(mine, new, opened, now) {
            return moved(self);
        }
        let at = place.unwrap_or_else(|| self.begin(new));
        self.settle_previous(at, new, now);
        self.close_absent(new, opened, now);
        let number = IntentNumber(self.touch(at, counter).0);
        let intent = commit(new, number, now);
        let entry = &mut self.entries[at];
        if new.generation > entry.generation {
            entry.generation = new.generation;
        }
        let mut known: HashSet<RefundId> = entry.known_before.iter().cloned().collect();
        let added = new.known_before.iter().filter(|id| known.insert((*id).clone()));
        entry.known_before.extend(added.cloned());
        entry.keep_until = entry.keep_until.max(intent.resubmit_from);
        if entry.intents.is_empty() {
            entry.intents.reserve_exact(1);
        }
        entry.intents.push(intent.clone());
        Ok(Intended::Committed(intent))
    }

    /// Whether something prevents the intent.
    fn refuses(&self, mine: Option<&Entry>, new: &NewIntent, opened: JournalTime, now: JournalTime) -> bool {
        if mine.is_some_and(|entry| entry.made.is_some()) != new.step {
            return true;
        }
        let terms = IntentTerms {
            amount: Some(new.amount),
            hidden: new.hidden,
            key: new.key_retention.map(|_| new.generation),
        };
        if !new.step {
            let others =
                self.entries.iter().filter(|entry| !entry.is(&new.about.payment, &new.about.reference));
            if others.into_iter().any(|entry| by_other(entry, terms, opened).is_some()) {
                return true;
            }
        }
        let Some(entry) = mine else { return false };
        // This commit settles the call's previous attempt, so that does not block it, unless it already has
        // another outcome.
        let mut entry = entry.clone();
        entry.intents.retain(|intent| !is_previous(intent, new));
        if by_own(&entry, terms, opened).is_some() {
            return true;
        }
        // This commit closes what the lookup proved absent. Other unsettled intents require the key, and the
        // provider must still know it now.
        let left = |intent: &&Intent| !is_absent(intent, new, opened);
        let is_left = entry.unsettled_sends().any(|intent| left(&intent));
        if new.generation > entry.generation {
            return is_left;
        }
        entry.intents.retain(|intent| left(&intent));
        is_left && !may_resend(&entry, terms, now)
    }

    fn begin(&mut self, new: &NewIntent) -> usize {
        // Most money keys have one refund: reserve no more.
        if self.entries.is_empty() {
            self.entries.reserve_exact(1);
        }
        self.entries.push(Entry {
            money: new.about.money.clone(),
            payment: new.about.payment.clone(),
            reference: new.about.reference.clone(),
            amount: new.amount,
            request: Some(without_private_data(&new.request)),
            hidden: new.hidden,
            generation: new.generation,
            made: None,
            known_before: Vec::new(),
            suspects: Vec::new(),
            decision: None,
            intents: Vec::new(),
            keep_until: JournalTime::default(),
        });
        self.entries.len() - 1
    }

    fn settle_previous(&mut self, at: usize, new: &NewIntent, now: JournalTime) {
        let Some((_, why)) = &new.previous else { return };
        let previous = self.entries[at].intents.iter_mut().find(|intent| is_previous(intent, new));
        if let Some(intent) = previous {
            intent.state = IntentState::NotApplied;
            intent.why = Some(why.clone());
            intent.settled_at = Some(now);
        }
    }

    fn close_absent(&mut self, new: &NewIntent, opened: JournalTime, now: JournalTime) {
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if entry.made.is_some() {
                continue;
            }
            for intent in entry.intents.iter_mut().filter(|intent| is_absent(intent, new, opened)) {
                intent.state = IntentState::Absent;
                intent.settled_at = Some(now);
                if !self.changed.contains(&at) {
                    self.changed.push(at);
                }
            }
        }
    }
}

/// Whether `new` reports that the open `intent` was certainly not carried out.
fn is_previous(intent: &Intent, new: &NewIntent) -> bool {
    let is_named = new.previous.as_ref().is_some_and(|(token, _)| intent.token == *token);
    is_named && intent.state == IntentState::Open
}

/// Whether the lookup behind `new` proves that `intent` was not carried out.
fn is_absent(intent: &Intent, new: &NewIntent, opened: JournalTime) -> bool {
    intent.state.is_open_ended()
        && !intent.step
        && new.absent.contains(&intent.number)
        && intent.resubmit_from <= opened
}

/// The intent with the journal's times.
fn commit(new: &NewIntent, number: IntentNumber, now: JournalTime) -> Intent {
    let not_after = now.plus(new.window);
    let attempt_over = not_after.plus(new.attempt);
    let resubmit = new.resubmit.max(new.settle);
    let margin = new.window + new.attempt + resubmit;
    Intent {
        number,
        token: new.token,
        committed_at: now,
        not_after,
        attempt_until: attempt_over,
        unsettled_until: attempt_over.plus(new.settle),
        resubmit_from: attempt_over.plus(resubmit),
        key_until: new.key_retention.map(|retention| key_until(now, retention, margin)),
        state: IntentState::Open,
        why: None,
        settled_at: None,
        step: new.step,
    }
}

fn key_until(now: JournalTime, retention: Duration, margin: Duration) -> JournalTime {
    if retention == Duration::MAX { JournalTime::NEVER } else { now.plus(retention.saturating_sub(margin)) }
}

fn reused(entry: &Entry, new: &NewIntent) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the reference {} was used for a refund of {}, but {} is requested now; \
             use another reference for another refund",
            entry.reference, entry.amount, new.amount
        ),
    )
    .with_reference_spent()
}

/// The request without card numbers, e-mail addresses and credentials in its texts. Options are terms of the
/// refund, so they stay as they are: a request that is sent again must be the same.
pub(super) fn without_private_data(request: &CreateRefund) -> CreateRefund {
    let mut request = request.clone();
    request.reason = request.reason.as_deref().map(scrub);
    request.metadata = request.metadata.iter().map(|(key, value)| (scrub(key), scrub(value))).collect();
    request
}
