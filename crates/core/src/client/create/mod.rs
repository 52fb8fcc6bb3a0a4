//! Creating a refund: once.
//!
//! One call is a loop of rounds. Each round opens the journal, waits where something is in the way,
//! looks, guards, commits an intent, submits, and settles it. `run.rs` is the loop; the other files are
//! what a round does.

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

use futures_util::FutureExt as _;

use self::call::{CreateCall, Goal};
pub use self::wait::{Waiting, WaitingFor};
use super::RefundClient;
use crate::{
    CreateRefund, Error, ErrorKind, Operation, Refund, Result, UnresolvedRefund,
    journal::{Entry, JournalTime, Query},
};

impl RefundClient {
    /// Makes a refund, once, and returns it as it is now.
    ///
    /// 1. **Open the journal.** A refund that it knows as made is returned, read again where possible.
    ///    Where a request of this refund or of another one of the same money may be under way, wait.
    /// 2. **Look.** A refund of this payment with this reference is returned as it is; nothing is
    ///    submitted, except [a step that is left](Refund::needs_completion) of it. A reference is spent
    ///    whatever became of its refund: after a decline, a new try is a new reference.
    /// 3. **Guard.** Currency, capture and what is left are checked before any money moves.
    /// 4. **Intend.** The journal commits, durably, that a request is about to leave and until when it
    ///    may take effect. Without its acknowledgement nothing is sent.
    /// 5. **Submit**, once. What certainly did not reach the provider, or was not processed, is tried
    ///    again within the [`Policy`](crate::Policy).
    /// 6. **Recover.** Where the response was lost, look for the refund until it shows or the settle
    ///    time is over. It is submitted again only if the provider honours an
    ///    [idempotency key](crate::Idempotency), or after
    ///    [`resubmit_after`](crate::Policy::resubmit_after) and a complete look without it; else the
    ///    result is [`ErrorKind::OutcomeUnknown`] with the time from which it may be tried again.
    /// 7. **Verify.** A response over another payment, amount, currency, reference or target is
    ///    [`ErrorKind::Protocol`].
    ///
    /// Calling it again with the same reference ends in the same one refund: from any task of this
    /// client and its clones, and with a durable [journal](Self::with_journal) from any process, also
    /// after a crash. Two calls at the same moment get the same refund.
    ///
    /// `Ok` does not mean that money has moved: [`Refund::status`] says how far it is.
    ///
    /// # Time
    ///
    /// A call takes at most [`total_timeout`](crate::Policy::total_timeout); after a request whose
    /// outcome is unknown it goes on looking for [`settle_timeout`](crate::Policy::settle_timeout). A
    /// request is not begun unless the time left covers an attempt.
    ///
    /// # Dropped futures and dead processes
    ///
    /// Dropping the future, or killing the process, frees nothing early: a request that left may still be
    /// carried out, so the reference rests as long as the journal says. A call that is dropped before
    /// its request left frees it at once.
    ///
    /// # Errors
    ///
    /// Ask [`Error::may_have_applied`]. If it is false, this call made no refund. If it is true, one may
    /// have been made: create it again later with the same reference, or hand [`Error::unresolved`] to
    /// [`resolve`](Self::resolve). Errors of the journal are not applied.
    pub async fn create(&self, request: &CreateRefund) -> Result<Refund> {
        match self.begin(request, Goal::Make).await {
            Ok(mut call) => Box::pin(call.run()).await,
            Err(error) => Err(error),
        }
        .map_err(|error| self.in_create(error))
    }

    /// Finishes a [`create`](Self::create) whose outcome was unknown, in any process, at any time.
    ///
    /// Where the journal knows the refund, this is `create` of what was requested. Where it does not, the
    /// handle alone cannot say what happened after it was written: the journal notes the refund as
    /// unknown from now on, and it is submitted again only after the
    /// [attempt limit](crate::Policy::attempt_timeout) plus
    /// [`resubmit_after`](crate::Policy::resubmit_after) and a complete look without it. Looking goes on
    /// meanwhile; where the total time is over before, the result is [`ErrorKind::OutcomeUnknown`] with
    /// the time from which to call it again.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`ErrorKind::Config`] where the refund was requested from another
    /// provider or another account.
    pub async fn resolve(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        self.resolve_as(unresolved, Goal::Resolve).await
    }

    /// As [`resolve`](Self::resolve), and submits nothing: looks once, and stores what it sees.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve); [`ErrorKind::OutcomeUnknown`] where the refund does not show.
    pub async fn resolve_look_only(&self, unresolved: &UnresolvedRefund) -> Result<Refund> {
        self.resolve_as(unresolved, Goal::LookUp).await
    }

    /// What the journal knows as unsettled of a refund: the handle to store or to show after a call was
    /// cut off. `None` where nothing is unsettled, so that nothing is under way.
    ///
    /// # Errors
    ///
    /// Whatever keeps the journal from being read.
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
            let message = format!("this refund was requested from {other}, and this is a client of {scope}");
            // It may still have been made there.
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
        // Most providers know it without asking, and need no time limit for that.
        let mut first = read();
        let known = if let Some(known) = (&mut first).now_or_never() {
            known.map_err(Error::not_applied)?
        } else {
            let mut first = Some(first);
            let next = || first.take().unwrap_or_else(read);
            self.read_until(Operation::CreateRefund, deadline, next).await?
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
