//! A provider that is right in everything but one thing.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, CreateRefund, Currency, Location, Mode, Notice, Overview, Page, PageRequest, Payment,
    PaymentId, Reference, Refund, RefundId, RefundLine, RefundProvider, RefundStatus, RefundTarget, Result,
    Scope, SubmitRefund, WebhookRequest, all_refunds,
    testing::{Fault, FaultTarget, Harness, MemoryHarness, MemoryProvider},
};

/// The canary that no `Debug` and no error may show.
pub(crate) const TOKEN: &str = "canary-5d41402abc4b2a76";

/// What a wrong provider does differently from the in-memory provider behind it. The rest is forwarded.
#[async_trait]
pub(crate) trait Mutation: Send + Sync {
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MutantProvider")
    }
    fn name(&self) -> &'static str {
        "memory"
    }
    fn capabilities(&self, truth: Capabilities) -> Capabilities {
        truth
    }
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        memory.payment(id).await
    }
    async fn list(
        &self,
        memory: &MemoryProvider,
        id: &PaymentId,
        page: &PageRequest,
    ) -> Result<Page<Refund>> {
        memory.list_refunds(id, page).await
    }
    async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
        memory.get_refund(id, refund).await
    }
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        memory.submit_refund(submit).await
    }
    fn scope(&self, memory: &MemoryProvider) -> Scope {
        memory.scope()
    }
    async fn money(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<PaymentId> {
        memory.money(id).await
    }
    async fn locate(&self, mutant: &MutantProvider, id: &PaymentId) -> Result<Location> {
        mutant.money(id).await.map(Location::new)
    }
    async fn currency(&self, mutant: &MutantProvider, id: &PaymentId) -> Result<Currency> {
        Ok(mutant.payment(id).await?.currency())
    }
    async fn overview_of(&self, mutant: &MutantProvider, id: &PaymentId, _: &Location) -> Result<Overview> {
        self.overview(mutant, id).await
    }
    fn validate(&self, memory: &MemoryProvider, request: &CreateRefund) -> Result<()> {
        memory.validate(request)
    }
    async fn overview(&self, mutant: &MutantProvider, id: &PaymentId) -> Result<Overview> {
        let refunds = all_refunds(mutant, id).await?;
        Ok(Overview::new(mutant.payment(id).await?, refunds))
    }
    fn verify_webhook(&self, memory: &MemoryProvider, request: &WebhookRequest) -> Result<Notice> {
        memory.verify_webhook(request)
    }
    /// How the harness delivers a webhook.
    fn webhook(&self, genuine: WebhookRequest) -> WebhookRequest {
        genuine
    }
    /// Changes each refund, whichever call returns it.
    fn alter(&self, refund: Refund) -> Refund {
        refund
    }
}

/// The in-memory provider behind a mutation.
#[derive(Clone)]
pub(crate) struct MutantProvider {
    memory: MemoryProvider,
    mutation: Arc<dyn Mutation>,
}

impl fmt::Debug for MutantProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mutation.debug(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl RefundProvider for MutantProvider {
    fn name(&self) -> &str {
        self.mutation.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.mutation.capabilities(self.memory.capabilities())
    }
    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.mutation.payment(&self.memory, payment).await
    }
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let mut page = self.mutation.list(&self.memory, payment, page).await?;
        page.items = page.items.into_iter().map(|refund| self.mutation.alter(refund)).collect();
        Ok(page)
    }
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        Ok(self.mutation.alter(self.mutation.get(&self.memory, payment, refund).await?))
    }
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        Ok(self.mutation.alter(self.mutation.submit(&self.memory, submit).await?))
    }
    fn scope(&self) -> Scope {
        self.mutation.scope(&self.memory)
    }
    fn mode(&self) -> Mode {
        self.memory.mode()
    }
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        self.mutation.money(&self.memory, payment).await
    }
    async fn locate(&self, payment: &PaymentId) -> Result<Location> {
        self.mutation.locate(self, payment).await
    }
    async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
        self.mutation.currency(self, payment).await
    }
    async fn overview_of(&self, payment: &PaymentId, location: &Location) -> Result<Overview> {
        self.mutation.overview_of(self, payment, location).await
    }
    fn validate(&self, request: &CreateRefund) -> Result<()> {
        self.mutation.validate(&self.memory, request)
    }
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        self.mutation.overview(self, payment).await
    }
    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        self.mutation.verify_webhook(&self.memory, request)
    }
}

/// The memory's harness, with the mutant in front.
pub(crate) struct MutantHarness {
    inner: MemoryHarness,
    mutation: Arc<dyn Mutation>,
}

impl MutantHarness {
    pub(crate) fn new(memory: MemoryProvider, mutation: Arc<dyn Mutation>) -> Self {
        Self { inner: MemoryHarness::new(memory, "NOK".parse().unwrap()), mutation }
    }
}

#[async_trait]
impl Harness for MutantHarness {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn provider(&self) -> Arc<dyn RefundProvider> {
        Arc::new(MutantProvider { memory: self.inner.memory().clone(), mutation: Arc::clone(&self.mutation) })
    }
    fn currency(&self) -> Currency {
        self.inner.currency()
    }
    fn amount_step(&self) -> i64 {
        self.inner.amount_step()
    }
    async fn captured(&self, minor: i64) -> PaymentId {
        self.inner.captured(minor).await
    }
    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        self.inner.authorized(minor).await
    }
    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        self.inner.slow(minor, end).await
    }
    async fn reverse(&self, payment: &PaymentId, refund: &RefundId) -> bool {
        self.inner.reverse(payment, refund).await
    }
    async fn gift_card(&self, minor: i64) -> Option<(PaymentId, RefundTarget)> {
        self.inner.gift_card(minor).await
    }
    async fn lines(&self, minor: i64) -> Option<(PaymentId, Vec<RefundLine>)> {
        self.inner.lines(minor).await
    }
    fn option(&self, name: &str) -> Option<String> {
        self.inner.option(name)
    }
    async fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        Some(self.mutation.webhook(self.inner.webhook(payment, refund).await?))
    }
    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        self.inner.moved(payment).await
    }
    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        self.inner.made(payment, reference).await
    }
    async fn inject(&self, fault: Fault, on: FaultTarget) -> bool {
        self.inner.inject(fault, on).await
    }
    async fn heal(&self) {
        self.inner.heal().await;
    }
    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.into()]
    }
}
