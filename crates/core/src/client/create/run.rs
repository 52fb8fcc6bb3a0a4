//! The loop of rounds.

use std::sync::Arc;

use futures_util::future::{Either, select};

use super::{
    call::{CreateCall, Goal},
    lookup::LookupOutcome,
    observe::Stored,
    step::still_incomplete,
    submit::Ended,
    wait::WaitFor,
};
use crate::{
    Error, ErrorKind, Money, Overview, Refund, RefundAmount, Result,
    client::queue::Turn,
    journal::{Evidence, IntentState, IntentToken, MadeRefund, Standing, may_resend},
};

/// How many rounds run without a pause.
const ROUNDS_AT_ONCE: u32 = 3;

/// The result of a round.
enum Round {
    Done(Box<Refund>),
    /// Start another round.
    Again,
    /// Start another round after waiting.
    Wait(Arc<Standing>, WaitFor),
}

impl Round {
    fn done(refund: Refund) -> Self {
        Self::Done(Box::new(refund))
    }

    fn ended(refund: Ended) -> Self {
        refund.map_or(Self::Again, Self::Done)
    }
}

impl CreateCall<'_> {
    pub(super) async fn run(&mut self) -> Result<Refund> {
        let result = self.rounds().await;
        self.end_wait();
        self.settle_previous().await;
        match (result, &self.made) {
            (Err(error), Some(made)) if !is_contradiction(&error) => Ok(still_incomplete(made, &error)),
            (result, _) => result,
        }
    }

    async fn rounds(&mut self) -> Result<Refund> {
        loop {
            if self.rounds > ROUNDS_AT_ONCE && self.client.time_left(self.deadline).is_zero() {
                return Err(self.unfinished(super::outcome::no_time()));
            }
            let turn = self.turn().await?;
            match self.round().await? {
                Round::Done(refund) => return Ok(*refund),
                Round::Again => {
                    drop(turn);
                    self.pause_between_rounds().await;
                }
                Round::Wait(standing, what) => {
                    // Other calls of this client may run meanwhile.
                    drop(turn);
                    self.location = None;
                    Box::pin(self.wait(standing, what)).await?;
                }
            }
        }
    }

    /// Pauses before another round if rounds repeatedly make no progress.
    pub(super) async fn pause_between_rounds(&mut self) {
        self.rounds += 1;
        if self.rounds > ROUNDS_AT_ONCE {
            let left = self.client.time_left(self.deadline);
            self.client.clock.sleep(self.backoff.next_delay().min(left)).await;
        }
    }

    /// Waits for this call's turn among the client's calls for the same money.
    async fn turn(&mut self) -> Result<Option<Turn>> {
        let place = self.place();
        if let Ok(turn) = place.clone().try_lock_owned() {
            return Ok(Some(turn));
        }
        // What was read before the wait may be old after it.
        self.location = None;
        // Remember which outcome this call waits for; it may be of the same refund.
        let standing = self.open().await?;
        self.note_waiting_for(&standing);
        let left = self.client.clock.sleep(self.client.time_left(self.deadline));
        match select(std::pin::pin!(place.lock_owned()), left).await {
            Either::Left((turn, _)) => Ok(Some(turn)),
            // The queue is for order only: the journal decides what blocks.
            Either::Right(_) => Ok(None),
        }
    }

    async fn round(&mut self) -> Result<Round> {
        let mut standing = self.open().await?;
        let is_made = standing.mine.as_ref().is_some_and(|entry| entry.made.is_some());
        if self.began_unsettled.is_none() {
            let is_unknown = self.is_unsettled() || self.is_unknown_handle(&standing);
            self.began_unsettled = Some(self.goal != Goal::Make && !is_made && is_unknown);
        }
        if let Some(error) = self.refused_meanwhile(&standing) {
            return Err(error);
        }
        if is_made && let Some(refund) = Box::pin(self.journalled(&standing)).await? {
            return Ok(Round::done(refund));
        }
        if self.made.is_some() {
            // Reading it may have moved the version, which the step must commit on.
            standing = self.open().await?;
        }
        let terms = self.terms(&standing);
        if let Some(block) = standing.block(terms)
            && self.goal != Goal::LookUp
        {
            self.note_waiting_for(&standing);
            return Ok(Round::Wait(standing, WaitFor::Block(block)));
        }
        let overview = match self.read_overview().await {
            Ok(overview) => overview,
            // A request was sent: keep looking for the whole settle timeout.
            Err(error) if self.ambiguous.is_some() && self.made.is_none() => {
                return Box::pin(self.recovered(error)).await.map(Round::ended);
            }
            Err(error) => return Err(self.unfinished(error)),
        };
        self.location = None;
        if let Some(money) = overview.money.as_ref().filter(|money| money.id != self.about.money.id) {
            // The paying transaction was not known before: lock this money instead.
            self.settle_previous().await;
            self.about.money.id = money.id.clone();
            return Ok(Round::Again);
        }
        let lookup = self.look_up(&standing, &overview.refunds);
        let (version, moved) = self.observe(&standing, &lookup).await;
        match lookup.outcome {
            // The stored state was read in this round: the list is not newer.
            LookupOutcome::Found(ref refund, _)
                if is_made && self.made.is_some() && refund.needs_completion() =>
            {
                return Box::pin(self.complete(&standing, &overview, refund)).await.map(Round::ended);
            }
            LookupOutcome::Found(ref refund, evidence) => {
                let stored = Box::pin(self.record_found(&standing, version, refund, evidence)).await?;
                return match stored {
                    Stored::Moved => Ok(Round::Again),
                    // Another call may be taking the step: the next `open` shows that. If nothing was stored,
                    // the refund is journalled under another payment of the money.
                    Stored::Done
                        if refund.needs_completion()
                            && self.goal != Goal::LookUp
                            && Box::pin(self.has_moved(&standing)).await =>
                    {
                        self.made = Some((**refund).clone());
                        Ok(Round::Again)
                    }
                    Stored::Done | Stored::Failed => Ok(Round::done(self.with_reference((**refund).clone()))),
                };
            }
            LookupOutcome::Duplicate(ref refund, ref second) => {
                return Err(Box::pin(self.record_duplicate(&standing, refund, second)).await);
            }
            LookupOutcome::Absent | LookupOutcome::Unclear { .. } => {}
        }
        if let Some(made) = self.made.clone() {
            if !is_made {
                // It was found and could not be stored. Whatever this list lacks, nothing is sent again.
                return Ok(Round::done(made));
            }
            // It was found before, so this list is stale: take the step anyway.
            return Box::pin(self.complete(&standing, &overview, &made)).await.map(Round::ended);
        }
        let resend = standing.mine.as_ref().is_some_and(|entry| may_resend(entry, terms, standing.now));
        if let LookupOutcome::Unclear { suspects, unlisted } = &lookup.outcome {
            self.suspects.clone_from(suspects);
            if !resend || self.goal == Goal::LookUp {
                // An unattributed refund may be one that another call made meanwhile.
                if Box::pin(self.has_moved(&standing)).await {
                    return Ok(Round::Again);
                }
                return Err(self.unclear(*unlisted));
            }
        } else {
            self.suspects.clear();
        }
        if self.goal == Goal::LookUp {
            return Err(self.not_seen());
        }
        if moved {
            return Ok(Round::Again);
        }
        if !standing.is_fresh() && !resend {
            return Ok(Round::Wait(standing, WaitFor::Resubmit));
        }
        self.guard_and_submit(standing, overview, &lookup, resend).await
    }

    async fn guard_and_submit(
        &mut self,
        standing: Arc<Standing>,
        overview: Overview,
        lookup: &super::lookup::Lookup,
        resend: bool,
    ) -> Result<Round> {
        self.end_wait();
        // Less may be left because this very refund was made.
        let amount = match self.guard(&overview, &standing, !resend && !self.is_unknown_handle(&standing)) {
            Ok(amount) => amount,
            Err(error)
                if error.kind() == ErrorKind::NotRefundable && self.may_be_stale(&overview, &standing) =>
            {
                if Box::pin(self.pause_for(&error)).await.is_some() {
                    return Ok(Round::Again);
                }
                return Err(self.unfinished(error.not_applied()));
            }
            // Less may be left because another call made a refund meanwhile, perhaps this one.
            Err(_) if Box::pin(self.has_moved(&standing)).await => return Ok(Round::Again),
            // The lookup began late enough to prove that earlier requests made nothing.
            Err(error) if self.is_proven_absent(&standing, lookup) => {
                return Err(error.not_applied());
            }
            Err(error) => return Err(self.unfinished(error.not_applied())),
        };
        if self.is_unknown_handle(&standing) {
            Box::pin(self.record_handle(&standing, amount)).await?;
            return Ok(Round::Again);
        }
        self.submit(standing, overview, amount, lookup, resend).await.map(Round::ended)
    }

    /// Whether the money's version moved since `standing`.
    async fn has_moved(&mut self, standing: &Standing) -> bool {
        self.open().await.is_ok_and(|now| now.version != standing.version)
    }

    /// Whether the lookup proves that no earlier request made the refund.
    fn is_proven_absent(&self, standing: &Standing, lookup: &super::lookup::Lookup) -> bool {
        standing.is_fresh()
            && lookup.complete
            && self.ambiguous.is_none()
            && !self.in_flight_elsewhere
            && !self.is_unknown_handle(standing)
    }

    /// Whether the journal does not know the request of the handle that is being resolved: it may still be in
    /// flight, whatever the outcome of others.
    pub(super) fn is_unknown_handle(&self, standing: &Standing) -> bool {
        let Some(handle) = &self.handle else { return false };
        let Some(entry) = &standing.mine else { return true };
        let knows = |token: &IntentToken| entry.intents.iter().any(|intent| intent.token == *token);
        let known = knows(&handle.token())
            || (!handle.intents.is_empty() && handle.intents.iter().all(knows))
            || entry.unsettled_sends().next().is_some();
        entry.made.is_none() && !known
    }

    /// The error of a reference that belongs to the refund `made`, of another amount than `requested`. The
    /// request of a handle that the journal does not know may still be carried out beside it.
    pub(super) fn reused(&self, standing: &Standing, made: &MadeRefund, requested: Money) -> Error {
        let error = super::outcome::reused(&self.request.reference, &made.id, made.amount, requested);
        let Some(handle) = &self.handle else { return error };
        let intents = || standing.mine.iter().flat_map(|entry| &entry.intents);
        let knows = |token: &IntentToken| intents().any(|intent| intent.token == *token);
        let known =
            knows(&handle.token()) || (!handle.intents.is_empty() && handle.intents.iter().all(knows));
        if known { error } else { self.unfinished(error) }
    }

    /// Whether to retry because the guard's sums may be stale: the list lacks a refund that is known as made.
    fn may_be_stale(&mut self, overview: &Overview, standing: &Standing) -> bool {
        self.stale_reads += 1;
        self.attempts_left() > 0 && self.is_stale(overview, standing)
    }

    /// The refund, if the journal knows it as made; read again if possible.
    async fn journalled(&mut self, standing: &Standing) -> Result<Option<Refund>> {
        let Some(made) = standing.mine.as_ref().and_then(|entry| entry.made.clone()) else { return Ok(None) };
        if let Some(second) = &made.doubled
            && made.status.reduces_refundable()
        {
            return Err(self.duplicate_error(&made.id, second));
        }
        if let RefundAmount::Exact(amount) = self.request.amount
            && let Some(entry) = &standing.mine
            && entry.amount != amount
        {
            // A refund that differs from what was requested has moved money, whatever is requested now.
            let is_at_odds = made.fault.is_some();
            return Err(if is_at_odds { self.mismatch(&made) } else { self.reused(standing, &made, amount) });
        }
        let refund = match self.refreshed(&made).await {
            Some(refund) => refund,
            // The journal does not know that a step is missing.
            None if self.made.is_some() => return Ok(None),
            None if made.fault.is_some() => return Err(self.mismatch(&made)),
            None => return Ok(Some(self.as_journalled(&made))),
        };
        if let Some(fault) = self.difference_from_sent(&refund, standing) {
            let mismatch = MadeRefund { fault: Some(fault), ..made };
            return Err(self.mismatch(&mismatch));
        }
        let mut seen = MadeRefund::of(&refund, Evidence::Listed);
        seen.id = made.id.clone();
        let is_news = (seen.status, seen.amount, None) != (made.status, made.amount, made.fault.as_ref());
        let needs_completion = refund.needs_completion();
        let is_over = !needs_completion
            && standing.mine.as_ref().is_some_and(|entry| entry.unsettled().next().is_some());
        if is_news || is_over {
            self.observe_made(seen, needs_completion, None).await;
        }
        if needs_completion && self.goal != Goal::LookUp {
            // The step needs the overview.
            self.made = Some(self.with_reference(refund));
            return Ok(None);
        }
        Ok(Some(self.with_reference(refund)))
    }

    /// The error of the call that this one waited for, if the provider refused it permanently: another
    /// request would be refused the same way.
    fn refused_meanwhile(&self, standing: &Standing) -> Option<Error> {
        let waited_for = self.waited_for?;
        let entry = standing.mine.as_ref().filter(|entry| entry.made.is_none())?;
        if entry.unsettled_sends().next().is_some() {
            return None;
        }
        let newest = entry.newest().filter(|intent| intent.number >= waited_for)?;
        let why = newest.why.as_ref().filter(|why| why.refused && !why.retryable)?;
        (newest.state == IntentState::NotApplied).then(|| {
            let message = "the provider refused another call for the same refund meanwhile";
            let error = Error::new(why.kind, message).not_applied();
            match &why.code {
                Some(code) => error.with_code(code),
                None => error,
            }
        })
    }
}

/// Whether the error contradicts a made refund: there are two of them, or it differs from the request.
fn is_contradiction(error: &Error) -> bool {
    error.may_have_applied() && matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Protocol)
}
