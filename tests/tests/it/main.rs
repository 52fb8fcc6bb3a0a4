//! Scenarios across the crates, and what is measured of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chaos;
mod corpus;
mod faults;
mod layout;
mod readme;
mod scenario;
mod webhooks;
