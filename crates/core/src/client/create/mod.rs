//! Creating a refund exactly once.
//!
//! A call is a loop of rounds. Each round opens the journal, waits if something blocks it, looks the refund
//! up, checks the guards, commits an intent, submits, and settles the intent. `run.rs` is the loop, `call.rs`
//! its state; the other files are the parts of a round.

mod call;
mod check;
mod lookup;
mod observe;
mod outcome;
mod run;
mod send;
mod step;
mod submit;
mod wait;

use futures_util::{FutureExt as _, future::BoxFuture};

use self::call::{CreateCall, Goal};
pub use self::wait::{Waiting, WaitingFor};
use super::RefundClient;
use crate::{
    CreateRefund, Error, ErrorKind, Operation, Refund, Result, UnresolvedRefund,
    journal::{Entry, JournalTime, Query},
};

impl RefundClient {
    /// Creates a refund exactly once and returns its current state.
    ///
    /// 1. **Open the journal.** A refund that the journal knows as made is returned, read again if
    ///    possible. While a request for this refund or for another refund of the same money may be in flight,
    ///    wait.
    /// 2. **Look up.** An existing refund of this payment with this reference is returned as it is.
    ///    Nothing is submitted, except the [step that completes it](Refund::needs_completion). A reference is
    ///    spent whatever the outcome of its refund: after a decline, use a new reference to try again.
    /// 3. **Guard.** Currency, capture state and the refundable amount are checked before any money moves.
    /// 4. **Intend.** The journal durably commits that a request is about to be sent and until when it may
    ///    take effect. Nothing is sent without its acknowledgement.
    /// 5. **Submit**, once. A request that certainly did not reach the provider, or was not processed, is
    ///    retried within the [`Policy`](crate::Policy).
    /// 6. **Recover.** If the response was lost, look for the refund until it appears or the settle
    ///    timeout ends. It is submitted again only if the provider honours an
    ///    [idempotency key](crate::Idempotency), or after [`resubmit_after`](crate::Policy::resubmit_after)
    ///    and a complete lookup that does not show it. Otherwise the result is [`ErrorKind::OutcomeUnknown`]
    ///    with the time from which it may be retried.
    /// 7. **Verify.** A response with a different payment, amount, currency, reference or target is
    ///    [`ErrorKind::Protocol`].
    ///
    /// Calling it again with the same reference returns the same refund: from any task of this client and its
    /// clones and, with a durable [journal](Self::with_journal), from any process, also after a crash.
    /// Concurrent calls return the same refund.
    ///
    /// `Ok` does not mean that money has moved; check [`Refund::status`].
    ///
    /// # Time
    ///
    /// A call takes at most [`total_timeout`](crate::Policy::total_timeout). After a request whose outcome is
    /// unknown, it looks for the refund for another [`settle_timeout`](crate::Policy::settle_timeout). A
    /// request is sent only if the time left covers an attempt.
    ///
    /// # Dropped futures and dead processes
    ///
    /// Dropping the future or killing the process releases nothing early: a request that was sent may still
    /// be carried out, so the reference stays blocked as long as the journal says. A call that is dropped
    /// before its request was sent releases the reference at once.
    ///
    /// # Errors
    ///
    /// Check [`Error::may_have_applied`]. If it is false, this call made no refund. If it is true, a refund
    /// may have been made: call `create` again later with the same reference, or pass [`Error::unresolved`]
    /// to [`resolve`](Self::resolve). After an error of the journal, nothing was applied.
    pub async fn create(&self, request: &CreateRefund) -> Result<Refund> {
        match self.begin(request, Goal::Make).await {
            Ok(mut call) => Box::pin(call.run()).await,
            Err(error) => Err(error),
        }
        .map_err(|error| self.in_create(error))
    }

    /// Finishes a [`create`](Self::create) whose outcome was unknown, in any process, at any time.
    ///
    /// If the journal knows the refund, this is `create` with the original request. If it does not, the
    /// handle cannot show what happened after it was written: the journal records the refund as unknown from
    /// now on, and it is submitted again only after the [attempt limit](crate::Policy::attempt_timeout) plus
    /// [`resubmit_after`](crate::Policy::resubmit_after) and a complete lookup that does not show it.
    /// Meanwhile it keeps looking. If the total timeout ends first, the result is
    /// [`ErrorKind::OutcomeUnknown`] with the time from which to call it again.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`ErrorKind::Config`] if the refund was requested from another provider
    /// or account.
    pub async fn resolve(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        self.resolve_as(unresolved, Goal::Resolve).await
    }

    /// As [`resolve`](Self::resolve), but submits nothing: looks the refund up once and stores what it finds.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve); [`ErrorKind::OutcomeUnknown`] if the refund is not found.
    pub async fn resolve_look_only(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        self.resolve_as(unresolved, Goal::LookUp).await
    }

    /// The handle of a refund that is unsettled in the journal, to store or show after a call was cut off.
    /// `None` if nothing is unsettled, so no request is in flight.
    ///
    /// # Errors
    ///
    /// Any failure to read the journal.
    pub async fn unresolved(&self, request: &CreateRefund) -> Result<Option<UnresolvedRefund>> {
        let query = Query::unsettled()
            .of_scope(self.scope.clone())
            .of_payment(&request.payment_id)
            .of_reference(request.reference.clone());
        let entries =
            self.store().entries(&query).await.map_err(|error| self.in_create(error.not_applied()))?;
        let sends = entries.first().filter(|entry| entry.unsettled_sends().next().is_some());
        Ok(sends.map(|entry| entry.unresolved(request)))
    }

    async fn resolve_as(&self, unresolved: &UnresolvedRefund, goal: Goal) -> Result<Refund> {
        let scope = self.scope.clone();
        let other = match &unresolved.scope {
            Some(asked) if *asked != scope => Some(asked.to_string()),
            None if *unresolved.provider != *scope.provider() => Some(unresolved.provider.clone()),
            _ => None,
        };
        if let Some(other) = other {
            let message = format!("this refund was requested from {other}, but this is a client of {scope}");
            // The refund may have been made there.
            let error = Error::new(ErrorKind::Config, message).with_may_have_applied(true);
            return Err(self.in_create(error));
        }
        match self.begin(&unresolved.request, goal).await {
            Ok(call) => Box::pin(call.with_handle(unresolved).run()).await,
            Err(error) => Err(outcome::unknown_before(unresolved, error)),
        }
        .map_err(|error| self.in_create(error))
    }

    async fn begin<'a>(&'a self, request: &'a CreateRefund, goal: Goal) -> Result<CreateCall<'a>> {
        let deadline = self.deadline(self.policy.total_timeout);
        let call = CreateCall::new(self, request, goal, deadline);
        call.check(request).map_err(Error::not_applied)?;
        let read = || self.adapter().money(&request.payment_id);
        // Most providers know it without a request and need no time limit.
        let mut first = read();
        let known = match (&mut first).now_or_never() {
            Some(Ok(known)) => known,
            ready => {
                // A failure that comes at once is retried like any other.
                let failed = ready.map(|result| -> BoxFuture<'_, _> { Box::pin(std::future::ready(result)) });
                let mut first = Some(failed.unwrap_or(first));
                let next = || first.take().unwrap_or_else(read);
                self.read_until(Operation::CreateRefund, deadline, next).await?
            }
        };
        Ok(call.of_money(known))
    }

    fn in_create(&self, error: Error) -> Error {
        error.in_context(self.adapter().name(), Operation::CreateRefund)
    }
}

impl Entry {
    /// The handle of a refund whose outcome is unknown.
    #[must_use]
    pub fn unresolved(&self, request: &CreateRefund) -> UnresolvedRefund {
        let mut unresolved = UnresolvedRefund::new(self.money.scope.clone(), request.clone());
        unresolved.amount = Some(self.amount);
        unresolved.resubmit_from = self.resubmit_from().map(JournalTime::to_datetime);
        unresolved.known_before.clone_from(&self.known_before);
        unresolved.suspects.clone_from(&self.suspects);
        unresolved.intents = self.unsettled_sends().map(|intent| intent.token).collect();
        unresolved
    }
}
