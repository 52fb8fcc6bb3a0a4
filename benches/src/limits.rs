//! The guard: counts that do not depend on how busy the machine is, against the committed ones.

use std::{collections::BTreeMap, env, fs, path::PathBuf, process::ExitCode};

use crate::{
    callgrind, create,
    machine::root,
    operations::{NAMES, operation},
    process::spent,
};

/// By kind, then by name.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

const INSTRUCTIONS: &str = "instructions on ";
const MARGIN_PERCENT: u64 = 5;

/// Fails if anything has become more than the margin worse.
pub(crate) fn check() -> ExitCode {
    let limits: Counts = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    let mut counts = count();
    if !counts.contains_key(&instructions()) {
        println!("valgrind is not installed: instructions are not counted");
    } else if !limits.contains_key(&instructions()) {
        println!("no {} are committed: they are not compared", instructions());
        counts.remove(&instructions());
    }
    let total: usize = counts.values().map(BTreeMap::len).sum();
    let Comparison { worse, better } = compare(&limits, &counts);
    for line in worse.iter().chain(&better) {
        println!("{line}");
    }
    println!("{} of {total} counts are within their limits", total - worse.len());
    if worse.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("if that is intended: cargo run --profile measure --package refunds-benches -- check --update");
    ExitCode::FAILURE
}

/// Writes the counts as they are now. Instructions on other platforms stay.
pub(crate) fn update() {
    let old = fs::read_to_string(file()).ok();
    let mut limits: Counts = old.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    limits.retain(|kind, _| kind.starts_with(INSTRUCTIONS));
    limits.extend(count());
    fs::write(file(), serde_json::to_string_pretty(&limits).unwrap() + "\n").unwrap();
}

#[derive(Debug, Default)]
struct Comparison {
    worse: Vec<String>,
    better: Vec<String>,
}

fn compare(limits: &Counts, counts: &Counts) -> Comparison {
    let mut comparison = Comparison::default();
    for (kind, counts) in counts {
        for (name, count) in counts {
            let line = format!("{kind}, {name}: {count}");
            match limits.get(kind).and_then(|limits| limits.get(name)) {
                None => comparison.worse.push(format!("{line}, which has no limit yet")),
                Some(limit) if count * 100 > limit * (100 + MARGIN_PERCENT) => {
                    comparison.worse.push(format!("{line} is worse than {limit}"));
                }
                Some(limit) if count * 100 < limit * (100 - MARGIN_PERCENT) => {
                    comparison.better.push(format!("{line} is better than {limit}, which can be lowered"));
                }
                Some(_) => {}
            }
        }
    }
    comparison
}

/// Another platform has other instructions.
fn instructions() -> String {
    format!("{INSTRUCTIONS}{} {}", env::consts::ARCH, env::consts::OS)
}

fn file() -> PathBuf {
    root().join("benches/limits.json")
}

fn count() -> Counts {
    let mut counts = Counts::new();
    let mut put = |kind: &str, name: &str, count| {
        counts.entry(kind.to_owned()).or_default().insert(name.to_owned(), count);
    };
    let has_callgrind = callgrind::is_available();
    for name in NAMES.into_iter().filter(|name| !name.ends_with("by hand")) {
        let mut one = operation(name);
        one();
        one();
        put("allocations", name, spent(&mut *one).1.allocations);
        if has_callgrind {
            put(&instructions(), name, callgrind::instructions(name));
        }
    }
    for (name, exchanges) in create::exchanges::counts() {
        put("exchanges", name, exchanges);
    }
    put("commits", "Mattilda, SQLite", create::commits());
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(count: u64) -> Counts {
        Counts::from([("allocations".to_owned(), BTreeMap::from([("list".to_owned(), count)]))])
    }

    #[test]
    fn only_what_is_worse_than_the_margin_fails() {
        for (count, worse, better) in [(94, 0, 1), (95, 0, 0), (105, 0, 0), (106, 1, 0)] {
            let comparison = compare(&one(100), &one(count));
            assert_eq!((comparison.worse.len(), comparison.better.len()), (worse, better), "{count}");
        }
    }

    #[test]
    fn a_count_without_a_limit_fails() {
        assert_eq!(compare(&Counts::new(), &one(1)).worse, ["allocations, list: 1, which has no limit yet"]);
    }
}
