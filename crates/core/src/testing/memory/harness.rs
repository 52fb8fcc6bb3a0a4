//! The harness of the in-memory provider.

use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryProvider;
use crate::{
    Currency, Money, PaymentId, Reference, RefundId, RefundLine, RefundProvider, RefundStatus, RefundTarget,
    WebhookRequest,
    testing::{Fault, FaultTarget, Harness},
};

/// How many reads make the refunds of a slow payment final.
const READS: u32 = 3;

/// Runs the kit on a [`MemoryProvider`]; also an example of a harness.
#[derive(Clone, Debug)]
pub struct MemoryHarness {
    provider: MemoryProvider,
    currency: Currency,
}

impl MemoryHarness {
    /// A harness of `provider`, whose payments are in `currency`.
    #[must_use]
    pub fn new(provider: MemoryProvider, currency: Currency) -> Self {
        Self { provider, currency }
    }

    /// The provider.
    #[must_use]
    pub fn memory(&self) -> &MemoryProvider {
        &self.provider
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

#[async_trait]
impl Harness for MemoryHarness {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        Arc::new(self.provider.clone())
    }

    fn currency(&self) -> Currency {
        self.currency
    }

    fn amount_step(&self) -> i64 {
        // Where its units are finer than the currency's, every amount is whole.
        let unit = Money::from_units(1, self.provider.decimals(self.currency), self.currency);
        unit.map_or(1, Money::minor_units)
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.provider.captured(self.money(minor))
    }

    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        Some(self.provider.authorized(self.money(minor)))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        Some(self.provider.slow(self.money(minor), READS, end))
    }

    async fn reverse(&self, payment: &PaymentId, refund: &RefundId) -> bool {
        self.provider.reverse(payment, refund)
    }

    async fn gift_card(&self, minor: i64) -> Option<(PaymentId, RefundTarget)> {
        Some(self.provider.gift_card(self.money(minor)))
    }

    async fn lines(&self, minor: i64) -> Option<(PaymentId, Vec<RefundLine>)> {
        let lines = [("1", minor / 3), ("2", minor - minor / 3)];
        let lines = lines.map(|(id, minor)| RefundLine::new(id, self.money(minor))).to_vec();
        Some((self.provider.captured_lines(lines.clone()), lines))
    }

    /// The provider records any value.
    fn option(&self, _name: &str) -> Option<String> {
        Some("true".to_owned())
    }

    async fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        Some(self.provider.webhook(payment, refund))
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        Some(self.provider.held(payment))
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        Some(self.provider.made(payment, reference))
    }

    async fn inject(&self, fault: Fault, on: FaultTarget) -> bool {
        self.provider.inject(fault, on);
        true
    }

    async fn heal(&self) {
        self.provider.heal();
    }
}
