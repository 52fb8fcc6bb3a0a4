//! A process: a client whose calls of journal and provider are counted, and that dies at one of them.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::{Either, FutureExt as _, select};
use refunds_core::{
    Capabilities, CreateRefund, Error, ErrorKind, Journal, Page, PageRequest, Payment, PaymentId, Policy,
    Refund, RefundClient, RefundId, RefundProvider, Result, Scope, SubmitRefund,
    journal::{
        About, Decision, Entry, Intended, IntentKey, IntentNumber, JournalTime, MoneyKey, NewIntent,
        Observed, Outcome, Purge, Query, Seen, Standing, Version,
    },
};
use tokio::sync::Notify;

use super::World;

/// What happens at one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incident {
    /// The process dies instead of making the call.
    DiesBefore,
    /// The process dies when the call has been carried out, and learns nothing of it.
    DiesAfter,
    /// The journal fails and has done nothing.
    FailsBefore,
    /// The journal commits, and its acknowledgement is lost.
    FailsAfter,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callee {
    Journal,
    Observation,
    Read,
    Submission,
}

impl Incident {
    fn is_the_journals(self) -> bool {
        matches!(self, Self::FailsBefore | Self::FailsAfter)
    }
}

/// At which call it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The one with this number, counted from zero.
    Call(usize),
    /// Each submission.
    Submission,
    /// Each time that what a list shows is to be stored.
    Observation,
}

/// One process.
#[derive(Clone)]
pub(crate) struct Process(Arc<State>);

struct State {
    world: World,
    journal: Arc<dyn Journal>,
    /// What happens, and at which call.
    incident: Option<(At, Incident)>,
    /// From the incident on, every call of the journal fails in this way, not the first one alone.
    for_good: bool,
    calls: AtomicUsize,
    is_dead: AtomicBool,
    died: Notify,
    /// Yields before and after each operation of the journal, as one that waits for a disk does.
    is_slow: bool,
}

impl Process {
    /// A process to which nothing happens.
    pub(crate) fn healthy(world: &World, journal: &Arc<dyn Journal>) -> Self {
        Self::build(world, journal, None, false, false)
    }

    /// A process to which something happens at a call.
    pub(crate) fn with_incident(
        world: &World,
        journal: &Arc<dyn Journal>,
        at: At,
        incident: Incident,
    ) -> Self {
        Self::build(world, journal, Some((at, incident)), false, false)
    }

    /// As [`with_incident`](Self::with_incident), and every later call of the journal fails as well.
    pub(crate) fn with_broken_journal(
        world: &World,
        journal: &Arc<dyn Journal>,
        at: At,
        incident: Incident,
    ) -> Self {
        Self::build(world, journal, Some((at, incident)), true, false)
    }

    /// A healthy process whose journal takes its time: futures can be dropped before and after a commit,
    /// and a commit that was begun is still finished.
    pub(crate) fn with_slow_journal(world: &World, journal: &Arc<dyn Journal>) -> Self {
        Self::build(world, journal, None, false, true)
    }

    fn build(
        world: &World,
        journal: &Arc<dyn Journal>,
        incident: Option<(At, Incident)>,
        for_good: bool,
        is_slow: bool,
    ) -> Self {
        Self(Arc::new(State {
            world: world.clone(),
            journal: journal.clone(),
            incident,
            for_good,
            calls: AtomicUsize::new(0),
            is_dead: AtomicBool::new(false),
            died: Notify::new(),
            is_slow,
        }))
    }

    /// The client of this process.
    pub(crate) fn client(&self) -> RefundClient {
        let mut policy = Policy::default();
        policy.jitter_seed = Some(7);
        RefundClient::new(self.clone())
            .with_policy(policy)
            .with_clock(Arc::new(self.0.world.clock()))
            .with_journal(self.clone())
    }

    /// Runs `call` until it ends or the process dies, which is `None`.
    pub(crate) async fn run<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        match select(std::pin::pin!(call), std::pin::pin!(self.0.died.notified())).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        }
    }

    /// How many calls of journal and provider were made.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn incident_at(&self, callee: Callee) -> Option<Incident> {
        let number = self.0.calls.fetch_add(1, Ordering::SeqCst);
        let (at, incident) = self.0.incident?;
        let due = match at {
            At::Call(at) => number == at || (self.0.for_good && number > at),
            At::Submission => callee == Callee::Submission,
            At::Observation => callee == Callee::Observation,
        };
        let of_journal = matches!(callee, Callee::Journal | Callee::Observation);
        (due && (of_journal || !incident.is_the_journals())).then_some(incident)
    }

    async fn die<T>(&self) -> T {
        self.0.is_dead.store(true, Ordering::SeqCst);
        self.0.died.notify_one();
        std::future::pending().await
    }

    async fn call<T>(&self, callee: Callee, act: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.incident_at(callee) {
            None => act.await,
            Some(Incident::DiesBefore) => self.die().await,
            Some(Incident::DiesAfter) => {
                let _ = act.await;
                self.die().await
            }
            Some(Incident::FailsBefore) => Err(journal_failure()),
            Some(Incident::FailsAfter) => {
                act.await?;
                Err(journal_failure())
            }
        }
    }

    async fn journal<T: Send>(
        &self,
        callee: Callee,
        act: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let act = async {
            if !self.0.is_slow {
                return act.await;
            }
            // The operation is queued: dropping the future does not take it back.
            let mut queued = Queued(Some(Box::pin(act)));
            tokio::task::yield_now().await;
            let result = queued.0.take().unwrap().await;
            tokio::task::yield_now().await;
            result
        };
        self.call(callee, act).await
    }

    async fn read<T>(&self, act: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.call(Callee::Read, act).await
    }
}

/// An operation of a memory journal that is carried out even if its caller has been dropped.
struct Queued<F: Future + Unpin>(Option<F>);

impl<F: Future + Unpin> Drop for Queued<F> {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            // A memory journal's operations, apart from waiting, are over at their first poll.
            let _ = act.now_or_never();
        }
    }
}

fn journal_failure() -> Error {
    Error::new(ErrorKind::Unavailable, "the journal cannot be written")
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("incident", &self.0.incident).finish_non_exhaustive()
    }
}

#[async_trait]
impl RefundProvider for Process {
    fn name(&self) -> &'static str {
        "world"
    }

    fn capabilities(&self) -> Capabilities {
        self.0.world.capabilities()
    }

    async fn payment(&self, _: &PaymentId) -> Result<Payment> {
        self.read(self.0.world.read_payment()).await
    }

    async fn list_refunds(&self, _: &PaymentId, _: &PageRequest) -> Result<Page<Refund>> {
        self.read(self.0.world.list()).await
    }

    async fn get_refund(&self, _: &PaymentId, refund: &RefundId) -> Result<Refund> {
        self.read(self.0.world.get(refund)).await
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        self.call(Callee::Submission, self.0.world.submit(submit)).await
    }

    fn scope(&self) -> Scope {
        Scope::new("world", "account", "")
    }

    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        self.read(async { Ok(payment.canonical()) }).await
    }

    fn validate(&self, _: &CreateRefund) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Journal for Process {
    async fn open(&self, about: &About) -> Result<Standing> {
        self.journal(Callee::Journal, self.0.journal.open(about)).await
    }

    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        self.journal(Callee::Journal, self.0.journal.intend(intent)).await
    }

    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.journal(Callee::Journal, self.0.journal.settle(intent, outcome)).await
    }

    fn abandon(&self, intent: &IntentKey) {
        // What a dead process would have done when its futures are dropped is not done.
        if !self.0.is_dead.load(Ordering::SeqCst) {
            self.0.journal.abandon(intent);
        }
    }

    async fn observe(&self, money: &MoneyKey, seen: &[Seen], since: Option<Version>) -> Result<Observed> {
        self.journal(Callee::Observation, self.0.journal.observe(money, seen, since)).await
    }

    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        self.call(Callee::Journal, self.0.journal.wait(money, since, at_most)).await
    }

    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        self.journal(Callee::Journal, self.0.journal.entries(query)).await
    }

    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.journal(Callee::Journal, self.0.journal.decide(money, number, decision)).await
    }

    async fn purge(&self, what: &Purge) -> Result<u64> {
        self.journal(Callee::Journal, self.0.journal.purge(what)).await
    }

    async fn now(&self) -> Result<JournalTime> {
        self.0.journal.now().await
    }
}
