//! Proof that a journal keeps the protocol: see [`crate::testing`].

mod cases;
mod clock;
mod harness;
mod kit;

pub(crate) use self::kit::JournalKit;
pub use self::{
    cases::journal_cases,
    clock::ManualClock,
    harness::{CommitFault, JournalHarness, MemoryJournalHarness},
};
