//! The tests of the Mattilda adapter.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod common;
mod config;
mod conformance;
mod errors;
mod payloads;
mod payment;
mod refunds;
mod requests;
mod secrets;
mod webhook;
