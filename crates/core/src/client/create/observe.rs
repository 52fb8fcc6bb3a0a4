//! Looking a refund up and storing what the provider shows.

use std::{sync::Arc, time::Duration};

use super::{
    call::CreateCall,
    lookup::{Lookup, LookupOutcome, Wanted, look_up},
    outcome::reused,
};
use crate::{
    CreateRefund, Error, Operation, Overview, Refund, RefundAmount, RefundList, Result, all_refunds,
    client::{backoff::Backoff, report::TARGET},
    journal::{Adopt, Evidence, MadeRefund, Observed, Seen, Standing, Version},
};

/// A lookup whose results about other refunds are stored.
pub(super) struct StoredLookup {
    pub(super) standing: Arc<Standing>,
    /// The version after that was stored.
    pub(super) version: Version,
    pub(super) lookup: Lookup,
}

/// The result of storing a found refund.
pub(super) enum Stored {
    /// It is stored.
    Done,
    /// It was found but could not be stored.
    Failed,
    /// The version moved, so the refund cannot be attributed by its id.
    Moved,
}

impl CreateCall<'_> {
    /// Reads the journal. This call's previous attempt counts as settled: the next intent settles it.
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

    pub(super) fn look_up(&self, standing: &Standing, list: &RefundList) -> Lookup {
        let wanted = Wanted {
            payment: &self.about.payment,
            reference: &self.about.reference,
            amount: self.amount(standing),
            hidden: self.hidden,
            by_id: self.client.policy.match_by_id,
        };
        look_up(wanted, standing, list)
    }

    /// Reads the payment and its refunds, and again if they disagree: they were read concurrently, and one
    /// may be older.
    pub(super) async fn read_overview(&self) -> Result<Overview> {
        let client = self.client;
        let mut backoff = Backoff::new(&client.policy);
        let mut attempts = 1;
        loop {
            let payment = &self.request.payment_id;
            let read = || match &self.location {
                Some(location) => client.adapter().overview_of(payment, location),
                None => client.adapter().overview(payment),
            };
            let mut overview = client.read_until(Operation::CreateRefund, self.deadline, read).await?;
            let disagree = overview.refunds.complete && !overview.payment.complete;
            // If the sums are incomplete, some refunds were not listed.
            overview.refunds.complete &= overview.payment.complete;
            if !disagree || attempts >= client.policy.max_attempts {
                return Ok(overview);
            }
            client.clock.sleep(backoff.next_delay().min(client.time_left(self.deadline))).await;
            attempts += 1;
        }
    }

    /// Looks the refund up once and stores what the list shows. `None` if the list cannot be read.
    pub(super) async fn look(&mut self, until: Duration) -> Option<StoredLookup> {
        let standing = self.open().await.ok()?;
        let call = all_refunds(&*self.client.provider, &self.request.payment_id);
        let list = self.client.attempt(Operation::ListRefunds, until, call).await.ok()?;
        let lookup = self.look_up(&standing, &list);
        let (version, _) = self.observe(&standing, &lookup).await;
        Some(StoredLookup { standing, version, lookup })
    }

    /// Looks the refund up until it is found or `patience` ends; at least once. A failed lookup does not stop
    /// it.
    pub(super) async fn look_until(&mut self, patience: Duration) -> Result<Option<Refund>> {
        let client = self.client;
        let end = client.deadline(patience);
        // The last lookup may take as long as any other.
        let limit = client.deadline(patience.max(client.policy.attempt_timeout));
        let mut backoff = Backoff::new(&client.policy);
        loop {
            if let Some(StoredLookup { standing, version, lookup }) = self.look(limit).await {
                match lookup.outcome {
                    LookupOutcome::Found(refund, evidence) => {
                        match self.record_found(&standing, version, &refund, evidence).await? {
                            Stored::Moved => {}
                            Stored::Done | Stored::Failed => {
                                return Ok(Some(self.with_reference(*refund)));
                            }
                        }
                    }
                    LookupOutcome::Duplicate(refund, second) => {
                        return Err(self.record_duplicate(&standing, &refund, &second).await);
                    }
                    LookupOutcome::Unclear { suspects, .. } if !suspects.is_empty() => {
                        // Further lookups would not reveal its reference.
                        self.suspects = suspects;
                        return Ok(None);
                    }
                    LookupOutcome::Absent | LookupOutcome::Unclear { .. } => {}
                }
            }
            let left = client.time_left(end);
            if left.is_zero() {
                return Ok(None);
            }
            client.clock.sleep(backoff.next_delay().min(left)).await;
        }
    }

    /// Stores what the list shows about other refunds. Returns the version after that, and whether it moved.
    pub(super) async fn observe(&self, standing: &Standing, lookup: &Lookup) -> (Version, bool) {
        if lookup.others.is_empty() {
            return (standing.version, false);
        }
        let money = &self.about.money;
        match self.client.store().observe(money, &lookup.others, Some(standing.version)).await {
            Ok(Observed::Nothing) => (standing.version, false),
            Ok(Observed::Settled(version)) => {
                for Seen { payment, reference, refund, .. } in &lookup.others {
                    let id = refund.alias.as_ref().unwrap_or(&refund.id);
                    self.client.report_recovered(payment, reference, id, refund.status);
                }
                (version, true)
            }
            Ok(Observed::Moved) => (standing.version, true),
            Err(error) => {
                warn_of_journal(&error);
                (standing.version, false)
            }
        }
    }

    /// Compares a found refund with the request and stores it.
    pub(super) async fn record_found(
        &mut self,
        standing: &Standing,
        since: Version,
        refund: &Refund,
        evidence: Evidence,
    ) -> Result<Stored> {
        let sent = standing.mine.as_ref().is_some_and(|entry| entry.unsettled_sends().next().is_some());
        let mut made = MadeRefund::of(refund, evidence);
        made.fault = if sent { self.difference_from_sent(refund, standing) } else { None };
        let requested = match self.request.amount {
            RefundAmount::Exact(amount) if amount != refund.amount => Some(amount),
            _ => None,
        };
        if !sent && let Some(amount) = requested {
            return Err(self.unfinished(reused(&self.request.reference, &refund.id, refund.amount, amount)));
        }
        if refund.needs_completion() {
            // Our attempt was not carried out, so it takes no step.
            self.settle_previous().await;
        }
        let observed = self.observe_made(made.clone(), refund.needs_completion(), Some(since)).await;
        if made.fault.is_some() {
            return Err(self.mismatch(&made));
        }
        if let Some(amount) = requested {
            return Err(self.reused(standing, &made, amount));
        }
        let stored = match observed {
            // Another call changed the journal first: the refund must be attributed again.
            Some(Observed::Moved) if evidence == Evidence::ById => return Ok(Stored::Moved),
            Some(Observed::Settled(_)) => Stored::Done,
            // Another call found it first.
            Some(Observed::Nothing) => return Ok(Stored::Done),
            _ => Stored::Failed,
        };
        let was_unknown = sent || self.is_unknown_handle(standing);
        if was_unknown && self.recovered.as_ref() != Some(&refund.id) {
            self.recovered = Some(refund.id.clone());
            let CreateRefund { payment_id, reference, .. } = self.request;
            self.client.report_recovered(payment_id, reference, &refund.id, refund.status);
        }
        Ok(stored)
    }

    /// Stores the refund as made. Best effort: it is made whether or not that is stored.
    pub(super) async fn observe_made(
        &self,
        made: MadeRefund,
        needs_completion: bool,
        since: Option<Version>,
    ) -> Option<Observed> {
        let keep = self.client.policy.submit_limit() + self.client.policy.resubmit_limit();
        let adopt = Adopt::new(self.request.clone(), self.hidden, keep);
        let seen = Seen::new(&self.about.payment, self.about.reference.clone(), made)
            .adopted(adopt)
            .with_needs_completion(needs_completion);
        match self.client.store().observe(&self.about.money, &[seen], since).await {
            Ok(observed) => Some(observed),
            Err(error) => {
                warn_of_journal(&error);
                None
            }
        }
    }

    /// The current refund, if it can be read.
    pub(super) async fn refreshed(&self, made: &MadeRefund) -> Option<Refund> {
        let client = self.client;
        let payment = &self.request.payment_id;
        let read = || client.adapter().get_refund(payment, made.alias.as_ref().unwrap_or(&made.id));
        match client.read_until(Operation::GetRefund, self.deadline, read).await {
            Ok(refund) => Some(refund),
            Err(error) => {
                let kind = error.kind().as_str();
                tracing::warn!(target: TARGET, kind, "a made refund could not be read again");
                None
            }
        }
    }

    /// The refund with the requested reference, if the provider reports none.
    pub(super) fn with_reference(&self, mut refund: Refund) -> Refund {
        refund.reference.get_or_insert_with(|| self.request.reference.clone());
        refund
    }
}

pub(super) fn warn_of_journal(error: &Error) {
    tracing::warn!(target: TARGET, %error, "the journal could not store the outcome of a refund");
}
