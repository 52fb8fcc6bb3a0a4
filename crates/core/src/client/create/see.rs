//! Looking for a refund, and storing what is seen.

use std::{sync::Arc, time::Duration};

use super::{
    Creation,
    find::{Mine, Sight, Wanted, find},
    outcome::reused,
};
use crate::{
    Error, Listing, Operation, Overview, Refund, RefundAmount, Result,
    client::backoff::Backoff,
    journal::{Adopt, Evidence, MadeRefund, Observed, Seen, Standing, Version},
    paging::all_refunds,
};

/// One look at the list.
pub(super) struct Look {
    pub(super) standing: Arc<Standing>,
    /// The money's version after what the list showed of others was stored.
    pub(super) version: Version,
    pub(super) sight: Sight,
}

/// What became of storing that the refund was found.
pub(super) enum Stored {
    /// It is stored.
    There,
    /// It could not be stored. It is found all the same.
    Nowhere,
    /// Something else changed, so that it cannot be attributed by its id.
    Moved,
}

impl Creation<'_> {
    /// Reads the journal. Our own previous attempt counts as settled: the next intent settles it.
    pub(super) async fn open(&mut self) -> Result<Arc<Standing>> {
        let opened = self.client.store().open(&self.about).await;
        let mut standing = opened.map_err(|error| self.unfinished(error.not_applied()))?;
        if let (Some((token, why)), Some(entry)) = (&self.previous, &mut standing.mine) {
            for intent in entry.intents.iter_mut().filter(|intent| intent.token == *token) {
                intent.state = crate::journal::IntentState::NotApplied;
                intent.why = Some(why.clone());
            }
        }
        let standing = Arc::new(standing);
        self.last = Some(Arc::clone(&standing));
        Ok(standing)
    }

    pub(super) fn find(&self, standing: &Standing, list: &Listing) -> Sight {
        let wanted = Wanted {
            payment: &self.about.payment,
            reference: &self.about.reference,
            amount: self.amount(standing),
            hidden: self.hidden,
            by_id: self.client.policy.match_by_id,
        };
        find(wanted, standing, list)
    }

    /// Reads the payment and its refunds, again where the two do not agree: they were read side by
    /// side, and one of them may have been the older one.
    pub(super) async fn look_and_sum(&self) -> Result<Overview> {
        let client = self.client;
        let mut backoff = Backoff::new(&client.policy);
        let mut attempts = 1;
        loop {
            let read = || client.adapter().overview(&self.request.payment_id);
            let mut overview = client.read_until(Operation::CreateRefund, self.deadline, read).await?;
            let disagree = overview.refunds.complete && !overview.payment.complete;
            // Sums that do not add up are refunds that were not listed.
            overview.refunds.complete &= overview.payment.complete;
            if !disagree || attempts >= client.policy.max_attempts {
                return Ok(overview);
            }
            client.clock.sleep(backoff.next_delay().min(client.time_left(self.deadline))).await;
            attempts += 1;
        }
    }

    /// One look at the list, which stores what it shows. `None` where it cannot be read.
    pub(super) async fn look(&mut self, until: Duration) -> Option<Look> {
        let standing = self.open().await.ok()?;
        let call = all_refunds(&*self.client.provider, &self.request.payment_id);
        let list = self.client.attempt(Operation::ListRefunds, until, call).await.ok()?;
        let sight = self.find(&standing, &list);
        let (version, _) = self.observe(&standing, &sight).await;
        Some(Look { standing, version, sight })
    }

    /// Looks until the refund shows or `patience` is over; at least once. Failures of looking are not a
    /// reason to stop.
    pub(super) async fn look_until(&mut self, patience: Duration) -> Result<Option<Refund>> {
        let client = self.client;
        let end = client.deadline(patience);
        // The last look may take as long as any.
        let limit = client.deadline(patience.max(client.policy.attempt_timeout));
        let mut backoff = Backoff::new(&client.policy);
        loop {
            if let Some(Look { standing, version, sight }) = self.look(limit).await {
                match sight.mine {
                    Mine::Found(refund, evidence) => {
                        match self.found(&standing, version, &refund, evidence).await? {
                            Stored::Moved => {}
                            Stored::There | Stored::Nowhere => return Ok(Some(self.named(*refund))),
                        }
                    }
                    Mine::Doubled(refund, second) => {
                        return Err(self.doubled(&standing, &refund, &second).await);
                    }
                    Mine::Unclear { suspects, .. } if !suspects.is_empty() => {
                        // Looking on would not make its reference visible.
                        self.suspects = suspects;
                        return Ok(None);
                    }
                    Mine::Absent | Mine::Unclear { .. } => {}
                }
            }
            let left = client.time_left(end);
            if left.is_zero() {
                return Ok(None);
            }
            client.clock.sleep(backoff.next_delay().min(left)).await;
        }
    }

    /// Stores what the list shows of other refunds. Answers with the money's version after that, and whether
    /// it moved.
    pub(super) async fn observe(&self, standing: &Standing, sight: &Sight) -> (Version, bool) {
        if sight.others.is_empty() {
            return (standing.version, false);
        }
        let money = &self.about.money;
        match self.client.store().observe(money, &sight.others, Some(standing.version)).await {
            Ok(Observed::Nothing) => (standing.version, false),
            Ok(Observed::Settled(version)) => (version, true),
            Ok(Observed::Moved) => (standing.version, true),
            Err(error) => {
                self.warn_of_journal(&error);
                (standing.version, false)
            }
        }
    }

    /// Takes in that the refund was found: compares it with the request and stores it.
    pub(super) async fn found(
        &mut self,
        standing: &Standing,
        since: Version,
        refund: &Refund,
        evidence: Evidence,
    ) -> Result<Stored> {
        let sent = standing.mine.as_ref().is_some_and(|entry| entry.unsettled_sends().next().is_some());
        let mut made = MadeRefund::of(refund, evidence);
        made.fault = if sent { self.fault_of(refund, standing) } else { None };
        let requested = match self.request.amount {
            RefundAmount::Exact(amount) if amount != refund.amount => Some(amount),
            _ => None,
        };
        if !sent && let Some(amount) = requested {
            return Err(self.unfinished(reused(&self.request.reference, &refund.id, refund.amount, amount)));
        }
        if refund.has_step_left() {
            // Ours was not carried out, so it takes no step.
            self.settle_previous().await;
        }
        let observed = self.observe_made(made.clone(), refund.has_step_left(), Some(since)).await;
        if made.fault.is_some() {
            return Err(self.faulty(&made));
        }
        if let Some(amount) = requested {
            return Err(reused(&self.request.reference, &refund.id, refund.amount, amount));
        }
        Ok(match observed {
            // Another call was faster with another refund: whose this one is has to be seen anew.
            Some(Observed::Moved) if evidence == Evidence::ById => Stored::Moved,
            Some(Observed::Settled(_) | Observed::Nothing) => Stored::There,
            _ => Stored::Nowhere,
        })
    }

    /// Stores the refund as made. Best effort: what was seen is true whether or not it is stored.
    pub(super) async fn observe_made(
        &self,
        made: MadeRefund,
        step_left: bool,
        since: Option<Version>,
    ) -> Option<Observed> {
        let keep = self.client.policy.submit_limit() + self.client.policy.resubmit_limit();
        let adopt = Adopt::new(self.request.clone(), self.hidden, keep);
        let seen = Seen::new(&self.about.payment, self.about.reference.clone(), made)
            .adopted(adopt)
            .with_step_left(step_left);
        match self.client.store().observe(&self.about.money, &[seen], since).await {
            Ok(observed) => Some(observed),
            Err(error) => {
                self.warn_of_journal(&error);
                None
            }
        }
    }

    /// The refund as it is now, where it can be read.
    pub(super) async fn refreshed(&self, made: &MadeRefund) -> Option<Refund> {
        let client = self.client;
        let payment = &self.request.payment_id;
        let read = || client.adapter().get_refund(payment, made.alias.as_ref().unwrap_or(&made.id));
        match client.read_until(Operation::GetRefund, self.deadline, read).await {
            Ok(refund) => Some(refund),
            Err(error) => {
                let provider = client.adapter().name();
                tracing::warn!(provider, kind = %error.kind(), "a refund that is made could not be read again");
                None
            }
        }
    }

    /// The refund with the reference that the journal supplies where the provider shows none.
    pub(super) fn named(&self, mut refund: Refund) -> Refund {
        refund.reference.get_or_insert_with(|| self.request.reference.clone());
        refund
    }

    pub(super) fn warn_of_journal(&self, error: &Error) {
        let provider = self.client.adapter().name();
        tracing::warn!(provider, %error, "the journal could not store what became of a refund");
    }
}
