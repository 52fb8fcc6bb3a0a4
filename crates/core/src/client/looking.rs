//! Looking for a refund while it is created: once, with retries, or until it shows.

use std::time::Duration;

use super::{
    backoff::Backoff,
    creation::Creation,
    find::{Found, find},
};
use crate::{Error, Listing, Operation, Refund, Result, paging::all_refunds};

/// What looking came to.
pub(super) enum Look {
    Found(Box<Refund>),
    /// It is certainly not there.
    Absent,
    Unclear {
        unlisted: bool,
    },
    /// The reference is that of another refund.
    Reused(Error),
    Failed(Error),
}

impl Creation<'_> {
    pub(super) fn find(&self, listing: Listing) -> Result<Found> {
        let known_before = self.ambiguous.as_ref().map(|_| self.unresolved.known_before.as_slice());
        find(self.request, self.unresolved.amount, known_before, listing)
    }

    /// Looks, with the retries of a read.
    pub(super) async fn look(&mut self) -> Look {
        let (client, payment) = (self.client, &self.request.payment_id);
        let read = || all_refunds(&*client.provider, payment);
        let listing = client.read_until(Operation::ListRefunds, self.deadline, read).await;
        self.judge(listing)
    }

    /// Looks until the refund shows or `patience` is over; at least once, and never beyond the
    /// deadline. Failures of looking are no reason to stop.
    pub(super) async fn look_until(&mut self, patience: Duration) -> Look {
        let client = self.client;
        let end = client.deadline(patience).min(self.deadline);
        let mut backoff = Backoff::new(&client.policy);
        loop {
            let call = all_refunds(&*client.provider, &self.request.payment_id);
            let listing = client.attempt(Operation::ListRefunds, self.deadline, call).await;
            let look = self.judge(listing.map_err(Error::not_applied));
            let mut asked_to_wait = Duration::ZERO;
            match &look {
                Look::Found(_) | Look::Reused(_) => return look,
                // Looking on would not make its reference visible.
                Look::Unclear { .. } if !self.unresolved.suspects.is_empty() => return look,
                Look::Absent | Look::Unclear { .. } => {}
                Look::Failed(error) => asked_to_wait = error.retry_after().unwrap_or_default(),
            }
            let left = client.time_left(end);
            if left.is_zero() {
                return look;
            }
            client.clock.sleep(backoff.next_delay().max(asked_to_wait).min(left)).await;
        }
    }

    fn judge(&mut self, listing: Result<Listing>) -> Look {
        match listing.map(|listing| self.find(listing)) {
            Err(error) => Look::Failed(error),
            Ok(Err(reused)) => Look::Reused(reused),
            Ok(Ok(Found::Refund(refund))) => Look::Found(refund),
            Ok(Ok(Found::Absent)) => {
                self.unresolved.suspects.clear();
                Look::Absent
            }
            Ok(Ok(Found::Unclear { suspects, unlisted })) => {
                self.unresolved.suspects = suspects.into_iter().map(|refund| refund.id).collect();
                Look::Unclear { unlisted }
            }
        }
    }

    /// What is left of the settle time since the refund was last submitted.
    pub(super) fn settle_left(&self) -> Duration {
        let settle = self.client.policy.settle_timeout;
        let Some(submitted) = self.unresolved.last_submitted_at.or(self.unresolved.submitted_at) else {
            return Duration::ZERO;
        };
        // A submission in the future is a clock that is off: wait the whole time then.
        let passed = Duration::try_from(self.client.clock.now() - submitted).unwrap_or_default();
        settle.saturating_sub(passed)
    }
}
