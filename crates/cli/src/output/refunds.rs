//! A list of refunds, written as it arrives.

use std::io::{self, Write};

use refunds_core::Refund;

use super::{Format, csv, json, table};

/// Writes refunds one by one, so that a list of any length needs constant memory. Only the table keeps
/// its rows, because its columns are as wide as the widest cell.
#[derive(Debug)]
pub(crate) struct RefundWriter<'a, W> {
    out: &'a mut W,
    format: Format,
    begun: bool,
    rows: Vec<Refund>,
}

impl<'a, W: Write> RefundWriter<'a, W> {
    pub(crate) fn new(out: &'a mut W, format: Format) -> Self {
        Self { out, format, begun: false, rows: Vec::new() }
    }

    pub(crate) fn write(&mut self, refund: Refund) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.begun, true);
        match self.format {
            Format::Table => self.rows.push(refund),
            Format::Json => json::element(self.out, &refund, first)?,
            Format::Jsonl => json::line(self.out, &refund)?,
            Format::Csv => {
                if first {
                    csv::refund_header(self.out)?;
                }
                csv::refund_record(self.out, &refund)?;
            }
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The destination of the output.
    pub(crate) fn out(&self) -> &W {
        self.out
    }

    /// Ends a complete list.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match self.format {
            Format::Table if self.rows.is_empty() => writeln!(self.out, "no refunds")?,
            Format::Json => json::end(self.out, self.begun)?,
            Format::Csv if !self.begun => csv::refund_header(self.out)?,
            _ => self.write_table()?,
        }
        self.flush()
    }

    /// Ends a list that broke off: it must not look complete.
    pub(crate) fn abandon(mut self) -> io::Result<()> {
        if self.format == Format::Json && self.begun {
            self.out.write_all(b"\n")?;
        }
        self.write_table()?;
        self.flush()
    }

    fn write_table(&mut self) -> io::Result<()> {
        if self.rows.is_empty() { Ok(()) } else { table::refunds(self.out, &self.rows) }
    }
}
