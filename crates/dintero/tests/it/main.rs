//! The tests of the Dintero adapter.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod config;
mod conformance;
mod errors;
mod events;
mod hook_subscriptions;
mod lines;
mod orders;
mod orders_apart;
mod orders_chaos;
mod orders_healing;
mod orders_joined;
mod orders_paid;
mod payloads;
mod refunds;
mod requests;
mod webhook;
mod webhook_hooks;
