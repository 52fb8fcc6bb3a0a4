//! CSV: flat, with a header and stable columns.
//!
//! Spreadsheets run text that begins like a formula. Such text from outside gets a leading
//! apostrophe; JSON shows it unchanged.

use std::io::{self, Write};

use refunds_core::{Payment, Refund};

use super::{
    record::Record,
    rows::{ProviderRow, target_type, when, word},
};

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

impl Record for Payment {
    const COLUMNS: &'static [&'static str] = &[
        "provider",
        "id",
        "provider_status",
        "currency",
        "captured",
        "refunded",
        "pending",
        "refundable",
        "captured_minor",
        "refunded_minor",
        "pending_minor",
        "refundable_minor",
        "complete",
    ];

    fn fields(&self) -> Vec<String> {
        let amounts = [self.captured, self.refunded, self.pending, self.refundable];
        let mut fields = vec![
            harmless(&self.provider),
            harmless(self.id.as_str()),
            harmless(self.provider_status.as_deref().unwrap_or_default()),
            self.currency().to_string(),
        ];
        fields.extend(amounts.map(refunds_core::Money::to_major));
        fields.extend(amounts.map(|amount| amount.minor_units().to_string()));
        fields.push(self.complete.to_string());
        fields
    }
}

/// One line per setting, each with the provider's capabilities.
pub(super) fn providers(out: &mut impl Write, providers: &[ProviderRow]) -> io::Result<()> {
    let mut header = vec!["provider", "variable", "required", "help"];
    header.extend(["partial", "several", "lines", "gift_cards", "metadata", "webhooks"]);
    header.extend(["idempotency", "final_status"]);
    record(out, header)?;
    for provider in providers {
        for setting in &provider.settings {
            let mut fields = vec![
                provider.name.clone(),
                setting.variable.clone(),
                setting.required.to_string(),
                setting.help.to_owned(),
            ];
            fields.extend(provider.flags().map(|(_, can)| can.to_string()));
            fields.extend([provider.idempotency().to_owned(), provider.final_status()]);
            record(out, fields)?;
        }
    }
    Ok(())
}

pub(super) fn record<I>(out: &mut impl Write, fields: I) -> io::Result<()>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields)?;
    let text = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    out.write_all(&text)
}

/// Text that a spreadsheet cannot read as a formula.
pub(super) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for (text, safe) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("rma-551", "rma-551"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }
}
