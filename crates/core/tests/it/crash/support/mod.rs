//! Shared by the tests: a provider that misbehaves by script, processes that die, and the truth to
//! compare results with.

mod clock;
mod finish;
mod kinds;
mod process;
mod world;

use std::sync::Arc;

use refunds_core::{Journal, MemoryJournal};

pub(crate) use self::{
    clock::PausedClock,
    finish::{Goal, finish, finish_after_the_times_are_over},
    kinds::{Kind, Reads, Submission},
    process::{At, Incident, Process},
    world::World,
};

/// A journal in memory: it outlives the processes that share it, and so plays a durable one.
pub(crate) fn journal(world: &World) -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::with_clock(Arc::new(world.clock())))
}
