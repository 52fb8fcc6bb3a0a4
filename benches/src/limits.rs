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

const MARGIN_PERCENT: u64 = 5;

/// Fails if anything has become more than the margin worse.
pub(crate) fn check() -> ExitCode {
    let limits: Counts = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    let counts = count();
    if !counts.contains_key(&instructions()) {
        println!("valgrind is not installed: instructions are not counted");
    } else if !limits.contains_key(&instructions()) {
        println!("no {} are committed: they are not compared", instructions());
    }
    let mut worse = 0;
    let comparable = counts.iter().filter(|(kind, _)| **kind != instructions() || limits.contains_key(*kind));
    for (kind, counts) in comparable {
        for (name, count) in counts {
            let Some(limit) = limits.get(kind).and_then(|limits| limits.get(name)) else {
                println!("{kind}, {name}: {count}, which has no limit yet");
                worse += 1;
                continue;
            };
            if count * 100 > limit * (100 + MARGIN_PERCENT) {
                println!("{kind}, {name}: {count} is worse than {limit}");
                worse += 1;
            } else if count * 100 < limit * (100 - MARGIN_PERCENT) {
                println!("{kind}, {name}: {count} is better than {limit}, which can be lowered");
            }
        }
    }
    let total: usize = counts.values().map(BTreeMap::len).sum();
    println!("{} of {total} counts are within their limits", total - worse);
    if worse > 0 {
        println!("if that is intended: cargo run --release --package refunds-benches -- check --update");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Writes the counts as they are now.
pub(crate) fn update() {
    let mut limits: Counts =
        fs::read_to_string(file()).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    limits.extend(count());
    fs::write(file(), serde_json::to_string_pretty(&limits).unwrap() + "\n").unwrap();
}

/// Another platform has other instructions.
fn instructions() -> String {
    format!("instructions on {} {}", env::consts::ARCH, env::consts::OS)
}

fn file() -> PathBuf {
    root().join("benches/limits.json")
}

fn count() -> Counts {
    let mut counts = Counts::new();
    let mut put = |kind: &str, name: &str, count| {
        counts.entry(kind.to_owned()).or_default().insert(name.to_owned(), count);
    };
    let ours = NAMES.into_iter().filter(|name| !name.ends_with("by hand"));
    let has_callgrind = callgrind::is_available();
    for name in ours {
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
