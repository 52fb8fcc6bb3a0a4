//! Requests to a journal and their results.

use std::time::Duration;

use super::{
    entry::{Entry, Evidence, Intent, MadeRefund, Why},
    key::{About, IntentKey, IntentNumber, IntentToken, JournalTime, MoneyKey, Scope, Version},
};
use crate::{CreateRefund, Money, PaymentId, Reference, Refund, RefundId};

/// A consistent snapshot of one money key. A lookup that begins after it may lead to an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// The journal's time.
    pub now: JournalTime,
    /// The money's version.
    pub version: Version,
    /// The refund that the journal was opened for, with all its intents.
    pub mine: Option<Entry>,
    /// Other refunds of this money that are made or have an unsettled intent.
    pub others: Vec<Entry>,
}

/// An intent to send a request, right before it is sent.
///
/// It contains durations. The journal computes the times, from its own clock, when it commits the intent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewIntent {
    /// The refund.
    pub about: About,
    /// The exact amount to submit.
    pub amount: Money,
    /// The request, as the caller made it.
    pub request: CreateRefund,
    /// The version of the [`Standing`] that it is based on, which was read before the lookup.
    pub version: Version,
    /// The time of that standing. Times that unblock the intent are compared with it.
    pub opened_at: JournalTime,
    /// A new [`IntentToken`].
    pub token: IntentToken,
    /// How long the request may take to be sent.
    pub window: Duration,
    /// How long the connection may last after that.
    pub attempt: Duration,
    /// How long other references wait after that.
    pub settle: Duration,
    /// How long the refund may still appear after that; never less than `settle`.
    pub resubmit: Duration,
    /// How long the provider certainly knows the idempotency key, if it honours one. An unsettled intent of
    /// the same refund may then be repeated.
    pub key_retention: Option<Duration>,
    /// The generation of the idempotency key.
    pub generation: u16,
    /// Intents whose refund a complete lookup, begun at or after their `resubmit_from`, did not show.
    pub absent: Vec<IntentNumber>,
    /// The previous attempt of the same call, which was certainly not carried out.
    pub previous: Option<(IntentToken, Why)>,
    /// Whether it completes a made refund and moves no money.
    pub step: bool,
    /// Whether the provider's responses may omit references.
    pub hidden: bool,
    /// Refunds without a reference that the lookup showed: they are certainly not this one.
    pub known_before: Vec<RefundId>,
}

impl NewIntent {
    /// An intent to submit `amount` of `request`, based on `standing`, with a new token and all durations
    /// zero.
    #[must_use]
    pub fn new(about: About, request: CreateRefund, amount: Money, standing: &Standing) -> Self {
        Self {
            about,
            amount,
            request,
            version: standing.version,
            opened_at: standing.now,
            token: IntentToken::random(),
            window: Duration::ZERO,
            attempt: Duration::ZERO,
            settle: Duration::ZERO,
            resubmit: Duration::ZERO,
            key_retention: None,
            generation: 0,
            absent: Vec::new(),
            previous: None,
            step: false,
            hidden: false,
            known_before: Vec::new(),
        }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> IntentKey {
        IntentKey::new(self.about.money.clone(), self.token)
    }
}

/// The result of a [`NewIntent`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Intended {
    /// It is durable. The request may be sent until its `not_after`.
    Committed(Intent),
    /// The version moved since the journal was opened: look again.
    Moved(Box<Standing>),
    /// The journal is full of refunds that it must keep. Nothing may be sent.
    Full,
}

/// The outcome of an intent, as its owner reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The refund is made. This overrides every other outcome.
    Made(MadeRefund),
    /// This request was certainly not carried out. It says nothing about earlier intents.
    NotApplied(Why),
    /// Whether it was carried out is unknown. This releases nothing.
    Unknown {
        /// Why.
        why: Why,
        /// Refunds that may be the requested one.
        suspects: Vec<RefundId>,
        /// Whether bytes were sent after `not_after`, so that all times must be extended.
        late: bool,
    },
    /// As unknown, and the provider repeats a stored failure for the idempotency key.
    FailedStored(Why),
}

/// A refund that a list or a read showed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The payment, in its canonical spelling.
    pub payment: PaymentId,
    /// Its own reference, or the one that it is attributed to by its id.
    pub reference: Reference,
    /// The refund. [`Evidence::ById`] requires the version of the standing that was read before the list.
    pub refund: MadeRefund,
    /// What to write if the journal has no entry. Without it, nothing is written then.
    pub adopt: Option<Adopt>,
    /// Whether [a step](crate::Refund::needs_completion) is missing, which a call may be taking right now.
    pub needs_completion: bool,
}

impl Seen {
    /// The refund of `payment` with `reference`.
    #[must_use]
    pub fn new(payment: &PaymentId, reference: Reference, refund: MadeRefund) -> Self {
        Self { payment: payment.canonical(), reference, refund, adopt: None, needs_completion: false }
    }

    /// Writes it even if the journal has no entry for the refund yet.
    #[must_use]
    pub fn adopted(mut self, adopt: Adopt) -> Self {
        self.adopt = Some(adopt);
        self
    }

    /// Sets whether a step is missing.
    #[must_use]
    pub fn with_needs_completion(mut self, left: bool) -> Self {
        self.needs_completion = left;
        self
    }

    /// The refund as it was read, with the reference that it belongs to.
    pub(crate) fn of(
        payment: &PaymentId,
        reference: &Reference,
        refund: &Refund,
        evidence: Evidence,
    ) -> Self {
        let made = MadeRefund::of(refund, evidence);
        Self::new(payment, reference.clone(), made).with_needs_completion(refund.needs_completion())
    }

    /// Whether it is the refund of `entry`.
    pub(crate) fn is_of(&self, entry: &Entry) -> bool {
        (&self.payment, &self.reference) == (&entry.payment, &entry.reference)
    }

    pub(super) fn needs_version(&self) -> bool {
        self.refund.evidence == Evidence::ById
    }
}

/// What to write for a found refund that was not journalled before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adopt {
    /// The request that led to the refund.
    pub request: CreateRefund,
    /// Whether the provider's responses may omit references.
    pub hidden: bool,
    /// How long a list may not show it yet.
    pub keep: Duration,
}

impl Adopt {
    /// The refund of `request`.
    #[must_use]
    pub fn new(request: CreateRefund, hidden: bool, keep: Duration) -> Self {
        Self { request, hidden, keep }
    }
}

/// The result of [`Journal::observe`](super::Journal::observe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing was new; the version did not move.
    Nothing,
    /// Something was settled; this is the new version.
    Settled(Version),
    /// The version had already moved, so nothing was attributed by id.
    Moved,
}

/// Which entries to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Only this account.
    pub scope: Option<Scope>,
    /// Only this payment, in its canonical spelling.
    pub payment: Option<PaymentId>,
    /// Only this reference.
    pub reference: Option<Reference>,
    /// Only entries with an unsettled intent.
    pub unsettled: bool,
    /// Only entries after this one, the last of the previous page.
    pub after: Option<(MoneyKey, PaymentId, Reference)>,
    /// The maximum number of entries; `None` for all.
    pub limit: Option<usize>,
}

impl Query {
    /// Every entry.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Every entry with an unsettled intent.
    #[must_use]
    pub fn unsettled() -> Self {
        Self { unsettled: true, ..Self::default() }
    }

    /// Limits the query to one account.
    #[must_use]
    pub fn of_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Limits the query to one payment.
    #[must_use]
    pub fn of_payment(mut self, payment: &PaymentId) -> Self {
        self.payment = Some(payment.canonical());
        self
    }

    /// Limits the query to one reference.
    #[must_use]
    pub fn of_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Limits the query to at most `limit` entries that follow `after`.
    #[must_use]
    pub fn page(mut self, after: Option<&Entry>, limit: usize) -> Self {
        self.after = after.map(position);
        self.limit = Some(limit);
        self
    }

    /// For journals: whether `entry` matches, regardless of the page.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        self.scope.as_ref().is_none_or(|scope| *scope == entry.money.scope)
            && self.payment.as_ref().is_none_or(|payment| *payment == entry.payment)
            && self.reference.as_ref().is_none_or(|reference| *reference == entry.reference)
            && (!self.unsettled || entry.unsettled().next().is_some())
    }
}

/// An entry's sort key for paging: account and money, payment, reference.
#[must_use]
pub fn position(entry: &Entry) -> (MoneyKey, PaymentId, Reference) {
    (entry.money.clone(), entry.payment.clone(), entry.reference.clone())
}

/// What to remove. Unsettled refunds are never removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purge {
    /// Only entries that were last needed at least this long ago.
    pub older_than: Duration,
    /// Also removes what prevents a second refund: scope, money, reference, id and amount of made refunds.
    /// Otherwise only requests and details are removed.
    pub forget_made: bool,
}

impl Purge {
    /// Removes requests and details of entries that were last needed before `older_than`.
    #[must_use]
    pub fn older_than(older_than: Duration) -> Self {
        Self { older_than, forget_made: false }
    }

    /// Also removes made refunds. Repeating one of them afterwards relies on the provider's list alone.
    #[must_use]
    pub fn and_forget_made(mut self) -> Self {
        self.forget_made = true;
        self
    }
}
