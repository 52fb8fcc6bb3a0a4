//! How a case ends inside the kits, and the checks that end it.

use std::fmt;

use crate::{Error, ErrorKind, Result};

/// What a step of a case returns.
pub(crate) type Verdict<T = ()> = std::result::Result<T, Stop>;

/// Why a case ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    Skipped(String),
    Failed(String),
}

/// Ends a case as failed unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($reason:tt)+) => {
        if !$condition {
            return Err($crate::testing::verdict::Stop::Failed(format!($($reason)+)));
        }
    };
}
pub(crate) use ensure;

pub(crate) fn skipped(reason: impl Into<String>) -> Stop {
    Stop::Skipped(reason.into())
}

/// The case does not apply: it needs this.
pub(crate) fn needs(what: &str) -> Stop {
    skipped(format!("needs {what}"))
}

pub(crate) fn failed(reason: impl Into<String>) -> Stop {
    Stop::Failed(reason.into())
}

/// The value of a call that must succeed.
pub(crate) fn ok<T>(what: &str, result: Result<T>) -> Verdict<T> {
    result.map_err(|error| failed(format!("{what}: {error}")))
}

/// The error of a call that must be refused with one of these kinds, before any money moves.
pub(crate) fn refused<T: fmt::Debug>(what: &str, result: Result<T>, kinds: &[ErrorKind]) -> Verdict<Error> {
    match result {
        Ok(value) => Err(failed(format!("{what}: not refused, it returned {value:?}"))),
        Err(error) => {
            ensure!(kinds.contains(&error.kind()), "{what}: {} instead of {kinds:?}: {error}", error.kind());
            ensure!(
                !error.may_have_applied(),
                "{what}: refused, but the error says it may have applied: {error}"
            );
            Ok(error)
        }
    }
}

/// As [`refused`], for a read: nothing can have moved, whatever the adapter's error assumes.
pub(crate) fn not_read<T: fmt::Debug>(what: &str, result: Result<T>, kinds: &[ErrorKind]) -> Verdict<Error> {
    refused(what, result.map_err(Error::not_applied), kinds)
}
