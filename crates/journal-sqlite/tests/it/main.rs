//! The SQLite journal as applications and other processes see it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod as_memory;
mod client;
mod common;
mod file;
mod lasting;
mod waiting;
mod writing;
