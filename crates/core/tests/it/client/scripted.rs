//! The in-memory provider with a script of what goes wrong.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, CreateRefund, Cursor, Error, Money, Overview, Page, PageRequest, Payment, PaymentId,
    Reference, References, Refund, RefundAmount, RefundClient, RefundId, RefundList, RefundProvider,
    RefundStatus, RefundTarget, Result, SubmitRefund, testing::MemoryProvider,
};

/// What happens to one call.
#[derive(Debug)]
pub(crate) enum Step {
    /// The provider responds.
    Pass,
    /// It fails without having done anything.
    Fail(Error),
    /// It processes the request, and the response is lost.
    Lose(Error),
    /// It responds after this long.
    Wait(Duration),
    /// It never responds, and does nothing.
    Hang,
    /// It processes the request and never responds.
    LoseAndHang,
    /// It responds with something other than requested.
    Alter(fn(&mut Refund)),
}

/// What a response shows as the target.
#[derive(Clone, Debug, Default)]
pub(crate) enum Shown {
    /// What was requested.
    #[default]
    Requested,
    Nothing,
    Target(RefundTarget),
}

/// Every call of the provider, and its outcome.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a test")]
pub(crate) struct Script {
    pub(crate) reads: VecDeque<Step>,
    pub(crate) writes: VecDeque<Step>,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) hide_references: bool,
    pub(crate) drop_references: bool,
    pub(crate) ignore_cursors: bool,
    /// How many submissions complete a refund.
    pub(crate) steps: usize,
    /// For each submission, the refund that the request named as made.
    pub(crate) made: Vec<Option<RefundId>>,
    /// Every request that the adapter checked or was to send.
    pub(crate) requests: Vec<CreateRefund>,
    pub(crate) capabilities: Option<Capabilities>,
    /// Refunds of other processes, at the end of the first page.
    pub(crate) others: Vec<Refund>,
    /// Whether lists are empty.
    pub(crate) hide_refunds: bool,
    /// The status that lists show of every refund.
    pub(crate) list_status: Option<RefundStatus>,
    /// How the next question for the money fails, at once.
    pub(crate) money_fails: Option<Error>,
    /// The money that every payment takes from.
    pub(crate) money: Option<PaymentId>,
    /// The target that the response to a submission shows.
    pub(crate) target: Shown,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) memory: MemoryProvider,
    script: Arc<Mutex<Script>>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Changes its capabilities.
    pub(crate) fn offers(&self, change: impl FnOnce(&mut Capabilities)) {
        let mut capabilities = self.capabilities();
        change(&mut capabilities);
        self.script(|script| script.capabilities = Some(capabilities));
    }

    pub(crate) fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }

    pub(crate) fn read(&self, step: Step) -> &Self {
        self.script(|script| script.reads.push_back(step));
        self
    }

    pub(crate) fn write(&self, step: Step) -> &Self {
        self.script(|script| script.writes.push_back(step));
        self
    }

    pub(crate) fn calls(&self, what: &str) -> usize {
        self.script(|script| script.calls.iter().filter(|calls| **calls == what).count())
    }

    pub(crate) fn client(&self) -> RefundClient {
        RefundClient::new(self.clone())
    }

    fn next(&self, what: &'static str) -> Step {
        self.script(|script| {
            script.calls.push(what);
            let steps = if what == "submit" { &mut script.writes } else { &mut script.reads };
            steps.pop_front().unwrap_or(Step::Pass)
        })
    }
}

async fn follow<T>(step: Step, act: impl Future<Output = Result<T>>) -> Result<T> {
    match step {
        Step::Pass | Step::Alter(_) => act.await,
        Step::Fail(error) => Err(error),
        Step::Lose(error) => act.await.and(Err(error)),
        Step::Wait(pause) => {
            tokio::time::sleep(pause).await;
            act.await
        }
        Step::Hang => std::future::pending().await,
        Step::LoseAndHang => {
            act.await?;
            std::future::pending().await
        }
    }
}

#[async_trait]
impl RefundProvider for Scripted {
    fn name(&self) -> &str {
        self.memory.name()
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities =
            self.script(|script| script.capabilities.clone()).unwrap_or_else(|| self.memory.capabilities());
        if self.script(|script| script.hide_references) {
            capabilities.references = References::MayBeUnreported;
        }
        capabilities
    }

    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        if let Some(error) = self.script(|script| script.money_fails.take()) {
            return Err(error);
        }
        Ok(self.script(|script| script.money.clone()).unwrap_or_else(|| payment.canonical()))
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        follow(self.next("payment"), self.memory.payment(payment)).await
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let (hide, ignore) = self.script(|script| (script.hide_references, script.ignore_cursors));
        let calls = if ignore { PageRequest::first().with_limit(1) } else { page.clone() };
        let mut page = follow(self.next("list"), self.memory.list_refunds(payment, &calls)).await?;
        if page.next.is_none() {
            page.items.extend(self.script(|script| script.others.clone()));
        }
        if ignore {
            page.next = Some(Cursor::new("again")?);
        }
        if self.script(|script| script.drop_references) {
            page.items.iter_mut().for_each(|refund| refund.reference = None);
        }
        if self.script(|script| script.hide_refunds) {
            page.items.clear();
        }
        if let Some(status) = self.script(|script| script.list_status) {
            page.items.iter_mut().for_each(|refund| refund.status = status);
        }
        if self.calls("submit") < self.script(|script| script.steps) {
            page.items = page.items.into_iter().map(Refund::with_needs_completion).collect();
        }
        if hide {
            for refund in &mut page.items {
                refund.reference = None;
                *refund = refund.clone().with_unreported_reference();
            }
        }
        Ok(page)
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        if let Some(other) =
            self.script(|script| script.others.iter().find(|other| other.id == *refund).cloned())
        {
            return Ok(other);
        }
        let mut found = follow(self.next("get"), self.memory.get_refund(payment, refund)).await?;
        if self.script(|script| script.hide_references || script.drop_references) {
            found.reference = None;
        }
        let is_left = self.calls("submit") < self.script(|script| script.steps);
        Ok(if is_left { found.with_needs_completion() } else { found })
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        // Other tasks may run between the look and this, as on a network.
        tokio::task::yield_now().await;
        self.script(|script| script.made.push(submit.completing.clone()));
        self.script(|script| script.requests.push(submit.request.clone()));
        let step = self.next("submit");
        let leaves = !matches!(&step, Step::Fail(error) if !error.may_have_applied());
        if let Some(window) = submit.window.as_ref().filter(|_| leaves) {
            window.check()?;
        }
        let alter = if let Step::Alter(alter) = &step { Some(*alter) } else { None };
        let mut refund = follow(step, self.memory.submit_refund(submit)).await?;
        if let Some(alter) = alter {
            alter(&mut refund);
        }
        match self.script(|script| script.target.clone()) {
            Shown::Requested => {}
            Shown::Nothing => refund.target = None,
            Shown::Target(target) => refund.target = Some(target),
        }
        Ok(refund)
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        self.script(|script| script.requests.push(request.clone()));
        self.memory.validate(request)
    }

    /// One read, so that a script's steps are easy to count.
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        let refunds: RefundList = refunds_core::all_refunds(self, payment).await?;
        Ok(Overview::new(self.memory.payment(payment).await?, refunds))
    }
}

pub(crate) fn nok(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

pub(crate) fn request(payment: &PaymentId, minor: i64, reference: &str) -> CreateRefund {
    CreateRefund::new(payment.clone(), RefundAmount::Exact(nok(minor)), Reference::new(reference).unwrap())
}

pub(crate) fn remaining(payment: &PaymentId, reference: &str) -> CreateRefund {
    CreateRefund::new(payment.clone(), RefundAmount::Remaining, Reference::new(reference).unwrap())
}
