//! The adapter under the conformance kit, in an application, and on the wire.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod application;
mod conformance;
mod server;
mod wire;
