#![doc = include_str!("../README.md")]

mod call;
mod clock;
mod error;
mod factory;
#[cfg(test)]
mod faults;
mod group;
mod journal;
mod open;
mod options;
mod reader;
mod rows;
mod schema;
mod shared;
mod store;
mod tables;
mod writer;

pub use self::{
    factory::SqliteJournalFactory,
    journal::{SqliteJournal, Stats},
    options::SqliteOptions,
};

#[cfg(test)]
mod tests;
