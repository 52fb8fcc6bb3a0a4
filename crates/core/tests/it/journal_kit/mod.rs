//! The journal kit: on the journal in memory, on a durable one, and on journals that are each wrong in one
//! thing.

mod disk;
mod faults;
mod mutant;
mod right;
mod rows;
mod wrong;
