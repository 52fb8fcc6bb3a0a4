//! What blocks an intent, and until when.

use std::time::Duration;

use crate::{
    Money,
    journal::{
        entry::{Entry, IntentState},
        key::JournalTime,
        request::Standing,
    },
};

/// Why an intent must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Until when, unless something is settled earlier.
    pub(crate) until: JournalTime,
    /// Whether an intent of the same refund blocks it.
    pub(crate) is_own: bool,
}

/// What determines whether a new intent is blocked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntentTerms {
    /// The amount, if known. An unknown amount may equal any.
    pub(crate) amount: Option<Money>,
    /// Whether references may be unreported.
    pub(crate) hidden: bool,
    /// The generation of the idempotency key; `None` if no key is honoured.
    pub(crate) key: Option<Generation>,
}

/// The generation of the key that would be sent.
pub(crate) type Generation = u16;

/// Until when another refund of the money blocks the intent.
pub(crate) fn by_other(entry: &Entry, terms: IntentTerms, now: JournalTime) -> Option<JournalTime> {
    let equal = terms.amount.is_none_or(|amount| amount == entry.amount);
    let until_resubmit = equal && (terms.hidden || entry.hidden);
    let ends = entry
        .unsettled_sends()
        .map(|intent| if until_resubmit { intent.resubmit_from } else { intent.unsettled_until });
    ends.filter(|end| now < *end).max()
}

/// Until when another call's intent of the same refund blocks the intent.
pub(crate) fn by_own(entry: &Entry, terms: IntentTerms, now: JournalTime) -> Option<JournalTime> {
    let resend = may_resend(entry, terms, now);
    let open = entry.unsettled_sends().filter(|intent| intent.state == IntentState::Open);
    let sends = open.map(|intent| if resend { intent.not_after } else { intent.unsettled_until });
    let steps = entry.may_take_a_step().map(|intent| intent.attempt_until);
    sends.chain(steps).filter(|end| now < *end).max()
}

/// Whether the request may be sent again with the same idempotency key: the provider honours it, certainly
/// still knows it for every unsettled intent, and does not repeat a stored failure for it.
pub(crate) fn may_resend(entry: &Entry, terms: IntentTerms, now: JournalTime) -> bool {
    let Some(generation) = terms.key else { return false };
    let mut unsettled = entry.unsettled_sends().peekable();
    unsettled.peek().is_some()
        && generation == entry.generation
        && unsettled.all(|intent| {
            intent.state != IntentState::FailedStored && intent.key_until.is_some_and(|until| now <= until)
        })
}

impl Standing {
    /// What blocks the submission of the refund, if anything.
    pub(crate) fn block(&self, terms: IntentTerms) -> Option<Block> {
        let own = self.mine.as_ref().and_then(|entry| by_own(entry, terms, self.now));
        let own = own.map(|until| Block { until, is_own: true });
        // Completing a made refund moves no money: other refunds do not block it.
        let is_made = self.mine.as_ref().is_some_and(|entry| entry.made.is_some());
        let others = self.others.iter().filter(|_| !is_made);
        let others = others.filter_map(|entry| by_other(entry, terms, self.now)).max();
        let other = others.map(|until| Block { until, is_own: false });
        match (own, other) {
            (Some(own), Some(other)) => Some(if own.until >= other.until { own } else { other }),
            (own, other) => own.or(other),
        }
    }

    /// Whether a lookup that begins now can prove every unsettled intent of the refund absent.
    pub(crate) fn is_fresh(&self) -> bool {
        self.resubmit_from().is_none_or(|from| from <= self.now)
    }

    /// From when the refund may be submitted again without a key, if it has unsettled intents.
    pub(crate) fn resubmit_from(&self) -> Option<JournalTime> {
        self.mine.as_ref().and_then(Entry::resubmit_from)
    }

    /// The duration until `time`.
    pub(crate) fn until(&self, time: JournalTime) -> Duration {
        time.since(self.now)
    }
}
