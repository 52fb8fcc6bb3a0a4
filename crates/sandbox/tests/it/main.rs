//! The sandbox from outside: plain HTTP, checked against the ledger.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

mod admin;
mod admin_changes;
mod admin_events;
mod admin_guard;
mod admin_page;
mod admin_requests;
mod browser;
mod common;
mod dintero_auth;
mod dintero_orders;
mod dintero_refunds;
mod faults_connection;
mod faults_responses;
mod mattilda_auth;
mod mattilda_idempotency;
mod mattilda_lists;
mod mattilda_refunds;
mod receiver;
mod records;
mod sandbox;
mod schemas;
mod webhooks_callbacks;
mod webhooks_delivery;
mod webhooks_hooks;
mod webhooks_mattilda;
mod webhooks_modes;
