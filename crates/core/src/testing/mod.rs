//! For tests: an in-memory provider, and a clock that does not wait.

mod clock;
mod memory;

pub use self::{
    clock::SkippingClock,
    memory::{MemoryFactory, MemoryProvider, Settling},
};
