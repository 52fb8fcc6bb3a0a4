//! Proof that an adapter is right: the conformance kit, and a provider in memory.
//!
//! # Running the kit on your adapter
//!
//! Switch the feature `testing` on for your tests, say in a [`Harness`] what the kit can not know
//! (how your provider is built, and how a captured payment is made in the world behind it: a fake
//! server, a sandbox), and write one line:
//!
//! ```
//! # mod tests {
//! use refunds_core::testing::{MemoryHarness, MemoryProvider};
//!
//! /// Each case gets a world of its own: start your fake server here.
//! async fn harness() -> MemoryHarness {
//!     MemoryHarness::new(MemoryProvider::new(), "NOK".parse().unwrap())
//! }
//!
//! refunds_core::conformance_tests!(harness());
//! # }
//! ```
//!
//! `cargo test` then shows each [case](cases) by its name. What the harness or the provider can not
//! do is skipped and says so (`cargo test -- --show-output`): a harness with four methods runs
//! about half of the cases, and each method more shows more. The two that show the most are
//! [`Harness::inject`] (things that go wrong on the way) and [`Harness::moved`] (the truth about the
//! money). Without test macros, [`run_all`] returns a [`Report`] that prints as a table.
//!
//! # What a case is
//!
//! A plain function over a harness that ends [passed, skipped or failed](Outcome), with the reason.
//! It uses the adapter twice: raw, as [`RefundProvider`](crate::RefundProvider), since its errors
//! have to tell the truth by themselves; and through a [`RefundClient`](crate::RefundClient), since
//! that is how applications will use it. Clients run under a [`SkippingClock`]: nothing waits for longer
//! than some milliseconds.
//!
//! Where a provider does not tell the references of its refunds and honours no key, "whether this
//! refund is already made can not be told" is an honest answer to a repetition, and cases take it,
//! as long as no money moves.
//!
//! # A provider in memory
//!
//! [`MemoryProvider`] is complete: payments, pages, statuses that take their time, fault on
//! demand, an idempotency key if wanted. Applications test their own code against it.
//!
//! # How sharp the kit is
//!
#![doc = include_str!("../../tests/wrong-providers.md")]
//!
//! # Running the kit on your journal
//!
//! A journal has a kit of its own, which shows whether it keeps the rules of
//! [`journal`](crate::journal). Say in a [`JournalHarness`] how it is opened, and write one line:
//!
//! ```
//! # mod tests {
//! use refunds_core::testing::MemoryJournalHarness;
//!
//! refunds_core::journal_conformance_tests!(async { MemoryJournalHarness });
//! # }
//! ```
//!
//! [`journal_cases`] lists what it shows, and [`run_all_journal`] returns a [`Report`]. Journals take
//! their time from a [`ManualClock`], so that their times are exact. A durable journal implements
//! [`JournalHarness::reopen`], and [`JournalHarness::fail_next_commit`] where it can: what survives a
//! restart, other processes and lost acknowledgements are shown with these only.
//!
#![doc = include_str!("../../tests/wrong-journals.md")]

mod case;
mod cases;
mod clock;
mod fault;
mod harness;
mod journal;
mod kit;
mod macros;
mod memory;
mod report;
mod verdict;

pub use self::{
    case::{Case, Outcome},
    cases::cases,
    clock::SkippingClock,
    fault::{Fault, FaultTarget},
    harness::Harness,
    journal::{CommitFault, JournalHarness, ManualClock, MemoryJournalHarness, journal_cases},
    memory::{MemoryFactory, MemoryHarness, MemoryProvider, Settling},
    report::{Report, run_all, run_all_journal, run_case, run_journal_case},
};
