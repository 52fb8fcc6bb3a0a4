//! What a running sandbox answered.

use std::io::{self, Write};

use serde_json::Value;

use super::{Format, clean, csv, json};

/// Prints an answer: for people as this text, else as an object or a list of them.
pub(crate) fn print_answer(
    out: &mut impl Write,
    format: Format,
    answer: &Value,
    text: &str,
    columns: &[&str],
) -> io::Result<()> {
    let rows = answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice);
    match format {
        Format::Table => text.lines().try_for_each(|line| writeln!(out, "{}", clean(line)))?,
        Format::Json => json::pretty(out, answer)?,
        Format::Jsonl => rows.iter().try_for_each(|row| json::line(out, row))?,
        Format::Csv => {
            csv::record(out, columns.iter().copied())?;
            for row in rows {
                csv::record(out, columns.iter().map(|column| cell(&row[*column])))?;
            }
        }
    }
    out.flush()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv::harmless(text),
        other => other.to_string(),
    }
}
