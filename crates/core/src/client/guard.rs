//! A lock that callers can plug in, for providers that make a refund twice when two workers ask at
//! the same moment.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_trait::async_trait;

use crate::{PaymentId, Reference, Result};

/// What is held while a refund is created; dropping it lets the next one in.
pub type RefundGuardPermit = Box<dyn Send>;

/// Lets one worker at a time create a refund of a payment.
///
/// Looking before asking keeps one worker, and any number one after the other, from refunding
/// twice. Two workers that look at the same moment both see nothing. Where the provider honours an
/// idempotency key that is harmless; where it does not (Dintero), a lock closes the window:
///
/// - in one process, [`LocalGuard`];
/// - over machines that share a PostgreSQL database, a session-level advisory lock
///   (`pg_advisory_lock` on a hash of provider and payment) held by a connection inside the permit;
/// - with Redis, a key per payment that is set only if absent, with an expiry longer than
///   [`Policy::total_timeout`](crate::Policy::total_timeout) and a random value that the permit
///   deletes by comparing.
///
/// The wait for the lock counts against the total time limit.
#[async_trait]
pub trait RefundGuard: Debug + Send + Sync {
    /// Waits for the lock of this payment.
    ///
    /// # Errors
    ///
    /// Any; nothing has been sent then, and [`RefundClient::create`](crate::RefundClient::create)
    /// fails with it as [not applied](crate::Error::not_applied).
    async fn lock(
        &self,
        provider: &str,
        payment: &PaymentId,
        reference: &Reference,
    ) -> Result<RefundGuardPermit>;
}

/// A lock per payment within this process. Clones share their locks.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use refunds_core::{LocalGuard, RefundClient, testing::MemoryProvider};
///
/// let client = RefundClient::new(MemoryProvider::new()).with_guard(LocalGuard::default());
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LocalGuard(Arc<Mutex<Locks>>);

/// Payments that somebody holds or waits for; the others' locks are gone.
type Locks = HashMap<(String, PaymentId), Weak<tokio::sync::Mutex<()>>>;

#[async_trait]
impl RefundGuard for LocalGuard {
    async fn lock(&self, provider: &str, payment: &PaymentId, _: &Reference) -> Result<RefundGuardPermit> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            let entry = locks.entry((provider.to_owned(), payment.clone())).or_default();
            entry.upgrade().unwrap_or_else(|| {
                let lock = Arc::default();
                *entry = Arc::downgrade(&lock);
                lock
            })
        };
        Ok(Box::new(lock.lock_owned().await))
    }
}
