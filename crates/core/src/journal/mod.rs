//! The journal: what is about to be sent, written down before it leaves, and what became of it.
//!
//! A process can die between sending a refund and learning its outcome. So
//! [`RefundClient`](crate::RefundClient) commits an [intent](NewIntent) durably before every send, with
//! the time until which the request may still take effect, and its [outcome](Outcome) afterwards.
//! Another process, or the same one later, reads from it what may be under way and waits that long.
//!
//! Applications choose a journal: [`MemoryJournal`] for one process, the crate
//! `refunds-journal-sqlite` for the processes of one machine. This module is for those who write
//! another one.
//!
//! # Writing a journal
//!
//! The rules of the protocol are in [`Book`], which works on what is stored about **one money**. A
//! journal loads a book, calls the method of the same name, stores the entries that changed, and does
//! all that in one transaction that is serializable and durable. What is left to it:
//!
//! - its clock, read **after** an operation was taken up, that goes neither back nor ahead;
//! - one counter of versions for the whole journal, which never restarts;
//! - durability before `Ok`, and an error where it cannot be promised;
//! - waking up those who [wait](Journal::wait).
//!
//! Prove it with the journal kit in `testing` (a feature).

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

/// Remembers what was about to be sent, and what became of it.
///
/// [The module](self) says how to write one. Errors of a journal always mean that nothing was sent:
/// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) where it is locked, full or gone, and
/// [`ErrorKind::Config`](crate::ErrorKind::Config) where it cannot work at all.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `Journal`",
    note = "`MemoryJournal` does, and `SqliteJournal` of `refunds-journal-sqlite`; so does an `Arc<dyn Journal>`"
)]
pub trait Journal: Debug + Send + Sync {
    /// Reads, consistently, what stands about a money: the journal's time, the money's version, the
    /// refund with its intents, and of other refunds those that are made or unsettled.
    ///
    /// It writes nothing. Every look at the provider that is to lead to a send begins after this.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the same payment has unsettled refunds at
    /// another origin of the API, and where the payment was journalled under another money.
    async fn open(&self, about: &About) -> Result<Standing>;

    /// Commits an intent. `Ok` with [`Intended::Committed`] means that it is durable.
    ///
    /// One transaction checks that the version has not moved, that the refund is not made, that nothing
    /// blocks it and that the key is still known; it stores what the look proved absent, the previous
    /// attempt of the same call, and the intent.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being durable, or leaves that open: then nothing may be sent.
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where the reference was used for another
    /// amount.
    async fn intend(&self, intent: &NewIntent) -> Result<Intended>;

    /// Stores what became of an intent, durably. Doing it twice is doing it once. An intent that is
    /// unknown to the journal is not an error.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being durable. What the caller learned from the provider stays true.
    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()>;

    /// Stores, some time soon, that the request of an intent never left and never will.
    ///
    /// It does not block and may be lost with the process. It takes effect after an
    /// [`intend`](Self::intend) with the same token that is still under way.
    fn abandon(&self, intent: &IntentKey);

    /// Stores what a list, a read or a verified webhook showed: by reference at any time, by id alone
    /// only while the money has still the version `since`.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being durable. Nothing depends on it.
    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed>;

    /// Returns when the money's version is not `since` any more, or after `at_most`; perhaps earlier.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being seen.
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()>;

    /// Reads entries in the order of [`position`], in pages.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>>;

    /// Stores what a person decided about an intent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where the intent is settled already, is not
    /// the newest of its refund, or its request may still be under way; and whatever kept the decision
    /// from being durable.
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()>;

    /// Forgets what is old and settled, and returns how many entries were changed or removed.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being done.
    async fn purge(&self, what: &Purge) -> Result<u64>;

    /// The journal's time: what the times of its entries are compared with.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being read.
    async fn now(&self) -> Result<JournalTime>;
}

/// Whatever points to a journal is one. Every method is forwarded; the lint proves it.
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
