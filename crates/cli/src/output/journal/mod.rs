//! A journal's entries.

mod rows;

use std::io::{self, Write};

use refunds_core::{
    Clock, SystemClock,
    journal::{Entry, Intent, JournalTime, MadeRefund},
};
use serde_json::json;

use self::rows::{EntryRow, state, time, verdict};
use super::{
    Format, csv, json,
    local::clock_time,
    record::{self, List, Record},
    rows::word,
    table::{self, add, columns, or_dash, pairs},
};

/// Writes entries one by one. Only the table keeps its rows.
#[derive(Debug)]
pub(crate) struct EntryWriter<'a, W> {
    list: List<'a, W>,
    with_account: bool,
    rows: Vec<Vec<String>>,
}

impl<'a, W: Write> EntryWriter<'a, W> {
    /// A writer that shows each entry's account if `with_account` is set.
    pub(crate) fn new(out: &'a mut W, format: Format, with_account: bool) -> Self {
        Self { list: List::new(out, format), with_account, rows: Vec::new() }
    }

    pub(crate) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        if self.list.format == Format::Table {
            self.rows.push(cells(entry, self.with_account));
            return Ok(());
        }
        self.list.write(&EntryRow::of(entry))
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.list.format == Format::Table && self.rows.is_empty() {
            writeln!(self.list.out, "no refunds in the journal")?;
        } else if self.list.format == Format::Table {
            let mut header = vec!["NUMBER", "STATE", "PAYMENT", "REFERENCE", "AMOUNT", "REFUND", "TRY AGAIN"];
            header.extend(self.with_account.then_some("ACCOUNT"));
            let mut table = columns(&header, &[0, 4]);
            self.rows.into_iter().for_each(|row| add(&mut table, row));
            table::write(self.list.out, &table)?;
        }
        self.list.finish::<EntryRow<'_>>()
    }
}

/// Prints one entry with all its intents.
pub(crate) fn print_entry(out: &mut impl Write, format: Format, entry: &Entry) -> io::Result<()> {
    record::one(out, format, &EntryRow::of(entry), |out| show(out, entry))
}

/// Prints how many entries a purge changed or removed.
pub(crate) fn print_purged(out: &mut impl Write, format: Format, count: u64, what: &str) -> io::Result<()> {
    match format {
        Format::Table => writeln!(out, "{count} {}: {what}", if count == 1 { "refund" } else { "refunds" })?,
        Format::Json | Format::Jsonl => json::line(out, &json!({ "purged": count }))?,
        Format::Csv => {
            csv::record(out, ["purged"])?;
            csv::record(out, [count.to_string()])?;
        }
    }
    out.flush()
}

fn cells(entry: &Entry, with_account: bool) -> Vec<String> {
    let refund = entry.made.as_ref().map(|made| format!("{} ({})", made.id, made.status));
    let mut cells = vec![
        newest(entry).map_or("-".into(), |intent| intent.number.to_string()),
        state(entry).to_owned(),
        entry.payment.to_string(),
        entry.reference.to_string(),
        entry.amount.to_string(),
        or_dash(refund.unwrap_or_default()),
        or_dash(entry.resubmit_from().map(soon).unwrap_or_default()),
    ];
    cells.extend(with_account.then(|| entry.money.scope.to_string()));
    cells
}

/// The intent that needs a decision, or the newest one.
fn newest(entry: &Entry) -> Option<&Intent> {
    entry.unsettled().last().or(entry.newest())
}

fn soon(time: JournalTime) -> String {
    clock_time(time.to_datetime(), SystemClock.now())
}

impl Record for EntryRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "provider",
        "account",
        "origin",
        "payment_id",
        "reference",
        "amount",
        "currency",
        "minor_units",
        "state",
        "unsettled",
        "number",
        "committed_at",
        "unsettled_until",
        "resubmit_from",
        "refund_id",
        "refund_status",
        "evidence",
        "fault",
        "suspects",
        "decided_by",
    ];

    fn fields(&self) -> Vec<String> {
        let entry = self.entry;
        let scope = &entry.money.scope;
        let newest = newest(entry);
        let made = entry.made.as_ref();
        let suspects: Vec<_> = entry.suspects.iter().map(AsRef::as_ref).collect();
        vec![
            csv::harmless(scope.provider()),
            csv::harmless(scope.account()),
            csv::harmless(scope.origin()),
            csv::harmless(entry.payment.as_str()),
            csv::harmless(entry.reference.as_str()),
            entry.amount.to_major(),
            entry.amount.currency().to_string(),
            entry.amount.minor_units().to_string(),
            state(entry).to_owned(),
            entry.unsettled().next().is_some().to_string(),
            newest.map(|intent| intent.number.to_string()).unwrap_or_default(),
            newest.map(|intent| time(intent.committed_at)).unwrap_or_default(),
            newest.map(|intent| time(intent.unsettled_until)).unwrap_or_default(),
            entry.resubmit_from().map(time).unwrap_or_default(),
            made.map(|made| csv::harmless(made.id.as_str())).unwrap_or_default(),
            made.map(|made| made.status.to_string()).unwrap_or_default(),
            made.map(|made| word(&made.evidence)).unwrap_or_default(),
            made.and_then(|made| made.fault.as_deref()).map(csv::harmless).unwrap_or_default(),
            csv::harmless(&suspects.join(" ")),
            entry.decision.as_ref().map(|decision| csv::harmless(&decision.by)).unwrap_or_default(),
        ]
    }
}

fn show(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let mut rows = vec![
        ("Payment", entry.payment.to_string()),
        ("Reference", entry.reference.to_string()),
        ("Account", entry.money.scope.to_string()),
        ("Amount", entry.amount.to_string()),
        ("State", state(entry).to_owned()),
    ];
    if entry.money.id != entry.payment {
        rows.push(("Money from", entry.money.id.to_string()));
    }
    if let Some(made) = &entry.made {
        rows.extend(refund_rows(made));
    }
    if !entry.suspects.is_empty() {
        let ids: Vec<_> = entry.suspects.iter().map(AsRef::as_ref).collect();
        rows.push(("Possible matches", ids.join(", ")));
    }
    rows.extend(entry.resubmit_from().map(|from| ("Try again from", soon(from))));
    if let Some(decision) = &entry.decision {
        let what = verdict(&decision.verdict).replace('_', " ");
        rows.push(("Decided", format!("{what}, by {} at {}", decision.by, time(decision.at))));
        rows.push(("Note", decision.note.clone()));
    }
    table::write(out, &pairs(rows, false))?;
    if entry.intents.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let header =
        ["NUMBER", "STATE", "COMMITTED", "NOT AFTER", "UNSETTLED UNTIL", "TRY AGAIN FROM", "SETTLED", "WHY"];
    let mut intents = columns(&header, &[0]);
    for intent in &entry.intents {
        add(&mut intents, intent_cells(intent));
    }
    table::write(out, &intents)
}

fn refund_rows(made: &MadeRefund) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("Refund", made.id.to_string()),
        ("Status when last seen", made.status.to_string()),
        ("Known by", word(&made.evidence).replace('_', " ")),
    ];
    rows.extend(made.alias.as_ref().map(|id| ("Listed as", id.to_string())));
    rows.extend(made.doubled.as_ref().map(|id| ("Second refund", id.to_string())));
    rows.extend(made.fault.clone().map(|fault| ("Differs from the request", fault)));
    rows
}

fn intent_cells(intent: &Intent) -> [String; 8] {
    let why = intent.why.as_ref().map(|why| match &why.code {
        Some(code) => format!("{}: {code}", why.kind),
        None => why.kind.to_string(),
    });
    let step = if intent.step { " (moves no money)" } else { "" };
    [
        intent.number.to_string(),
        format!("{}{step}", intent.state.as_str()),
        time(intent.committed_at),
        time(intent.not_after),
        time(intent.unsettled_until),
        time(intent.resubmit_from),
        or_dash(intent.settled_at.map(time).unwrap_or_default()),
        or_dash(why.unwrap_or_default()),
    ]
}
