//! Tests of the crate's public API, in one binary.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod crash;
mod journal_kit;
mod listing;
mod model;
mod mutants;
mod protocol;
mod provider_kit;
