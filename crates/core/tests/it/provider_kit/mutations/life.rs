//! Statuses that are not so.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use refunds_core::{
    Error, ErrorKind, Money, Payment, PaymentId, Refund, RefundId, RefundProvider, RefundStatus, Result,
    SubmitRefund, testing::MemoryProvider,
};

use crate::provider_kit::{mutant::Mutation, mutations::mutation};

mutation!(CallsPendingAFailure {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let refund = memory.submit_refund(submit).await?;
        if refund.status == RefundStatus::Pending {
            return Err(Error::new(ErrorKind::Declined, "202 is not 200"));
        }
        Ok(refund)
    }
});

mutation!(CallsPendingASuccess {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut refund = memory.submit_refund(submit).await?;
        refund.status = RefundStatus::Succeeded;
        Ok(refund)
    }
});

mutation!(UnknownIsFinal {
    fn tells(&self, mut refund: Refund) -> Refund {
        if refund.status == RefundStatus::Unknown {
            refund.status = RefundStatus::Succeeded;
        }
        refund
    }
});

mutation!(HidesLateFailures {
    fn tells(&self, mut refund: Refund) -> Refund {
        if refund.status == RefundStatus::Failed {
            refund.status = RefundStatus::Succeeded;
        }
        refund
    }
});

mutation!(DeclinedIsFailed {
    fn tells(&self, mut refund: Refund) -> Refund {
        if refund.status == RefundStatus::Declined {
            refund.status = RefundStatus::Failed;
        }
        refund
    }
});

mutation!(PendingForEver {
    async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let mut reported = memory.get_refund(id, refund).await?;
        if reported.status == RefundStatus::Succeeded {
            reported.status = RefundStatus::Pending;
        }
        Ok(reported)
    }
});

/// A replica that lags: every third look at a refund sees it as it was.
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

mutation!(PendingIsRefundable {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        let reported = memory.payment(id).await?;
        Payment::new("memory", id.clone(), reported.captured, reported.refunded, Money::zero(reported.currency()))
    }
});

mutation!(InventsUpdates {
    fn tells(&self, mut refund: Refund) -> Refund {
        // The time of the look, not of the change; and a stale look looks newer.
        refund.updated_at = refund.created_at.map(|time| match refund.status {
            RefundStatus::Succeeded => time + std::time::Duration::from_secs(3600),
            _ => time,
        });
        refund
    }
});
