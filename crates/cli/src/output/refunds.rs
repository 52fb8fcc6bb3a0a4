//! A list of refunds, written as it arrives.

use std::io::{self, Write};

use refunds_core::Refund;

use super::{Format, record::List, table};

/// Writes refunds one by one, so that a list of any length needs constant memory. Only the table keeps
/// its rows, because its columns are as wide as the widest cell.
#[derive(Debug)]
pub(crate) struct RefundWriter<'a, W> {
    list: List<'a, W>,
    rows: Vec<Refund>,
}

impl<'a, W: Write> RefundWriter<'a, W> {
    pub(crate) fn new(out: &'a mut W, format: Format) -> Self {
        Self { list: List::new(out, format), rows: Vec::new() }
    }

    pub(crate) fn write(&mut self, refund: Refund) -> io::Result<()> {
        self.list.write(&refund)?;
        if self.list.format == Format::Table {
            self.rows.push(refund);
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.list.out.flush()
    }

    /// The destination of the output.
    pub(crate) fn out(&self) -> &W {
        self.list.out
    }

    /// Ends a complete list.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.list.format == Format::Table && self.rows.is_empty() {
            writeln!(self.list.out, "no refunds")?;
        }
        self.write_table()?;
        self.list.finish::<Refund>()
    }

    /// Ends a list that broke off: it must not look complete.
    pub(crate) fn abandon(mut self) -> io::Result<()> {
        if self.list.format == Format::Json && self.list.has_begun {
            self.list.out.write_all(b"\n")?;
        }
        self.write_table()?;
        self.flush()
    }

    fn write_table(&mut self) -> io::Result<()> {
        if self.rows.is_empty() { Ok(()) } else { table::refunds(self.list.out, &self.rows) }
    }
}
