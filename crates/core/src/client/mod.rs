//! The client that applications use: a provider plus the behaviour that every provider needs.

mod backoff;
mod create;
mod next_step;
mod observe;
mod observer;
mod policy;
mod queue;
mod read;
mod refresh;
mod report;
mod stream;
mod wait;

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::{Either, select};

use self::queue::Queue;
pub use self::{
    observer::{CallOutcome, Observer, Recovered, Resolved, Retried, Settled, Waited, Waiting, WaitingFor},
    policy::Policy,
    stream::RefundStream,
    wait::WaitOutcome,
};
use crate::{
    Capabilities, Clock, Currency, Error, ErrorKind, Journal, MemoryJournal, Notice, Operation, Page,
    PageRequest, Payment, PaymentId, Refund, RefundId, RefundProvider, Registry, Result, Scope, SystemClock,
    WebhookRequest, readable_duration,
};

/// Refunds at one provider: safe creation, retries, paging as a stream, waiting for a final status.
///
/// Cheap to clone; built from any [`RefundProvider`] plus a [`Policy`] and a [`Journal`]. Reads are retried
/// within the policy. A refund is never blindly submitted twice; [`create`](Self::create) describes how.
#[derive(Clone, Debug)]
pub struct RefundClient {
    provider: Arc<dyn RefundProvider>,
    /// The provider's account. It does not change.
    scope: Scope,
    policy: Policy,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    /// Whether this is the default journal, which uses the client's clock.
    is_default_journal: bool,
    observer: Option<Arc<dyn Observer>>,
    queue: Queue,
}

impl RefundClient {
    /// A client of `provider` with the default [`Policy`], the system clock and its own [`MemoryJournal`],
    /// which its clones share.
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

    /// A client whose provider, policy and journal are configured by the environment: see
    /// [`Registry::from_env`], [`Policy::from_env`] and [`Registry::journal_from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if a variable is missing, unknown or malformed.
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

    /// Replaces the clock. The default journal is replaced by an empty one with this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        if self.is_default_journal {
            self.journal = Arc::new(MemoryJournal::with_clock(clock.clone()));
        }
        self.clock = clock;
        self
    }

    /// Replaces the journal. A durable journal makes [`create`](Self::create) safe across crashes and
    /// processes.
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

    /// Reports what calls do, such as retries and waits, to `observer`.
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

    /// The provider, for features that only its adapter offers.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn RefundProvider> {
        &self.provider
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the provider supports.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.adapter().capabilities()
    }

    /// The captured, refunded, pending and refundable amounts of a payment.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::payment`], after retries.
    pub async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        let read = self.read(Operation::Payment, || self.adapter().payment(payment));
        self.in_read_span(Operation::Payment, payment, read).await
    }

    /// The currency of a payment, for amounts that are written without one. It takes fewer requests than
    /// [`payment`](Self::payment) where the provider's sums are in several responses.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::currency`], after retries.
    pub async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
        let read = self.read(Operation::Payment, || self.adapter().currency(payment));
        self.in_read_span(Operation::Payment, payment, read).await
    }

    /// The current state of one refund of a payment.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::get_refund`], after retries.
    pub async fn get(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let read = async {
            let read = || self.adapter().get_refund(payment, refund);
            let refund = self.read(Operation::GetRefund, read).await?;
            self.note(payment, std::slice::from_ref(&refund)).await;
            Ok(refund)
        };
        self.in_read_span(Operation::GetRefund, payment, read).await
    }

    /// One page of a payment's refunds.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::list_refunds`], after retries.
    pub async fn list_page(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let read = async {
            let read = || self.adapter().list_refunds(payment, page);
            let page = self.read(Operation::ListRefunds, read).await?;
            self.note(payment, &page.items).await;
            Ok(page)
        };
        self.in_read_span(Operation::ListRefunds, payment, read).await
    }

    /// Verifies a webhook and returns what it is about. Nothing is sent; read the refunds next.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::verify_webhook`]; [`ErrorKind::Config`] if the adapter does not verify webhooks,
    /// so that they are not acknowledged as handled.
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

    /// The provider itself. A call through the `Arc` would box its future twice.
    fn adapter(&self) -> &dyn RefundProvider {
        &*self.provider
    }

    /// The journal itself, as [`adapter`](Self::adapter).
    fn store(&self) -> &dyn Journal {
        &*self.journal
    }

    /// The monotonic time at which a call with this `limit` must end.
    fn deadline(&self, limit: Duration) -> Duration {
        self.clock.monotonic().saturating_add(limit)
    }

    fn time_left(&self, deadline: Duration) -> Duration {
        deadline.saturating_sub(self.clock.monotonic())
    }

    /// Runs one attempt, for at most the attempt timeout and the time left until `deadline`.
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

    /// Runs `call` for at most `limit`. If no time is left, the call does not start.
    async fn within<T>(&self, limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
        if limit.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "no time is left for this call").not_applied());
        }
        match select(std::pin::pin!(call), self.clock.limit(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => {
                let message = format!("no response within {}", readable_duration(limit));
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }
}
