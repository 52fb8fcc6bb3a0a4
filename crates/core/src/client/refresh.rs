//! Reading what changed after a notice.

use super::RefundClient;
use crate::{Error, ErrorKind, Notice, Operation, Refund, RefundList, Result, all_refunds};

impl RefundClient {
    /// Reads the refunds of the payment that a webhook is about. [`RefundList::changes_since`] then returns
    /// those that are new to the application.
    ///
    /// To recover from lost webhooks, read a payment's refunds from time to time in the same way.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::list_refunds`](crate::RefundProvider::list_refunds), after retries;
    /// [`ErrorKind::InvalidRequest`] for a notice of another provider or account.
    pub async fn refresh(&self, notice: &Notice) -> Result<RefundList> {
        let elsewhere = notice.scope.as_ref().is_some_and(|scope| *scope != self.scope);
        if notice.provider != self.adapter().name() || elsewhere {
            let message = format!(
                "this notice is from {}, but this is a client of {}",
                notice.provider,
                self.adapter().name()
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let payment = &notice.payment_id;
        let read = async {
            let list = self.read(Operation::ListRefunds, || all_refunds(&*self.provider, payment)).await?;
            self.note_all(payment, &list.refunds).await;
            Ok(list)
        };
        self.in_read_span(Operation::ListRefunds, payment, read).await
    }
}

impl RefundList {
    /// The refunds that are not in `known`, and those that changed since, [merged](Refund::merge) with the
    /// known version so that a stale response is not a change.
    ///
    /// It compares refunds, never the payment's status: two partial refunds are two refunds.
    ///
    /// # Errors
    ///
    /// As [`Refund::merge`]: a refund is reported with another amount than before.
    pub fn changes_since(&self, known: &[Refund]) -> Result<Vec<Refund>> {
        let mut news = Vec::new();
        for refund in &self.refunds {
            let same = |other: &&Refund| {
                (&other.provider, &other.payment_id, &other.id)
                    == (&refund.provider, &refund.payment_id, &refund.id)
            };
            let Some(before) = known.iter().find(same) else {
                news.push(refund.clone());
                continue;
            };
            let now = before.clone().merge(refund.clone())?;
            if (now.status, now.updated_at) != (before.status, before.updated_at) {
                news.push(now);
            }
        }
        Ok(news)
    }
}
