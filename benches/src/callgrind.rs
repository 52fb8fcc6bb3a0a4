//! Counts instructions: a measure that other work on the machine cannot disturb.

use std::process::Command;

const FEW: u64 = 5;
const MANY: u64 = 55;

/// Whether valgrind is installed.
pub(crate) fn is_available() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The instructions of one run of the operation `name`. This program runs itself under callgrind, few times
/// and many times; the difference leaves out what starting costs.
pub(crate) fn instructions(name: &str) -> u64 {
    (collected(name, MANY) - collected(name, FEW)) / (MANY - FEW)
}

fn collected(name: &str, times: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["one", name, &times.to_string()])
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "callgrind of {name} failed:\n{report}");
    let collected = report.lines().find_map(|line| line.split_once("Collected :")).unwrap().1;
    collected.trim().parse().unwrap()
}
