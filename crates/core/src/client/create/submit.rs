//! Committing an intent, submitting, and settling its outcome.

use std::{sync::Arc, time::Duration};

use super::{call::CreateCall, lookup::Lookup, outcome::no_time};
use crate::{
    Error, ErrorKind, Money, Operation, Overview, Refund, Replay, Result,
    client::{
        next_step::{AfterWrite, after_write},
        report::TARGET,
    },
    journal::{Entry, IntentKey, IntentNumber, IntentState, NewIntent, Outcome, Standing, Version, Why},
};

/// Before a pause of at least this length, an unprocessed attempt is settled at once.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// The refund; `None` if another round must follow.
pub(super) type Ended = Option<Box<Refund>>;

/// What follows a failed attempt.
enum Next {
    /// Commit another intent based on the same lookup.
    SameLook,
    Ended(Ended),
}

impl CreateCall<'_> {
    /// Commits and submits until more attempts would not change the outcome.
    pub(super) async fn submit(
        &mut self,
        standing: Arc<Standing>,
        overview: Overview,
        amount: Money,
        lookup: &Lookup,
        resend: bool,
    ) -> Result<Ended> {
        let mut submit = self.submission(amount, &overview);
        let mut version = standing.version;
        loop {
            if self.attempts_left() == 0 {
                return Err(self.unfinished(self.too_many_attempts()));
            }
            if self.client.time_left(self.deadline) < self.client.policy.submit_limit() {
                return Err(self.unfinished(no_time()));
            }
            let mut new = self.new_intent(&standing, amount, lookup, resend);
            new.version = version;
            submit = submit.with_key(&self.about.money.scope, new.generation);
            let Some((mut pending, intent)) = self.intend(&new).await? else { return Ok(None) };
            // Unless another process writes, the next intent builds on this version.
            version = Version(intent.number.0);
            submit.window = Some(pending.window.clone());
            if let Some((kind, delay)) = self.retrying.take() {
                self.client.report_retried(Operation::SubmitRefund, self.attempts, kind, delay);
            }
            let result = self.send(&mut pending, &submit).await;
            let late = result.is_err() && pending.is_late();
            let key = pending.disarm();
            let error = match result {
                Ok(refund) => {
                    return Ok(Some(Box::new(self.verified(key, refund, amount, &standing).await?)));
                }
                Err(error) => error,
            };
            if let Next::Ended(ended) = Box::pin(self.failed(key, &standing, error, late)).await? {
                return Ok(ended);
            }
        }
    }

    /// The intent of the next attempt.
    fn new_intent(&mut self, standing: &Standing, amount: Money, lookup: &Lookup, resend: bool) -> NewIntent {
        let policy = &self.client.policy;
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.attempt = policy.submit_limit();
        new.window = policy
            .send_window
            .saturating_mul(1 << self.missed_windows.min(8))
            .min(new.attempt.max(policy.send_window));
        new.settle = policy.settle_timeout;
        new.resubmit = policy.resubmit_limit();
        let capabilities = self.client.capabilities();
        // The window of a later request with the same key may have doubled, up to the attempt limit.
        let wider = new.attempt.saturating_sub(new.window);
        new.key_retention = capabilities.idempotency.honoured().map(|key| match key.retention {
            Duration::MAX => Duration::MAX,
            retention => retention.saturating_sub(wider),
        });
        new.hidden = self.hidden;
        new.previous.clone_from(&self.previous);
        let mine = standing.mine.as_ref();
        new.generation = mine.map_or(0, |entry| entry.generation);
        let is_used_up =
            |entry: &Entry| entry.unsettled_sends().any(|intent| intent.state == IntentState::FailedStored);
        if !resend && mine.is_some_and(is_used_up) {
            new.generation += 1;
        }
        new.absent = self.absent(standing, lookup, resend);
        if self.hidden && mine.is_none_or(|entry| entry.unsettled_sends().next().is_none()) {
            new.known_before.clone_from(&lookup.unnamed);
        }
        new
    }

    /// Intents that the lookup proves absent: it began late enough, and found neither the refund nor one that
    /// may be this refund.
    fn absent(&self, standing: &Standing, lookup: &Lookup, resend: bool) -> Vec<IntentNumber> {
        // An incomplete list proves nothing; only a request with the same key may follow it.
        if !lookup.complete {
            return Vec::new();
        }
        let mine = standing.mine.iter().filter(|_| !resend);
        let others = standing.others.iter().filter(|entry| entry.payment == self.about.payment);
        // A listed refund exists even if storing that failed.
        let is_shown =
            |entry: &Entry| lookup.others.iter().any(|seen| entry.is(&seen.payment, &seen.reference));
        let others = others.filter(|entry| !is_shown(entry));
        let entries = mine.chain(others).filter(|entry| {
            // An unattributed refund of its amount may be this one.
            !(entry.hidden || self.hidden) || !lookup.candidates.contains(&entry.amount)
        });
        let ripe =
            entries.flat_map(Entry::unsettled_sends).filter(|intent| intent.resubmit_from <= standing.now);
        ripe.map(|intent| intent.number).collect()
    }

    /// Settles a failed attempt and decides what follows.
    async fn failed(
        &mut self,
        key: IntentKey,
        standing: &Standing,
        error: Error,
        late: bool,
    ) -> Result<Next> {
        let again = self.attempts_left() > 0;
        match after_write(&error) {
            AfterWrite::Retry | AfterWrite::RetryAgainstAnother => {
                self.in_flight_elsewhere |= after_write(&error) == AfterWrite::RetryAgainstAnother;
                self.previous = Some((key.token, Why::of(&error)));
                let delay = self.backoff.next_delay().max(error.retry_after().unwrap_or_default());
                if !again || delay >= self.client.time_left(self.deadline) {
                    return self.give_up(error).await.map(Next::Ended);
                }
                if delay >= LONG_PAUSE {
                    self.settle_previous().await;
                }
                self.client.clock.sleep(delay).await;
                self.retrying = Some((error.kind(), delay));
                // Without a key, only a new lookup shows whether another process was faster.
                let same_look = self.key_honoured && self.previous.is_some();
                Ok(if same_look { Next::SameLook } else { Next::Ended(None) })
            }
            AfterWrite::Recover => {
                self.note_ambiguous(&error);
                self.settle(&key, &self.unknown(&error, standing, again, late)).await;
                // With a key, submitting again is as safe as looking and faster.
                if self.key_honoured
                    && again
                    && let Some(delay) = self.pause_for(&error).await
                {
                    self.retrying = Some((error.kind(), delay));
                    return Ok(Next::Ended(None));
                }
                self.recovered(error).await.map(Next::Ended)
            }
            AfterWrite::LookOnce if self.is_reference_taken(&error) => {
                self.note_ambiguous(&error);
                self.settle(&key, &self.unknown(&error, standing, true, late)).await;
                self.recovered(error).await.map(Next::Ended)
            }
            AfterWrite::LookOnce => {
                self.settle(&key, &Outcome::NotApplied(Why::of(&error).with_refused())).await;
                // A process without this journal may have made it.
                match self.look_until(Duration::ZERO).await? {
                    Some(refund) => Ok(Next::Ended(self.ended(refund))),
                    None => Err(self.unfinished(error)),
                }
            }
            AfterWrite::Stop => {
                self.settle(&key, &Outcome::NotApplied(Why::of(&error).with_refused())).await;
                Err(self.unfinished(error))
            }
        }
    }

    /// The outcome of an attempt that may have made the refund. If a provider that repeats stored responses
    /// failed in the same way before, the key is used up.
    fn unknown(&self, error: &Error, standing: &Standing, again: bool, late: bool) -> Outcome {
        let why = Why::of(error);
        let capabilities = self.client.capabilities();
        let stores = capabilities.idempotency.honoured().is_some_and(|key| key.replay == Replay::FirstAnswer);
        let responded = !matches!(why.kind, ErrorKind::Timeout | ErrorKind::Transport);
        let before = standing.mine.as_ref().into_iter().flat_map(Entry::unsettled_sends);
        let same = before.filter_map(|intent| intent.why.as_ref());
        let repeated = same.into_iter().any(|before| (before.kind, &before.code) == (why.kind, &why.code));
        if stores && responded && repeated && !again && !late {
            return Outcome::FailedStored(why);
        }
        Outcome::Unknown { why, suspects: Vec::new(), late }
    }

    /// Looks for a refund that may have been made, until the settle timeout ends.
    pub(super) async fn recovered(&mut self, error: Error) -> Result<Ended> {
        match self.look_until(self.client.policy.settle_timeout).await? {
            Some(refund) => Ok(self.ended(refund)),
            None => Err(self.unfinished(error)),
        }
    }

    /// The result for a found refund. Completing it takes another round.
    fn ended(&mut self, refund: Refund) -> Ended {
        if refund.needs_completion() {
            self.made = Some(refund);
            return None;
        }
        Some(Box::new(refund))
    }

    /// Ends the call after an attempt that was certainly not carried out, unless an earlier one may have
    /// been.
    async fn give_up(&mut self, error: Error) -> Result<Ended> {
        self.settle_previous().await;
        if self.ambiguous.is_none() && !self.in_flight_elsewhere && !self.is_unsettled() {
            return Err(error);
        }
        self.recovered(error).await
    }

    /// Whether the error means that a refund with our reference exists.
    fn is_reference_taken(&self, error: &Error) -> bool {
        let capabilities = self.client.capabilities();
        let replay = capabilities.idempotency.honoured().map(|key| key.replay);
        error.kind() == ErrorKind::Conflict && replay == Some(Replay::Refused)
    }

    fn note_ambiguous(&mut self, error: &Error) {
        let kind = error.kind().as_str();
        tracing::warn!(target: TARGET, kind, "the outcome of a refund is unknown; looking for it");
        self.ambiguous.get_or_insert_with(|| error.without_source());
    }

    /// Waits before the next attempt. Returns how long, or `None` at once if no time would be left for it.
    pub(super) async fn pause_for(&mut self, error: &Error) -> Option<Duration> {
        let client = self.client;
        let delay = self.backoff.next_delay().max(error.retry_after().unwrap_or_default());
        if delay + client.policy.submit_limit() > client.time_left(self.deadline) {
            return None;
        }
        client.clock.sleep(delay).await;
        Some(delay)
    }
}
