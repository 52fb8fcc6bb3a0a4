//! Committing an intent, submitting, and settling what became of it.

use std::time::Duration;

use super::{Creation, find::Sight, outcome::no_time};
use crate::{
    Error, ErrorKind, Operation, Overview, Refund, RefundStatus, Replay, Result, SendWindow, SubmitRefund,
    client::next_step::{AfterWrite, after_write},
    journal::{
        Evidence, Intended, Intent, IntentKey, IntentNumber, IntentState, NewIntent, Outcome, Standing,
        Version, Why,
    },
};

/// How much later than it has to a submission may end before the process must have been stopped in it.
const SLACK: Duration = Duration::from_secs(1);
/// A pause from which on an attempt that was not processed is settled before it, not after it.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// What a submission came to.
pub(super) enum Submitted {
    Made(Box<Refund>),
    /// Again, from the top.
    Again,
}

/// What follows a failed attempt.
enum Next {
    /// Intend again on the same look.
    SameLook,
    /// Again, from the top.
    Again,
    Done(Box<Refund>),
}

impl Creation<'_> {
    /// Intends and submits, until an attempt has an outcome that more attempts do not change.
    pub(super) async fn submit(
        &mut self,
        mut standing: Standing,
        overview: Overview,
        amount: crate::Money,
        sight: &Sight,
        resend: bool,
    ) -> Result<Submitted> {
        let mut submit = SubmitRefund::new(self.request.clone(), amount)
            .with_payment(overview.payment.clone())
            .with_handover(overview.handover.clone());
        loop {
            if self.attempts >= self.client.policy.max_attempts {
                return Err(self.unfinished(self.too_many_attempts()));
            }
            if self.client.time_left(self.deadline) < self.client.policy.submit_limit() {
                return Err(self.unfinished(no_time()));
            }
            let new = self.new_intent(&standing, amount, sight, resend);
            submit = submit.with_key(&self.about.money.scope, new.generation);
            let Some((mut pending, intent)) = self.intend(&new).await? else { return Ok(Submitted::Again) };
            standing.moved_to(Version(intent.number.0));
            submit.window = Some(pending.window.clone());
            let result = self.send(&mut pending, &submit).await;
            let late = pending.window.elapsed() > pending.limit + SLACK;
            let key = pending.disarm();
            match self.after(key, &intent, &standing, result, amount, late).await? {
                Next::SameLook => {}
                Next::Again => return Ok(Submitted::Again),
                Next::Done(refund) => return Ok(Submitted::Made(refund)),
            }
        }
    }

    /// The intent of the next attempt.
    fn new_intent(
        &mut self,
        standing: &Standing,
        amount: crate::Money,
        sight: &Sight,
        resend: bool,
    ) -> NewIntent {
        let policy = &self.client.policy;
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.attempt = policy.submit_limit();
        new.window = policy
            .send_window
            .saturating_mul(1 << self.lapsed.min(8))
            .min(new.attempt.max(policy.send_window));
        new.settle = policy.settle_timeout;
        new.resubmit = policy.resubmit_limit();
        let capabilities = self.client.capabilities();
        new.key_retention = capabilities.idempotency.honoured().map(|key| key.retention);
        new.hidden = self.hidden;
        new.previous = self.previous.clone();
        let mine = standing.mine.as_ref();
        new.generation = mine.map_or(0, |entry| entry.generation);
        let is_used_up = |entry: &crate::journal::Entry| {
            entry.unsettled_sends().any(|intent| intent.state == IntentState::FailedStored)
        };
        if !resend && mine.is_some_and(is_used_up) {
            new.generation += 1;
        }
        new.absent = self.absent(standing, sight, resend);
        if !mine.is_some_and(|entry| entry.unsettled_sends().next().is_some()) {
            new.known_before.clone_from(&sight.unnamed);
        }
        new
    }

    /// Intents that the look proves not to have been carried out: it began late enough, and shows neither
    /// the refund nor one that may be it.
    fn absent(&self, standing: &Standing, sight: &Sight, resend: bool) -> Vec<IntentNumber> {
        let mine = standing.mine.iter().filter(|_| !resend);
        let others = standing.others.iter().filter(|entry| entry.payment == self.about.payment);
        let entries = mine.chain(others).filter(|entry| {
            // By the refunds of its amount that may be anybody's, and by those that a person is to look at.
            !(entry.hidden || self.hidden) || !sight.candidates.contains(&entry.amount)
        });
        let ripe = entries
            .flat_map(|entry| entry.unsettled_sends())
            .filter(|intent| intent.resubmit_from <= standing.now);
        ripe.map(|intent| intent.number).collect()
    }

    /// Commits the intent; `None` where the money moved meanwhile, or the commit took longer than the
    /// window.
    async fn intend(&mut self, new: &NewIntent) -> Result<Option<(Pending, Intent)>> {
        // The window is measured from before the call: an acknowledgement that is late leaves less of it.
        let window = SendWindow::new(self.client.clock.clone(), new.window);
        let mut pending = Pending {
            journal: self.client.journal.clone(),
            key: Some(new.key()),
            window,
            limit: new.window + new.attempt,
        };
        let intended = self.client.journal.intend(new).await;
        match intended {
            Ok(Intended::Committed(intent)) => {
                self.previous = None;
                if pending.window.is_over() {
                    self.lapsed += 1;
                    let key = pending.disarm();
                    self.settle(&key, &Outcome::NotApplied(Why::never_sent())).await;
                    self.attempts += 1;
                    return Ok(None);
                }
                Ok(Some((pending, intent)))
            }
            Ok(Intended::Moved(_)) => {
                let _ = pending.disarm();
                Ok(None)
            }
            Ok(Intended::Full) => {
                let _ = pending.disarm();
                let message = "the journal is full of refunds that it must not forget, so nothing was sent";
                Err(self.unfinished(Error::new(ErrorKind::Unavailable, message).not_applied()))
            }
            Err(error) => {
                // It may be stored all the same; nothing is sent, and that is said if it can be.
                let key = pending.disarm();
                self.settle(&key, &Outcome::NotApplied(Why::never_sent())).await;
                Err(self.unfinished(error.not_applied()))
            }
        }
    }

    /// One attempt, begun within its window.
    async fn send(&mut self, pending: &mut Pending, submit: &SubmitRefund) -> Result<Refund> {
        self.attempts += 1;
        let client = self.client;
        let gated = client.capabilities().send_window;
        // An adapter that cannot check where bytes leave is checked here.
        if pending.window.is_over() || (!gated && !pending.window.begin()) {
            self.lapsed += 1;
            return Err(pending.window.expired());
        }
        let end = client.deadline(client.policy.submit_limit());
        let result =
            client.attempt(Operation::SubmitRefund, end, client.provider.submit_refund(submit)).await;
        if result.is_err() && !pending.window.has_begun() && pending.window.is_over() {
            self.lapsed += 1;
        }
        match result {
            // Nothing left, whatever kept it: closing the window keeps it so.
            Err(error) if gated && error.may_have_applied() && pending.window.close() => {
                Err(error.not_applied())
            }
            result => result,
        }
    }

    /// Settles the attempt and decides what follows.
    async fn after(
        &mut self,
        key: IntentKey,
        intent: &Intent,
        standing: &Standing,
        result: Result<Refund>,
        amount: crate::Money,
        late: bool,
    ) -> Result<Next> {
        let policy = &self.client.policy;
        let error = match result {
            Ok(refund) => {
                return self.verified(key, refund, amount, standing).await.map(Box::new).map(Next::Done);
            }
            Err(error) => error,
        };
        let again = self.attempts < policy.max_attempts;
        match after_write(&error) {
            AfterWrite::Retry | AfterWrite::RetryAgainstAnother => {
                self.rival |= after_write(&error) == AfterWrite::RetryAgainstAnother;
                self.previous = Some((key.token, Why::of(&error)));
                let delay = self.backoff.next_delay().max(error.retry_after().unwrap_or_default());
                if !again || delay >= self.client.time_left(self.deadline) {
                    return self.give_up(error).await.map(Box::new).map(Next::Done);
                }
                if delay >= LONG_PAUSE {
                    self.settle_previous().await;
                }
                tracing::debug!(provider = self.client.provider.name(), kind = %error.kind(), "submitting again");
                self.client.clock.sleep(delay).await;
                // Without a key only a new look can tell whether another process was faster.
                let same_look = self.key_honoured && self.previous.is_some();
                Ok(if same_look { Next::SameLook } else { Next::Again })
            }
            AfterWrite::Recover => {
                self.note_ambiguous(&error, intent);
                self.settle(&key, &self.unknown(&error, standing, again, late)).await;
                // With a key it is as safe to submit again, and quicker than to go on looking.
                if self.key_honoured && again && self.pause_for(&error).await {
                    return Ok(Next::Again);
                }
                self.recovered(error).await.map(Box::new).map(Next::Done)
            }
            AfterWrite::LookOnce if self.is_spent(&error) => {
                self.note_ambiguous(&error, intent);
                self.settle(&key, &self.unknown(&error, standing, true, late)).await;
                self.recovered(error).await.map(Box::new).map(Next::Done)
            }
            AfterWrite::LookOnce => {
                self.settle(&key, &Outcome::NotApplied(Why::of(&error).with_refused())).await;
                // Another process, without this journal, may have made it.
                match self.look_until(Duration::ZERO).await? {
                    Some(refund) => Ok(Next::Done(Box::new(refund))),
                    None => Err(self.unfinished(error)),
                }
            }
            AfterWrite::Stop => {
                self.settle(&key, &Outcome::NotApplied(Why::of(&error).with_refused())).await;
                Err(self.unfinished(error))
            }
        }
    }

    /// The outcome of an attempt that may have made the refund. Where a provider that repeats stored
    /// responses failed in the same way before, the key is used up.
    fn unknown(&self, error: &Error, standing: &Standing, again: bool, late: bool) -> Outcome {
        let why = Why::of(error);
        let capabilities = self.client.capabilities();
        let stores = capabilities.idempotency.honoured().is_some_and(|key| key.replay == Replay::FirstAnswer);
        let answered = !matches!(why.kind, ErrorKind::Timeout | ErrorKind::Transport);
        let before = standing.mine.as_ref().into_iter().flat_map(|entry| entry.unsettled_sends());
        let same = before.filter_map(|intent| intent.why.as_ref());
        let repeated = same.into_iter().any(|before| (before.kind, &before.code) == (why.kind, &why.code));
        if stores && answered && repeated && !again {
            return Outcome::FailedStored(why);
        }
        Outcome::Unknown { why, suspects: Vec::new(), late }
    }

    /// Looks for a refund that may have been made, for as long as the settle time says.
    async fn recovered(&mut self, error: Error) -> Result<Refund> {
        match self.look_until(self.client.policy.settle_timeout).await? {
            Some(refund) => self.completed(refund).await,
            None => Err(self.unfinished(error)),
        }
    }

    /// No further attempt after one that was certainly not carried out: the truth about earlier ones.
    async fn give_up(&mut self, error: Error) -> Result<Refund> {
        self.settle_previous().await;
        if self.ambiguous.is_none() && !self.rival && !self.is_unsettled() {
            return Err(error);
        }
        match self.look_until(self.client.policy.settle_timeout).await? {
            Some(refund) => self.completed(refund).await,
            None => Err(self.unfinished(error)),
        }
    }

    /// A refund that was found, with the step that is left of it done if that can be.
    async fn completed(&mut self, refund: Refund) -> Result<Refund> {
        if !refund.has_step_left() {
            return Ok(refund);
        }
        self.made = Some(refund.clone());
        let standing = self.open().await?;
        let overview = self.look_and_sum(&standing).await?;
        self.complete(&standing, standing.version, &overview, &refund).await
    }

    /// Does the step that is left of a refund that is made. It moves no money, so nothing is guarded.
    pub(super) async fn complete(
        &mut self,
        standing: &Standing,
        version: Version,
        overview: &Overview,
        refund: &Refund,
    ) -> Result<Refund> {
        let amount = standing.mine.as_ref().map_or(refund.amount, |entry| entry.amount);
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.version = version;
        new.window = self.client.policy.send_window;
        new.attempt = self.client.policy.submit_limit();
        new.step = true;
        new.hidden = self.hidden;
        new.generation = standing.mine.as_ref().map_or(0, |entry| entry.generation);
        let mut submit = SubmitRefund::new(self.request.clone(), amount)
            .with_payment(overview.payment.clone())
            .with_handover(overview.handover.clone())
            .with_key(&self.about.money.scope, new.generation)
            .with_made(refund.id.clone());
        let Some((mut pending, _)) = self.intend(&new).await? else { return Ok(refund.clone()) };
        submit.window = Some(pending.window.clone());
        let result = self.send(&mut pending, &submit).await;
        let key = pending.disarm();
        match result {
            Ok(completed) => self.verified(key, completed, amount, standing).await,
            Err(error) => {
                let why = Why::of(&error);
                let outcome = if error.may_have_applied() {
                    Outcome::Unknown { why, suspects: Vec::new(), late: false }
                } else {
                    Outcome::NotApplied(why)
                };
                self.settle(&key, &outcome).await;
                // It may be done all the same, by this call or by another one.
                match self.look_until(Duration::ZERO).await? {
                    Some(refund) if !refund.has_step_left() => Ok(refund),
                    _ => Err(error),
                }
            }
        }
    }

    /// Checks that a response is about what was requested, and stores it.
    async fn verified(
        &mut self,
        key: IntentKey,
        mut refund: Refund,
        amount: crate::Money,
        standing: &Standing,
    ) -> Result<Refund> {
        if let Some(fault) = self.other_refund(&refund, standing) {
            let suspects = vec![refund.id.clone()];
            self.suspects.clone_from(&suspects);
            let error = Error::new(ErrorKind::Protocol, fault).with_may_have_applied(true);
            self.settle(&key, &Outcome::Unknown { why: Why::of(&error), suspects, late: false }).await;
            return Err(self.with_handle_of(error).await);
        }
        // The response to our own request is about our own reference, even where it does not show it.
        refund.reference = Some(self.request.reference.clone());
        let mut made = super::find::made(&refund, Evidence::Response);
        made.fault = self.fault_in(&refund, amount);
        self.settle(&key, &Outcome::Made(made.clone())).await;
        match made.fault {
            Some(_) => Err(self.faulty(&made)),
            None => {
                if matches!(refund.status, RefundStatus::Unknown) {
                    tracing::debug!(word = %refund.provider_status, "a status that the adapter does not know");
                }
                Ok(refund)
            }
        }
    }

    /// Whether the error says that a refund under our reference is there, wherever it is.
    fn is_spent(&self, error: &Error) -> bool {
        let capabilities = self.client.capabilities();
        let replay = capabilities.idempotency.honoured().map(|key| key.replay);
        error.kind() == ErrorKind::Conflict && replay == Some(Replay::Refused)
    }

    fn note_ambiguous(&mut self, error: &Error, _: &Intent) {
        tracing::warn!(
            provider = self.client.provider.name(),
            kind = %error.kind(),
            "the outcome of a refund is unknown, looking for it"
        );
        self.ambiguous.get_or_insert_with(|| error.without_source());
    }

    /// Waits before the next attempt. False, at once, where there would be no time for it then.
    pub(super) async fn pause_for(&mut self, error: &Error) -> bool {
        let client = self.client;
        let delay = self.backoff.next_delay().max(error.retry_after().unwrap_or_default());
        if delay + client.policy.submit_limit() > client.time_left(self.deadline) {
            return false;
        }
        client.clock.sleep(delay).await;
        true
    }

    /// Stores an outcome. Best effort: what the provider said is true whether or not it is stored, and
    /// the journal's times decide where it is not.
    async fn settle(&self, key: &IntentKey, outcome: &Outcome) {
        if let Err(error) = self.client.journal.settle(key, outcome).await {
            self.warn_of_journal(&error);
        }
    }

    /// Settles the previous attempt, where no next one does.
    pub(super) async fn settle_previous(&mut self) {
        if let Some((token, why)) = self.previous.take() {
            let key = IntentKey::new(self.about.money.clone(), token);
            self.settle(&key, &Outcome::NotApplied(why)).await;
        }
    }

    /// Notes a refund that the journal does not know and that may be under way, from now on.
    pub(super) async fn import(&mut self, standing: &Standing, amount: crate::Money) -> Result<()> {
        let policy = &self.client.policy;
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.attempt = policy.submit_limit();
        new.settle = policy.settle_timeout;
        new.resubmit = policy.resubmit_limit();
        new.hidden = self.hidden;
        if let Some(handle) = &self.handle {
            new.known_before.clone_from(&handle.known_before);
        }
        let intended = self.client.journal.intend(&new).await;
        match intended.map_err(|error| self.unfinished(error.not_applied()))? {
            Intended::Committed(_) => {
                let error =
                    Error::new(ErrorKind::OutcomeUnknown, "an earlier call did not learn the outcome");
                let suspects = self.handle.as_ref().map(|handle| handle.suspects.clone()).unwrap_or_default();
                let outcome = Outcome::Unknown { why: Why::of(&error), suspects, late: false };
                self.settle(&new.key(), &outcome).await;
                Ok(())
            }
            Intended::Moved(_) => Ok(()),
            Intended::Full => Err(self.unfinished(
                Error::new(ErrorKind::Unavailable, "the journal is full, so nothing was sent").not_applied(),
            )),
        }
    }
}

/// An intent that is about to be sent. Where the call is dropped before its request left, the intent is
/// abandoned; after that, dropping it frees nothing.
struct Pending {
    journal: std::sync::Arc<dyn crate::Journal>,
    key: Option<IntentKey>,
    window: SendWindow,
    /// How long the request and its connection may last.
    limit: Duration,
}

impl Pending {
    /// From here on, its owner settles it.
    fn disarm(&mut self) -> IntentKey {
        self.key.take().unwrap_or_else(|| unreachable!("an intent is settled once"))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(key) = &self.key
            && self.window.close()
        {
            self.journal.abandon(key);
        }
    }
}
