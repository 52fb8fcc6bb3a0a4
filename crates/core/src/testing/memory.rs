//! A provider that lives in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    Capabilities, Clock, Cursor, Error, ErrorKind, FinalStatus, Money, Page, PageRequest, Payment, PaymentId,
    ProviderFactory, Refund, RefundId, RefundProvider, RefundStatus, Result, SettingSpec, Settings,
    SubmitRefund, SystemClock,
};

/// How refunds of a [`MemoryProvider`] come to their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settling {
    /// They are made at once.
    #[default]
    AtOnce,
    /// They are pending until they were read this often.
    AfterReads(u32),
}

/// A complete provider without a wire: payments and refunds in memory, shared by clones.
///
/// It knows no idempotency key, so it is as unforgiving as a real provider that has none.
///
/// ```
/// # async fn example() -> refunds_core::Result<()> {
/// use refunds_core::{Money, RefundProvider, testing::MemoryProvider};
///
/// let provider = MemoryProvider::new();
/// let payment = provider.captured(Money::new(44850, "NOK".parse()?));
/// assert_eq!(provider.payment(&payment).await?.refundable.minor_units(), 44850);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryProvider {
    payments: Arc<Mutex<BTreeMap<PaymentId, Account>>>,
    settling: Settling,
}

#[derive(Debug)]
struct Account {
    captured: Money,
    refunds: Vec<(Refund, u32)>,
}

impl MemoryProvider {
    /// A provider without payments, whose refunds are made at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes how refunds come to their end.
    #[must_use]
    pub fn with_settling(mut self, settling: Settling) -> Self {
        self.settling = settling;
        self
    }

    /// Takes a payment of `amount`.
    #[must_use]
    pub fn captured(&self, amount: Money) -> PaymentId {
        let id = PaymentId::trusted(Uuid::new_v4().to_string());
        self.lock().insert(id.clone(), Account { captured: amount, refunds: Vec::new() });
        id
    }

    /// The money that refunds of the payment really moved, in minor units: the truth for tests.
    #[must_use]
    pub fn moved(&self, payment: &PaymentId) -> i64 {
        self.lock().get(payment).map_or(0, |account| account.sum(|status| status == RefundStatus::Succeeded))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PaymentId, Account>> {
        self.payments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, payment: &PaymentId, act: impl FnOnce(&mut Account) -> Result<T>) -> Result<T> {
        match self.lock().get_mut(payment) {
            Some(account) => act(account),
            None => Err(Error::new(ErrorKind::NotFound, "there is no such payment")),
        }
    }
}

impl Account {
    fn sum(&self, counts: impl Fn(RefundStatus) -> bool) -> i64 {
        let amounts = self.refunds.iter().filter(|(refund, _)| counts(refund.status));
        amounts.map(|(refund, _)| refund.amount.minor_units()).sum()
    }

    fn payment(&self, id: &PaymentId) -> Result<Payment> {
        let money = |minor| Money::new(minor, self.captured.currency());
        let refunded = self.sum(|status| status == RefundStatus::Succeeded);
        let pending = self.sum(RefundStatus::holds_money) - refunded;
        Payment::new("memory", id.clone(), self.captured, money(refunded), money(pending))
    }

    /// Every look brings a pending refund closer to its end.
    fn read(&mut self) -> Vec<Refund> {
        for (refund, reads_left) in &mut self.refunds {
            *reads_left = reads_left.saturating_sub(1);
            if *reads_left == 0 && refund.status == RefundStatus::Pending {
                refund.status = RefundStatus::Succeeded;
                refund.provider_status = "made".into();
            }
        }
        self.refunds.iter().map(|(refund, _)| refund.clone()).collect()
    }
}

#[async_trait]
impl RefundProvider for MemoryProvider {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            partial: true,
            several: true,
            lines: true,
            metadata: true,
            final_status: FinalStatus::by(true, true, false),
            ..Capabilities::default()
        }
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.with(payment, |account| account.payment(payment))
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let refunds = self.with(payment, |account| Ok(account.read()))?;
        let start = match &page.cursor {
            None => 0,
            Some(cursor) => cursor
                .as_str()
                .parse()
                .map_err(|_| Error::new(ErrorKind::InvalidRequest, "the cursor is none of this list"))?,
        };
        let limit = page.limit.unwrap_or(20).max(1);
        let end = refunds.len().min(usize::saturating_add(start, limit.into()));
        let next = if end < refunds.len() { Some(Cursor::new(end.to_string())?) } else { None };
        Ok(Page::new(refunds.get(start..end).unwrap_or_default().to_vec(), next, Some(limit)))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let refunds = self.with(payment, |account| Ok(account.read()))?;
        refunds
            .into_iter()
            .find(|candidate| candidate.id == *refund)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the payment has no such refund"))
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let SubmitRefund { request, amount } = submit;
        self.with(&request.payment_id, |account| {
            if account.payment(&request.payment_id)?.refundable.checked_sub(*amount)?.minor_units() < 0 {
                return Err(Error::new(ErrorKind::NotRefundable, "that is more than is left"));
            }
            let (status, word, reads_left) = match self.settling {
                Settling::AtOnce => (RefundStatus::Succeeded, "made", 0),
                Settling::AfterReads(reads) => (RefundStatus::Pending, "under way", reads),
            };
            let id = RefundId::trusted(Uuid::new_v4().to_string());
            let mut refund = Refund::new("memory", id, request.payment_id.clone(), status, word, *amount);
            refund.reference = Some(request.reference.clone());
            refund.reason.clone_from(&request.reason);
            refund.lines.clone_from(&request.lines);
            refund.target.clone_from(&request.target);
            refund.metadata = request
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
                .collect::<Map<_, _>>();
            refund.created_at = Some(SystemClock.now());
            account.refunds.push((refund.clone(), reads_left));
            Ok(refund)
        })
    }
}

/// Hands out a [`MemoryProvider`] to a registry, under the name `memory`. All that it builds share
/// their payments with the one it was made of.
#[derive(Clone, Debug, Default)]
pub struct MemoryFactory(MemoryProvider);

impl MemoryFactory {
    /// A factory of clones of `provider`.
    #[must_use]
    pub fn of(provider: MemoryProvider) -> Self {
        Self(provider)
    }
}

impl ProviderFactory for MemoryFactory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn settings(&self) -> &[SettingSpec] {
        &[]
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn build(&self, _: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(self.0.clone()))
    }
}
