//! What goes into a journal and what comes out.

use std::time::Duration;

use super::{
    entry::{Entry, Evidence, Intent, MadeRefund, Why},
    key::{About, IntentKey, IntentNumber, IntentToken, JournalTime, MoneyKey, Scope, Version},
};
use crate::{CreateRefund, Money, PaymentId, Reference, Refund, RefundId};

/// One consistent read of a money. A look that begins after it may lead to an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// The journal's time.
    pub now: JournalTime,
    /// The money's version.
    pub version: Version,
    /// The refund that the journal was opened for, with all its intents.
    pub mine: Option<Entry>,
    /// Other refunds of this money that are made, or have an unsettled intent.
    pub others: Vec<Entry>,
}

/// An intent to send a request, right before it is sent.
///
/// Durations go in; the times are the journal's, read after the intent was taken up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewIntent {
    /// The refund.
    pub about: About,
    /// The exact amount to submit.
    pub amount: Money,
    /// The request, as the caller made it.
    pub request: CreateRefund,
    /// The version of the [`Standing`] that it is based on: the journal was opened, then looked.
    pub version: Version,
    /// The time of that standing: guards that ripen are judged by it.
    pub opened_at: JournalTime,
    /// A fresh [`IntentToken`].
    pub token: IntentToken,
    /// How long the request may take to leave.
    pub window: Duration,
    /// How long a connection may last after that.
    pub attempt: Duration,
    /// How long after that other references wait.
    pub settle: Duration,
    /// How long after that the refund may still show up; never less than `settle`.
    pub resubmit: Duration,
    /// How long the provider certainly knows the idempotency key, where it honours one. An unsettled
    /// intent of the same refund may then be repeated.
    pub key_retention: Option<Duration>,
    /// The generation of the idempotency key.
    pub generation: u16,
    /// Intents that a complete look, begun at or after their `resubmit_from`, did not show.
    pub absent: Vec<IntentNumber>,
    /// The previous attempt of the same call, which was certainly not carried out.
    pub previous: Option<(IntentToken, Why)>,
    /// Whether it completes a refund that is made, and moves no money.
    pub step: bool,
    /// Whether the provider's responses may leave out references.
    pub hidden: bool,
    /// Refunds without a reference that the look showed: they are certainly not this one.
    pub known_before: Vec<RefundId>,
}

impl NewIntent {
    /// An intent to submit `amount` of `request`, based on `standing`, with a fresh token and all times
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

/// The answer to a [`NewIntent`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Intended {
    /// It is durable. The request may leave until its `not_after`.
    Committed(Intent),
    /// Something about the money changed since the journal was opened: look again.
    Moved(Box<Standing>),
    /// The journal is full of refunds that must not be forgotten. Nothing may be sent.
    Full,
}

/// What became of an intent, as its owner reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The refund is made. This overrides everything.
    Made(MadeRefund),
    /// This request was certainly not carried out. It says nothing about earlier intents.
    NotApplied(Why),
    /// Whether it was carried out is unknown. This frees nothing.
    Unknown {
        /// Why.
        why: Why,
        /// Refunds that may be it.
        suspects: Vec<RefundId>,
        /// Whether bytes left after `not_after`, so that all times begin anew.
        late: bool,
    },
    /// As unknown, and the provider repeats a stored failure for the key.
    FailedStored(Why),
}

/// A refund that a list or a read showed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The payment, in its canonical spelling.
    pub payment: PaymentId,
    /// The reference: the one that it carries, or the one that it is attributed to by its id.
    pub reference: Reference,
    /// The refund. [`Evidence::ById`] needs the version of the standing that the list followed.
    pub refund: MadeRefund,
    /// What to write where the journal has no entry; nothing is written without it.
    pub adopt: Option<Adopt>,
    /// Whether [a step](crate::Refund::needs_completion) of it is left, which a call may be taking right now.
    pub needs_completion: bool,
}

impl Seen {
    /// The refund of `payment` that carries `reference`.
    #[must_use]
    pub fn new(payment: &PaymentId, reference: Reference, refund: MadeRefund) -> Self {
        Self { payment: payment.canonical(), reference, refund, adopt: None, needs_completion: false }
    }

    /// Writes it even where the journal does not know its refund yet.
    #[must_use]
    pub fn adopted(mut self, adopt: Adopt) -> Self {
        self.adopt = Some(adopt);
        self
    }

    /// Says whether a step of it is left.
    #[must_use]
    pub fn with_needs_completion(mut self, left: bool) -> Self {
        self.needs_completion = left;
        self
    }

    /// The refund as it was read, under the reference that it belongs to.
    pub(crate) fn of(
        payment: &PaymentId,
        reference: &Reference,
        refund: &Refund,
        evidence: Evidence,
    ) -> Self {
        let made = MadeRefund::of(refund, evidence);
        Self::new(payment, reference.clone(), made).with_needs_completion(refund.needs_completion())
    }

    pub(super) fn needs_version(&self) -> bool {
        self.refund.evidence == Evidence::ById
    }
}

/// What else is written of a refund that was found and not journalled before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adopt {
    /// The request that led to it.
    pub request: CreateRefund,
    /// Whether the provider's responses may leave out references.
    pub hidden: bool,
    /// How long a list may still lack it.
    pub keep: Duration,
}

impl Adopt {
    /// The refund that `request` is about.
    #[must_use]
    pub fn new(request: CreateRefund, hidden: bool, keep: Duration) -> Self {
        Self { request, hidden, keep }
    }
}

/// What [`Journal::observe`](super::Journal::observe) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing was new; no version moved.
    Nothing,
    /// Something was settled; this is the money's version now.
    Settled(Version),
    /// The money's version had moved before, so that nothing was attributed by its id.
    Moved,
}

/// Which entries to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Of this account only.
    pub scope: Option<Scope>,
    /// Of this payment only, in its canonical spelling.
    pub payment: Option<PaymentId>,
    /// Under this reference only.
    pub reference: Option<Reference>,
    /// With an unsettled intent only.
    pub unsettled: bool,
    /// After this entry: where the previous page ended.
    pub after: Option<(MoneyKey, PaymentId, Reference)>,
    /// At most so many; all without.
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

    /// Of one account only.
    #[must_use]
    pub fn of_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Of one payment only.
    #[must_use]
    pub fn of_payment(mut self, payment: &PaymentId) -> Self {
        self.payment = Some(payment.canonical());
        self
    }

    /// Under one reference only.
    #[must_use]
    pub fn of_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// At most `limit` entries, those that follow `after`.
    #[must_use]
    pub fn page(mut self, after: Option<&Entry>, limit: usize) -> Self {
        self.after = after.map(position);
        self.limit = Some(limit);
        self
    }

    /// Whether it asks for `entry`, the page aside. For journals.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        self.scope.as_ref().is_none_or(|scope| *scope == entry.money.scope)
            && self.payment.as_ref().is_none_or(|payment| *payment == entry.payment)
            && self.reference.as_ref().is_none_or(|reference| *reference == entry.reference)
            && (!self.unsettled || entry.unsettled().next().is_some())
    }
}

/// Where an entry is in the order of pages: by account and money, payment, reference.
#[must_use]
pub fn position(entry: &Entry) -> (MoneyKey, PaymentId, Reference) {
    (entry.money.clone(), entry.payment.clone(), entry.reference.clone())
}

/// What to forget. Unsettled refunds are never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purge {
    /// Only what was last needed so long ago.
    pub older_than: Duration,
    /// Also what guards against making a refund again: scope, money, reference, id and amount of made
    /// refunds. Without it only requests and details go.
    pub forget_made: bool,
}

impl Purge {
    /// Requests and details of what was last needed before `older_than`.
    #[must_use]
    pub fn older_than(older_than: Duration) -> Self {
        Self { older_than, forget_made: false }
    }

    /// Forgets made refunds, too. Repeating one of them afterwards relies on the provider's list alone.
    #[must_use]
    pub fn and_forget_made(mut self) -> Self {
        self.forget_made = true;
        self
    }
}
