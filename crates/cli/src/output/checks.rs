//! What `refunds doctor` looked at.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    Format, csv, json,
    table::{self, or_dash},
};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) state: State,
    pub(crate) what: String,
    /// What to do, where something is wrong.
    pub(crate) next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Ok,
    Problem,
    Skipped,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

pub(crate) fn print_checks(out: &mut impl Write, format: Format, checks: &[Check]) -> io::Result<()> {
    match format {
        Format::Table => {
            let mut rows = table::columns(&["CHECK", "STATE", "WHAT", "NEXT"], &[]);
            for Check { name, state, what, next } in checks {
                table::add(
                    &mut rows,
                    [name, state.as_str(), what, &or_dash(next.clone().unwrap_or_default())],
                );
            }
            table::write(out, &rows)?;
        }
        Format::Json => json::pretty(out, &checks)?,
        Format::Jsonl => checks.iter().try_for_each(|check| json::line(out, check))?,
        Format::Csv => {
            csv::record(out, ["name", "state", "what", "next"])?;
            for Check { name, state, what, next } in checks {
                let next = next.as_deref().unwrap_or_default();
                csv::record(out, [name, state.as_str(), &csv::harmless(what), &csv::harmless(next)])?;
            }
        }
    }
    out.flush()
}
