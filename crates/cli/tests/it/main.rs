//! The real command against sandboxes in this process.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

mod common;
mod creating;
mod deciding;
mod failing;
mod journal;
mod kill;
mod other_commands;
mod reading;
mod resolving;
mod sandbox;
mod secrets;
mod unsettled;
mod webhooks;
