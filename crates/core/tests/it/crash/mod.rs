//! The real client under crashes, cancelled calls and crowds.
//!
//! Questions that are settled by enumeration rather than by chance:
//!
//! - `crash.rs`: the process dies before or after each call of its journal and its provider, and another
//!   one starts over.
//! - `journal_failure.rs`: the journal fails before or after each call.
//! - `cancel.rs`: the future is dropped after each poll, and the caller asks again at once.
//! - `absent.rs`: what one reference's call may close of another's.
//! - `crowd.rs`: two hundred tasks, one reference; and two hundred tasks, more money than there is.
//!
//! Time is paused, so nothing waits for real. `support` holds the world that all of them share; the
//! functions in it take the journal as a parameter, so that another crate can include the files by path
//! and run them with a journal of its own.

mod absent;
mod cancel;
mod crash;
mod crowd;
mod journal_failure;
mod support;
