//! Creating a refund: once.
//!
//! One call is a loop of rounds. Each round opens the journal, waits where something is in the way,
//! looks, guards, commits an intent, submits, and settles it. `run.rs` is the loop; the other files are
//! what a round does.

mod check;
mod lookup;
mod observe;
mod outcome;
mod queue;
mod run;
mod send;
mod step;
mod submit;
mod wait;

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;

use super::{RefundClient, backoff::Backoff};
use crate::{
    CreateRefund, Error, ErrorKind, Money, Operation, Refund, RefundAmount, Result, UnresolvedRefund,
    journal::{About, Asking, Entry, IntentNumber, IntentToken, JournalTime, MoneyKey, Query, Standing, Why},
};

pub(super) use self::queue::Queue;
pub use self::wait::{Waiting, WaitingFor};

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
        match self.creation(request, Goal::Make).await {
            Ok(mut creation) => Box::pin(creation.run()).await,
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
        match self.creation(&unresolved.request, goal).await {
            Ok(creation) => Box::pin(creation.with_handle(unresolved).run()).await,
            Err(error) => Err(outcome::unknown_before(unresolved, error)),
        }
        .map_err(|error| self.in_create(error))
    }

    async fn creation<'a>(&'a self, request: &'a CreateRefund, goal: Goal) -> Result<Creation<'a>> {
        let deadline = self.deadline(self.policy.total_timeout);
        let creation = Creation::new(self, request, goal, deadline);
        creation.check(request).map_err(Error::not_applied)?;
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
        Ok(creation.of_money(known))
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

/// What a call is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// Create the refund.
    Make,
    /// Finish one whose outcome was unknown.
    Resolve,
    /// Look for it, and submit nothing.
    LookUp,
}

/// The state of one call.
struct Creation<'a> {
    client: &'a RefundClient,
    request: &'a CreateRefund,
    goal: Goal,
    about: About,
    deadline: Duration,
    backoff: Backoff,
    /// How many requests were submitted.
    attempts: u32,
    /// How often the window was over before the request left.
    lapsed: u32,
    /// A handle without a journal entry behind it.
    handle: Option<UnresolvedRefund>,
    /// The last standing, for the handle in errors.
    last: Option<Arc<Standing>>,
    /// Our previous intent, certainly not carried out, which the next one settles.
    previous: Option<(IntentToken, Why)>,
    /// The first failure of this call after which a refund may have been made. A clean refusal of a
    /// later attempt says nothing about it.
    ambiguous: Option<Error>,
    /// Whether the provider said that the same key is under way elsewhere.
    rival: bool,
    /// The refund, once it was seen made with a step left. Whatever fails then, it is what it is.
    made: Option<Refund>,
    /// The newest intent of this refund that another call owned when this one began to wait.
    waited_for: Option<IntentNumber>,
    /// Refunds that may be it.
    suspects: Vec<crate::RefundId>,
    /// How often it looked while it waited.
    looks: u32,
    /// How many rounds there were that led nowhere.
    rounds: u32,
    /// What was said about waiting.
    announced: Option<JournalTime>,
    key_honoured: bool,
    hidden: bool,
}

impl<'a> Creation<'a> {
    fn new(client: &'a RefundClient, request: &'a CreateRefund, goal: Goal, deadline: Duration) -> Self {
        let capabilities = client.capabilities();
        let scope = client.scope.clone();
        let payment = request.payment_id.canonical();
        let money = MoneyKey::new(scope, payment.clone());
        Self {
            client,
            request,
            goal,
            about: About { money, payment, reference: request.reference.clone() },
            deadline,
            backoff: Backoff::new(&client.policy),
            attempts: 0,
            lapsed: 0,
            handle: None,
            last: None,
            previous: None,
            ambiguous: None,
            rival: false,
            made: None,
            waited_for: None,
            suspects: Vec::new(),
            looks: 0,
            rounds: 0,
            announced: None,
            key_honoured: capabilities.idempotency.honoured().is_some(),
            hidden: capabilities.references == crate::References::MayBeUnreported,
        }
    }

    fn of_money(mut self, id: crate::PaymentId) -> Self {
        self.about.money.id = id;
        self
    }

    fn with_handle(mut self, handle: &UnresolvedRefund) -> Self {
        self.handle = Some(handle.clone());
        self
    }

    /// The exact amount, as far as it is known without the payment.
    fn amount(&self, standing: &Standing) -> Option<Money> {
        match self.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            RefundAmount::Remaining => {
                let journalled = standing.mine.as_ref().map(|entry| entry.amount);
                journalled.or_else(|| self.handle.as_ref().and_then(|handle| handle.amount))
            }
        }
    }

    fn asking(&self, standing: &Standing) -> Asking {
        let generation = standing.mine.as_ref().map_or(0, |entry| entry.generation);
        Asking {
            amount: self.amount(standing),
            hidden: self.hidden,
            key: self.key_honoured.then_some(generation),
        }
    }

    /// Whether the journal knows an intent of this refund that may have made it.
    fn is_unsettled(&self) -> bool {
        let mine = self.last.as_ref().and_then(|standing| standing.mine.as_ref());
        mine.is_some_and(|entry| entry.unsettled_sends().next().is_some())
    }

    fn place(&self) -> Arc<tokio::sync::Mutex<()>> {
        self.client.queue.place(&self.about.money)
    }
}
