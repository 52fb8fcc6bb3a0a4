//! The conformance kits for adapters and journals, and a provider in memory.
//!
//! # Running the kit on your adapter
//!
//! Enable the feature `testing` for your tests, implement a [`Harness`] with what the kit cannot know
//! (how to build your provider, and how to make a captured payment in the world behind it: a fake
//! server, a sandbox), and write one line:
//!
//! ```
//! # mod tests {
//! use refunds_core::testing::{MemoryHarness, MemoryProvider};
//!
//! /// Each case gets its own world: start your fake server here.
//! async fn harness() -> MemoryHarness {
//!     MemoryHarness::new(MemoryProvider::new(), "NOK".parse().unwrap())
//! }
//!
//! refunds_core::conformance_tests!(harness());
//! # }
//! ```
//!
//! `cargo test` then shows each [case](cases) by its name. What the harness or the provider cannot
//! do is skipped and says so (`cargo test -- --show-output`): a harness with four methods runs
//! about half of the cases, and each further method enables more. The two that enable the most are
//! [`Harness::inject`] (faults on the way) and [`Harness::moved`] (the money that really
//! moved). Without test macros, [`run_all`] returns a [`Report`] that prints as a table.
//!
//! # What a case is
//!
//! A plain function over a harness that ends as [passed, skipped or failed](Outcome), with the reason.
//! It uses the adapter in two ways: directly, as [`RefundProvider`](crate::RefundProvider), since its
//! own errors must be truthful; and through a [`RefundClient`](crate::RefundClient), since
//! that is how applications use it. Clients run under a [`SkippingClock`]: nothing waits for longer
//! than a few milliseconds.
//!
//! Where a provider does not report the references of its refunds and honours no key,
//! [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) is a correct result of a repeated request: cases accept it
//! as long as no money moves.
//!
//! # A provider in memory
//!
//! [`MemoryProvider`] is complete: payments, pages, statuses that change over time, faults on
//! demand, an optional idempotency key. Applications test their own code against it.
//!
//! # How sharp the kit is
//!
#![doc = include_str!("../../tests/wrong-providers.md")]
//!
//! # Running the kit on your journal
//!
//! A journal has a kit of its own, which shows whether it keeps the rules of
//! [`journal`](crate::journal). Implement a [`JournalHarness`] that opens it, and write one line:
//!
//! ```
//! # mod tests {
//! use refunds_core::testing::MemoryJournalHarness;
//!
//! refunds_core::journal_conformance_tests!(async { MemoryJournalHarness });
//! # }
//! ```
//!
//! [`journal_cases`] lists the cases, and [`run_all_journal`] returns a [`Report`]. Journals take
//! the time from a [`ManualClock`], so that their times are exact. A durable journal implements
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
