//! The journal kit: on the journal in memory, on a durable one, and on journals that are each wrong in one
//! thing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disk;
mod kit;
