//! Settling unsettled refunds from what reads show.

use super::{RefundClient, report::TARGET};
use crate::{
    Notice, PaymentId, Refund, Result,
    journal::{Entry, Evidence, Observed, Query, Seen},
};

impl RefundClient {
    /// Reads the refunds of the payment that a webhook is about, and settles journal entries whose outcome
    /// was unknown and whose refund is now listed. Returns how many it settled.
    ///
    /// The notice itself settles nothing: it contains no amount and no status.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh).
    pub async fn observe(&self, notice: &Notice) -> Result<usize> {
        let before = self.not_made(&notice.payment_id, false).await.len();
        self.refresh(notice).await?;
        Ok(before.saturating_sub(self.not_made(&notice.payment_id, false).await.len()))
    }

    /// Settles unsettled entries that these refunds show. Best effort, by reference alone.
    pub(super) async fn note(&self, payment: &PaymentId, refunds: &[Refund]) {
        self.note_of(payment, refunds, true).await;
    }

    /// As [`note`](Self::note), including refunds that were considered absent: a webhook may arrive late.
    pub(super) async fn note_all(&self, payment: &PaymentId, refunds: &[Refund]) {
        self.note_of(payment, refunds, false).await;
    }

    async fn note_of(&self, payment: &PaymentId, refunds: &[Refund], unsettled: bool) {
        for entry in &self.not_made(payment, unsettled).await {
            let mut shown =
                refunds.iter().filter(|refund| refund.reference.as_ref() == Some(&entry.reference));
            let (Some(refund), None) = (shown.next(), shown.next()) else { continue };
            let seen = Seen::of(payment, &entry.reference, refund, Evidence::Listed);
            match self.store().observe(&entry.money, &[seen], None).await {
                Ok(Observed::Settled(_)) if entry.unsettled_sends().next().is_some() => {
                    self.report_recovered(&entry.payment, &entry.reference, &refund.id, refund.status);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(target: TARGET, %error, "the journal could not store what a read showed");
                }
            }
        }
    }

    /// The payment's refunds that are not made according to the journal.
    async fn not_made(&self, payment: &PaymentId, unsettled: bool) -> Vec<Entry> {
        let query = if unsettled { Query::unsettled() } else { Query::all() };
        let query = query.of_scope(self.scope.clone()).of_payment(payment);
        let entries = self.store().entries(&query).await.unwrap_or_default();
        entries.into_iter().filter(|entry| entry.made.is_none()).collect()
    }
}
