//! What both providers share: the clock, the ids, the ledger, the webhook queue, and when asynchronous refunds settle.

use std::{
    io, iter,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    changes::Changes,
    clock::{Clock, later},
    ids::Ids,
    ledger::Book,
    lock::lock,
    record::{self, Record},
    webhook::Outbox,
};

const LEDGER: &str = "ledger";
const PROGRESS: &str = "progress";

/// How far ids and clock are.
#[derive(Serialize, Deserialize)]
struct Progress {
    ids: u64,
    webhook_ids: u64,
    advanced: Duration,
}

#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) clock: Arc<Clock>,
    pub(crate) changes: Arc<Changes>,
    pub(crate) ids: Ids,
    pub(crate) book: Mutex<Book>,
    pub(crate) settling: Mutex<Settling>,
    pub(crate) outbox: Outbox,
}

impl Common {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn export(&self) -> Vec<Record> {
        let progress = Progress {
            ids: self.ids.state(),
            webhook_ids: self.outbox.ids.state(),
            advanced: self.clock.advanced(),
        };
        let book = lock(&self.book).snapshot();
        let lines = book.entries().iter().enumerate();
        let lines = lines.map(|(at, entry)| Record::of(LEDGER, format!("{at:08}"), entry));
        iter::once(Record::of(PROGRESS, "sandbox", &progress)).chain(lines).collect()
    }

    pub(crate) fn restore(&self, records: &[Record]) -> io::Result<()> {
        if let Some(progress) = record::one::<Progress>(records, PROGRESS)? {
            self.ids.restore(progress.ids);
            self.outbox.ids.restore(progress.webhook_ids);
            self.clock.advance(progress.advanced);
        }
        let mut lines = record::all(records, LEDGER)?;
        lines.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut book = lock(&self.book);
        for (_, entry) in lines {
            book.write(entry);
        }
        Ok(())
    }

    pub(crate) fn settling(&self) -> Settling {
        *lock(&self.settling)
    }

    /// A refund that begins now. If its payment has a time of its own, that alone counts.
    pub(crate) fn pending(&self, after: Option<Duration>) -> Pending {
        let due = after.or(self.settling().after).map(|after| later(self.now(), after));
        Pending { reads: 0, due, by_time_alone: after.is_some() }
    }
}

/// When an asynchronous refund becomes final.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settling {
    /// After this many reads that showed it pending; `None` is never.
    pub(crate) after_reads: Option<u32>,
    /// After this long on the sandbox's clock; `None` is never.
    pub(crate) after: Option<Duration>,
}

impl Default for Settling {
    fn default() -> Self {
        Self { after_reads: Some(2), after: None }
    }
}

/// An asynchronous refund that has not settled.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Pending {
    reads: u32,
    due: Option<OffsetDateTime>,
    by_time_alone: bool,
}

impl Pending {
    pub(crate) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Counts a read that showed the refund pending; true if it was the last such read.
    pub(crate) fn was_read(&mut self, settling: Settling) -> bool {
        self.reads = self.reads.saturating_add(1);
        !self.by_time_alone && settling.after_reads.is_some_and(|limit| self.reads >= limit)
    }
}
