//! Reads that settle: whatever shows a refund says what became of it.

use std::fmt::Debug;

use super::{RefundClient, Waiting};
use crate::{
    Notice, PaymentId, Refund, Result,
    journal::{Entry, Evidence, MadeRefund, Query, Seen},
};

/// Hears what a client's calls do.
///
/// Methods return at once and do not fail. New ones will join as provided methods.
pub trait Observer: Debug + Send + Sync {
    /// A call waits for a request that may be under way.
    fn waiting(&self, waiting: &Waiting) {
        let _ = waiting;
    }
}

impl RefundClient {
    /// Reads the refunds of the payment that a webhook is about, and settles those in the journal whose
    /// outcome was unknown and that now show. Returns how many these were.
    ///
    /// A notice itself settles nothing: it carries no amount and no status.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh).
    pub async fn observe(&self, notice: &Notice) -> Result<usize> {
        let before = self.unsettled(&notice.payment_id).await.len();
        self.refresh(notice).await?;
        Ok(before.saturating_sub(self.unsettled(&notice.payment_id).await.len()))
    }

    /// Settles what these refunds show, where something is unsettled. Best effort, by reference alone.
    pub(super) async fn note(&self, payment: &PaymentId, refunds: &[Refund]) {
        let unsettled = self.unsettled(payment).await;
        for entry in &unsettled {
            let mut shown =
                refunds.iter().filter(|refund| refund.reference.as_ref() == Some(&entry.reference));
            let (Some(refund), None) = (shown.next(), shown.next()) else { continue };
            let mut made =
                MadeRefund::new(refund.money_id().clone(), refund.amount, refund.status, Evidence::Listed);
            made.alias = Some(refund.id.clone()).filter(|alias| *alias != made.id);
            let seen = Seen::new(payment, entry.reference.clone(), made);
            if let Err(error) = self.journal.observe(&entry.money, &[seen], None).await {
                tracing::debug!(%error, "the journal could not store what a read showed");
            }
        }
    }

    async fn unsettled(&self, payment: &PaymentId) -> Vec<Entry> {
        let query = Query::unsettled().of_scope(self.provider.scope()).of_payment(payment);
        let entries = self.journal.entries(&query).await.unwrap_or_default();
        entries.into_iter().filter(|entry| entry.unsettled_sends().next().is_some()).collect()
    }
}
