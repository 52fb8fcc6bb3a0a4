//! The adapter against a server that plays Quillpay, and against scripted answers.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod application;
mod conformance;
mod limits;
mod money;
mod server;
mod webhooks;
mod wire;
