//! The state of one creation: look, guard, submit, recover, verify.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    RefundClient,
    backoff::Backoff,
    find::{Found, find},
    next_step::{AfterWrite, after_write},
};
use crate::{
    CreateRefund, Error, ErrorKind, Listing, Money, Operation, Overview, Payment, Refund, RefundAmount,
    RefundId, RefundTarget, Result, SubmitRefund, TargetKind, UnresolvedRefund, paging::all_refunds,
};

/// A key is not relied on in the last hour that the provider remembers it.
const RETENTION_MARGIN: Duration = Duration::from_secs(3600);

pub(super) struct Creation<'a> {
    client: &'a RefundClient,
    request: &'a CreateRefund,
    deadline: Duration,
    /// What is known so far, for whoever has to finish.
    unresolved: UnresolvedRefund,
    /// The first failure after which a refund may have been made. Sticky: a clean refusal of a
    /// later attempt says nothing about this one.
    ambiguous: Option<Error>,
    resumed: bool,
    key_honoured: bool,
}

impl<'a> Creation<'a> {
    pub(super) fn new(client: &'a RefundClient, request: &'a CreateRefund) -> Self {
        Self {
            client,
            request,
            deadline: client.deadline(client.policy.total_timeout),
            unresolved: UnresolvedRefund::new(client.provider.name(), request.clone()),
            ambiguous: None,
            resumed: false,
            key_honoured: client.capabilities().idempotency.honoured().is_some(),
        }
    }

    pub(super) fn resumed(client: &'a RefundClient, unresolved: &'a UnresolvedRefund) -> Self {
        let key_honoured = client.capabilities().idempotency.honoured().is_some_and(|key| {
            let reliable = key.retention.saturating_sub(RETENTION_MARGIN);
            unresolved.submitted_at.is_none_or(|submitted| client.clock.now() - submitted < reliable)
        });
        Self {
            unresolved: unresolved.clone(),
            ambiguous: Some(Error::new(
                ErrorKind::OutcomeUnknown,
                "an earlier call did not learn the outcome",
            )),
            resumed: true,
            key_honoured,
            ..Self::new(client, &unresolved.request)
        }
    }

    pub(super) async fn run(mut self) -> Result<Refund> {
        self.check(self.request)?;
        let _permit = match &self.client.guard {
            Some(guard) => {
                let lock = guard.lock(
                    self.client.provider.name(),
                    &self.request.payment_id,
                    &self.request.reference,
                );
                let permit = self.client.within(self.deadline, lock).await;
                Some(permit.map_err(|error| self.unfinished(error.not_applied()))?)
            }
            None => None,
        };
        if self.resumed
            && let Some(refund) = self.look_until(self.settle_left()).await
        {
            return Ok(refund);
        }
        let overview = self.look_and_sum().await.map_err(|error| self.unfinished(error))?;
        let amount = match self.find(overview.refunds) {
            Err(error) => return Err(self.unfinished(error)),
            Ok(Found::Refund(refund)) => return Ok(*refund),
            Ok(Found::Absent) => self.guard(&overview.payment).map_err(|error| self.unfinished(error))?,
            // The key makes the provider find it for us; what is left may already be less by it.
            Ok(Found::Unclear { .. }) if self.key_honoured && self.exact_amount().is_some() => {
                self.exact_amount().unwrap_or(overview.payment.refundable)
            }
            Ok(Found::Unclear { suspects, unlisted }) => {
                self.unresolved.suspects = suspects;
                return Err(self.unclear(unlisted));
            }
        };
        self.unresolved.amount = Some(amount);
        self.unresolved.refunded_before.get_or_insert(overview.payment.refunded);
        self.submit(amount, overview.payment).await
    }

    /// What can be refused without asking anybody.
    fn check(&self, request: &CreateRefund) -> Result<()> {
        let provider = &self.client.provider;
        let capabilities = provider.capabilities();
        let unsupported = |what: &str| {
            Err(Error::new(ErrorKind::Unsupported, format!("{what} can not be given to this provider")))
        };
        request.validate()?;
        if !request.lines.is_empty() && !capabilities.lines {
            return unsupported("order lines");
        }
        if !request.metadata.is_empty() && !capabilities.metadata {
            return unsupported("metadata");
        }
        let gift_card = |target: &RefundTarget| target.kind == TargetKind::GiftCard;
        if request.target.as_ref().is_some_and(gift_card) && !capabilities.gift_cards {
            return unsupported("a gift card as the target");
        }
        provider.validate(request).map_err(Error::not_applied)
    }

    async fn look_and_sum(&self) -> Result<Overview> {
        let provider = &self.client.provider;
        let read = || provider.overview(&self.request.payment_id);
        self.client.read_until(Operation::CreateRefund, self.deadline, read).await
    }

    fn find(&self, listing: Listing) -> Result<Found> {
        find(self.request, self.unresolved.amount, listing)
    }

    fn exact_amount(&self) -> Option<Money> {
        match self.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            RefundAmount::Remaining => self.unresolved.amount,
        }
    }

    /// Currency, capture state and what is left, before any money moves.
    fn guard(&self, payment: &Payment) -> Result<Money> {
        let not_refundable = |why: String| Err(Error::new(ErrorKind::NotRefundable, why));
        let amount = self.exact_amount().unwrap_or(payment.refundable);
        if amount.currency() != payment.currency() {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("the payment is in {}, the refund in {}", payment.currency(), amount.currency()),
            ));
        }
        if payment.captured.is_zero() {
            return not_refundable(
                "nothing of this payment is captured; an authorization is voided, not refunded".into(),
            );
        }
        if !payment.refundable.is_positive() || amount.minor_units() > payment.refundable.minor_units() {
            return not_refundable(format!(
                "{} is left to refund of {} captured ({} refunded, {} pending), {amount} was asked for",
                payment.refundable, payment.captured, payment.refunded, payment.pending
            ));
        }
        let capabilities = self.client.capabilities();
        if !capabilities.partial && amount != payment.captured {
            return Err(Error::new(ErrorKind::Unsupported, "this provider refunds whole payments only"));
        }
        let before = payment.refunded.checked_add(payment.pending)?;
        if !capabilities.several && before.is_positive() {
            return Err(Error::new(ErrorKind::Unsupported, "this provider refunds a payment once only"));
        }
        let exact = CreateRefund { amount: RefundAmount::Exact(amount), ..self.request.clone() };
        self.check(&exact)?;
        Ok(amount)
    }

    async fn submit(&mut self, amount: Money, payment: Payment) -> Result<Refund> {
        let submit = SubmitRefund::new(self.request.clone(), amount).with_payment(payment);
        let policy = &self.client.policy;
        let mut backoff = Backoff::new(policy);
        for attempt in 1.. {
            let sent_at = self.client.clock.now();
            let call = self.client.provider.submit_refund(&submit);
            let error = match self.client.attempt(Operation::SubmitRefund, self.deadline, call).await {
                Ok(refund) => return self.verify(refund, amount, sent_at),
                Err(error) => error,
            };
            let mut again = attempt < policy.max_attempts;
            match after_write(&error) {
                AfterWrite::Retry => {}
                AfterWrite::RetryAgainstAnother => self.note_ambiguous(&error, sent_at),
                AfterWrite::Recover => {
                    self.note_ambiguous(&error, sent_at);
                    // With a key it is as safe to ask again, and quicker than to keep looking.
                    let patience = if self.key_honoured { Duration::ZERO } else { policy.settle_timeout };
                    if let Some(refund) = self.look_until(patience).await {
                        return Ok(refund);
                    }
                    again &= self.key_honoured;
                }
                AfterWrite::LookOnce => {
                    if let Some(refund) = self.look_until(Duration::ZERO).await {
                        return Ok(refund);
                    }
                    again = false;
                }
                AfterWrite::Stop => again = false,
            }
            if !again || !self.client.pause(&error, &mut backoff, self.deadline).await {
                return self.give_up(error).await;
            }
            // While we waited, another worker may have asked; without a key that is seen by looking.
            if !self.key_honoured
                && let Some(refund) = self.look_until(Duration::ZERO).await
            {
                return Ok(refund);
            }
        }
        unreachable!("attempts are counted without end")
    }

    fn note_ambiguous(&mut self, error: &Error, sent_at: OffsetDateTime) {
        tracing::warn!(
            provider = self.client.provider.name(),
            kind = %error.kind(),
            "the outcome of a refund is not known, looking for it"
        );
        self.unresolved.submitted_at.get_or_insert(sent_at);
        self.ambiguous.get_or_insert_with(|| {
            let mut first = Error::new(error.kind(), error.message());
            if let Some(code) = error.code() {
                first = first.with_code(code);
            }
            if let Some(request_id) = error.request_id() {
                first = first.with_request_id(request_id);
            }
            first
        });
    }

    /// Looks until the refund shows or `patience` is over; at least once, and never beyond the
    /// deadline. Failures of looking are no reason to stop.
    async fn look_until(&mut self, patience: Duration) -> Option<Refund> {
        let client = self.client;
        let end = client.deadline(patience).min(self.deadline);
        let mut backoff = Backoff::new(&client.policy);
        loop {
            let call = all_refunds(&*client.provider, &self.request.payment_id);
            let mut asked_to_wait = Duration::ZERO;
            match client.attempt(Operation::ListRefunds, self.deadline, call).await {
                Ok(listing) => match self.find(listing) {
                    Ok(Found::Refund(refund)) => return Some(*refund),
                    // Looking on would not make its reference visible.
                    Ok(Found::Unclear { suspects, .. }) if !suspects.is_empty() => {
                        self.unresolved.suspects = suspects;
                        return None;
                    }
                    Ok(_) => {}
                    Err(_reused) => return None,
                },
                Err(error) => asked_to_wait = error.retry_after().unwrap_or_default(),
            }
            let left = client.time_left(end);
            if left.is_zero() {
                return None;
            }
            client.clock.sleep(backoff.next_delay().max(asked_to_wait).min(left)).await;
        }
    }

    /// What is left of the settle time since the refund was submitted.
    fn settle_left(&self) -> Duration {
        let settle = self.client.policy.settle_timeout;
        let Some(submitted) = self.unresolved.submitted_at else { return Duration::ZERO };
        // A submission in the future is a clock that is off: wait the whole time then.
        let passed = Duration::try_from(self.client.clock.now() - submitted).unwrap_or_default();
        settle.saturating_sub(passed)
    }

    /// Checks that the answer is about what was asked for.
    fn verify(&mut self, mut refund: Refund, amount: Money, sent_at: OffsetDateTime) -> Result<Refund> {
        let request = self.request;
        let fault = if refund.payment_id != request.payment_id {
            format!(
                "payment {} was to be refunded, the answer is about {}",
                request.payment_id, refund.payment_id
            )
        } else if refund.amount != amount {
            format!("{amount} was to be refunded, the answer says {}", refund.amount)
        } else if refund.reference.as_ref().is_some_and(|reference| *reference != request.reference) {
            "the answer is about a refund with another reference".into()
        } else {
            // The answer to our own request is about our own reference, told or not.
            refund.reference = Some(request.reference.clone());
            return Ok(refund);
        };
        self.unresolved.submitted_at.get_or_insert(sent_at);
        Err(Error::new(ErrorKind::Protocol, fault).may_be_applied().with_unresolved(self.unresolved.clone()))
    }

    /// No further attempt: the truth about what the attempts may have left behind.
    async fn give_up(&mut self, error: Error) -> Result<Refund> {
        if self.ambiguous.is_none() {
            return Err(error);
        }
        // The last attempt was not lost, or was not looked after for long because of the key.
        if (self.key_honoured || !error.may_have_applied())
            && let Some(refund) = self.look_until(self.client.policy.settle_timeout).await
        {
            return Ok(refund);
        }
        Err(self.unfinished(error))
    }

    /// Passes `error` on, or where a refund may have been made before it, says just that.
    fn unfinished(&self, error: Error) -> Error {
        let Some(first) = &self.ambiguous else { return error };
        let message = format!(
            "it is not known whether the refund was made ({first}), and it was not seen since; \
             resolve it later, or look at the provider: do not ask again under another reference"
        );
        self.outcome_unknown(message).with_source(error)
    }

    /// The refund may be there, from an earlier call, and can not be told from others.
    fn unclear(&self, unlisted: bool) -> Error {
        let why = if self.unresolved.suspects.is_empty() {
            debug_assert!(unlisted, "there is a reason");
            "the provider did not list all refunds of this payment".to_owned()
        } else {
            let suspects: Vec<_> = self.unresolved.suspects.iter().map(RefundId::as_str).collect();
            format!(
                "the provider does not tell the references of its refunds, and it may be {}",
                suspects.join(", ")
            )
        };
        self.outcome_unknown(format!(
            "whether this refund is already made can not be told: {why}; nothing was submitted by this call"
        ))
    }

    fn outcome_unknown(&self, message: String) -> Error {
        let mut error =
            Error::new(ErrorKind::OutcomeUnknown, message).with_unresolved(self.unresolved.clone());
        if let Some(first) = &self.ambiguous {
            if let Some(code) = first.code() {
                error = error.with_code(code);
            }
            if let Some(request_id) = first.request_id() {
                error = error.with_request_id(request_id);
            }
        }
        error
    }
}
