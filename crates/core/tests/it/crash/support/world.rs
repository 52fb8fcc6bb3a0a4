//! A payment at a provider that misbehaves by script, and the truth about it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use refunds_core::{
    Capabilities, Certainty, CreateRefund, Error, ErrorKind, Idempotency, IdempotencyKey, Money, Page,
    PageRequest, Payment, PaymentId, Policy, Reference, Refund, RefundAmount, RefundId, RefundProvider as _,
    Result, SubmitRefund, UnresolvedRefund, testing::MemoryProvider,
};
use tokio::time::Instant;

use super::{Kind, PausedClock, Reads, Submission};

/// How long a request is on its way before its response arrives or it fails.
const LATENCY: Duration = Duration::from_millis(20);
/// How long responses to reads are on their way, in turn, in a world of [many](World::with_slow_reads).
const LATENCIES: [Duration; 3] = [LATENCY, Duration::from_millis(400), Duration::from_millis(90)];
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A payment, everything that happens at its provider, and what really happened. Clones are the same one.
#[derive(Clone)]
pub(crate) struct World(Arc<State>);

struct State {
    kind: Kind,
    clock: PausedClock,
    memory: MemoryProvider,
    payment: PaymentId,
    /// What the provider says was captured. The account behind it holds more, so that a refund too many
    /// would really be made.
    captured: i64,
    script: Mutex<Script>,
    /// Held while what is due is carried out, so that two reads at once see the same.
    carrying_out: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Script {
    submissions: VecDeque<Submission>,
    reads: Reads,
    /// How many responses were slow, where some are.
    slow_reads: Option<usize>,
    /// Requests that the provider still carries out, and when.
    under_way: Vec<(Instant, SubmitRefund)>,
    /// Refunds that lists do not show yet, and until when.
    not_listed: BTreeMap<RefundId, Instant>,
    /// Refunds whose second step is done.
    completed: Vec<RefundId>,
    /// How many requests left, as far as their clients know.
    sent: usize,
}

impl World {
    pub(crate) fn new(kind: Kind, captured: i64, submissions: &[Submission]) -> Self {
        let hides = matches!(kind, Kind::Hidden | Kind::HiddenWithKey);
        let memory =
            if hides { MemoryProvider::new().with_unreported_references() } else { MemoryProvider::new() };
        let memory = memory.with_capabilities(|capabilities| {
            capabilities.send_window = kind != Kind::NoSendWindow;
            if let Some(replay) = kind.replay() {
                let key = IdempotencyKey::new(255, RETENTION, replay, Certainty::Guaranteed);
                capabilities.idempotency = Idempotency::Key(key);
            }
        });
        let payment = memory.captured(nok(1000 * captured));
        let script = Script { submissions: submissions.iter().copied().collect(), ..Script::default() };
        Self(Arc::new(State {
            kind,
            clock: PausedClock::new(),
            memory,
            payment,
            captured,
            script: Mutex::new(script),
            carrying_out: tokio::sync::Mutex::default(),
        }))
    }

    /// Some responses to reads take longer than a whole call: what they show is old when it arrives.
    pub(crate) fn with_slow_reads(self) -> Self {
        self.script().slow_reads = Some(0);
        self
    }

    pub(crate) fn clock(&self) -> PausedClock {
        self.0.clock
    }

    /// A request to refund this payment.
    pub(crate) fn request(&self, minor: i64, reference: &str) -> CreateRefund {
        CreateRefund::new(
            self.0.payment.clone(),
            RefundAmount::Exact(nok(minor)),
            Reference::new(reference).unwrap(),
        )
    }

    /// Nothing goes wrong from now on, except that what is under way is still carried out.
    pub(crate) fn heal(&self) {
        self.script().submissions.clear();
    }

    /// From now on, reads are like this.
    pub(crate) fn reads_are(&self, reads: Reads) {
        self.script().reads = reads;
    }

    /// Lets everything that is under way come to its end, and all times of the journal with it.
    pub(crate) async fn let_all_times_pass(&self) {
        let policy = Policy::default();
        tokio::time::sleep(policy.send_window + policy.attempt_timeout + policy.resubmit_after).await;
    }

    /// How many requests left, as far as their clients know.
    pub(crate) fn sent(&self) -> usize {
        self.script().sent
    }

    /// How many refunds were made under the reference.
    pub(crate) fn made(&self, request: &CreateRefund) -> usize {
        self.0.memory.made(&self.0.payment, &request.reference)
    }

    /// The money that was refunded.
    pub(crate) fn moved(&self) -> i64 {
        self.0.memory.moved(&self.0.payment)
    }

    /// Whether the handle names a candidate refund, which only a person can confirm.
    pub(crate) fn is_shown_to_a_person(&self, handle: Option<&UnresolvedRefund>) -> bool {
        let hides = matches!(self.0.kind, Kind::Hidden | Kind::HiddenWithKey);
        hides && handle.is_some_and(|handle| handle.suspects.len() == 1)
    }

    fn is_under_way(&self, request: &CreateRefund) -> bool {
        let script = self.script();
        script.under_way.iter().any(|(_, submit)| submit.request.reference == request.reference)
    }

    /// Compares what a call returned with the truth.
    pub(crate) async fn check(&self, request: &CreateRefund, result: &Result<Refund>, what: &str) {
        self.carry_out().await;
        let made = self.made(request);
        assert!(made <= 1, "{made} refunds were made under one reference: {what}");
        match result {
            Ok(refund) => {
                assert_eq!(made, 1, "a refund is returned that was not made: {refund:?}: {what}");
                let named = refund.reference.as_ref();
                assert_eq!(named, Some(&request.reference), "it has another reference: {what}");
                let listed = self.0.memory.get_refund(&self.0.payment, &refund.id).await.unwrap();
                assert!(
                    listed.reference.is_none() || listed.reference.as_ref() == named,
                    "another refund is returned: {what}"
                );
            }
            Err(error) if !error.may_have_applied() => {
                assert_eq!(made, 0, "a refund was made, and the result is {error}: {what}");
                assert!(
                    !self.is_under_way(request),
                    "a refund is under way, and the result is {error}: {what}"
                );
            }
            Err(_) => {}
        }
    }

    /// Lets everything that is under way be carried out, and counts the refunds of `request`.
    pub(crate) async fn made_in_the_end(&self, request: &CreateRefund) -> usize {
        tokio::time::sleep(2 * Policy::default().resubmit_after).await;
        self.carry_out().await;
        self.made(request)
    }

    /// Carries out what is due.
    async fn carry_out(&self) {
        let _guard = self.0.carrying_out.lock().await;
        let now = Instant::now();
        loop {
            let due = {
                let mut script = self.script();
                let place = script.under_way.iter().position(|(due, _)| *due <= now);
                place.map(|place| script.under_way.remove(place).1)
            };
            let Some(submit) = due else { return };
            // It may be refused, for example for its key.
            let _ = self.0.memory.submit_refund(&submit).await;
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap()
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        self.0.memory.capabilities()
    }

    pub(super) async fn read_payment(&self) -> Result<Payment> {
        self.carry_out().await;
        let reads = self.script().reads;
        if reads == Reads::Fail {
            return Err(Error::new(ErrorKind::Unavailable, "HTTP 503"));
        }
        let moved = self.moved().min(self.0.captured);
        let (captured, id) = (nok(self.0.captured), self.0.payment.clone());
        let mut payment = Payment::new("world", id, captured, nok(moved), nok(0))?;
        payment.complete = reads == Reads::Complete;
        self.travel().await;
        Ok(payment)
    }

    pub(super) async fn list(&self) -> Result<Page<Refund>> {
        self.carry_out().await;
        let mut refunds = Vec::new();
        let mut request = PageRequest::first();
        loop {
            let page = self.0.memory.list_refunds(&self.0.payment, &request).await?;
            refunds.extend(page.items);
            match page.next {
                Some(cursor) => request = PageRequest::after(cursor),
                None => break,
            }
        }
        self.leave_out(&mut refunds)?;
        let refunds = refunds.into_iter().map(|refund| self.with_step(refund)).collect();
        self.travel().await;
        Ok(Page::whole(refunds))
    }

    /// What a list lacks now.
    fn leave_out(&self, refunds: &mut Vec<Refund>) -> Result<()> {
        let now = Instant::now();
        let script = self.script();
        match script.reads {
            Reads::Complete => {}
            Reads::Incomplete => refunds.clear(),
            Reads::Fail => return Err(Error::new(ErrorKind::Unavailable, "HTTP 503")),
        }
        refunds.retain(|refund| script.not_listed.get(&refund.id).is_none_or(|until| *until <= now));
        Ok(())
    }

    /// What was read is on its way.
    async fn travel(&self) {
        let latency = {
            let mut script = self.script();
            script.slow_reads.as_mut().map_or(LATENCY, |count| {
                *count += 1;
                LATENCIES[*count % LATENCIES.len()]
            })
        };
        tokio::time::sleep(latency).await;
    }

    pub(super) async fn get(&self, refund: &RefundId) -> Result<Refund> {
        self.carry_out().await;
        let refund = self.with_step(self.0.memory.get_refund(&self.0.payment, refund).await?);
        self.travel().await;
        Ok(refund)
    }

    fn with_step(&self, refund: Refund) -> Refund {
        let has_step = self.0.kind == Kind::Steps && !self.script().completed.contains(&refund.id);
        if has_step { refund.with_needs_completion() } else { refund }
    }

    pub(super) async fn submit(&self, submit: &SubmitRefund) -> Result<Refund> {
        // Without a send window, bytes may leave from now on for all that the client knows.
        let gated = self.0.kind != Kind::NoSendWindow;
        if !gated {
            self.script().sent += 1;
        }
        let submission = self.script().submissions.pop_front().unwrap_or(Submission::Made);
        // A token, a connection.
        let is_slow = submission == Submission::SlowAndCarriedOutLate;
        let window = Policy::default().send_window;
        tokio::time::sleep(if is_slow { window.saturating_sub(5 * LATENCY) } else { LATENCY }).await;
        if let Some(window) = &submit.window {
            window.check()?;
        }
        self.script().sent += usize::from(gated);
        let delay = match submission {
            Submission::CarriedOutSoon => Some(Duration::from_secs(1)),
            Submission::CarriedOutLate | Submission::SlowAndCarriedOutLate => {
                Some(Policy::default().resubmit_after)
            }
            _ => None,
        };
        // Dropped with the connection.
        let _late = delay.map(|delay| CarriedOutLater { world: self, delay, submit });
        tokio::time::sleep(LATENCY).await;
        let lost = || Err(Error::new(ErrorKind::Timeout, "no response"));
        match submission {
            Submission::Made => self.make(submit).await,
            Submission::MadeAndLost => {
                self.make(submit).await?;
                lost()
            }
            Submission::MadeAndLostAndNotListedYet => {
                let refund = self.make(submit).await?;
                let until = Instant::now() + Policy::default().resubmit_after;
                self.script().not_listed.insert(refund.id, until);
                lost()
            }
            Submission::LostBefore | Submission::CarriedOutSoon | Submission::CarriedOutLate => lost(),
            Submission::SlowAndCarriedOutLate => std::future::pending().await,
            Submission::Refused => Err(Error::new(ErrorKind::NotRefundable, "not this one")),
            Submission::RateLimited => Err(Error::new(ErrorKind::RateLimited, "too many requests")),
            Submission::Unavailable => Err(Error::new(ErrorKind::Unavailable, "HTTP 503")),
        }
    }

    async fn make(&self, submit: &SubmitRefund) -> Result<Refund> {
        if let Some(made) = &submit.completing {
            self.script().completed.push(made.clone());
            return self.0.memory.get_refund(&self.0.payment, made).await;
        }
        Ok(self.with_step(self.0.memory.submit_refund(submit).await?))
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("kind", &self.0.kind).finish_non_exhaustive()
    }
}

/// Puts a request on the provider's pile when its connection ends.
struct CarriedOutLater<'a> {
    world: &'a World,
    delay: Duration,
    submit: &'a SubmitRefund,
}

impl Drop for CarriedOutLater<'_> {
    fn drop(&mut self) {
        // A step moves no money, so it makes no difference when it is done.
        if self.submit.completing.is_none() {
            let mut submit = self.submit.clone();
            submit.window = None;
            self.world.script().under_way.push((Instant::now() + self.delay, submit));
        }
    }
}

fn nok(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}
