//! The tests of what HTTP adapters share.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod common;
mod errors;
mod gate;
mod http2;
mod paths;
// Elsewhere the names of variables have no case.
#[cfg(unix)]
mod proxy;
mod redaction;
mod silence;
mod tls;
mod tokens;
mod wire;
