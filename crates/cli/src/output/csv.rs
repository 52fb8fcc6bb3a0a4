//! CSV: flat, with a header and stable columns.
//!
//! Spreadsheets run text that begins like a formula. Such text from outside gets a leading
//! apostrophe; JSON shows it unchanged.

use std::io::{self, Write};

use super::rows::ProviderRow;

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
