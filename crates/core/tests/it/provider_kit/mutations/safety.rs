//! Leaks, hostile ids, many tasks and dropped futures.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use refunds_core::{
    Error, ErrorKind, Payment, PaymentId, Refund, RefundId, RefundProvider, Result, SubmitRefund,
    testing::MemoryProvider,
};

use crate::provider_kit::{
    mutant::{Mutation, TOKEN},
    mutations::mutation,
};

mutation!(LeaksInDebug, debug, |f| write!(f, "MutantProvider {{ token: {TOKEN:?} }}"));

/// Finds refunds by their own id alone.
#[derive(Default)]
pub(crate) struct FindsAnybodys(Mutex<BTreeMap<RefundId, PaymentId>>);

#[async_trait]
impl Mutation for FindsAnybodys {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let refund = memory.submit_refund(submit).await?;
        self.0.lock().unwrap().insert(refund.id.clone(), refund.payment_id.clone());
        Ok(refund)
    }
    async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
        // Reads the payment first.
        memory.payment(id).await?;
        let owner = self.0.lock().unwrap().get(refund).cloned();
        memory.get_refund(owner.as_ref().unwrap_or(id), refund).await
    }
}

mutation!(PanicsOnHostileIds, payment, |memory, id| {
    assert!(!id.as_str().contains('/'), "a payment id has no slash");
    memory.payment(id).await
});

mutation!(CutsIdsAtTheQuery, payment, |memory, id| {
    memory.payment(&id.as_str().split(['?', '#']).next().unwrap_or_default().parse()?).await
});

mutation!(CutsRefundIdsAtTheQuery, get, |memory, id, refund| {
    memory.get_refund(id, &refund.as_str().split(['?', '#']).next().unwrap_or_default().parse()?).await
});

/// Serves one request at a time, and refuses others.
#[derive(Default)]
pub(crate) struct OneAtATime(AtomicUsize);

struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[async_trait]
impl Mutation for OneAtATime {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let inside = self.0.fetch_add(1, SeqCst);
        let _leaves = Leaves(&self.0);
        if inside > 0 {
            return Err(Error::new(ErrorKind::Other, "busy").not_applied());
        }
        tokio::task::yield_now().await;
        memory.submit_refund(submit).await
    }
}

/// Tracks payments being read, and forgets to clear one when the future of a read is dropped.
#[derive(Default)]
pub(crate) struct LeaksByADrop(Mutex<HashSet<PaymentId>>);

#[async_trait]
impl Mutation for LeaksByADrop {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        if !self.0.lock().unwrap().insert(id.clone()) {
            return Err(Error::new(ErrorKind::Other, "this payment is being read"));
        }
        tokio::task::yield_now().await;
        let result = memory.payment(id).await;
        self.0.lock().unwrap().remove(id);
        result
    }
}

/// Holds a flag over an await, and never clears it when the future is dropped.
#[derive(Default)]
pub(crate) struct LockedByADrop(Mutex<HashSet<PaymentId>>);

#[async_trait]
impl Mutation for LockedByADrop {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let payment = &submit.request.payment_id;
        self.0.lock().unwrap().insert(payment.clone());
        let result = memory.submit_refund(submit).await;
        self.0.lock().unwrap().remove(payment);
        result
    }
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        if self.0.lock().unwrap().contains(id) {
            return Err(Error::new(ErrorKind::Conflict, "a refund of this payment is under way"));
        }
        memory.payment(id).await
    }
}
