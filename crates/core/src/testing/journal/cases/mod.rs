//! The cases: what each shows and needs is said once, in the list in `macros.rs`.

pub(super) mod blocking;
pub(super) mod evidence;
pub(super) mod faults;
pub(super) mod forgetting;
pub(super) mod intents;
pub(super) mod keys;
pub(super) mod outcomes;
pub(super) mod pages;
pub(super) mod people;
pub(super) mod privacy;
pub(super) mod races;
pub(super) mod restarts;
pub(super) mod scopes;
pub(super) mod steps;
pub(super) mod versions;
pub(super) mod waiting;

pub(super) use self::people::not_made;
