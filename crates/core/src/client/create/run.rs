//! The loop of rounds.

use std::sync::Arc;

use futures_util::future::{Either, select};

use super::{Creation, Goal, find::Mine, queue::Turn, see::Stored, submit::Ended, wait::WaitFor};
use crate::{
    Error, ErrorKind, Overview, Refund, RefundAmount, Result,
    journal::{Evidence, IntentState, IntentToken, MadeRefund, Standing, may_resend},
};

/// How many rounds follow each other without a pause.
const ROUNDS_AT_ONCE: u32 = 3;

/// What a round came to.
enum Round {
    Done(Box<Refund>),
    /// Again, from the top.
    Again,
    /// Again, after this.
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

impl Creation<'_> {
    pub(super) async fn run(&mut self) -> Result<Refund> {
        let result = self.rounds().await;
        self.settle_previous().await;
        match (result, &self.made) {
            (Err(error), Some(made)) if !is_contradiction(&error) => Ok(self.with_a_step_left(made, &error)),
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
                    // Others of this client may have something to do meanwhile.
                    drop(turn);
                    Box::pin(self.wait(standing, what)).await?;
                }
            }
        }
    }

    /// A pause before another round, where rounds lead nowhere again and again.
    pub(super) async fn pause_between_rounds(&mut self) {
        self.rounds += 1;
        if self.rounds > ROUNDS_AT_ONCE {
            let left = self.client.time_left(self.deadline);
            self.client.clock.sleep(self.backoff.next_delay().min(left)).await;
        }
    }

    /// This call's turn at the money, among the calls of this client.
    async fn turn(&mut self) -> Result<Option<Turn>> {
        let place = self.place();
        if let Ok(turn) = place.clone().try_lock_owned() {
            return Ok(Some(turn));
        }
        // Whose outcome is being waited for; it may be ours.
        let standing = self.open().await?;
        self.note_waiting_for(&standing);
        let left = self.client.clock.sleep(self.client.time_left(self.deadline));
        match select(std::pin::pin!(place.lock_owned()), left).await {
            Either::Left((turn, _)) => Ok(Some(turn)),
            // It is for order only: the journal says what is in the way.
            Either::Right(_) => Ok(None),
        }
    }

    async fn round(&mut self) -> Result<Round> {
        let mut standing = self.open().await?;
        if let Some(error) = self.refused_meanwhile(&standing) {
            return Err(error);
        }
        let is_made = standing.mine.as_ref().is_some_and(|entry| entry.made.is_some());
        if is_made && let Some(refund) = Box::pin(self.journalled(&standing)).await? {
            return Ok(Round::done(refund));
        }
        if self.made.is_some() {
            // What was read of it may have been stored, and a step commits on the version after that.
            standing = self.open().await?;
        }
        let asking = self.asking(&standing);
        if let Some(block) = standing.block(asking)
            && self.goal != Goal::Look
        {
            self.note_waiting_for(&standing);
            return Ok(Round::Wait(standing, WaitFor::Block(block)));
        }
        let overview = match self.look_and_sum().await {
            Ok(overview) => overview,
            // Something was sent: look for as long as that takes.
            Err(error) if self.ambiguous.is_some() && self.made.is_none() => {
                return Box::pin(self.recovered(error)).await.map(Round::ended);
            }
            Err(error) => return Err(self.unfinished(error)),
        };
        if let Some(money) = overview.money.as_ref().filter(|money| money.id != self.about.money.id) {
            // What paid it was not known when it was asked for: this is what has to be locked.
            self.settle_previous().await;
            self.about.money.id = money.id.clone();
            return Ok(Round::Again);
        }
        let sight = self.find(&standing, &overview.refunds);
        let (version, moved) = self.observe(&standing, &sight).await;
        match sight.mine {
            // What is stored of it was read in this round: nothing that this list says is newer.
            Mine::Found(ref refund, _) if is_made && self.made.is_some() && refund.has_step_left() => {
                return Box::pin(self.complete(&standing, &overview, refund)).await.map(Round::ended);
            }
            Mine::Found(ref refund, evidence) => {
                let stored = Box::pin(self.found(&standing, version, refund, evidence)).await?;
                return match stored {
                    Stored::Moved => Ok(Round::Again),
                    // Its call may be taking the step: that is seen when the journal is opened next. Where
                    // nothing moved, the refund is journalled under another payment of the money.
                    Stored::There
                        if refund.has_step_left()
                            && self.goal != Goal::Look
                            && Box::pin(self.has_moved(&standing)).await =>
                    {
                        self.made = Some((**refund).clone());
                        Ok(Round::Again)
                    }
                    Stored::There | Stored::Nowhere => Ok(Round::done(self.named((**refund).clone()))),
                };
            }
            Mine::Doubled(ref refund, ref second) => {
                return Err(Box::pin(self.doubled(&standing, refund, second)).await);
            }
            Mine::Absent | Mine::Unclear { .. } => {}
        }
        if let Some(made) = self.made.clone().filter(|_| is_made) {
            // It was seen before, so this list is an old one: the step can be done all the same.
            return Box::pin(self.complete(&standing, &overview, &made)).await.map(Round::ended);
        }
        let resend = standing.mine.as_ref().is_some_and(|entry| may_resend(entry, asking, standing.now));
        if let Mine::Unclear { suspects, unlisted } = &sight.mine {
            self.suspects.clone_from(suspects);
            if !resend || self.goal == Goal::Look {
                // What is not recognized may be what another call made meanwhile.
                if Box::pin(self.has_moved(&standing)).await {
                    return Ok(Round::Again);
                }
                return Err(self.unclear(*unlisted));
            }
        } else {
            self.suspects.clear();
        }
        if self.goal == Goal::Look {
            return Err(self.not_seen());
        }
        if moved {
            return Ok(Round::Again);
        }
        if !standing.is_fresh() && !resend {
            return Ok(Round::Wait(standing, WaitFor::Resubmit));
        }
        self.guard_and_submit(standing, overview, &sight, resend).await
    }

    async fn guard_and_submit(
        &mut self,
        standing: Arc<Standing>,
        overview: Overview,
        sight: &super::find::Sight,
        resend: bool,
    ) -> Result<Round> {
        // Less may be left just because it was made.
        let amount = match self.guard(&overview, &standing, !resend && !self.is_imported(&standing)) {
            Ok(amount) => amount,
            Err(error)
                if error.kind() == ErrorKind::NotRefundable && self.may_be_old(&overview, &standing) =>
            {
                if Box::pin(self.pause_for(&error)).await {
                    return Ok(Round::Again);
                }
                return Err(self.unfinished(error.not_applied()));
            }
            // Less may be left by what another call made meanwhile, perhaps of this very refund.
            Err(_) if Box::pin(self.has_moved(&standing)).await => return Ok(Round::Again),
            // The look began late enough to prove that earlier requests made nothing.
            Err(error) if self.is_proven(&standing, sight) => {
                return Err(error.not_applied());
            }
            Err(error) => return Err(self.unfinished(error.not_applied())),
        };
        if self.is_imported(&standing) {
            Box::pin(self.import(&standing, amount)).await?;
            return Ok(Round::Again);
        }
        self.submit(standing, overview, amount, sight, resend).await.map(Round::ended)
    }

    /// Whether something about the money was journalled since it was opened.
    async fn has_moved(&mut self, standing: &Standing) -> bool {
        self.open().await.is_ok_and(|now| now.version != standing.version)
    }

    /// Whether the look proves that no earlier request of the refund made it.
    fn is_proven(&self, standing: &Standing, sight: &super::find::Sight) -> bool {
        standing.is_fresh()
            && sight.complete
            && self.ambiguous.is_none()
            && !self.rival
            && !self.is_imported(standing)
    }

    /// Whether a handle is to be resolved whose request the journal knows nothing about: then it may still
    /// be under way, whatever became of others.
    fn is_imported(&self, standing: &Standing) -> bool {
        let Some(handle) = &self.handle else { return false };
        let Some(entry) = &standing.mine else { return true };
        let knows = |token: &IntentToken| entry.intents.iter().any(|intent| intent.token == *token);
        let known = knows(&IntentToken::of(handle))
            || (!handle.intents.is_empty() && handle.intents.iter().all(knows))
            || entry.unsettled_sends().next().is_some();
        entry.made.is_none() && !known
    }

    /// Whether the guard's sums may be old: the list lacks what is known to be made.
    fn may_be_old(&mut self, overview: &Overview, standing: &Standing) -> bool {
        self.attempts += 1;
        self.attempts < self.client.policy.max_attempts && self.is_old(overview, standing)
    }

    /// The refund, where the journal knows it as made; read again where that is possible.
    async fn journalled(&mut self, standing: &Standing) -> Result<Option<Refund>> {
        let Some(made) = standing.mine.as_ref().and_then(|entry| entry.made.clone()) else { return Ok(None) };
        if let RefundAmount::Exact(amount) = self.request.amount
            && let Some(entry) = &standing.mine
            && entry.amount != amount
        {
            return Err(super::outcome::reused(&self.request.reference, &made.id, entry.amount, amount));
        }
        if let Some(second) = &made.doubled
            && made.status.holds_money()
        {
            return Err(self.both(&made.id, second));
        }
        let refund = match self.refreshed(&made).await {
            Some(refund) => refund,
            // The journal does not know of the step that was seen to be left.
            None if self.made.is_some() => return Ok(None),
            None if made.fault.is_some() => return Err(self.faulty(&made)),
            None => return Ok(Some(self.as_journalled(&made))),
        };
        if let Some(fault) = self.fault_of(&refund, standing) {
            let faulty = MadeRefund { fault: Some(fault), ..made };
            return Err(self.faulty(&faulty));
        }
        let mut seen = MadeRefund::of(&refund, Evidence::Listed);
        seen.id = made.id.clone();
        let is_news = (seen.status, seen.amount, None) != (made.status, made.amount, made.fault.as_ref());
        let step_left = refund.has_step_left();
        let is_over =
            !step_left && standing.mine.as_ref().is_some_and(|entry| entry.unsettled().next().is_some());
        if is_news || is_over {
            self.observe_made(seen, step_left, None).await;
        }
        if step_left && self.goal != Goal::Look {
            // The step needs what a look reads.
            self.made = Some(self.named(refund));
            return Ok(None);
        }
        Ok(Some(self.named(refund)))
    }

    /// The error of the call that was waited for, where the provider refused it for good: asking again
    /// would be refused the same way.
    fn refused_meanwhile(&self, standing: &Standing) -> Option<Error> {
        let waited_for = self.waited_for?;
        let entry = standing.mine.as_ref().filter(|entry| entry.made.is_none())?;
        if entry.unsettled_sends().next().is_some() {
            return None;
        }
        let newest = entry.newest().filter(|intent| intent.number >= waited_for)?;
        let why = newest.why.as_ref().filter(|why| why.refused && !why.retryable)?;
        (newest.state == IntentState::NotApplied).then(|| {
            let message = "another call of the same refund was refused by the provider meanwhile";
            let error = Error::new(why.kind, message).not_applied();
            match &why.code {
                Some(code) => error.with_code(code),
                None => error,
            }
        })
    }
}

/// Whether the error says that the refund is not what it was taken for: two of them hold money, or it is
/// not what was requested.
fn is_contradiction(error: &Error) -> bool {
    error.may_have_applied() && matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Protocol)
}
