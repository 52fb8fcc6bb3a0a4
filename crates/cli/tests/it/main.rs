//! The real command against sandboxes in this process.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

mod asking;
mod common;
mod creating;
mod deciding;
mod doctor;
mod failing;
mod journal;
mod kill;
mod other_commands;
mod profiles;
mod reading;
mod resolving;
mod sandbox;
mod sandbox_control;
mod secrets;
mod unsettled;
mod webhooks;
