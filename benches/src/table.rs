//! Numbers and tables as the page shows them.

use std::time::Duration;

/// A Markdown table.
pub(crate) struct Table {
    text: String,
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let rule: Vec<&str> =
            columns.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }).collect();
        Self { text: format!("| {} |\n|{}|\n", columns.join(" | "), rule.join("|")) }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.text.extend(["| ", &cells.join(" | "), " |\n"]);
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A duration with three digits.
pub(crate) fn time(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{} µs", digits(micros)),
        1e3..1e6 => format!("{} ms", digits(micros / 1e3)),
        _ => format!("{} s", digits(micros / 1e6)),
    }
}

/// A number of bytes with three digits.
pub(crate) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        ..1e3 => format!("{count} B"),
        1e3..1e6 => format!("{} kB", digits(count / 1e3)),
        _ => format!("{} MB", digits(count / 1e6)),
    }
}

/// A whole number, in groups of three digits.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// How many times as much the first is.
pub(crate) fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

/// A ratio, and whether it meets its goal.
pub(crate) fn at_most(value: f64, goal: f64) -> [String; 2] {
    [format!("{value:.2}"), format!("≤ {goal:.2}: {}", verdict(value <= goal))]
}

pub(crate) fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "**missed**" }
}

fn digits(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
