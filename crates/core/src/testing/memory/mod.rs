//! A provider that lives in memory.

mod account;
mod factory;
mod harness;
mod provider;
mod webhook;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use self::account::{Account, Ending};
pub use self::{factory::MemoryFactory, harness::MemoryHarness};
use super::{Fault, FaultTarget};
use crate::{
    Capabilities, Certainty, Currency, Error, ErrorKind, FinalStatus, Idempotency, IdempotencyKey, Money,
    PaymentId, Reference, References, RefundId, RefundLine, RefundStatus, RefundTarget, Replay, Result,
    TargetKind,
};

/// The default page size.
const PAGE_SIZE: u16 = 20;
/// How long a key is remembered by the capabilities; in fact it is never forgotten.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// How refunds of a [`MemoryProvider`] become final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settling {
    /// They are made at once.
    #[default]
    AtOnce,
    /// They are pending until they were read this many times.
    AfterReads(u32),
}

/// A complete provider without a wire: payments and refunds in memory, shared by clones.
///
/// By default it supports no idempotency key, so it is as unforgiving as a real provider without
/// one; [`with_key`](Self::with_key) adds one.
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
///
/// What an application does when the response to a refund is lost:
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// use refunds_core::{CreateRefund, Money, Reference, RefundAmount, RefundClient};
/// use refunds_core::testing::{MemoryProvider, FaultTarget, Fault};
///
/// let provider = MemoryProvider::new();
/// let payment = provider.captured(Money::new(44850, "NOK".parse()?));
/// provider.inject(Fault::ResponseLost, FaultTarget::Submit);
///
/// let request = CreateRefund::new(payment.clone(), RefundAmount::Remaining, Reference::new("rma-551")?);
/// RefundClient::new(provider.clone()).create(&request).await?;
/// assert_eq!(provider.made(&payment, &request.reference), 1);
/// # Ok::<(), refunds_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryProvider {
    world: Arc<Mutex<World>>,
    settling: Settling,
    end: Option<RefundStatus>,
    capabilities: Option<Capabilities>,
    maximum: Option<i64>,
    page_size: Option<u16>,
    decimals: Option<usize>,
    hidden_references: bool,
}

/// The state that clones share.
#[derive(Debug, Default)]
struct World {
    payments: BTreeMap<PaymentId, Account>,
    faults: VecDeque<(Fault, FaultTarget)>,
    /// The keys of submissions in flight, where a repetition is refused meanwhile.
    in_flight: BTreeSet<(PaymentId, String)>,
}

impl MemoryProvider {
    /// A provider without payments, whose refunds are made at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes how refunds become final.
    #[must_use]
    pub fn with_settling(mut self, settling: Settling) -> Self {
        self.settling = settling;
        self
    }

    /// Changes the final status of [pending](Settling::AfterReads) refunds: succeeded without
    /// it. [`RefundStatus::Unknown`] comes with an unknown provider status.
    #[must_use]
    pub fn with_end(mut self, end: RefundStatus) -> Self {
        self.end = Some(end);
        self
    }

    /// Honours the reference as an idempotency key: a repeated submission returns the refund in its
    /// present state, one with another amount a conflict.
    #[must_use]
    pub fn with_key(self) -> Self {
        let key = IdempotencyKey::new(255, RETENTION, Replay::CurrentState, Certainty::Guaranteed);
        self.with_capabilities(|capabilities| capabilities.idempotency = Idempotency::Key(key))
    }

    /// Changes its capabilities and its behaviour: what is switched off is refused. With
    /// [`Replay::FirstAnswer`], the response to a key is kept even if it was a server error.
    ///
    /// ```
    /// use refunds_core::{RefundProvider, testing::MemoryProvider};
    ///
    /// let once = MemoryProvider::new().with_capabilities(|capabilities| capabilities.multiple = false);
    /// assert!(!once.capabilities().multiple);
    /// ```
    #[must_use]
    pub fn with_capabilities(mut self, change: impl FnOnce(&mut Capabilities)) -> Self {
        let mut capabilities = self.able();
        change(&mut capabilities);
        self.capabilities = Some(capabilities);
        self
    }

    /// Refuses refunds of more than this many minor units before anything is sent.
    #[must_use]
    pub fn with_maximum(mut self, minor: i64) -> Self {
        self.maximum = Some(minor);
        self
    }

    /// Changes the largest page size, 20 by default.
    #[must_use]
    pub fn with_page_size(mut self, size: u16) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Counts in units of this many decimals in every currency, as providers do whose minor units differ from
    /// ISO 4217. An amount that is not a whole number of them is refused.
    ///
    /// ```
    /// # async fn example() -> refunds_core::Result<()> {
    /// use refunds_core::{CreateRefund, ErrorKind, Money, Reference, RefundAmount, RefundProvider};
    /// use refunds_core::testing::MemoryProvider;
    ///
    /// let provider = MemoryProvider::new().with_decimals(2);
    /// let tnd = "TND".parse()?;
    /// let payment = provider.captured(Money::new(30_870, tnd));
    /// let millimes = RefundAmount::Exact(Money::new(30_875, tnd));
    /// let request = CreateRefund::new(payment, millimes, Reference::new("rma-551")?);
    /// assert_eq!(provider.validate(&request).unwrap_err().kind(), ErrorKind::InvalidRequest);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_decimals(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// Stores references but does not report them, as some providers do.
    #[must_use]
    pub fn with_unreported_references(mut self) -> Self {
        self.hidden_references = true;
        self
    }

    /// Captures a payment of `amount`.
    #[must_use]
    pub fn captured(&self, amount: Money) -> PaymentId {
        self.open(Account::new(amount))
    }

    /// Captures a payment of order lines, which add up to its amount.
    ///
    /// # Panics
    ///
    /// Without lines, or where they do not add up in one currency.
    #[must_use]
    pub fn captured_lines(&self, lines: Vec<RefundLine>) -> PaymentId {
        let amounts = lines.iter().map(|line| line.amount);
        let sum = amounts.map(Ok).reduce(|sum, amount| sum?.try_add(amount?));
        let Some(Ok(sum)) = sum else { panic!("the lines add up in one currency") };
        let mut account = Account::new(sum);
        account.lines = lines;
        self.open(account)
    }

    /// Authorizes a payment of `amount` without capturing it.
    #[must_use]
    pub fn authorized(&self, amount: Money) -> PaymentId {
        self.open(Account::new(Money::zero(amount.currency())))
    }

    /// Captures a payment of `amount` whose refunds are pending until they were read `reads` times
    /// and then end as `end`.
    #[must_use]
    pub fn slow(&self, amount: Money, reads: u32, end: RefundStatus) -> PaymentId {
        let mut account = Account::new(amount);
        account.ending = Some(Ending { reads_left: reads, end });
        self.open(account)
    }

    /// Captures a payment of `amount` from a gift card, and returns that card as a target.
    /// ([`with_capabilities`](Self::with_capabilities) enables the capability.)
    #[must_use]
    pub fn gift_card(&self, amount: Money) -> (PaymentId, RefundTarget) {
        let mut account = Account::new(amount);
        let card = Uuid::new_v4().to_string();
        account.gift_card = Some(card.clone());
        (self.open(account), RefundTarget::new(TargetKind::GiftCard, Some(card)))
    }

    /// The money that refunds of the payment really moved, in minor units.
    #[must_use]
    pub fn moved(&self, payment: &PaymentId) -> i64 {
        self.sum(payment, |status| status == RefundStatus::Succeeded)
    }

    /// The money that refunds of the payment moved or have under way, in minor units.
    #[must_use]
    pub fn held(&self, payment: &PaymentId) -> i64 {
        self.sum(payment, RefundStatus::reduces_refundable)
    }

    /// How many refunds of the payment were made under the reference, whatever their status.
    #[must_use]
    pub fn made(&self, payment: &PaymentId, reference: &Reference) -> usize {
        self.lock().payments.get(payment).map_or(0, |account| account.made(reference))
    }

    /// Makes a succeeded refund fail, as when a bank reverses it; `false` where there is
    /// no such refund.
    pub fn reverse(&self, payment: &PaymentId, refund: &RefundId) -> bool {
        self.lock().payments.get_mut(payment).is_some_and(|account| account.reverse(refund))
    }

    /// Makes a request fail. Multiple faults take effect in turn.
    pub fn inject(&self, fault: Fault, on: FaultTarget) {
        self.lock().faults.push_back((fault, on));
    }

    /// Removes every fault that has not happened yet.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    fn able(&self) -> Capabilities {
        self.capabilities.clone().unwrap_or_else(|| Capabilities {
            partial: true,
            multiple: true,
            lines: true,
            metadata: true,
            final_status: FinalStatus::by(true, true, false),
            references: if self.hidden_references {
                References::MayBeUnreported
            } else {
                References::Reported
            },
            send_window: true,
            ..Capabilities::default()
        })
    }

    fn open(&self, account: Account) -> PaymentId {
        let id = PaymentId::trusted(Uuid::new_v4().to_string());
        self.lock().payments.insert(id.clone(), account);
        id
    }

    fn sum(&self, payment: &PaymentId, counts: impl Fn(RefundStatus) -> bool) -> i64 {
        self.lock().payments.get(payment).map_or(0, |account| account.sum(counts))
    }

    fn decimals(&self, currency: Currency) -> usize {
        self.decimals.unwrap_or_else(|| currency.exponent())
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, payment: &PaymentId, act: impl FnOnce(&mut Account) -> Result<T>) -> Result<T> {
        match self.lock().payments.get_mut(payment) {
            Some(account) => act(account),
            None => Err(Error::new(ErrorKind::NotFound, "no such payment")),
        }
    }

    /// The next fault for this target, if any.
    fn fault(&self, on: FaultTarget) -> Option<Fault> {
        let mut world = self.lock();
        let turn = world.faults.iter().position(|(_, waits_for)| *waits_for == on)?;
        world.faults.remove(turn).map(|(fault, _)| fault)
    }
}
