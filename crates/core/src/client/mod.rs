//! What applications hold: a provider plus the behaviour that every provider needs.

mod backoff;
mod create;
mod creation;
mod find;
mod guard;
mod looking;
mod next_step;
mod policy;
mod read;
mod refresh;
mod stream;
mod wait;

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::{Either, select};

pub use self::{
    guard::{LocalGuard, RefundGuard, RefundGuardPermit},
    policy::Policy,
    stream::RefundStream,
    wait::Waited,
};
use crate::{
    Capabilities, Clock, Error, ErrorKind, Notice, Operation, Page, PageRequest, Payment, PaymentId, Refund,
    RefundId, RefundProvider, Registry, Result, SystemClock, WebhookRequest,
};

/// Refunds at one provider: safe creation, retries, pages as a stream, waiting for the end.
///
/// Cheap to clone; it holds no lock across a request. Built from any [`RefundProvider`] plus a
/// [`Policy`].
///
/// Reads are retried within the policy. A refund is never blindly asked for twice:
/// [`create`](Self::create) tells how.
#[derive(Clone, Debug)]
pub struct RefundClient {
    provider: Arc<dyn RefundProvider>,
    policy: Policy,
    clock: Arc<dyn Clock>,
    guard: Option<Arc<dyn RefundGuard>>,
}

impl RefundClient {
    /// A client of `provider` with the default [`Policy`], the system's clock and no lock.
    pub fn new(provider: impl RefundProvider + 'static) -> Self {
        Self {
            provider: Arc::new(provider),
            policy: Policy::default(),
            clock: Arc::new(SystemClock),
            guard: None,
        }
    }

    /// A client of the provider that the environment names, with the policy that it sets: see
    /// [`Registry::from_env`] and [`Policy::from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where a variable is missing, unknown or malformed.
    pub fn from_env(registry: &Registry) -> Result<Self> {
        Ok(Self::new(registry.from_env()?).with_policy(Policy::from_env()?))
    }

    /// Replaces the policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Replaces the clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Holds a lock for each payment while a refund of it is created: see [`RefundGuard`].
    #[must_use]
    pub fn with_guard(mut self, guard: impl RefundGuard + 'static) -> Self {
        self.guard = Some(Arc::new(guard));
        self
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
        self.provider.capabilities()
    }

    /// What is captured, refunded, pending and left of a payment.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::payment`], after retries.
    pub async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.read(Operation::Payment, || self.provider.payment(payment)).await
    }

    /// One refund of a payment as it stands now.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::get_refund`], after retries.
    pub async fn get(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        self.read(Operation::GetRefund, || self.provider.get_refund(payment, refund)).await
    }

    /// One page of a payment's refunds.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::list_refunds`], after retries.
    pub async fn list_page(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        self.read(Operation::ListRefunds, || self.provider.list_refunds(payment, page)).await
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
                .in_context(self.provider.name(), Operation::VerifyWebhook));
        }
        self.provider
            .verify_webhook(request)
            .map_err(|error| error.in_context(self.provider.name(), Operation::VerifyWebhook))
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
        let deadline = deadline.min(self.deadline(self.policy.attempt_timeout));
        let result = self.within(deadline, call).await;
        result.map_err(|error| error.in_context(self.provider.name(), operation))
    }

    /// Runs `call` until `deadline`. After it, the call is not even begun.
    async fn within<T>(&self, deadline: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.time_left(deadline);
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
