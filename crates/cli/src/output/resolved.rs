//! The results of resolving refunds, one by one.

use std::io::{self, Write};

use refunds_core::{Error, Money, PaymentId, Reference, Refund};
use serde::Serialize;

use super::{
    Format, clean, csv,
    record::{List, Record},
};
use crate::failure::ErrorMembers;

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
    fn row(&self) -> Row<'_> {
        Row {
            payment_id: self.payment,
            reference: self.reference,
            amount: self.amount,
            result: match self.result {
                Ok(_) => "made",
                Err(error) if error.may_have_applied() => "unknown",
                Err(_) => "not_applied",
            },
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
}

impl Record for Row<'_> {
    const COLUMNS: &'static [&'static str] = &[
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

    fn fields(&self) -> Vec<String> {
        let error = self.error.as_ref();
        vec![
            csv::harmless(self.payment_id.as_str()),
            csv::harmless(self.reference.as_str()),
            self.amount.to_major(),
            self.amount.currency().to_string(),
            self.amount.minor_units().to_string(),
            self.result.to_owned(),
            self.refund.map(|refund| csv::harmless(refund.id.as_str())).unwrap_or_default(),
            self.refund.map(|refund| refund.status.to_string()).unwrap_or_default(),
            error.map(|error| error.kind.to_string()).unwrap_or_default(),
            error.map(|error| csv::harmless(error.message)).unwrap_or_default(),
        ]
    }
}

/// Writes each result as soon as it is known.
#[derive(Debug)]
pub(crate) struct ResolvedWriter<'a, W>(List<'a, W>);

impl<'a, W: Write> ResolvedWriter<'a, W> {
    pub(crate) fn new(out: &'a mut W, format: Format) -> Self {
        Self(List::new(out, format))
    }

    pub(crate) fn write(&mut self, resolved: &Resolved<'_>) -> io::Result<()> {
        self.0.write(&resolved.row())?;
        if self.0.format == Format::Table {
            writeln!(self.0.out, "{}", clean(&resolved.line()))?;
        }
        self.0.out.flush()
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.0.format == Format::Table && !self.0.has_begun {
            writeln!(self.0.out, "nothing is unsettled")?;
        }
        self.0.finish::<Row<'_>>()
    }
}
