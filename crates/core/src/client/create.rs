//! Creating a refund: once.

use super::{RefundClient, creation::Creation};
use crate::{CreateRefund, Error, ErrorKind, Operation, Refund, Result, UnresolvedRefund};

impl RefundClient {
    /// Makes a refund, once, and returns it as it stands.
    ///
    /// 1. **Look.** A refund of this payment with this reference is returned as it is; nothing is
    ///    asked for again, but for [a step that is left](Refund::has_step_left) of it. A reference is
    ///    spent whatever became of its refund: after a decline, a new try is a new reference.
    /// 2. **Guard.** Currency, capture and what is left are checked before any money moves.
    /// 3. **Submit**, once. What certainly did not reach the provider, or was turned away, is tried
    ///    again within the [`Policy`](crate::Policy).
    /// 4. **Recover.** Where the answer was lost, the refund is looked for until it shows or the
    ///    settle time is over. It is submitted again only if the provider honours an
    ///    [idempotency key](crate::Idempotency); else the answer is
    ///    [`ErrorKind::OutcomeUnknown`].
    /// 5. **Verify.** An answer over another payment, amount, currency or reference is
    ///    [`ErrorKind::Protocol`].
    ///
    /// Calling it again with the same reference, from any process, ends in the same one refund.
    /// Two calls at the same moment are safe where the provider honours a key, and elsewhere under
    /// a [`RefundGuard`](crate::RefundGuard).
    ///
    /// `Ok` does not mean that money has moved: [`Refund::status`] says where it stands.
    ///
    /// # Dropped futures and dead processes
    ///
    /// Dropping the future stops our waiting and nothing else: a refund that was sent is not called
    /// back, and the provider may still be at it. The same goes for a process that dies. Where no key
    /// is honoured, do not call `create` again at once then: it would look before there is anything to
    /// see. Store [`unresolved_before`](Self::unresolved_before) first and
    /// [`resolve`](Self::resolve) that; it waits for the settle time, then looks.
    ///
    /// # Errors
    ///
    /// Ask [`Error::may_have_applied`]. If it is false, no refund was made by this call. If it is
    /// true, one may have been: [`Error::unresolved`] holds what
    /// [`resolve`](Self::resolve) needs to finish the job.
    pub async fn create(&self, request: &CreateRefund) -> Result<Refund> {
        Creation::new(self, request).run().await.map_err(|error| self.in_create(error))
    }

    /// Finishes a [`create`](Self::create) whose outcome was unknown, in any process, at any time.
    ///
    /// Looks for the refund, for the rest of the settle time if that is not over since it was last
    /// submitted. It shows: it is returned. It certainly does not: it is submitted, under the same
    /// reference, as `create` would. It can not be told: the answer is
    /// [`ErrorKind::OutcomeUnknown`] again.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`ErrorKind::Config`] where the refund was asked of another
    /// provider.
    pub async fn resolve(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        if unresolved.provider != self.provider.name() {
            let message = format!(
                "this refund was asked of {}, and this is a client of {}",
                unresolved.provider,
                self.provider.name()
            );
            // What was asked of the other provider may still have been made there.
            return Err(Error::new(ErrorKind::Config, message).may_be_applied());
        }
        Creation::resumed(self, unresolved).run().await.map_err(|error| self.in_create(error))
    }

    /// What to store before [`create`](Self::create), to be [resolved](Self::resolve) if the process
    /// dies before it has an answer.
    ///
    /// ```
    /// # #[cfg(feature = "testing")]
    /// # async fn example(client: refunds_core::RefundClient, request: refunds_core::CreateRefund)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let journal = serde_json::to_string(&client.unresolved_before(&request))?;
    /// // … store it, in the transaction that decides on the refund …
    /// let refund = client.create(&request).await?;
    /// // … and take it away. Whoever finds one after a crash calls `resolve`.
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn unresolved_before(&self, request: &CreateRefund) -> UnresolvedRefund {
        let mut unresolved = UnresolvedRefund::new(self.provider.name(), request.clone());
        let now = self.clock.now();
        unresolved.submitted_at = Some(now);
        unresolved.last_submitted_at = Some(now);
        unresolved
    }

    fn in_create(&self, error: Error) -> Error {
        error.in_context(self.provider.name(), Operation::CreateRefund)
    }
}
