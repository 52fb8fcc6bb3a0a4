//! What this process has spent: CPU, time, allocations, memory.

use std::{
    alloc::System,
    fs,
    time::{Duration, Instant},
};

use rustix::{
    param::clock_ticks_per_second,
    process::{Resource, Rlimit, getrlimit, setrlimit},
    time::{ClockId, clock_gettime},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Of every thread of this process.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// Allocations and reallocations.
    pub(crate) allocations: u64,
    pub(crate) allocated_bytes: u64,
}

impl Cost {
    /// The cost of one of `times` equal runs.
    pub(crate) fn of_one(self, times: u32) -> Self {
        Self {
            cpu: self.cpu / times,
            wall: self.wall / times,
            allocations: self.allocations / u64::from(times),
            allocated_bytes: self.allocated_bytes / u64::from(times),
        }
    }

    /// The lower times of two measurements of the same work.
    pub(crate) fn best(self, other: Self) -> Self {
        Self { cpu: self.cpu.min(other.cpu), wall: self.wall.min(other.wall), ..self }
    }
}

/// Does the work and returns its result and its cost.
pub(crate) fn spent<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let region = Region::new(ALLOCATOR);
    let (cpu, started) = (cpu_time(), now());
    let done = work();
    let (wall, cpu) = (started.elapsed(), cpu_time().saturating_sub(cpu));
    let change = region.change();
    let cost = Cost {
        cpu,
        wall,
        allocations: (change.allocations + change.reallocations) as u64,
        allocated_bytes: change.bytes_allocated as u64,
    };
    (done, cost)
}

/// The bytes on the heap that were not freed yet.
pub(crate) fn live_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// The largest resident set of this process so far, in bytes, as Linux reports it.
pub(crate) fn peak_resident() -> u64 {
    status("VmHWM:").unwrap_or_default() * 1024
}

/// Allows as many open files as the system permits: a thousand tasks have a thousand connections.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where that is refused, the measurement that needs it fails and says why.
    let _ = setrlimit(Resource::Nofile, raised);
}

#[expect(clippy::disallowed_methods, reason = "measuring is reading the real clock")]
fn now() -> Instant {
    Instant::now()
}

/// Of every thread of this process, since it began.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// The CPU time of the programs that this one started and that have ended, with the programs that they started.
pub(crate) fn cpu_time_of_children() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name comes first, in parentheses; after it, `cutime` and `cstime` are the 14th and 15th.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
}

fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
