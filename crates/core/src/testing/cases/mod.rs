//! The cases: what each shows and needs is said once, in the list in `macros.rs`.

pub(super) mod capabilities;
pub(super) mod faults;
pub(super) mod identity;
pub(super) mod life;
pub(super) mod once;
pub(super) mod pages;
pub(super) mod refusals;
pub(super) mod safety;
pub(super) mod sending;

use super::{kit::skipped, report::Stop};

/// The case does not apply: this would be needed.
fn needs(what: &str) -> Stop {
    skipped(format!("needs {what}"))
}
