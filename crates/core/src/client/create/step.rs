//! Intents that move no money: completing a refund, and recording a handle from another journal.

use std::time::Duration;

use super::{call::CreateCall, submit::Ended};
use crate::{
    Error, ErrorKind, Money, Overview, Refund, Result,
    client::report::TARGET,
    journal::{Intended, NewIntent, Outcome, Standing, Why},
};

impl CreateCall<'_> {
    /// Takes the missing step of a made refund. It moves no money, so it needs no guards. `None` if another
    /// call changed something meanwhile, perhaps by taking the step.
    pub(super) async fn complete(
        &mut self,
        standing: &Standing,
        overview: &Overview,
        refund: &Refund,
    ) -> Result<Ended> {
        let amount = standing.mine.as_ref().map_or(refund.amount, |entry| entry.amount);
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.window = self.client.policy.send_window;
        new.attempt = self.client.policy.submit_limit();
        new.step = true;
        new.hidden = self.hidden;
        new.generation = standing.mine.as_ref().map_or(0, |entry| entry.generation);
        let mut submit = self
            .submission(amount, overview)
            .with_key(&self.about.money.scope, new.generation)
            .completing(refund.id.clone());
        let Some((mut pending, _)) = self.intend(&new).await? else { return Ok(None) };
        submit.window = Some(pending.window.clone());
        let result = self.send(&mut pending, &submit).await;
        let key = pending.disarm();
        match result {
            Ok(completed) => Ok(Some(Box::new(self.verified(key, completed, amount, standing).await?))),
            Err(error) => {
                let why = Why::of(&error);
                let outcome = if error.may_have_applied() {
                    Outcome::Unknown { why, suspects: Vec::new(), late: false }
                } else {
                    Outcome::NotApplied(why)
                };
                self.settle(&key, &outcome).await;
                // The step may be done anyway, by this call or another one.
                let found = self.look_until(Duration::ZERO).await?.filter(|found| !found.needs_completion());
                // The refund is made, as requested; the next call retries the step.
                let refund = found.unwrap_or_else(|| still_incomplete(refund, &error));
                Ok(Some(Box::new(refund)))
            }
        }
    }

    /// Records a refund that the journal does not know and that may be in flight.
    pub(super) async fn record_handle(&mut self, standing: &Standing, amount: Money) -> Result<()> {
        let policy = &self.client.policy;
        let mut new = NewIntent::new(self.about.clone(), self.request.clone(), amount, standing);
        new.attempt = policy.submit_limit();
        new.settle = policy.settle_timeout;
        new.resubmit = policy.resubmit_limit();
        new.hidden = self.hidden;
        if let Some(handle) = &self.handle {
            // The same handle is recorded once.
            new.token = handle.token();
            new.known_before.clone_from(&handle.known_before);
        }
        let intended = self.client.store().intend(&new).await;
        match intended.map_err(|error| self.unfinished(error.not_applied()))? {
            Intended::Committed(_) => {
                let error =
                    Error::new(ErrorKind::OutcomeUnknown, "the outcome of an earlier call is unknown");
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

/// The refund as it is: its step failed with `error`.
pub(super) fn still_incomplete(refund: &Refund, error: &Error) -> Refund {
    let kind = error.kind().as_str();
    tracing::warn!(target: TARGET, kind, "a refund is made, but a step that completes it failed");
    refund.clone()
}
