//! Measures several ways to do one thing side by side.

use std::time::Duration;

use crate::process::{Cost, spent};

const BATCH: Duration = Duration::from_millis(10);
const ROUNDS: u32 = 40;

/// Does once what is measured, and checks that it was done.
pub(crate) type Run = Box<dyn FnMut()>;

/// The cost of one run of each: the best of many batches. The batches of all of them take turns, so that
/// whatever else the machine does meets all of them alike.
pub(crate) fn side_by_side(measurements: &mut [Run]) -> Vec<Cost> {
    rounds(measurements, ROUNDS)
}

/// The same with fewer batches, for what takes long.
pub(crate) fn rounds(measurements: &mut [Run], rounds: u32) -> Vec<Cost> {
    let mut costs: Vec<(u32, Cost)> = measurements.iter_mut().map(|one| first(&mut **one)).collect();
    for _ in 0..rounds {
        for (one, (times, best)) in measurements.iter_mut().zip(&mut costs) {
            let ((), cost) = spent(|| (0..*times).for_each(|_| one()));
            *best = best.best(cost.of_one(*times));
        }
    }
    costs.into_iter().map(|(_, cost)| cost).collect()
}

/// How many runs make a batch, and a first cost, after two runs to warm up.
fn first(run: &mut dyn FnMut()) -> (u32, Cost) {
    run();
    run();
    let ((), cost) = spent(&mut *run);
    let times = BATCH.as_nanos() / cost.wall.as_nanos().max(1);
    (u32::try_from(times.clamp(1, 10_000)).unwrap(), cost)
}
