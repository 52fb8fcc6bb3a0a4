//! The tests of this binary, by name.

use std::{collections::BTreeSet, process::Command};

use refunds_core::testing::Case;

/// Fails unless the tests of `module` are exactly the cases of a kit.
pub(crate) fn ensure_tests_are(module: &str, cases: &[Case]) {
    let listed =
        Command::new(std::env::current_exe().unwrap()).args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let tests = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let tests: Vec<_> = tests.filter_map(|test| test.strip_prefix(module)?.strip_prefix("::")).collect();
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "no two cases share a name");
    assert_eq!(tests.iter().copied().collect::<BTreeSet<_>>(), names);
    assert_eq!(tests.len(), names.len());
}
