//! A list of refunds, written as it arrives.

use std::io::{self, Write};

use refunds_core::Refund;

use super::{
    Format,
    csv::harmless,
    record::{List, Record},
    rows::{target_type, when, word},
    table,
};

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

impl Record for Refund {
    const COLUMNS: &'static [&'static str] = &[
        "provider",
        "id",
        "payment_id",
        "reference",
        "status",
        "provider_status",
        "amount",
        "currency",
        "minor_units",
        "reason",
        "failure_code",
        "failure_message",
        "failure_retry",
        "target_type",
        "target_id",
        "psp",
        "provider_reference",
        "created_at",
        "updated_at",
        "processed_at",
    ];

    fn fields(&self) -> Vec<String> {
        let text = |text: Option<&str>| harmless(text.unwrap_or_default());
        let failure = self.failure.as_ref();
        let retry = failure.and_then(|failure| failure.retry);
        vec![
            harmless(&self.provider),
            harmless(self.id.as_str()),
            harmless(self.payment_id.as_str()),
            text(self.reference.as_ref().map(AsRef::as_ref)),
            self.status.to_string(),
            harmless(&self.provider_status),
            self.amount.to_major(),
            self.amount.currency().to_string(),
            self.amount.minor_units().to_string(),
            text(self.reason.as_deref()),
            text(failure.and_then(|failure| failure.code.as_deref())),
            text(failure.and_then(|failure| failure.message.as_deref())),
            retry.as_ref().map(word).unwrap_or_default(),
            harmless(&target_type(self)),
            text(self.target.as_ref().and_then(|target| target.id.as_deref())),
            text(self.payment_method.as_ref().and_then(|method| method.psp.as_deref())),
            text(self.provider_reference.as_deref()),
            when(self.created_at),
            when(self.updated_at),
            when(self.processed_at),
        ]
    }
}
