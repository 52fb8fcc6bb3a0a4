//! What a journal stores: one entry for each refund, one intent for each request.

use serde::{Deserialize, Serialize};

use super::key::{IntentNumber, IntentToken, JournalTime, MoneyKey};
use crate::{CreateRefund, Error, ErrorKind, Money, PaymentId, Reference, Refund, RefundId, RefundStatus};

/// A refund in a journal: one for each account, payment and reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The money that it is paid from.
    pub money: MoneyKey,
    /// The payment, in its canonical spelling.
    pub payment: PaymentId,
    /// The caller's own key of the refund.
    pub reference: Reference,
    /// The exact amount, fixed by the first intent.
    pub amount: Money,
    /// The caller's request, without card numbers and e-mail addresses in its reason and metadata; `None` once
    /// purged.
    pub request: Option<CreateRefund>,
    /// Whether the provider's responses may omit references.
    pub hidden: bool,
    /// The generation of its idempotency key.
    pub generation: u16,
    /// The refund, once it is known to be made. This settles all its intents.
    pub made: Option<MadeRefund>,
    /// Refunds of the payment that are certainly not this one.
    pub known_before: Vec<RefundId>,
    /// Refunds that may be this one; only a person can decide.
    pub suspects: Vec<RefundId>,
    /// The last decision of a person.
    pub decision: Option<Box<Decision>>,
    /// Its intents, oldest first.
    pub intents: Vec<Intent>,
    /// Until when it may be needed to distinguish a late refund from a new one.
    pub keep_until: JournalTime,
}

impl Entry {
    pub(crate) fn is(&self, payment: &PaymentId, reference: &Reference) -> bool {
        self.payment == *payment && self.reference == *reference
    }

    /// The intents whose outcome is open: the refund is not known to be made, and nothing else has settled
    /// them. Includes steps that move no money.
    pub fn unsettled(&self) -> impl Iterator<Item = &Intent> {
        let made = self.made.is_some();
        self.intents.iter().filter(move |intent| intent.state.is_open_ended() && (!made || intent.step))
    }

    /// The intents of a made refund that may have a request in flight for
    /// [a step](crate::Refund::needs_completion) of it, as long as their attempts may last: all except those
    /// that were certainly not carried out.
    pub(crate) fn may_take_a_step(&self) -> impl Iterator<Item = &Intent> {
        let made = self.made.is_some();
        let counts = |state: IntentState| state == IntentState::Made || state.is_open_ended();
        self.intents.iter().filter(move |intent| made && counts(intent.state))
    }

    /// As [`unsettled`](Self::unsettled), without steps: the intents that may move money.
    pub fn unsettled_sends(&self) -> impl Iterator<Item = &Intent> {
        self.unsettled().filter(|intent| !intent.step)
    }

    /// The newest intent.
    #[must_use]
    pub fn newest(&self) -> Option<&Intent> {
        self.intents.last()
    }

    /// From when the refund may be submitted again without an idempotency key: the latest `resubmit_from` of
    /// the unsettled intents.
    #[must_use]
    pub fn resubmit_from(&self) -> Option<JournalTime> {
        self.unsettled_sends().map(|intent| intent.resubmit_from).max()
    }
}

/// A refund that is known to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MadeRefund {
    /// The provider's id of the refund that moved the money.
    pub id: RefundId,
    /// The id under which its payment lists it, if different (the record on an order).
    pub alias: Option<RefundId>,
    /// The amount that the provider reports.
    pub amount: Money,
    /// Its status when it was last read.
    pub status: RefundStatus,
    /// How it is known.
    pub evidence: Evidence,
    /// How it differs from the request, so that it must not be reported as a success.
    pub fault: Option<String>,
    /// A second refund that was found with the same reference.
    pub doubled: Option<RefundId>,
}

impl MadeRefund {
    /// The refund `id` of `amount` in `status`, known by `evidence`.
    #[must_use]
    pub fn new(id: RefundId, amount: Money, status: RefundStatus, evidence: Evidence) -> Self {
        Self { id, alias: None, amount, status, evidence, fault: None, doubled: None }
    }

    /// A refund from a read or a response.
    pub(crate) fn of(refund: &Refund, evidence: Evidence) -> Self {
        let mut made = Self::new(refund.money_id().clone(), refund.amount, refund.status, evidence);
        made.alias = Some(refund.id.clone()).filter(|alias| *alias != made.id);
        made
    }

    /// Whether it has this id.
    #[must_use]
    pub fn is_called(&self, id: &RefundId) -> bool {
        self.id == *id || self.alias.as_ref() == Some(id) || self.doubled.as_ref() == Some(id)
    }
}

/// How a journal knows that a refund is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// The response to the request that made it.
    Response,
    /// A list or a read showed it with its reference.
    Listed,
    /// A list showed one new refund of its amount without a reference, and no other intent was open.
    ById,
    /// A person decided it, and a read confirmed it.
    Person,
}

/// A request that was about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// The version that its commit created.
    pub number: IntentNumber,
    /// The random name that it was committed with.
    pub token: IntentToken,
    /// When it was committed.
    pub committed_at: JournalTime,
    /// No byte of the request is sent after this.
    pub not_after: JournalTime,
    /// The attempt has ended by this time, including its connection and any step after the money moved.
    pub attempt_until: JournalTime,
    /// Until then, other references of the same money wait.
    pub unsettled_until: JournalTime,
    /// A complete lookup that begins at this time or later and does not show the refund proves that it was
    /// not made.
    pub resubmit_from: JournalTime,
    /// Until when the provider certainly knows the idempotency key, if it honours one.
    pub key_until: Option<JournalTime>,
    /// Its outcome.
    pub state: IntentState,
    /// Why it failed.
    pub why: Option<Why>,
    /// When it was settled.
    pub settled_at: Option<JournalTime>,
    /// Whether it completes a refund that is already made, and moves no money.
    pub step: bool,
}

/// The outcome of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntentState {
    /// Committed. Its owner has not reported an outcome, and may be dead.
    Open,
    /// The outcome is unknown, for example because the response was lost.
    Unknown,
    /// As unknown, and the provider repeats a stored failure, so the idempotency key is used up.
    FailedStored,
    /// The refund is made.
    Made,
    /// Certainly not carried out: refused, never sent, or not processed.
    NotApplied,
    /// A complete list that was requested late enough did not show it.
    Absent,
    /// A person decided that it was not made.
    NotMade,
}

impl IntentState {
    /// Every state, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Unknown,
        Self::FailedStored,
        Self::Made,
        Self::NotApplied,
        Self::Absent,
        Self::NotMade,
    ];

    /// Whether the intent may still turn out to have made the refund.
    #[must_use]
    pub const fn is_open_ended(self) -> bool {
        matches!(self, Self::Open | Self::Unknown | Self::FailedStored)
    }

    /// The state's name in JSON and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::FailedStored => "failed_stored",
            Self::Made => "made",
            Self::NotApplied => "not_applied",
            Self::Absent => "absent",
            Self::NotMade => "not_made",
        }
    }
}

/// Why an intent was not applied or is unknown: the kind of error and the provider's code. The provider's
/// message is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Why {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The provider's code.
    pub code: Option<String>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Whether the provider refused the request, as opposed to not processing it.
    pub refused: bool,
}

impl Why {
    /// The reason in `error`.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            code: error.code().map(ToOwned::to_owned),
            retryable: error.is_retryable(),
            refused: false,
        }
    }

    /// The request was never sent.
    #[must_use]
    pub fn never_sent() -> Self {
        Self { kind: ErrorKind::Timeout, code: None, retryable: true, refused: false }
    }

    /// Marks that the provider refused it.
    #[must_use]
    pub fn with_refused(mut self) -> Self {
        self.refused = true;
        self
    }
}

/// A person's decision about an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// Who decided.
    pub by: String,
    /// Why, in that person's words.
    pub note: String,
    /// The decision.
    pub verdict: Verdict,
    /// When, by the journal's clock.
    pub at: JournalTime,
}

impl Decision {
    /// A decision by a person, with a note on why.
    pub fn new(by: impl Into<String>, note: impl Into<String>, verdict: Verdict) -> Self {
        Self { by: by.into(), note: note.into(), verdict, at: JournalTime::default() }
    }
}

/// What a person can decide about an intent, after checking the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The refund is made: this one, which was read from the provider.
    Made(MadeRefund),
    /// The refund is not made. It may be submitted again.
    NotMade,
    /// This refund, which has no reference, is not the requested one.
    NotThisOne(RefundId),
}
