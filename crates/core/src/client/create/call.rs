//! The state of one call.

use std::{sync::Arc, time::Duration};

use crate::{
    CreateRefund, Error, ErrorKind, Location, Money, Overview, Refund, RefundAmount, SubmitRefund,
    UnresolvedRefund,
    client::{RefundClient, backoff::Backoff, observer::WaitingFor},
    journal::{About, IntentNumber, IntentTerms, IntentToken, JournalTime, MoneyKey, Standing, Why},
};

/// What a call should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// Create the refund.
    Make,
    /// Finish a refund whose outcome was unknown.
    Resolve,
    /// Look the refund up and submit nothing.
    LookUp,
}

/// A wait that was reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) what: WaitingFor,
    pub(super) until: JournalTime,
    /// When it began, by the client's monotonic clock.
    pub(super) begun: Duration,
    /// How long it has lasted.
    pub(super) elapsed: Duration,
}

/// The state of one call.
pub(super) struct CreateCall<'a> {
    pub(super) client: &'a RefundClient,
    pub(super) request: &'a CreateRefund,
    pub(super) goal: Goal,
    pub(super) about: About,
    pub(super) deadline: Duration,
    pub(super) backoff: Backoff,
    /// How many attempts to submit were made.
    pub(super) attempts: u32,
    /// How often the payment was read again because its list was stale.
    pub(super) stale_reads: u32,
    /// The last attempt's failure and the pause after it, until the next attempt.
    pub(super) retrying: Option<(ErrorKind, Duration)>,
    /// How often the send window ended before the request was sent.
    pub(super) missed_windows: u32,
    /// The handle that is being resolved.
    pub(super) handle: Option<UnresolvedRefund>,
    /// The last standing, for the handle in errors.
    pub(super) last: Option<Arc<Standing>>,
    /// This call's previous intent, certainly not carried out. The next intent settles it.
    pub(super) previous: Option<(IntentToken, Why)>,
    /// The first failure of this call after which a refund may have been made. A later refusal does not
    /// resolve it.
    pub(super) ambiguous: Option<Error>,
    /// Whether the provider reported that a request with the same key is in flight elsewhere.
    pub(super) in_flight_elsewhere: bool,
    /// The refund, once it was found made but incomplete. It is returned even if completing it fails.
    pub(super) made: Option<Refund>,
    /// The newest intent of this refund, owned by another call, when this call began to wait.
    pub(super) waited_for: Option<IntentNumber>,
    /// Refunds that may be the requested one.
    pub(super) suspects: Vec<crate::RefundId>,
    /// How often this call looked the refund up while it waited.
    pub(super) lookups: u32,
    /// How many rounds made no progress.
    pub(super) rounds: u32,
    /// The wait that was reported and has not ended.
    pub(super) waiting: Option<Wait>,
    /// Whether the refund's outcome was unknown when a call to resolve it began; `None` before that.
    pub(super) began_unsettled: Option<bool>,
    /// The refund that was reported as recovered.
    pub(super) recovered: Option<crate::RefundId>,
    /// What was read to find the money, for the first overview if that follows at once.
    pub(super) location: Option<Location>,
    /// Whether the provider certainly honours an idempotency key.
    pub(super) key_honoured: bool,
    /// Whether the provider may not report references.
    pub(super) hidden: bool,
}

impl<'a> CreateCall<'a> {
    pub(super) fn new(
        client: &'a RefundClient,
        request: &'a CreateRefund,
        goal: Goal,
        deadline: Duration,
    ) -> Self {
        let capabilities = client.capabilities();
        let scope = client.scope.clone();
        let payment = request.payment_id.canonical();
        let money = MoneyKey::new(scope, payment.clone());
        Self {
            client,
            request,
            goal,
            about: About { money, payment, reference: request.reference.clone() },
            deadline,
            backoff: Backoff::new(&client.policy),
            attempts: 0,
            stale_reads: 0,
            retrying: None,
            missed_windows: 0,
            handle: None,
            last: None,
            previous: None,
            ambiguous: None,
            in_flight_elsewhere: false,
            made: None,
            waited_for: None,
            suspects: Vec::new(),
            lookups: 0,
            rounds: 0,
            waiting: None,
            began_unsettled: None,
            recovered: None,
            key_honoured: capabilities.idempotency.honoured().is_some(),
            location: None,
            hidden: capabilities.references == crate::References::MayBeUnreported,
        }
    }

    pub(super) fn at(mut self, location: Location) -> Self {
        self.about.money.id = location.money.clone();
        self.location = Some(location);
        self
    }

    /// The exact amount, if it is known without reading the payment.
    pub(super) fn amount(&self, standing: &Standing) -> Option<Money> {
        match self.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            RefundAmount::Remaining => {
                let journalled = standing.mine.as_ref().map(|entry| entry.amount);
                journalled.or_else(|| self.handle.as_ref().and_then(|handle| handle.amount))
            }
        }
    }

    /// A submission of `amount`: what the provider does not support and may be dropped is left out.
    pub(super) fn submission(&self, amount: Money, overview: &Overview) -> SubmitRefund {
        let request = self.client.capabilities().supported_part(self.request).into_owned();
        SubmitRefund::new(request, amount)
            .with_payment(overview.payment.clone())
            .with_handover(overview.handover.clone())
    }

    pub(super) fn terms(&self, standing: &Standing) -> IntentTerms {
        let generation = standing.mine.as_ref().map_or(0, |entry| entry.generation);
        IntentTerms {
            amount: self.amount(standing),
            hidden: self.hidden,
            key: self.key_honoured.then_some(generation),
        }
    }

    /// Whether the journal has an intent of this refund that may have made it.
    pub(super) fn is_unsettled(&self) -> bool {
        let mine = self.last.as_ref().and_then(|standing| standing.mine.as_ref());
        mine.is_some_and(|entry| entry.unsettled_sends().next().is_some())
    }

    /// How many more attempts the policy allows.
    pub(super) fn attempts_left(&self) -> u32 {
        self.client.policy.max_attempts.saturating_sub(self.attempts + self.stale_reads)
    }

    pub(super) fn place(&self) -> Arc<tokio::sync::Mutex<()>> {
        self.client.queue.place(&self.about.money)
    }
}
