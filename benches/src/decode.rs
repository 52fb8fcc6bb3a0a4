//! Decoding and normalizing a response, beside what one writes by hand.

use crate::{
    callgrind,
    compare::side_by_side,
    operations::{NAMES, operation},
    process::Cost,
    table::{Table, at_most, bytes, number, ratio, time, verdict},
};

/// An operation, its twin and the largest ratio of the two that is allowed.
const PAIRS: [(&str, usize, usize, f64); 2] =
    [("Mattilda, list of 100", 0, 1, 0.95), ("Dintero, transaction with 100", 2, 3, 1.3)];
const SMALL: (usize, usize) = (4, 5);
const OVERHEAD_NANOS: u128 = 1_500;

pub(crate) fn section() -> String {
    let mut measurements: Vec<_> = NAMES.into_iter().map(operation).collect();
    let costs = side_by_side(&mut measurements);
    let has_callgrind = callgrind::is_available();
    let counts: Vec<u64> =
        NAMES.iter().map(|name| if has_callgrind { callgrind::instructions(name) } else { 0 }).collect();

    let mut text = operations(&costs, &counts);
    text.push('\n');
    text.push_str(&ratios(&costs, &counts));
    if !has_callgrind {
        text.push_str("\nValgrind is not installed: instructions were not counted.\n");
    }
    text
}

fn operations(costs: &[Cost], counts: &[u64]) -> String {
    let mut table = Table::new(&["operation", "CPU", "instructions", "allocations", "allocated"]);
    for ((name, cost), count) in NAMES.iter().zip(costs).zip(counts) {
        table.row([
            (*name).to_owned(),
            time(cost.cpu),
            number(*count),
            number(cost.allocations),
            bytes(cost.allocated_bytes),
        ]);
    }
    table.finish()
}

fn ratios(costs: &[Cost], counts: &[u64]) -> String {
    let mut table = Table::new(&["ours, as a multiple of by hand", "CPU", "goal", "instructions", "goal"]);
    for (name, ours, theirs, goal) in PAIRS {
        let [cpu, cpu_goal] = at_most(ratio(costs[ours].cpu, costs[theirs].cpu), goal);
        let [count, count_goal] = match counts[theirs] {
            0 => [String::new(), String::new()],
            count => at_most(counts[ours] as f64 / count as f64, goal),
        };
        table.row([name.to_owned(), cpu, cpu_goal, count, count_goal]);
    }
    let overhead = costs[SMALL.0].cpu.saturating_sub(costs[SMALL.1].cpu);
    let goal = format!("≤ 1.50 µs: {}", verdict(overhead.as_nanos() <= OVERHEAD_NANOS));
    let more = number(counts[SMALL.0].saturating_sub(counts[SMALL.1]));
    table.row([
        "Mattilda, list of 1: what a call adds".to_owned(),
        time(overhead),
        goal,
        more,
        String::new(),
    ]);
    table.finish()
}
