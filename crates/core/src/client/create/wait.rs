//! Waiting for requests that block this one, while looking the refund up and reporting the wait.

use std::{fmt, sync::Arc, time::Duration};

use time::OffsetDateTime;

use super::{call::CreateCall, lookup::LookupOutcome, observe::StoredLookup};
use crate::{
    Error, ErrorKind, PaymentId, Reference, Result,
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

/// A call that waits, for [`Observer::waiting`](crate::Observer::waiting).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// The payment.
    pub payment: PaymentId,
    /// The reference of the refund that waits.
    pub reference: Reference,
    /// What it waits for.
    pub what: WaitingFor,
    /// When the wait ends at the latest, by the journal's clock.
    pub until: OffsetDateTime,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// Another call, perhaps of a dead process, may have a request for the same refund in flight.
    SameRefund,
    /// A request for another refund of the same money may be in flight.
    OtherRefund,
    /// A request was lost, and the provider may still carry it out.
    LostRequest,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.what {
            WaitingFor::SameRefund => "another process may be requesting this refund",
            WaitingFor::OtherRefund => "a request for another refund of this payment may be in progress",
            WaitingFor::LostRequest => "a request for this refund was lost and may still be carried out",
        };
        write!(f, "{why}; waiting until {} at the latest", rounded(self.until))
    }
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
        self.announce(what, until);
        let mut at_most = wait.min(left).max(Duration::from_millis(1));
        if is_own {
            at_most = at_most.min(self.pause_between_looks());
        }
        let money = &self.about.money;
        let waited = self.client.store().wait(money, standing.version, at_most).await;
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
        Ok(())
    }

    fn pause_between_looks(&mut self) -> Duration {
        self.lookups += 1;
        let doubled = FIRST_LOOK.saturating_mul(1 << (self.lookups - 1).min(8));
        doubled.min(LONGEST_PAUSE)
    }

    /// Reports the wait and its end, once for each end.
    fn announce(&mut self, what: WaitFor, until: JournalTime) {
        if self.announced == Some(until) {
            return;
        }
        self.announced = Some(until);
        let what = match what {
            WaitFor::Block(Block { is_own: true, .. }) => WaitingFor::SameRefund,
            WaitFor::Block(_) => WaitingFor::OtherRefund,
            WaitFor::Resubmit => WaitingFor::LostRequest,
        };
        let waiting = Waiting {
            payment: self.request.payment_id.clone(),
            reference: self.request.reference.clone(),
            what,
            until: until.to_datetime(),
        };
        tracing::info!(
            provider = self.client.adapter().name(),
            payment = %waiting.payment,
            reference = %waiting.reference,
            until = %rounded(waiting.until),
            "{waiting}"
        );
        if let Some(observer) = &self.client.observer {
            observer.waiting(&waiting);
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
