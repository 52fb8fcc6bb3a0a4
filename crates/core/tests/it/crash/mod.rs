//! The real client under crashes, cancelled calls and crowds.
//!
//! Questions that are settled by enumeration rather than by chance:
//!
//! - `every_call.rs`: the process dies before or after each call of its journal and its provider, and another
//!   one starts over.
//! - `journal_failure.rs`: the journal fails before or after each call.
//! - `cancel.rs`: the future is dropped after each poll, and the caller repeats the request at once.
//! - `absent.rs`: what one reference's call may close of another's.
//! - `crowd.rs`: two hundred tasks, one reference; and two hundred tasks, more money than there is.
//!
//! Time is paused, so nothing waits for real. `support` holds the world that all of them share.

mod absent;
mod cancel;

mod crowd;
mod every_call;
mod journal_failure;
mod support;
