//! Refunds made twice, and amounts that are not checked.

use std::{collections::HashSet, sync::Mutex};

use async_trait::async_trait;
use refunds_core::{
    CreateRefund, Error, ErrorKind, Idempotency, Money, Reference, Refund, RefundAmount, RefundProvider,
    Replay, Result, SubmitRefund, testing::MemoryProvider,
};

use crate::provider_kit::{mutant::Mutation, mutations::mutation};

mutation!(IgnoresTheKey, capabilities, |mut truth| {
    truth.idempotency = MemoryProvider::new().with_key().capabilities().idempotency;
    truth
});

mutation!(ClaimsConflicts, capabilities, |mut truth| {
    if let Idempotency::Key(key) = &mut truth.idempotency {
        key.conflict_in_flight = true;
    }
    truth
});

mutation!(ReplaysAnotherResponse, capabilities, |mut truth| {
    if let Idempotency::Key(key) = &mut truth.idempotency {
        key.replay = Replay::FirstAnswer;
    }
    truth
});

mutation!(RoundsToItsUnits {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut sent = submit.clone();
        let minor = submit.amount.minor_units();
        sent.amount = Money::new(minor - minor % 10, submit.amount.currency());
        sent.request.amount = RefundAmount::Exact(sent.amount);
        let mut refund = memory.submit_refund(&sent).await?;
        if sent.amount != submit.amount {
            refund.amount = submit.amount;
        }
        Ok(refund)
    }
    fn validate(&self, _: &MemoryProvider, _: &CreateRefund) -> Result<()> {
        Ok(())
    }
});

/// Refuses a repeated submission in flight, which its capabilities do not say.
#[derive(Default)]
pub(crate) struct ConflictsInFlight(Mutex<HashSet<Reference>>);

struct Lands<'a>(&'a Mutex<HashSet<Reference>>, &'a Reference);

impl Drop for Lands<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().remove(self.1);
    }
}

#[async_trait]
impl Mutation for ConflictsInFlight {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let reference = &submit.request.reference;
        if !self.0.lock().unwrap().insert(reference.clone()) {
            return Err(Error::new(ErrorKind::Conflict, "the key is in flight").with_retryable(true));
        }
        let _lands = Lands(&self.0, reference);
        memory.submit_refund(submit).await
    }
}

mutation!(TakesAnyCurrency, submit, |memory, submit| {
    let currency = memory.payment(&submit.request.payment_id).await?.currency();
    let mut sent = submit.clone();
    sent.amount = Money::new(submit.amount.minor_units(), currency);
    memory.submit_refund(&sent).await
});

mutation!(TakesWhatIsLeft, submit, |memory, submit| {
    let left = memory.payment(&submit.request.payment_id).await?.refundable;
    let mut sent = submit.clone();
    if left.is_positive() && left.minor_units() < submit.amount.minor_units() {
        sent.amount = left;
    }
    memory.submit_refund(&sent).await
});

mutation!(RetriesByItself, submit, |memory, submit| {
    match memory.submit_refund(submit).await {
        Err(error) if error.is_retryable() => memory.submit_refund(submit).await,
        reported => reported,
    }
});

mutation!(ValidatesVaguely, validate, |memory, request| {
    memory.validate(request).map_err(|error| Error::new(ErrorKind::Other, error.message()))
});

mutation!(TakesTheAbsolute, submit, |memory, submit| {
    let mut sent = submit.clone();
    sent.amount = Money::new(submit.amount.minor_units().saturating_abs(), submit.amount.currency());
    memory.submit_refund(&sent).await
});
