//! Rows in the formats for programs: JSON, one object per line, and CSV.

use std::io::{self, Write};

use serde::Serialize;

use super::{Format, csv, json};

/// What is a row of CSV, and an object of JSON.
pub(super) trait Record: Serialize {
    /// The columns of CSV.
    const COLUMNS: &'static [&'static str];

    /// The fields of CSV, one per column.
    fn fields(&self) -> Vec<String>;
}

/// Prints one record; `table` shows it to people.
pub(super) fn one<W: Write, R: Record>(
    out: &mut W,
    format: Format,
    record: &R,
    table: impl FnOnce(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    match format {
        Format::Table => table(out)?,
        Format::Json => json::pretty(out, record)?,
        Format::Jsonl => json::line(out, record)?,
        Format::Csv => rows(out, std::slice::from_ref(record))?,
    }
    out.flush()
}

/// Prints a list; `table` shows it to people.
pub(super) fn all<W: Write, R: Record>(
    out: &mut W,
    format: Format,
    records: &[R],
    table: impl FnOnce(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    match format {
        Format::Table => table(out)?,
        Format::Json => json::pretty(out, &records)?,
        Format::Jsonl => records.iter().try_for_each(|record| json::line(out, record))?,
        Format::Csv => rows(out, records)?,
    }
    out.flush()
}

fn rows<R: Record>(out: &mut impl Write, records: &[R]) -> io::Result<()> {
    csv::record(out, R::COLUMNS)?;
    records.iter().try_for_each(|record| csv::record(out, record.fields()))
}

/// Writes the records of a list one by one, for all formats but the table.
#[derive(Debug)]
pub(super) struct List<'a, W> {
    pub(super) out: &'a mut W,
    pub(super) format: Format,
    pub(super) has_begun: bool,
}

impl<'a, W: Write> List<'a, W> {
    pub(super) fn new(out: &'a mut W, format: Format) -> Self {
        Self { out, format, has_begun: false }
    }

    pub(super) fn write<R: Record>(&mut self, record: &R) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        match self.format {
            Format::Table => Ok(()),
            Format::Json => json::element(self.out, record, is_first),
            Format::Jsonl => json::line(self.out, record),
            Format::Csv if is_first => rows(self.out, std::slice::from_ref(record)),
            Format::Csv => csv::record(self.out, record.fields()),
        }
    }

    /// Ends a complete list.
    pub(super) fn finish<R: Record>(&mut self) -> io::Result<()> {
        match self.format {
            Format::Json => json::end(self.out, self.has_begun)?,
            Format::Csv if !self.has_begun => csv::record(self.out, R::COLUMNS)?,
            _ => {}
        }
        self.out.flush()
    }
}
