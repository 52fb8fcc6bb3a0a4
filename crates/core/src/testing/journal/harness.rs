//! What the kit cannot know about a journal.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Clock,
    journal::{Journal, MemoryJournal},
};

/// Connects the journal kit with one journal and its storage.
///
/// Two methods are required. Each of the others has a default that says "not possible"; the cases that
/// need it are then reported as skipped. A durable journal implements [`reopen`](Self::reopen): without
/// it, nothing is shown about what survives a restart.
///
/// ```
/// use std::sync::Arc;
/// use refunds_core::{Clock, Journal, MemoryJournal, async_trait, testing::JournalHarness};
///
/// struct Mine;
///
/// #[async_trait]
/// impl JournalHarness for Mine {
///     fn name(&self) -> &str {
///         "memory"
///     }
///     async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
///         Arc::new(MemoryJournal::with_clock(clock))
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `JournalHarness`",
    note = "it opens your journal for the journal kit; see `refunds_core::testing`"
)]
pub trait JournalHarness: Send + Sync {
    /// The journal's name in reports.
    fn name(&self) -> &str;

    /// An empty journal in new storage at each call, which reads the time only from `clock`.
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal>;

    /// The storage of the journal that was opened last, opened again as by a new process. Journals
    /// that were opened before stay in use, like those of other processes.
    ///
    /// `None` if the journal does not outlive its process.
    async fn reopen(&self, _clock: Arc<dyn Clock>) -> Option<Arc<dyn Journal>> {
        None
    }

    /// As [`open`](Self::open), for up to `capacity` refunds. `None` if it has no such limit.
    async fn open_with_capacity(&self, _clock: Arc<dyn Clock>, _capacity: usize) -> Option<Arc<dyn Journal>> {
        None
    }

    /// All bytes at rest of the journal that was opened last: every file, one after the other.
    async fn bytes_at_rest(&self) -> Option<Vec<u8>> {
        None
    }

    /// Makes the next commit of the storage that was opened last fail, for whichever journal makes it;
    /// `false` where this harness cannot do that.
    async fn fail_next_commit(&self, _fault: CommitFault) -> bool {
        false
    }
}

/// How a commit fails. In both cases the journal returns an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitFault {
    /// Nothing was stored.
    Before,
    /// It was stored, and the acknowledgement was lost.
    After,
}

/// Runs the kit on a [`MemoryJournal`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryJournalHarness;

#[async_trait]
impl JournalHarness for MemoryJournalHarness {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Journal> {
        Arc::new(MemoryJournal::with_clock(clock))
    }

    async fn open_with_capacity(&self, clock: Arc<dyn Clock>, capacity: usize) -> Option<Arc<dyn Journal>> {
        Some(Arc::new(MemoryJournal::with_capacity(clock, capacity)))
    }
}
