//! The queue of webhooks, with the active modes.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use time::OffsetDateTime;

use super::{
    message::{Delivery, Message, Scheme},
    mode::WebhookMode,
};
use crate::{
    changes::{Change, Changes},
    clock::later,
    ids::Ids,
    lock::lock,
    provider::Provider,
};

/// The oldest of more attempts are forgotten.
const KEPT: usize = 1_000;

pub(crate) struct Outbox {
    /// A separate source, so that webhooks do not change the other ids of the same seed.
    pub(crate) ids: Ids,
    changes: Arc<Changes>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    jobs: Vec<Job>,
    modes: Vec<Armed>,
    time_limit: Option<Duration>,
    attempts: VecDeque<Attempt>,
}

/// An attempt that was made, and when.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) at: OffsetDateTime,
    pub(crate) delivery: Delivery,
}

/// A webhook in the queue.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) provider: Provider,
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) due: OffsetDateTime,
}

/// A queued message.
#[derive(Clone)]
pub(super) struct Job {
    number: u64,
    due: OffsetDateTime,
    /// When it was first due.
    pub(super) since: OffsetDateTime,
    pub(super) tried: u32,
    /// It has never been due: it may still be lost or duplicated.
    is_fresh: bool,
    pub(super) message: Message,
}

struct Armed {
    mode: WebhookMode,
    seen: u32,
}

impl Outbox {
    pub(crate) fn new(seed: u64, changes: Arc<Changes>) -> Self {
        Self { ids: Ids::new(!seed), changes, inner: Mutex::default() }
    }

    pub(crate) fn push(&self, message: Message, due: OffsetDateTime) {
        let mut inner = lock(&self.inner);
        let number = inner.number();
        inner.jobs.push(Job { number, due, since: due, tried: 0, is_fresh: true, message });
        self.changes.mark(Change::Deliveries);
    }

    /// When reads first show an event of now.
    pub(crate) fn shown_from(&self, now: OffsetDateTime) -> OffsetDateTime {
        let early = self.modes().into_iter().find_map(|mode| match mode {
            WebhookMode::Early(by) => Some(by),
            _ => None,
        });
        early.map_or(now, |by| later(now, by))
    }

    pub(crate) fn has(&self, mode: &WebhookMode) -> bool {
        lock(&self.inner).modes.iter().any(|armed| armed.mode == *mode)
    }

    /// Drops everything queued for a deleted subscription.
    pub(crate) fn forget(&self, gone: &str) {
        lock(&self.inner).jobs.retain(
            |job| !matches!(&job.message.scheme, Scheme::Hook { subscription, .. } if subscription == gone),
        );
    }

    pub(super) fn add(&self, mode: WebhookMode) {
        lock(&self.inner).modes.push(Armed { mode, seen: 0 });
    }

    pub(super) fn clear_modes(&self) {
        lock(&self.inner).modes.clear();
    }

    pub(super) fn modes(&self) -> Vec<WebhookMode> {
        lock(&self.inner).modes.iter().map(|armed| armed.mode.clone()).collect()
    }

    pub(super) fn set_time_limit(&self, limit: Duration) {
        lock(&self.inner).time_limit = Some(limit);
    }

    pub(super) fn time_limit(&self) -> Option<Duration> {
        lock(&self.inner).time_limit
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.inner).jobs.len()
    }

    pub(super) fn next_due(&self) -> Option<OffsetDateTime> {
        lock(&self.inner).jobs.iter().map(|job| job.due).min()
    }

    pub(super) fn clear(&self) {
        lock(&self.inner).jobs.clear();
        self.changes.mark(Change::Deliveries);
    }

    /// Takes everything due by this time, or everything, in the order of sending.
    pub(super) fn take(&self, by: Option<OffsetDateTime>) -> Batch<'_> {
        let mut inner = lock(&self.inner);
        let mut jobs: Vec<Job> = inner.jobs.extract_if(.., |job| by.is_none_or(|by| job.due <= by)).collect();
        if !jobs.is_empty() {
            self.changes.mark(Change::Deliveries);
        }
        jobs.sort_by_key(|job| (job.due, job.number));
        jobs.retain(|job| !job.is_fresh || !inner.loses());
        let twice = inner.is_armed(&WebhookMode::Twice);
        let mut batch = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            let is_doubled = mem::take(&mut job.is_fresh) && twice;
            batch.push(job.clone());
            if is_doubled {
                job.number = inner.number();
                batch.push(job);
            }
        }
        if inner.is_armed(&WebhookMode::Shuffled) {
            self.shuffle(&mut batch);
        }
        batch.reverse();
        Batch { outbox: self, rest: batch }
    }

    /// Queues a job again for its next attempt.
    pub(super) fn again(&self, mut job: Job, due: OffsetDateTime) {
        job.due = due;
        lock(&self.inner).jobs.push(job);
    }

    /// Keeps the result of an attempt.
    pub(super) fn attempted(&self, at: OffsetDateTime, delivery: Delivery) {
        let mut inner = lock(&self.inner);
        if inner.attempts.len() >= KEPT {
            inner.attempts.pop_front();
        }
        inner.attempts.push_back(Attempt { at, delivery });
        self.changes.mark(Change::Deliveries);
    }

    /// The newest attempts, oldest first.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        lock(&self.inner).attempts.iter().cloned().collect()
    }

    /// The webhooks in the queue, in the order in which they were queued.
    pub(crate) fn queued(&self) -> Vec<Queued> {
        let inner = lock(&self.inner);
        let queued = inner.jobs.iter().map(|job| Queued {
            provider: job.message.scheme.provider(),
            delivery_id: job.message.delivery_id.clone(),
            event: job.message.event.clone(),
            url: job.message.url.clone(),
            due: job.due,
        });
        queued.collect()
    }

    /// Changes the order of two jobs or more in any case.
    fn shuffle(&self, jobs: &mut [Job]) {
        let before: Vec<u64> = jobs.iter().map(|job| job.number).collect();
        for end in (1..jobs.len()).rev() {
            let random = self.ids.next() % (end as u64 + 1);
            jobs.swap(end, usize::try_from(random).unwrap_or(end));
        }
        if jobs.iter().map(|job| job.number).eq(before) {
            jobs.reverse();
        }
    }
}

impl Inner {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn is_armed(&self, mode: &WebhookMode) -> bool {
        self.modes.iter().any(|armed| armed.mode == *mode)
    }

    /// Counts a delivery that is due; true if it must be lost.
    fn loses(&mut self) -> bool {
        let mut is_lost = false;
        for armed in &mut self.modes {
            if let WebhookMode::Lose(nth) = armed.mode {
                armed.seen = armed.seen.saturating_add(1);
                is_lost |= armed.seen == nth;
            }
        }
        is_lost
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The jobs to send now. Unsent jobs return to the queue on drop.
pub(super) struct Batch<'a> {
    outbox: &'a Outbox,
    /// In reverse order.
    rest: Vec<Job>,
}

impl Batch<'_> {
    pub(super) fn peek(&self) -> Option<&Job> {
        self.rest.last()
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        self.rest.pop()
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        lock(&self.outbox.inner).jobs.append(&mut self.rest);
    }
}
