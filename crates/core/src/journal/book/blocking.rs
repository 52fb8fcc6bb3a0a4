//! What has to wait, and until when.

use std::time::Duration;

use crate::{
    Money,
    journal::{
        entry::{Entry, IntentState},
        key::JournalTime,
        request::Standing,
    },
};

/// Why an intent has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Until when, unless something is settled before.
    pub(crate) until: JournalTime,
    /// Whether an intent of the same refund is in the way.
    pub(crate) is_own: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntentTerms {
    /// The amount, where it is known. An unknown one may equal any.
    pub(crate) amount: Option<Money>,
    /// Whether references may be hidden.
    pub(crate) hidden: bool,
    /// How long before the end of a key it is not relied on; `None` where no key is honoured.
    pub(crate) key: Option<Generation>,
}

/// The generation of the key that would be sent.
pub(crate) type Generation = u16;

/// How another refund of the money is in the way.
pub(crate) fn by_other(entry: &Entry, terms: IntentTerms, now: JournalTime) -> Option<JournalTime> {
    let equal = terms.amount.is_none_or(|amount| amount == entry.amount);
    let until_resubmit = equal && (terms.hidden || entry.hidden);
    let ends = entry
        .unsettled_sends()
        .map(|intent| if until_resubmit { intent.resubmit_from } else { intent.unsettled_until });
    ends.filter(|end| now < *end).max()
}

/// How an intent of the same refund, of another call, is in the way.
pub(crate) fn by_own(entry: &Entry, terms: IntentTerms, now: JournalTime) -> Option<JournalTime> {
    let resend = may_resend(entry, terms, now);
    let open = entry.unsettled_sends().filter(|intent| intent.state == IntentState::Open);
    let sends = open.map(|intent| if resend { intent.not_after } else { intent.unsettled_until });
    let steps = entry.may_take_a_step().map(|intent| intent.attempt_until);
    sends.chain(steps).filter(|end| now < *end).max()
}

/// Whether the request may be sent again with the same idempotency key: it is honoured, certainly still
/// known for every unsettled intent, and no stored failure is repeated for it.
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
    /// What the refund has to wait for before it may be submitted, if for anything.
    pub(crate) fn block(&self, terms: IntentTerms) -> Option<Block> {
        let own = self.mine.as_ref().and_then(|entry| by_own(entry, terms, self.now));
        let own = own.map(|until| Block { until, is_own: true });
        // A step that is left of a made refund moves no money: others are not in its way.
        let is_made = self.mine.as_ref().is_some_and(|entry| entry.made.is_some());
        let others = self.others.iter().filter(|_| !is_made);
        let others = others.filter_map(|entry| by_other(entry, terms, self.now)).max();
        let other = others.map(|until| Block { until, is_own: false });
        match (own, other) {
            (Some(own), Some(other)) => Some(if own.until >= other.until { own } else { other }),
            (own, other) => own.or(other),
        }
    }

    /// Whether a look that begins now may prove every unsettled intent of the refund absent.
    pub(crate) fn is_fresh(&self) -> bool {
        self.resubmit_from().is_none_or(|from| from <= self.now)
    }

    /// From when on the refund may be submitted again without a key, where it has unsettled intents.
    pub(crate) fn resubmit_from(&self) -> Option<JournalTime> {
        self.mine.as_ref().and_then(Entry::resubmit_from)
    }

    /// How long it is until `time`.
    pub(crate) fn until(&self, time: JournalTime) -> Duration {
        time.since(self.now)
    }
}
