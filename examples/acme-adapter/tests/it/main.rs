//! The adapter in an application, under the conformance kit, and on the wire.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod application;
mod common;
mod config;
mod conformance;
mod errors;
mod payloads;
mod requests;
mod server;
mod validate;
mod webhook;
