//! What the demo shows: each step, then the refunds, then the ledger.

use std::io::{self, Write};

use refunds_core::{Money, Refund};
use refunds_sandbox::{Entry, EntryState, Ledger};
use serde::Serialize;

use super::{scene::Scene, steps::Outcome};
use crate::output::{Format, RefundWriter, clean, table};

/// The results so far.
#[derive(Debug)]
pub(super) struct Report {
    format: Format,
    steps: Vec<StepRow>,
    refunds: Vec<Refund>,
}

#[derive(Debug, Serialize)]
struct StepRow {
    provider: &'static str,
    step: &'static str,
    ok: bool,
    note: String,
}

#[derive(Serialize)]
struct LedgerRow<'a> {
    provider: &'a str,
    payment_id: &'a str,
    refund_id: &'a str,
    reference: Option<&'a str>,
    minor_units: i64,
    currency: &'a str,
    state: &'static str,
}

impl Report {
    pub(super) fn new(format: Format) -> Self {
        Self { format, steps: Vec::new(), refunds: Vec::new() }
    }

    pub(super) fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.ok)
    }

    pub(super) fn begin(&self, out: &mut impl Write, scene: &Scene) -> io::Result<()> {
        if self.format == Format::Table { writeln!(out, "{}", scene.provider) } else { Ok(()) }
    }

    pub(super) fn record(
        &mut self,
        out: &mut impl Write,
        scene: &Scene,
        step: &'static str,
        outcome: Outcome,
    ) -> io::Result<()> {
        let (ok, note) = match outcome {
            Ok(seen) => {
                self.refunds.extend(seen.refunds);
                (true, seen.note)
            }
            Err(mismatch) => (false, mismatch.0),
        };
        if self.format == Format::Table {
            let mark = if ok { "ok" } else { "FAILED" };
            writeln!(out, "  {mark} {}: {}", step, clean(&note))?;
        }
        if !ok {
            let line = format!("error: {}: {}: {}\n", scene.provider, step, clean(&note));
            // If standard error is gone, there is nowhere left to report to.
            let _ = io::stderr().write_all(line.as_bytes());
        }
        self.steps.push(StepRow { provider: scene.provider, step, ok, note });
        out.flush()
    }

    pub(super) fn finish(&self, out: &mut impl Write, ledger: &Ledger) -> io::Result<()> {
        let ledger: Vec<_> = ledger.entries().iter().map(LedgerRow::of).collect();
        match self.format {
            Format::Table => self.tables(out, &ledger)?,
            Format::Json => {
                let document = serde_json::json!({
                    "ok": self.passed(), "steps": self.steps, "refunds": self.refunds, "ledger": ledger,
                });
                writeln!(out, "{document:#}")?;
            }
            Format::Jsonl | Format::Csv => {
                let mut writer = RefundWriter::new(out, self.format);
                self.refunds.iter().try_for_each(|refund| writer.write(refund.clone()))?;
                return writer.finish();
            }
        }
        out.flush()
    }

    fn tables(&self, out: &mut impl Write, ledger: &[LedgerRow<'_>]) -> io::Result<()> {
        writeln!(out, "\nThe refunds, as the adapters report them:\n")?;
        let header = ["PROVIDER", "PAYMENT", "REFERENCE", "AMOUNT", "STATUS", "PROVIDER STATUS", "REFUND"];
        let mut reported = table::columns(&header, &[3]);
        for refund in &self.refunds {
            let amount = refund.amount.to_string();
            let reference = refund.reference.as_ref().map_or("-", AsRef::as_ref);
            let row = [&*refund.provider, refund.payment_id.as_str(), reference, &amount];
            let state = [refund.status.as_str(), &refund.provider_status, refund.id.as_str()];
            table::add(&mut reported, row.into_iter().chain(state));
        }
        table::write(out, &reported)?;

        writeln!(
            out,
            "\nThe sandbox's ledger, which records the money that moved (none for the documented payloads):\n"
        )?;
        let mut moved =
            table::columns(&["PROVIDER", "PAYMENT", "REFERENCE", "AMOUNT", "MONEY", "REFUND"], &[3]);
        for row in ledger {
            let amount = row.amount();
            let reference = row.reference.unwrap_or("-");
            table::add(
                &mut moved,
                [row.provider, row.payment_id, reference, &amount, row.state, row.refund_id],
            );
        }
        table::write(out, &moved)?;

        let failed = self.steps.iter().filter(|step| !step.ok).count();
        match failed {
            0 => writeln!(out, "\nAll {} steps passed.", self.steps.len()),
            _ => writeln!(out, "\n{failed} of {} steps failed.", self.steps.len()),
        }
    }
}

impl<'a> LedgerRow<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            provider: entry.provider.as_str(),
            payment_id: &entry.payment_id,
            refund_id: &entry.refund_id,
            reference: entry.reference.as_deref(),
            minor_units: entry.amount,
            currency: &entry.currency,
            state: match entry.state {
                EntryState::Moved => "moved",
                EntryState::Pending => "pending",
                EntryState::Failed => "failed",
                _ => "unknown",
            },
        }
    }

    fn amount(&self) -> String {
        match self.currency.parse() {
            Ok(currency) => Money::new(self.minor_units, currency).to_string(),
            Err(_) => format!("{} minor units of {}", self.minor_units, self.currency),
        }
    }
}
