//! The journal: a record of each request before it is sent, and of its outcome.
//!
//! A process can die between sending a refund and learning its outcome. So
//! [`RefundClient`](crate::RefundClient) durably commits an [intent](NewIntent) before every send, with the
//! time until which the request may still take effect, and its [outcome](Outcome) afterwards. Another
//! process, or the same one later, reads from the journal which requests may be in flight and waits for them.
//!
//! Applications choose a journal: [`MemoryJournal`] for one process, the crate `refunds-journal-sqlite` for
//! the processes of one machine. This module is for authors of other journals.
//!
//! # Writing a journal
//!
//! The rules of the protocol are in [`Book`], which works on the entries of **one [money key](MoneyKey)**. A
//! journal loads a book, calls the method of the same name and stores the entries that changed, all in one
//! serializable and durable transaction. The journal itself provides:
//!
//! - its clock, read **after** an operation has started, which never jumps back or ahead;
//! - one version counter for the whole journal, which never restarts;
//! - durability before `Ok`, and an error if it cannot be guaranteed;
//! - waking up callers of [`wait`](Journal::wait).
//!
//! Test it with the journal kit in `testing` (a feature).

mod book;
mod entry;
mod errors;
mod factory;
mod key;
mod memory;
mod request;

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

pub(crate) use self::book::{Block, IntentTerms, may_resend};
pub use self::{
    book::{Book, Counter},
    entry::{Decision, Entry, Evidence, Intent, IntentState, MadeRefund, Verdict, Why},
    errors::{other_money, other_origin},
    factory::JournalFactory,
    key::{About, IntentKey, IntentNumber, IntentToken, JournalTime, MoneyKey, Scope, Version},
    memory::MemoryJournal,
    request::{Adopt, Intended, NewIntent, Observed, Outcome, Purge, Query, Seen, Standing, position},
};
use crate::Result;

/// Stores requests that are about to be sent, and their outcomes.
///
/// [The module](self) explains how to write one. An error of a journal always means that nothing was sent:
/// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if it is locked, full or gone, and
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if it cannot work at all.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `Journal`",
    note = "the in-memory journal and `SqliteJournal` of `refunds-journal-sqlite` do, and so does `Arc<dyn Journal>`"
)]
pub trait Journal: Debug + Send + Sync {
    /// Reads a consistent snapshot of one money key: the journal's time, the version, the refund with its
    /// intents, and the other refunds that are made or unsettled.
    ///
    /// It writes nothing. A lookup at the provider that leads to a send must begin after this.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the payment has unsettled refunds at another origin
    /// of the API, or was journalled under another money id.
    async fn open(&self, about: &About) -> Result<Standing>;

    /// Commits an intent. `Ok` with [`Intended::Committed`] means that it is durable.
    ///
    /// One transaction checks that the version has not moved, that the refund is not made, that nothing
    /// blocks it and that the provider still knows the idempotency key. It stores the intents that the lookup
    /// proved absent, the outcome of the call's previous attempt, and the new intent.
    ///
    /// # Errors
    ///
    /// Any failure after which the intent is not, or may not be, durable: nothing may be sent then.
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the reference was used for another amount.
    async fn intend(&self, intent: &NewIntent) -> Result<Intended>;

    /// Durably stores the outcome of an intent. It is idempotent. An intent that the journal does not know is
    /// not an error.
    ///
    /// # Errors
    ///
    /// Any failure to store the outcome durably. What the provider reported to the caller remains true.
    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()>;

    /// Stores, soon, that the request of an intent was never sent and never will be.
    ///
    /// It does not block, and may be lost with the process. If an [`intend`](Self::intend) with the same
    /// token is still running, it takes effect after that.
    fn abandon(&self, intent: &IntentKey);

    /// Stores what a list, a read or a verified webhook showed: by reference at any time, by id alone only
    /// while the version is still `since`.
    ///
    /// # Errors
    ///
    /// Any failure to store it durably. Nothing depends on it.
    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed>;

    /// Returns when the version is no longer `since`, or after `at_most`. It may return earlier.
    ///
    /// # Errors
    ///
    /// Any failure to read the version.
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()>;

    /// Reads entries in the order of [`position`], in pages.
    ///
    /// # Errors
    ///
    /// Any failure to read them.
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>>;

    /// Stores a person's decision about an intent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the intent is already settled, is not the
    /// newest of its refund, or its request may still be in flight. Any failure to store the decision
    /// durably.
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()>;

    /// Removes old, settled entries or their details, and returns how many entries were changed or removed.
    ///
    /// # Errors
    ///
    /// Any failure to remove them.
    async fn purge(&self, what: &Purge) -> Result<u64>;

    /// The journal's time, to compare the times of its entries with.
    ///
    /// # Errors
    ///
    /// Any failure to read it.
    async fn now(&self) -> Result<JournalTime>;
}

/// A pointer to a journal is a journal. Every method is forwarded; the lint proves it.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<J: Journal + ?Sized> Journal for Arc<J> {
    async fn open(&self, about: &About) -> Result<Standing> {
        (**self).open(about).await
    }
    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        (**self).intend(intent).await
    }
    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        (**self).settle(intent, outcome).await
    }
    fn abandon(&self, intent: &IntentKey) {
        (**self).abandon(intent);
    }
    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        (**self).observe(money, seen, since).await
    }
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        (**self).wait(money, since, at_most).await
    }
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        (**self).entries(query).await
    }
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        (**self).decide(money, number, decision).await
    }
    async fn purge(&self, what: &Purge) -> Result<u64> {
        (**self).purge(what).await
    }
    async fn now(&self) -> Result<JournalTime> {
        (**self).now().await
    }
}
