//! Wrong statuses.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use refunds_core::{
    Error, ErrorKind, Money, Payment, PaymentId, Refund, RefundId, RefundProvider, RefundStatus, Result,
    testing::MemoryProvider,
};

use crate::provider_kit::{mutant::Mutation, mutations::mutation};

mutation!(CallsPendingAFailure, submit, |memory, submit| {
    let refund = memory.submit_refund(submit).await?;
    if refund.status == RefundStatus::Pending {
        return Err(Error::new(ErrorKind::Declined, "202 is not 200"));
    }
    Ok(refund)
});

mutation!(CallsPendingASuccess, submit, |memory, submit| {
    let mut refund = memory.submit_refund(submit).await?;
    refund.status = RefundStatus::Succeeded;
    Ok(refund)
});

mutation!(UnknownIsFinal, alter, |mut refund| {
    if refund.status == RefundStatus::Unknown {
        refund.status = RefundStatus::Succeeded;
    }
    refund
});

mutation!(HidesLateFailures, alter, |mut refund| {
    if refund.status == RefundStatus::Failed {
        refund.status = RefundStatus::Succeeded;
    }
    refund
});

mutation!(DeclinedIsFailed, alter, |mut refund| {
    if refund.status == RefundStatus::Declined {
        refund.status = RefundStatus::Failed;
    }
    refund
});

mutation!(PendingForEver, get, |memory, id, refund| {
    let mut reported = memory.get_refund(id, refund).await?;
    if reported.status == RefundStatus::Succeeded {
        reported.status = RefundStatus::Pending;
    }
    Ok(reported)
});

/// A lagging replica: every third read of a refund returns its earlier status.
#[derive(Default)]
pub(crate) struct TurnsBack(Mutex<BTreeMap<RefundId, usize>>);

#[async_trait]
impl Mutation for TurnsBack {
    async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let mut reported = memory.get_refund(id, refund).await?;
        if reported.status.is_final() {
            let mut looks = self.0.lock().unwrap();
            let looks = looks.entry(reported.id.clone()).or_default();
            *looks += 1;
            if looks.is_multiple_of(3) {
                reported.status = RefundStatus::Pending;
            }
        }
        Ok(reported)
    }
}

mutation!(PendingIsRefundable, payment, |memory, id| {
    let reported = memory.payment(id).await?;
    Payment::new("memory", id.clone(), reported.captured, reported.refunded, Money::zero(reported.currency()))
});

mutation!(InventsUpdates, alter, |mut refund| {
    // The time of the read, not of the change; and a stale read looks newer.
    refund.updated_at = refund.created_at.map(|time| match refund.status {
        RefundStatus::Succeeded => time + std::time::Duration::from_secs(3600),
        _ => time,
    });
    refund
});
