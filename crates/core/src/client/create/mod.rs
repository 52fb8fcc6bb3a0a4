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
use tracing::Instrument as _;

use self::call::{CreateCall, Goal};
use super::{RefundClient, report::Tally};
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
    /// before its request was sent releases the reference at once if the adapter
    /// [checks the send window](crate::Capabilities::send_window).
    ///
    /// # Errors
    ///
    /// Check [`Error::may_have_applied`]. If it is false, this call made no refund. If it is true, a refund
    /// may have been made: call `create` again later with the same reference, or pass [`Error::unresolved`]
    /// to [`resolve`](Self::resolve). If the journal cannot be read or cannot store an intent, no further
    /// request is sent.
    pub async fn create(&self, request: &CreateRefund) -> Result<Refund> {
        self.call(request, Goal::Make, None).await
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
        self.call(&unresolved.request, Goal::Resolve, Some(unresolved)).await
    }

    /// As [`resolve`](Self::resolve), but submits nothing: looks the refund up once and stores what it finds.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve); [`ErrorKind::OutcomeUnknown`] if the refund is not found.
    pub async fn resolve_look_only(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        self.call(&unresolved.request, Goal::LookUp, Some(unresolved)).await
    }

    /// The handle of a refund that is unsettled in the journal, to store or show after a call was cut off.
    /// `None` if the journal has no unsettled request for this refund.
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

    /// Makes a call in its span, and reports its end.
    async fn call(
        &self,
        request: &CreateRefund,
        goal: Goal,
        handle: Option<&UnresolvedRefund>,
    ) -> Result<Refund> {
        let is_resolve = goal != Goal::Make;
        let span = self.call_span(request, is_resolve);
        let begun = self.clock.monotonic();
        let mut tally = Tally::default();
        let result = self.make(request, goal, handle, &mut tally).instrument(span.clone()).await;
        let result = result.map_err(|error| self.in_create(error));
        let elapsed = self.clock.monotonic().saturating_sub(begun);
        self.report_end(&span, request, is_resolve, &result, &tally, elapsed);
        result
    }

    async fn make(
        &self,
        request: &CreateRefund,
        goal: Goal,
        handle: Option<&UnresolvedRefund>,
        tally: &mut Tally,
    ) -> Result<Refund> {
        if let Some(handle) = handle {
            self.check_scope(handle)?;
        }
        let mut call = match (self.begin(request, goal).await, handle) {
            (Ok(call), _) => call,
            (Err(error), Some(handle)) => return Err(outcome::unknown_before(handle, error)),
            (Err(error), None) => return Err(error),
        };
        call.handle = handle.cloned();
        let result = Box::pin(call.run()).await;
        tally.attempts = call.attempts;
        tally.began_unsettled = call.began_unsettled == Some(true);
        result
    }

    fn check_scope(&self, handle: &UnresolvedRefund) -> Result<()> {
        let scope = &self.scope;
        let other = match &handle.scope {
            Some(asked) if asked != scope => asked.to_string(),
            None if *handle.provider != *scope.provider() => handle.provider.clone(),
            _ => return Ok(()),
        };
        let message = format!("this refund was requested from {other}, but this is a client of {scope}");
        // The refund may have been made there.
        Err(Error::new(ErrorKind::Config, message).with_may_have_applied(true))
    }

    async fn begin<'a>(&'a self, request: &'a CreateRefund, goal: Goal) -> Result<CreateCall<'a>> {
        let deadline = self.deadline(self.policy.total_timeout);
        let call = CreateCall::new(self, request, goal, deadline);
        call.check(request).map_err(Error::not_applied)?;
        let read = || self.adapter().locate(&request.payment_id);
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
        Ok(call.at(known))
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
