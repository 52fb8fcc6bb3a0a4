//! The SQLite journal as applications and other processes see it.

mod as_memory;
mod client;
mod common;
mod file;
mod lasting;
mod waiting;
mod writing;
