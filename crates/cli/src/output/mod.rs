//! Results on standard output.

mod answer;
mod checks;
mod csv;
mod journal;
mod json;
mod local;
mod payment;
mod record;
mod refunds;
mod resolved;
mod rows;
pub(crate) mod table;
mod webhook;

use std::{
    borrow::Cow,
    ffi::OsString,
    io::{self, IsTerminal, Stdout, Write},
};

use clap::ValueEnum;
use refunds_core::{Payment, ProviderFactory, Refund};

pub(crate) use self::{
    answer::print_answer,
    checks::{Check, State, print_checks},
    journal::{EntryWriter, print_entry, print_purged},
    local::clock_time,
    refunds::RefundWriter,
    resolved::{Resolved, ResolvedWriter},
    webhook::{print_done, print_notice, print_subscription, print_subscriptions},
};

/// The output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: aligned columns, amounts in major units.
    Table,
    /// One document.
    Json,
    /// One object per line.
    Jsonl,
    /// A header and stable columns, for spreadsheets.
    Csv,
}

impl Format {
    /// The default for standard output.
    pub(crate) fn by_terminal() -> Self {
        if io::stdout().is_terminal() { Self::Table } else { Self::Json }
    }

    /// The requested format, from arguments that do not parse as a whole.
    pub(crate) fn requested(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let arguments: Vec<_> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
        arguments.iter().enumerate().find_map(|(at, argument)| {
            let word = match argument.as_str() {
                "--output" | "-o" => arguments.get(at + 1)?,
                other => other.strip_prefix("--output=").or_else(|| other.strip_prefix("-o"))?,
            };
            Self::from_str(word.trim_start_matches('='), false).ok()
        })
    }

    /// Whether the format is for programs; then errors are JSON too.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// Standard output. After its reader is gone, output is discarded.
#[derive(Debug)]
pub(crate) struct Out {
    stdout: Stdout,
    gone: bool,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self { stdout: io::stdout(), gone: false }
    }

    /// Whether the reader is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    fn unless_gone<T: Default>(&mut self, write: impl FnOnce(&mut Stdout) -> io::Result<T>) -> io::Result<T> {
        match write(&mut self.stdout) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(T::default())
            }
            result => result,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.gone { Ok(()) } else { self.unless_gone(|stdout| stdout.write_all(bytes)) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone { Ok(()) } else { self.unless_gone(Stdout::flush) }
    }
}

pub(crate) fn print_refund(out: &mut impl Write, format: Format, refund: &Refund) -> io::Result<()> {
    record::one(out, format, refund, |out| table::refund(out, refund))
}

pub(crate) fn print_payment(out: &mut impl Write, format: Format, payment: &Payment) -> io::Result<()> {
    record::one(out, format, payment, |out| table::payment(out, payment))
}

pub(crate) fn print_providers<'a>(
    out: &mut impl Write,
    format: Format,
    factories: impl Iterator<Item = &'a dyn ProviderFactory>,
) -> io::Result<()> {
    let rows: Vec<_> = factories.map(rows::ProviderRow::of).collect();
    match format {
        Format::Table => table::providers(out, &rows)?,
        Format::Json => json::pretty(out, &rows)?,
        Format::Jsonl => rows.iter().try_for_each(|row| json::line(out, row))?,
        Format::Csv => csv::providers(out, &rows)?,
    }
    out.flush()
}

/// Text from outside, safe for a terminal: characters that control it are replaced.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(controls_terminal) {
        text.chars().map(|c| if controls_terminal(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
    } else {
        text.into()
    }
}

/// Control characters, and those that change the writing direction.
fn controls_terminal(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requested_format_is_found_in_any_spelling() {
        for (arguments, format) in [
            ("refunds list --output json", Some(Format::Json)),
            ("refunds list --output=csv x", Some(Format::Csv)),
            ("refunds -o jsonl list", Some(Format::Jsonl)),
            ("refunds -ojsonl list", Some(Format::Jsonl)),
            ("refunds -o=table list", Some(Format::Table)),
            ("refunds list --output", None),
            ("refunds list --output xml", None),
            ("refunds list", None),
        ] {
            assert_eq!(Format::requested(arguments.split(' ').map(OsString::from)), format, "{arguments}");
        }
    }

    #[test]
    fn no_text_controls_the_terminal() {
        assert_eq!(clean("rma-551 å"), "rma-551 å");
        assert_eq!(clean("a\u{1b}[2Jb\n\u{9b}c\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\u{fffd}d");
    }
}
