//! Tables for people: aligned with spaces, nothing cut, amounts in major units. On a terminal that is too narrow,
//! a table of refunds has fewer columns.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::NOTHING};
use refunds_core::{Payment, PaymentMethod, Refund};
use serde_json::{Map, Value};
use terminal_size::{Width, terminal_size_of};

use super::{
    clean,
    local::local,
    rows::{ProviderRow, target_type, word},
};

/// A table with these columns; those in `right` are numbers.
pub(crate) fn columns(header: &[&str], right: &[usize]) -> Table {
    let mut table = plain();
    table.set_header(header);
    table.discover_columns();
    for at in right {
        if let Some(column) = table.column_mut(*at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    pad(&mut table);
    table
}

/// Adds a row of text from outside.
pub(crate) fn add<I>(table: &mut Table, cells: I)
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    table.add_row(cells.into_iter().map(|cell| Cell::new(clean(cell.as_ref()))));
}

pub(crate) fn write(out: &mut impl Write, table: &Table) -> io::Result<()> {
    writeln!(out, "{}", table.trim_fmt())
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn pad(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

pub(super) fn refunds(out: &mut impl Write, refunds: &[Refund]) -> io::Result<()> {
    let whole = table_of(refunds, false);
    let is_wide =
        |Width(width): Width| whole.trim_fmt().lines().any(|line| line.chars().count() > width.into());
    match terminal_size_of(io::stdout()) {
        Some((width, _)) if is_wide(width) => write(out, &table_of(refunds, true)),
        _ => write(out, &whole),
    }
}

/// The table of refunds; a brief one leaves out what `refunds get` shows.
fn table_of(refunds: &[Refund], is_brief: bool) -> Table {
    let mut names = vec!["REFUND", "STATUS", "AMOUNT", "REFERENCE", "CREATED"];
    if !is_brief {
        names.extend(["PROVIDER STATUS", "NOTE"]);
    }
    let mut table = columns(&names, &[2]);
    for refund in refunds {
        let mut cells = vec![
            refund.id.to_string(),
            refund.status.to_string(),
            refund.amount.to_string(),
            refund.reference.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            or_dash(local(refund.created_at)),
        ];
        if !is_brief {
            let note = failure(refund).or_else(|| refund.reason.clone());
            cells.extend([refund.provider_status.to_string(), note.unwrap_or_default()]);
        }
        add(&mut table, cells);
    }
    table
}

pub(super) fn refund(out: &mut impl Write, refund: &Refund) -> io::Result<()> {
    let mut rows = vec![
        ("Refund", refund.id.to_string()),
        ("Payment", refund.payment_id.to_string()),
        ("Provider", refund.provider.to_string()),
        ("Status", format!("{} (the provider reports: {})", refund.status, refund.provider_status)),
        ("Amount", refund.amount.to_string()),
        ("Reference", refund.reference.as_ref().map_or("-".into(), ToString::to_string)),
    ];
    let mut row = |name, text: Option<String>| rows.extend(text.map(|text| (name, text)));
    row("Failure", failure(refund));
    row("Retry", refund.failure.as_ref().and_then(|failure| failure.retry).as_ref().map(word));
    row("Reason", refund.reason.clone());
    row("Target", target(refund));
    for line in &refund.lines {
        row("Line", Some(format!("{}: {}", line.id, line.amount)));
    }
    row("Paid by", refund.payment_method.as_deref().and_then(method));
    row("Payment service reference", refund.provider_reference.clone());
    row("Created", refund.created_at.map(|time| local(Some(time))));
    row("Updated", refund.updated_at.map(|time| local(Some(time))));
    row("Processed", refund.processed_at.map(|time| local(Some(time))));
    row("Metadata", members(&refund.metadata));
    if !refund.extra.is_empty() {
        let names: Vec<_> = refund.extra.keys().collect();
        row("Only in JSON", Some(names.join(", ")));
    }
    write(out, &pairs(rows, false))
}

pub(super) fn payment(out: &mut impl Write, payment: &Payment) -> io::Result<()> {
    let mut about = vec![("Payment", payment.id.to_string()), ("Provider", payment.provider.to_string())];
    about.extend(payment.provider_status.clone().map(|status| ("Status", status)));
    write(out, &pairs(about, false))?;
    let sums = [
        ("Captured", payment.captured),
        ("Refunded", payment.refunded),
        ("Pending", payment.pending),
        ("Refundable", payment.refundable),
    ];
    write(out, &pairs(sums.map(|(name, money)| (name, money.to_string())), true))?;
    if payment.refundable_lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut lines = columns(&["LINE", "REFUNDABLE"], &[1]);
    for line in &payment.refundable_lines {
        add(&mut lines, [&line.id, &line.amount.to_string()]);
    }
    write(out, &lines)
}

pub(super) fn providers(out: &mut impl Write, providers: &[ProviderRow]) -> io::Result<()> {
    let names: Vec<_> = providers.iter().map(|provider| provider.name.as_str()).collect();
    let mut abilities = columns(&[&["CAPABILITY"], names.as_slice()].concat(), &[]);
    let rows: Vec<_> = providers.iter().map(capabilities).collect();
    for (at, (name, _)) in rows.first().into_iter().flatten().enumerate() {
        let of_each = rows.iter().filter_map(|row| row.get(at)).map(|(_, value)| value.clone());
        add(&mut abilities, std::iter::once(name.clone()).chain(of_each));
    }
    write(out, &abilities)?;
    writeln!(out)?;
    let mut settings = columns(&["VARIABLE", "REQUIRED", "DESCRIPTION"], &[]);
    for setting in providers.iter().flat_map(|provider| &provider.settings) {
        add(&mut settings, [setting.variable.as_str(), yes_or_no(setting.required), setting.help]);
    }
    write(out, &settings)
}

fn capabilities(provider: &ProviderRow) -> Vec<(String, String)> {
    let flags = provider.flags().map(|(name, can)| (name.replace('_', " "), yes_or_no(can).to_owned()));
    let mut rows = Vec::from(flags);
    rows.push(("idempotency".into(), provider.idempotency().into()));
    rows.push(("final status by".into(), provider.final_status()));
    rows.push(("options".into(), or_dash(provider.capabilities.options.join(" "))));
    rows
}

/// Names and values, without a header.
pub(super) fn pairs<'a>(rows: impl IntoIterator<Item = (&'a str, String)>, numbers: bool) -> Table {
    let mut table = plain();
    for (name, text) in rows {
        add(&mut table, [name, &text]);
    }
    table.discover_columns();
    if numbers && let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    pad(&mut table);
    table
}

fn failure(refund: &Refund) -> Option<String> {
    let failure = refund.failure.as_ref()?;
    match (&failure.code, &failure.message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.as_ref().or(message.as_ref()).cloned(),
    }
}

fn target(refund: &Refund) -> Option<String> {
    let id = &refund.target.as_ref()?.id;
    Some(format!("{} {}", target_type(refund), id.as_deref().unwrap_or_default()))
}

fn method(method: &PaymentMethod) -> Option<String> {
    let card = method.card.as_ref();
    let parts = [
        method.psp.as_deref(),
        method.product_type.as_deref().or(method.product.as_deref()),
        card.and_then(|card| card.brand.as_deref()),
        card.and_then(|card| card.masked_pan.as_deref()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn members(map: &Map<String, Value>) -> Option<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members: Vec<_> = map.iter().map(|(key, value)| format!("{key}={}", text(value))).collect();
    (!members.is_empty()).then(|| members.join(", "))
}

pub(super) fn or_dash(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}

pub(super) fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
