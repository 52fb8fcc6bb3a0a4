//! What applications hold: a provider plus the behaviour that every provider needs.

mod backoff;
mod create;
mod next_step;
mod observe;
mod observer;
mod policy;
mod queue;
mod read;
mod refresh;
mod stream;
mod wait;

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::{Either, select};

use self::queue::Queue;
pub use self::{
    create::{Waiting, WaitingFor},
    observer::Observer,
    policy::Policy,
    stream::RefundStream,
    wait::WaitOutcome,
};
use crate::{
    Capabilities, Clock, Error, ErrorKind, Journal, MemoryJournal, Notice, Operation, Page, PageRequest,
    Payment, PaymentId, Refund, RefundId, RefundProvider, Registry, Result, Scope, SystemClock,
    WebhookRequest,
};

/// Refunds at one provider: safe creation, retries, pages as a stream, waiting for the end.
///
/// Cheap to clone; built from any [`RefundProvider`] plus a [`Policy`] and a [`Journal`]. Reads are
/// retried within the policy. A refund is never blindly submitted twice: [`create`](Self::create) says
/// how.
#[derive(Clone, Debug)]
pub struct RefundClient {
    provider: Arc<dyn RefundProvider>,
    /// The provider's account, which does not change.
    scope: Scope,
    policy: Policy,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    /// Whether the journal is the default one, which follows the clock.
    is_default_journal: bool,
    observer: Option<Arc<dyn Observer>>,
    queue: Queue,
}

impl RefundClient {
    /// A client of `provider` with the default [`Policy`], the system's clock and a [`MemoryJournal`] of
    /// its own, which its clones share.
    pub fn new(provider: impl RefundProvider + 'static) -> Self {
        Self {
            scope: provider.scope(),
            provider: Arc::new(provider),
            policy: Policy::default(),
            clock: Arc::new(SystemClock),
            journal: Arc::new(MemoryJournal::new()),
            is_default_journal: true,
            observer: None,
            queue: Queue::default(),
        }
    }

    /// A client of the provider that the environment names, with the policy and the journal that it
    /// sets: see [`Registry::from_env`], [`Policy::from_env`] and [`Registry::journal_from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where a variable is missing, unknown or malformed.
    pub fn from_env(registry: &Registry) -> Result<Self> {
        let client = Self::new(registry.from_env()?).with_policy(Policy::from_env()?);
        Ok(match registry.journal_from_env()? {
            Some(journal) => client.with_journal(journal),
            None => client,
        })
    }

    /// Replaces the policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Replaces the clock; the default journal follows it, and forgets what it held.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        if self.is_default_journal {
            self.journal = Arc::new(MemoryJournal::with_clock(clock.clone()));
        }
        self.clock = clock;
        self
    }

    /// Replaces the journal: a durable one makes [`create`](Self::create) safe from crashes and from
    /// other processes.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use refunds_core::{MemoryJournal, RefundClient, testing::MemoryProvider};
    ///
    /// // Two clients with one journal know of each other's refunds.
    /// let journal = MemoryJournal::new();
    /// let one = RefundClient::new(MemoryProvider::new()).with_journal(journal.clone());
    /// let other = RefundClient::new(MemoryProvider::new()).with_journal(journal);
    /// # }
    /// ```
    #[must_use]
    pub fn with_journal(mut self, journal: impl Journal + 'static) -> Self {
        self.journal = Arc::new(journal);
        self.is_default_journal = false;
        self
    }

    /// Reports to `observer` what calls do, such as that they wait.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The provider, for what only its adapter offers.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn RefundProvider> {
        &self.provider
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the provider can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.adapter().capabilities()
    }

    /// What is captured, refunded, pending and left of a payment.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::payment`], after retries.
    pub async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.read(Operation::Payment, || self.adapter().payment(payment)).await
    }

    /// One refund of a payment as it stands now.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::get_refund`], after retries.
    pub async fn get(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let refund = self.read(Operation::GetRefund, || self.adapter().get_refund(payment, refund)).await?;
        self.note(payment, std::slice::from_ref(&refund)).await;
        Ok(refund)
    }

    /// One page of a payment's refunds.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::list_refunds`], after retries.
    pub async fn list_page(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let page = self.read(Operation::ListRefunds, || self.adapter().list_refunds(payment, page)).await?;
        self.note(payment, &page.items).await;
        Ok(page)
    }

    /// Verifies a webhook and says what it is about. Nothing is sent; read the refunds next.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::verify_webhook`]; [`ErrorKind::Config`] where the adapter verifies none,
    /// so that nobody takes such webhooks for done.
    pub fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        if !self.capabilities().webhooks {
            return Err(Error::new(ErrorKind::Config, "this provider's adapter does not verify webhooks")
                .in_context(self.adapter().name(), Operation::VerifyWebhook));
        }
        let verified = self.adapter().verify_webhook(request);
        let mut notice =
            verified.map_err(|error| error.in_context(self.adapter().name(), Operation::VerifyWebhook))?;
        notice.scope = Some(self.scope.clone());
        Ok(notice)
    }

    /// The provider itself: a call through the `Arc` would box its future twice.
    fn adapter(&self) -> &dyn RefundProvider {
        &*self.provider
    }

    /// The journal itself, as [`adapter`](Self::adapter).
    fn store(&self) -> &dyn Journal {
        &*self.journal
    }

    /// When a call that may take `limit` has to be over, on the clock.
    fn deadline(&self, limit: Duration) -> Duration {
        self.clock.monotonic().saturating_add(limit)
    }

    fn time_left(&self, deadline: Duration) -> Duration {
        deadline.saturating_sub(self.clock.monotonic())
    }

    /// Runs one attempt, for as long as an attempt may take and as is left until `deadline`.
    async fn attempt<T>(
        &self,
        operation: Operation,
        deadline: Duration,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let limit = self.time_left(deadline).min(self.policy.attempt_timeout);
        let result = self.within(limit, call).await;
        result.map_err(|error| error.in_context(self.adapter().name(), operation))
    }

    /// Runs `call` for `limit`. Where there is no time, the call is not even begun.
    async fn within<T>(&self, limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
        if limit.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the time for this call is over").not_applied());
        }
        match select(std::pin::pin!(call), self.clock.limit(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => {
                Err(Error::new(ErrorKind::Timeout, format!("no answer within {limit:?}")))
            }
        }
    }
}
