//! A provider that is right in everything but one thing.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, CreateRefund, Currency, Notice, Overview, Page, PageRequest, Payment, PaymentId, Reference,
    Refund, RefundId, RefundLine, RefundProvider, RefundStatus, RefundTarget, Result, Scope, SubmitRefund,
    WebhookRequest, all_refunds,
    testing::{Harness, MemoryHarness, MemoryProvider, On, Trouble},
};

/// The canary: what no `Debug` and no error may show.
pub(crate) const TOKEN: &str = "canary-5d41402abc4b2a76";

/// What a wrong provider does otherwise than the memory behind it. What is not said is forwarded.
#[async_trait]
pub(crate) trait Lie: Send + Sync {
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Liar")
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
    fn validate(&self, memory: &MemoryProvider, request: &CreateRefund) -> Result<()> {
        memory.validate(request)
    }
    async fn overview(&self, liar: &Liar, id: &PaymentId) -> Result<Overview> {
        let refunds = all_refunds(liar, id).await?;
        Ok(Overview::new(liar.payment(id).await?, refunds))
    }
    fn verify_webhook(&self, memory: &MemoryProvider, request: &WebhookRequest) -> Result<Notice> {
        memory.verify_webhook(request)
    }
    /// The last word on each refund, whichever call tells it.
    fn tells(&self, refund: Refund) -> Refund {
        refund
    }
}

/// The memory, told by a liar.
#[derive(Clone)]
pub(crate) struct Liar {
    memory: MemoryProvider,
    lie: Arc<dyn Lie>,
}

impl fmt::Debug for Liar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lie.debug(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl RefundProvider for Liar {
    fn name(&self) -> &str {
        self.lie.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.lie.capabilities(self.memory.capabilities())
    }
    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.lie.payment(&self.memory, payment).await
    }
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let mut page = self.lie.list(&self.memory, payment, page).await?;
        page.items = page.items.into_iter().map(|refund| self.lie.tells(refund)).collect();
        Ok(page)
    }
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        Ok(self.lie.tells(self.lie.get(&self.memory, payment, refund).await?))
    }
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        Ok(self.lie.tells(self.lie.submit(&self.memory, submit).await?))
    }
    fn scope(&self) -> Scope {
        self.lie.scope(&self.memory)
    }
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        self.lie.money(&self.memory, payment).await
    }
    fn validate(&self, request: &CreateRefund) -> Result<()> {
        self.lie.validate(&self.memory, request)
    }
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        self.lie.overview(self, payment).await
    }
    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        self.lie.verify_webhook(&self.memory, request)
    }
}

/// The memory's harness, with the liar in front.
pub(crate) struct LiarHarness {
    inner: MemoryHarness,
    lie: Arc<dyn Lie>,
}

impl LiarHarness {
    pub(crate) fn new(memory: MemoryProvider, lie: Arc<dyn Lie>) -> Self {
        Self { inner: MemoryHarness::new(memory, "NOK".parse().unwrap()), lie }
    }
}

#[async_trait]
impl Harness for LiarHarness {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn provider(&self) -> Arc<dyn RefundProvider> {
        Arc::new(Liar { memory: self.inner.memory().clone(), lie: Arc::clone(&self.lie) })
    }
    fn currency(&self) -> Currency {
        self.inner.currency()
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
    async fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        self.inner.webhook(payment, refund).await
    }
    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        self.inner.moved(payment).await
    }
    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        self.inner.made(payment, reference).await
    }
    async fn inject(&self, trouble: Trouble, on: On) -> bool {
        self.inner.inject(trouble, on).await
    }
    async fn heal(&self) {
        self.inner.heal().await;
    }
    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.into()]
    }
}
