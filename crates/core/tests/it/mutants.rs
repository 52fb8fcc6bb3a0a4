//! The tables of wrong implementations: each row names a fault and the cases that catch it.
//!
//! The tables are committed as measured; `UPDATE_TABLES=1` writes them again.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use refunds_core::testing::Case;

/// A table in the folder `tests`.
pub(crate) struct Table {
    pub(crate) file: &'static str,
    pub(crate) head: &'static str,
    /// What the rows are, in the plural.
    pub(crate) rows_are: &'static str,
}

/// Compares the table with the cases that failed for each fault.
pub(crate) fn check(table: &Table, cases: &[Case], rows: &[(&str, Vec<&str>)]) {
    let mut text = format!("{}\n\n| fault | caught by |\n|---|---|\n", table.head);
    let code = |names: &[&str], separator| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(separator)
    };
    for (fault, caught_by) in rows {
        let _ = writeln!(text, "| {fault} | {} |", code(caught_by, "<br>"));
    }
    let catching: BTreeSet<_> = rows.iter().flat_map(|(_, caught_by)| caught_by).copied().collect();
    let (wrong, kind, catch, all) = (rows.len(), table.rows_are, catching.len(), cases.len());
    let _ = writeln!(text, "\n{wrong} {kind}; {catch} of {all} cases catch at least one of them.");
    let blunt: Vec<_> = cases.iter().map(|case| case.name).filter(|name| !catching.contains(name)).collect();
    if !blunt.is_empty() {
        let _ = writeln!(text, "No fault here is caught by {}.", code(&blunt, ", "));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(table.file);
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{} has changed; UPDATE_TABLES=1 writes it again:\n{text}", table.file);
    let uncaught: Vec<_> = rows.iter().filter(|(_, by)| by.is_empty()).map(|(fault, _)| fault).collect();
    assert!(uncaught.is_empty(), "no case catches: {uncaught:#?}");
}
