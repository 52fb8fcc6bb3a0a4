//! The results of resolving refunds, one by one.

use std::io::{self, Write};

use refunds_core::{Error, Money, PaymentId, Reference, Refund};
use serde::Serialize;

use super::{Format, clean, csv, json};
use crate::failure::ErrorMembers;

const COLUMNS: [&str; 10] = [
    "payment_id",
    "reference",
    "amount",
    "currency",
    "minor_units",
    "result",
    "refund_id",
    "status",
    "error_kind",
    "error_message",
];

/// The result of resolving one refund.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    pub(crate) payment: &'a PaymentId,
    pub(crate) reference: &'a Reference,
    pub(crate) amount: Money,
    pub(crate) result: Result<&'a Refund, &'a Error>,
}

#[derive(Serialize)]
struct Row<'a> {
    payment_id: &'a PaymentId,
    reference: &'a Reference,
    amount: Money,
    result: &'static str,
    refund: Option<&'a Refund>,
    error: Option<ErrorMembers<'a>>,
}

impl Resolved<'_> {
    fn word(&self) -> &'static str {
        match self.result {
            Ok(_) => "made",
            Err(error) if error.may_have_applied() => "unknown",
            Err(_) => "not_applied",
        }
    }

    fn row(&self) -> Row<'_> {
        Row {
            payment_id: self.payment,
            reference: self.reference,
            amount: self.amount,
            result: self.word(),
            refund: self.result.ok(),
            error: self.result.err().map(ErrorMembers::of),
        }
    }

    fn line(&self) -> String {
        let what = match self.result {
            Ok(refund) => format!("refund {} is {}", refund.id, refund.status),
            Err(error) if error.may_have_applied() => error.message().to_owned(),
            Err(error) => format!("not made by this command: {} ({})", error.message(), error.kind()),
        };
        format!("{} of {}, {}: {what}", self.reference, self.payment, self.amount)
    }

    fn record(&self) -> [String; 10] {
        let (refund, error) = (self.result.ok(), self.result.err());
        [
            csv::harmless(self.payment.as_str()),
            csv::harmless(self.reference.as_str()),
            self.amount.to_major(),
            self.amount.currency().to_string(),
            self.amount.minor_units().to_string(),
            self.word().to_owned(),
            refund.map(|refund| csv::harmless(refund.id.as_str())).unwrap_or_default(),
            refund.map(|refund| refund.status.to_string()).unwrap_or_default(),
            error.map(|error| error.kind().to_string()).unwrap_or_default(),
            error.map(|error| csv::harmless(error.message())).unwrap_or_default(),
        ]
    }
}

/// Writes each result as soon as it is known.
#[derive(Debug)]
pub(crate) struct ResolvedWriter<'a, W> {
    out: &'a mut W,
    format: Format,
    has_begun: bool,
}

impl<'a, W: Write> ResolvedWriter<'a, W> {
    pub(crate) fn new(out: &'a mut W, format: Format) -> Self {
        Self { out, format, has_begun: false }
    }

    pub(crate) fn write(&mut self, resolved: &Resolved<'_>) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        match self.format {
            Format::Table => writeln!(self.out, "{}", clean(&resolved.line()))?,
            Format::Json => json::element(self.out, &resolved.row(), is_first)?,
            Format::Jsonl => json::line(self.out, &resolved.row())?,
            Format::Csv => {
                if is_first {
                    csv::record(self.out, COLUMNS)?;
                }
                csv::record(self.out, resolved.record())?;
            }
        }
        self.out.flush()
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        match self.format {
            Format::Table if !self.has_begun => writeln!(self.out, "nothing is unsettled")?,
            Format::Json => json::end(self.out, self.has_begun)?,
            Format::Csv if !self.has_begun => csv::record(self.out, COLUMNS)?,
            _ => {}
        }
        self.out.flush()
    }
}
