//! One request: committed before it is sent, sent within its window, settled afterwards.

use std::{sync::Arc, time::Duration};

use super::{call::CreateCall, observe::warn_of_journal};
use crate::{
    Error, ErrorKind, Journal, Money, Operation, Refund, Result, SendWindow, SubmitRefund,
    journal::{Evidence, Intended, Intent, IntentKey, MadeRefund, NewIntent, Outcome, Standing, Why},
};

/// How much a submission may exceed its limit before it counts as late: the process must have been suspended.
const SLACK: Duration = Duration::from_secs(1);

impl CreateCall<'_> {
    /// Commits the intent; `None` if the version moved meanwhile.
    pub(super) async fn intend(&mut self, new: &NewIntent) -> Result<Option<(Pending, Intent)>> {
        // The window starts before the commit: a late acknowledgement leaves less of it.
        let window = SendWindow::new(self.client.clock.clone(), new.window);
        let mut pending = Pending {
            journal: self.client.journal.clone(),
            key: Some(new.key()),
            window,
            limit: new.window + new.attempt,
        };
        let intended = self.client.store().intend(new).await;
        match intended {
            Ok(Intended::Committed(intent)) => {
                self.previous = None;
                Ok(Some((pending, intent)))
            }
            Ok(Intended::Moved(_)) => {
                let _ = pending.disarm();
                Ok(None)
            }
            Ok(Intended::Full) => {
                let _ = pending.disarm();
                let message = "the journal is full of refunds that it must keep, so nothing was sent";
                Err(self.unfinished(Error::new(ErrorKind::Unavailable, message).not_applied()))
            }
            Err(error) => {
                // The intent may be stored anyway. Nothing is sent, so settle it if possible.
                let key = pending.disarm();
                self.settle(&key, &Outcome::NotApplied(Why::never_sent())).await;
                Err(self.unfinished(error.not_applied()))
            }
        }
    }

    /// One attempt, started within its window.
    pub(super) async fn send(&mut self, pending: &mut Pending, submit: &SubmitRefund) -> Result<Refund> {
        self.attempts += 1;
        let client = self.client;
        let gated = client.capabilities().send_window;
        // The commit may have been slow. For adapters that do not check the window, check it here.
        let may_leave = if gated { !pending.window.is_over() } else { pending.window.begin() };
        if !may_leave {
            self.missed_windows += 1;
            if let Some(key) = &pending.key {
                self.settle(key, &Outcome::NotApplied(Why::never_sent())).await;
            }
            return Err(pending.window.expired());
        }
        let limit = client.policy.submit_limit();
        let result = client.within(limit, client.adapter().submit_refund(submit)).await;
        let result =
            result.map_err(|error| error.in_context(client.adapter().name(), Operation::SubmitRefund));
        if result.is_err() && !pending.window.has_begun() && pending.window.is_over() {
            self.missed_windows += 1;
        }
        match result {
            // Nothing was sent, and closing the window keeps it so. What the adapter read about an earlier
            // request remains valid.
            Err(error)
                if gated
                    && error.may_have_applied()
                    && !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::OutcomeUnknown)
                    && pending.window.close() =>
            {
                Err(error.not_applied())
            }
            result => result,
        }
    }

    /// Checks that a response matches the request, and stores it.
    pub(super) async fn verified(
        &mut self,
        key: IntentKey,
        mut refund: Refund,
        amount: Money,
        standing: &Standing,
    ) -> Result<Refund> {
        if let Some(fault) = self.belongs_elsewhere(&refund, standing) {
            let suspects = vec![refund.id.clone()];
            self.suspects.clone_from(&suspects);
            let error = Error::new(ErrorKind::Protocol, fault).with_may_have_applied(true);
            self.settle(&key, &Outcome::Unknown { why: Why::of(&error), suspects, late: false }).await;
            return Err(self.with_handle_of(error).await);
        }
        // The response to our own request is about our reference, even if it does not report it.
        refund.reference = Some(self.request.reference.clone());
        let mut made = MadeRefund::of(&refund, Evidence::Response);
        made.fault = self.difference(&refund, amount);
        let mismatch = made.fault.is_some().then(|| self.mismatch(&made));
        self.settle(&key, &Outcome::Made(made)).await;
        mismatch.map_or(Ok(refund), Err)
    }

    /// Stores an outcome. Best effort: the provider's response is valid whether or not it is stored. If it is
    /// not, the journal's times decide.
    pub(super) async fn settle(&self, key: &IntentKey, outcome: &Outcome) {
        if let Err(error) = self.client.store().settle(key, outcome).await {
            warn_of_journal(&error);
        }
    }

    /// Settles the previous attempt if no next intent does.
    pub(super) async fn settle_previous(&mut self) {
        if let Some((token, why)) = self.previous.take() {
            let key = IntentKey::new(self.about.money.clone(), token);
            self.settle(&key, &Outcome::NotApplied(why)).await;
        }
    }
}

/// An intent that is about to be sent. If the call is dropped before its request was sent, the intent is
/// abandoned. After that, dropping it releases nothing.
pub(super) struct Pending {
    journal: Arc<dyn Journal>,
    key: Option<IntentKey>,
    pub(super) window: SendWindow,
    /// How long the request and its connection may last.
    limit: Duration,
}

impl Pending {
    /// Whether it took so long that the process must have been suspended: bytes may have been sent after the
    /// window.
    pub(super) fn is_late(&self) -> bool {
        self.window.elapsed() > self.limit + SLACK
    }

    /// Leaves settling to the caller.
    pub(super) fn disarm(&mut self) -> IntentKey {
        self.key.take().unwrap_or_else(|| unreachable!("an intent is settled only once"))
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
