//! What an application sees of `RefundClient`, under paused time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod create;
mod multiple;
mod observe;
mod read;
mod refresh;
mod resolve;
mod scripted;
mod step_races;
mod steps;
mod unclear;
