//! Waiting for requests that block this one, while looking the refund up and reporting the wait.

use std::{sync::Arc, time::Duration};

use super::{
    call::{CreateCall, Wait},
    lookup::LookupOutcome,
    observe::StoredLookup,
};
use crate::{
    CreateRefund, Error, ErrorKind, Result,
    client::observer::{Waited, Waiting, WaitingFor},
    clock::rounded,
    journal::{Block, JournalTime, Standing},
};

/// When a waiting call looks the refund up for the first time.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(1);
/// The longest pause between two lookups.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why a call waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum WaitFor {
    /// An intent that may be in flight.
    Block(Block),
    /// The time from which the same reference may be submitted again.
    Resubmit,
}

impl CreateCall<'_> {
    /// Waits until the money's version moves or the blocking time ends. If this refund may appear meanwhile,
    /// looks it up.
    pub(super) async fn wait(&mut self, standing: Arc<Standing>, what: WaitFor) -> Result<()> {
        let (until, is_own) = match what {
            WaitFor::Block(block) => (block.until, block.is_own),
            WaitFor::Resubmit => (standing.resubmit_from().unwrap_or(standing.now), true),
        };
        let left = self.client.time_left(self.deadline);
        let wait = standing.until(until);
        // Unless the refund appears, only time ends this wait: do not begin one that this call cannot finish.
        if left.is_zero()
            || (matches!(what, WaitFor::Resubmit) && wait + self.client.policy.submit_limit() > left)
        {
            return Err(self.waited_too_long(&standing, what, until));
        }
        self.begin_wait(what, until);
        let mut at_most = wait.min(left).max(Duration::from_millis(1));
        if is_own {
            at_most = at_most.min(self.pause_between_looks());
        }
        let money = &self.about.money;
        let waited = self.client.store().wait(money, standing.version, at_most).await;
        self.note_waited();
        waited.map_err(|error| self.unfinished(error.not_applied()))?;
        if is_own {
            // Lookups are harmless. A found refund is stored, and the next `open` returns it.
            if let Some(StoredLookup { standing, version, lookup }) = self.look(self.deadline).await
                && let LookupOutcome::Found(refund, evidence) = lookup.outcome
                && standing.mine.as_ref().is_none_or(|entry| entry.made.is_none())
            {
                self.record_found(&standing, version, &refund, evidence).await?;
            }
        }
        self.note_waited();
        Ok(())
    }

    fn note_waited(&mut self) {
        if let Some(wait) = &mut self.waiting {
            wait.elapsed = self.client.clock.monotonic().saturating_sub(wait.begun);
        }
    }

    fn pause_between_looks(&mut self) -> Duration {
        self.lookups += 1;
        let doubled = FIRST_LOOK.saturating_mul(1 << (self.lookups - 1).min(8));
        doubled.min(LONGEST_PAUSE)
    }

    /// Reports the wait, once for each time at which it ends.
    fn begin_wait(&mut self, what: WaitFor, until: JournalTime) {
        if self.waiting.is_some_and(|wait| wait.until == until) {
            return;
        }
        self.end_wait();
        let what = match what {
            WaitFor::Block(Block { is_own: true, .. }) => WaitingFor::SameRefund,
            WaitFor::Block(_) => WaitingFor::OtherRefund,
            WaitFor::Resubmit => WaitingFor::LostRequest,
        };
        let begun = self.client.clock.monotonic();
        self.waiting = Some(Wait { what, until, begun, elapsed: Duration::ZERO });
        self.client.report_waiting(&Waiting {
            payment: self.request.payment_id.clone(),
            reference: self.request.reference.clone(),
            what,
            until: until.to_datetime(),
        });
    }

    /// Reports the end of the wait, if there is one.
    pub(super) fn end_wait(&mut self) {
        if let Some(Wait { what, elapsed, .. }) = self.waiting.take() {
            let provider = self.client.adapter().name();
            let CreateRefund { payment_id: payment, reference, .. } = self.request;
            self.client.report_waited(&Waited { provider, payment, reference, what, elapsed });
        }
    }

    /// Remembers which call for the same refund this one waits for.
    pub(super) fn note_waiting_for(&mut self, standing: &Standing) {
        let newest = standing.mine.as_ref().and_then(|entry| entry.newest());
        let number = newest.map_or(crate::journal::IntentNumber(standing.version.0 + 1), |newest| {
            let is_open = newest.state.is_open_ended();
            if is_open { newest.number } else { crate::journal::IntentNumber(standing.version.0 + 1) }
        });
        self.waited_for.get_or_insert(number);
    }

    /// The error of a call that ran out of time while it waited.
    fn waited_too_long(&self, standing: &Standing, what: WaitFor, until: JournalTime) -> Error {
        let at = rounded(until.to_datetime());
        match what {
            WaitFor::Block(Block { is_own: false, .. }) => self.unfinished(
                Error::new(
                    ErrorKind::Conflict,
                    format!(
                        "a request for another refund of this payment may be in progress until {at}; nothing \
                         was sent; try again after that"
                    ),
                )
                .with_retryable(true)
                .with_retry_after(standing.until(until))
                .not_applied(),
            ),
            _ => self.not_seen(),
        }
    }
}
