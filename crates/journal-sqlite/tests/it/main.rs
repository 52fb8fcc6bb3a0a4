//! The SQLite journal as applications and other processes see it.

mod common;
mod protocol;
