//! The journal kit: on the in-memory journal, on a durable one, and on journals with one
//! fault each.

mod disk;
mod faults;
mod mutant;
mod right;
mod rows;
mod wrong;
