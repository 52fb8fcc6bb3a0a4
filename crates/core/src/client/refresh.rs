//! From a notice to what is new.

use super::RefundClient;
use crate::{Error, ErrorKind, Notice, Operation, Refund, RefundList, Result, all_refunds};

impl RefundClient {
    /// Reads the refunds of the payment that a webhook is about; [`RefundList::changes_since`] then tells which
    /// of them the application does not know yet.
    ///
    /// A webhook that never came is healed the same way: by reading a payment's refunds now and
    /// then.
    ///
    /// # Errors
    ///
    /// As [`RefundProvider::list_refunds`](crate::RefundProvider::list_refunds), after retries;
    /// [`ErrorKind::InvalidRequest`] for a notice of another provider.
    pub async fn refresh(&self, notice: &Notice) -> Result<RefundList> {
        let elsewhere = notice.scope.as_ref().is_some_and(|scope| *scope != self.scope);
        if notice.provider != self.adapter().name() || elsewhere {
            let message = format!(
                "this notice is {}'s, and this is a client of {}",
                notice.provider,
                self.adapter().name()
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let read = || all_refunds(&*self.provider, &notice.payment_id);
        let list = self.read(Operation::ListRefunds, read).await?;
        self.note_all(&notice.payment_id, &list.refunds).await;
        Ok(list)
    }
}

impl RefundList {
    /// The refunds that are news to somebody who knows `known`: those he has never seen, and those
    /// that have changed, [merged](Refund::merge) with what he knows, so that a stale answer is no
    /// news.
    ///
    /// Compared by refund, never by the payment's status: two partial refunds are two.
    ///
    /// # Errors
    ///
    /// As [`Refund::merge`]: a refund that is told with another amount than before.
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
