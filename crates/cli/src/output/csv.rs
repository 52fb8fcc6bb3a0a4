//! CSV: flat, with a header and stable columns.
//!
//! Spreadsheets run text that begins like a formula. Such text from outside gets a leading
//! apostrophe; JSON shows it unchanged.

use std::io::{self, Write};

use refunds_core::{Payment, Refund};

use super::rows::{ProviderRow, target_type, when};

const REFUND_COLUMNS: [&str; 20] = [
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

pub(super) fn refund_header(out: &mut impl Write) -> io::Result<()> {
    record(out, REFUND_COLUMNS)
}

pub(super) fn refunds(out: &mut impl Write, refunds: &[Refund]) -> io::Result<()> {
    refund_header(out)?;
    refunds.iter().try_for_each(|refund| refund_record(out, refund))
}

pub(super) fn refund_record(out: &mut impl Write, refund: &Refund) -> io::Result<()> {
    let text = |text: Option<&str>| harmless(text.unwrap_or_default());
    let failure = refund.failure.as_ref();
    let retry = failure.and_then(|failure| failure.retry);
    record(
        out,
        [
            harmless(&refund.provider),
            harmless(refund.id.as_str()),
            harmless(refund.payment_id.as_str()),
            text(refund.reference.as_ref().map(AsRef::as_ref)),
            refund.status.to_string(),
            harmless(&refund.provider_status),
            refund.amount.to_major(),
            refund.amount.currency().to_string(),
            refund.amount.minor_units().to_string(),
            text(refund.reason.as_deref()),
            text(failure.and_then(|failure| failure.code.as_deref())),
            text(failure.and_then(|failure| failure.message.as_deref())),
            retry.map(retry_word).unwrap_or_default(),
            harmless(&target_type(refund)),
            text(refund.target.as_ref().and_then(|target| target.id.as_deref())),
            text(refund.payment_method.as_ref().and_then(|method| method.psp.as_deref())),
            text(refund.provider_reference.as_deref()),
            when(refund.created_at),
            when(refund.updated_at),
            when(refund.processed_at),
        ],
    )
}

/// The same word as in JSON.
pub(super) fn retry_word(retry: refunds_core::RetryAdvice) -> String {
    serde_json::to_value(retry).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(super) fn payment(out: &mut impl Write, payment: &Payment) -> io::Result<()> {
    let amounts = [payment.captured, payment.refunded, payment.pending, payment.refundable];
    let mut header = vec!["provider", "id", "provider_status", "currency"];
    header.extend(["captured", "refunded", "pending", "refundable"]);
    header.extend(["captured_minor", "refunded_minor", "pending_minor", "refundable_minor", "complete"]);
    record(out, header)?;
    let mut fields = vec![
        harmless(&payment.provider),
        harmless(payment.id.as_str()),
        harmless(payment.provider_status.as_deref().unwrap_or_default()),
        payment.currency().to_string(),
    ];
    fields.extend(amounts.map(refunds_core::Money::to_major));
    fields.extend(amounts.map(|amount| amount.minor_units().to_string()));
    fields.push(payment.complete.to_string());
    record(out, fields)
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
