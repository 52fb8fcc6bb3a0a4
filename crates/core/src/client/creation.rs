//! The state of one creation: look, guard, submit, recover, verify.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    RefundClient,
    backoff::Backoff,
    find::Found,
    looking::Look,
    next_step::{AfterWrite, after_write},
};
use crate::{
    CreateRefund, Error, ErrorKind, Money, Operation, Overview, Payment, Refund, RefundAmount, RefundId,
    RefundTarget, Replay, Result, SubmitRefund, TargetKind, UnresolvedRefund,
};

/// A key is not relied on in the last hour that the provider remembers it.
const RETENTION_MARGIN: Duration = Duration::from_secs(3600);

pub(super) struct Creation<'a> {
    pub(super) client: &'a RefundClient,
    pub(super) request: &'a CreateRefund,
    pub(super) deadline: Duration,
    /// What is known so far, for whoever has to finish.
    pub(super) unresolved: UnresolvedRefund,
    /// The first failure after which a refund may have been made. Sticky: a clean refusal of a
    /// later attempt says nothing about this one.
    pub(super) ambiguous: Option<Error>,
    /// The refund, once it was seen made with a step left. Whatever fails then, it is what it is.
    made: Option<Refund>,
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
            made: None,
            resumed: false,
            key_honoured: client.capabilities().idempotency.honoured().is_some(),
        }
    }

    pub(super) fn resumed(client: &'a RefundClient, unresolved: &'a UnresolvedRefund) -> Self {
        let earlier = || Error::new(ErrorKind::OutcomeUnknown, "an earlier call did not learn the outcome");
        Self {
            unresolved: unresolved.clone(),
            ambiguous: unresolved.submitted_at.map(|_| earlier()),
            resumed: true,
            ..Self::new(client, &unresolved.request)
        }
    }

    pub(super) async fn run(mut self) -> Result<Refund> {
        match (self.look_and_make().await, self.made) {
            (Err(error), Some(made)) => {
                let provider = self.client.provider.name();
                tracing::warn!(provider, kind = %error.kind(), "a refund is made, and a step of it is left");
                Ok(made)
            }
            (told, _) => told,
        }
    }

    async fn look_and_make(&mut self) -> Result<Refund> {
        self.check(self.request).map_err(|error| self.unfinished(error))?;
        let _permit = match &self.client.guard {
            Some(guard) => {
                let provider = self.client.provider.name();
                let lock = guard.lock(provider, &self.request.payment_id, &self.request.reference);
                let permit = self.client.within(self.deadline, lock).await;
                Some(permit.map_err(|error| self.unfinished(error.not_applied()))?)
            }
            None => None,
        };
        if self.resumed
            && let Look::Found(refund) = self.look_until(self.settle_left()).await
        {
            if !refund.has_step_left() {
                return Ok(*refund);
            }
            self.made = Some(*refund);
        }
        let Overview { payment, mut refunds } =
            self.look_and_sum().await.map_err(|error| self.unfinished(error))?;
        // Sums that do not add up are refunds that were not listed.
        refunds.complete &= payment.complete;
        if self.ambiguous.is_none() {
            let unnamed = refunds.refunds.iter().filter(|refund| refund.reference.is_none());
            self.unresolved.known_before = unnamed.map(|refund| refund.id.clone()).collect();
        }
        let amount = match (self.find(refunds), &self.made) {
            (Ok(Found::Refund(refund)), _) if !refund.has_step_left() => return Ok(*refund),
            // What is left moves nothing, so nothing is guarded.
            (Ok(Found::Refund(refund)), _) => self.made.insert(*refund).amount,
            (_, Some(made)) => made.amount,
            (Err(error), None) => return Err(self.unfinished(error)),
            (Ok(Found::Absent), None) => self.guard(&payment, true)?,
            // The key makes the provider find it for us; less may be left just because it was made.
            (Ok(Found::Unclear { suspects, unlisted: false }), None) if self.key_covers(&suspects) => {
                self.guard(&payment, false)?
            }
            (Ok(Found::Unclear { suspects, unlisted }), None) => {
                self.unresolved.suspects = suspects.into_iter().map(|refund| refund.id).collect();
                return Err(self.unclear(unlisted));
            }
        };
        self.unresolved.amount = Some(amount);
        self.unresolved.refunded_before.get_or_insert(payment.refunded);
        self.submit(amount, payment).await
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
        if to_gift_card(request) && !capabilities.gift_cards {
            return unsupported("a gift card as the target");
        }
        if to_gift_card(request) && request.amount == RefundAmount::Remaining {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "what is left of a gift card is not known; name the amount",
            ));
        }
        provider.validate(request).map_err(Error::not_applied)
    }

    /// Reads the payment and its refunds, again where the two do not agree: they were read side by
    /// side, and one of them may have been the older one.
    async fn look_and_sum(&self) -> Result<Overview> {
        let client = self.client;
        let mut backoff = Backoff::new(&client.policy);
        let mut attempts = 1;
        loop {
            let read = || client.provider.overview(&self.request.payment_id);
            let overview = client.read_until(Operation::CreateRefund, self.deadline, read).await?;
            let disagree = overview.refunds.complete && !overview.payment.complete;
            if !disagree || attempts >= client.policy.max_attempts {
                return Ok(overview);
            }
            client.clock.sleep(backoff.next_delay().min(client.time_left(self.deadline))).await;
            attempts += 1;
        }
    }

    fn exact_amount(&self) -> Option<Money> {
        match self.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            RefundAmount::Remaining => self.unresolved.amount,
        }
    }

    /// Whether the provider surely still knows the key of each of these refunds, so that asking again
    /// with it is safe if one of them is the one.
    fn key_covers(&self, suspects: &[Refund]) -> bool {
        let capabilities = self.client.capabilities();
        let Some(key) = capabilities.idempotency.honoured() else { return false };
        let remembered = key.retention.saturating_sub(RETENTION_MARGIN);
        let now = self.client.clock.now();
        self.exact_amount().is_some()
            && suspects
                .iter()
                .all(|refund| refund.created_at.is_some_and(|created| now - created < remembered))
    }

    /// Currency, capture state and, if wanted, what is left, before any money moves.
    fn guard(&self, payment: &Payment, what_is_left: bool) -> Result<Money> {
        let refused = |kind, why: String| Err(Error::new(kind, why));
        let amount = self.exact_amount().unwrap_or(payment.refundable);
        if amount.currency() != payment.currency() {
            let why =
                format!("the payment is in {}, the refund in {}", payment.currency(), amount.currency());
            return refused(ErrorKind::InvalidRequest, why);
        }
        // The sums are those of the main payment method; a gift card's are the provider's to check.
        if !to_gift_card(self.request) {
            if payment.captured.is_zero() {
                return refused(
                    ErrorKind::NotRefundable,
                    "nothing of this payment is captured; an authorization is voided, not refunded".into(),
                );
            }
            if what_is_left {
                self.guard_what_is_left(payment, amount)?;
            }
        }
        let exact = CreateRefund { amount: RefundAmount::Exact(amount), ..self.request.clone() };
        self.check(&exact)?;
        Ok(amount)
    }

    fn guard_what_is_left(&self, payment: &Payment, amount: Money) -> Result<()> {
        if !payment.refundable.is_positive() || amount.minor_units() > payment.refundable.minor_units() {
            return Err(Error::new(
                ErrorKind::NotRefundable,
                format!(
                    "{} is left to refund of {} captured ({} refunded, {} pending), {amount} was asked for",
                    payment.refundable, payment.captured, payment.refunded, payment.pending
                ),
            ));
        }
        let capabilities = self.client.capabilities();
        if !capabilities.partial && amount != payment.captured {
            return Err(Error::new(ErrorKind::Unsupported, "this provider refunds whole payments only"));
        }
        let first = payment.refunded.is_zero() && payment.pending.is_zero();
        if !capabilities.several && !first {
            return Err(Error::new(ErrorKind::Unsupported, "this provider refunds a payment once only"));
        }
        Ok(())
    }

    async fn submit(&mut self, amount: Money, payment: Payment) -> Result<Refund> {
        let mut submit = SubmitRefund::new(self.request.clone(), amount).with_payment(payment);
        let policy = &self.client.policy;
        let mut backoff = Backoff::new(policy);
        for attempt in 1.. {
            submit.made = self.made.as_ref().map(|made| made.id.clone());
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
                    match self.look_until(patience).await {
                        Look::Found(refund) if again && refund.has_step_left() => self.made = Some(*refund),
                        Look::Found(refund) => return Ok(*refund),
                        Look::Reused(reused) => return Err(self.unfinished(reused)),
                        Look::Absent | Look::Unclear { .. } | Look::Failed(_) => again &= self.key_honoured,
                    }
                }
                AfterWrite::LookOnce if self.is_spent(&error) => {
                    self.note_ambiguous(&error, sent_at);
                    return match self.look_until(policy.settle_timeout).await {
                        Look::Found(refund) => Ok(*refund),
                        Look::Reused(reused) => Err(reused),
                        Look::Absent | Look::Unclear { .. } | Look::Failed(_) => Err(self.unfinished(error)),
                    };
                }
                AfterWrite::LookOnce => {
                    if let Look::Found(refund) = self.look_until(Duration::ZERO).await {
                        return Ok(*refund);
                    }
                    again = false;
                }
                AfterWrite::Stop => again = false,
            }
            if !again || !self.client.pause(&error, &mut backoff, self.deadline).await {
                return self.give_up(error).await;
            }
            if self.key_honoured {
                continue;
            }
            // While we waited, another worker may have asked. Without a key only a look can tell, and
            // only a certain "not there" lets us ask again.
            match self.look().await {
                Look::Found(refund) if refund.has_step_left() => self.made = Some(*refund),
                Look::Found(refund) => return Ok(*refund),
                Look::Absent => {}
                Look::Unclear { unlisted } => return Err(self.unclear(unlisted)),
                Look::Reused(reused) => return Err(self.unfinished(reused)),
                Look::Failed(_) => return self.give_up(error).await,
            }
        }
        unreachable!("attempts are counted without end")
    }

    /// Whether the refusal says that a refund under our reference is there, wherever it is.
    fn is_spent(&self, error: &Error) -> bool {
        let capabilities = self.client.capabilities();
        let replay = capabilities.idempotency.honoured().map(|key| key.replay);
        error.kind() == ErrorKind::Conflict && replay == Some(Replay::Refused)
    }

    fn note_ambiguous(&mut self, error: &Error, sent_at: OffsetDateTime) {
        tracing::warn!(
            provider = self.client.provider.name(),
            kind = %error.kind(),
            "the outcome of a refund is not known, looking for it"
        );
        self.unresolved.submitted_at.get_or_insert(sent_at);
        self.unresolved.last_submitted_at = Some(self.client.clock.now());
        self.ambiguous.get_or_insert_with(|| error.without_source());
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
        } else if refund.reference.is_none() && !refund.reference_is_hidden() {
            format!("the answer is refund {}, and it does not carry the reference that was sent", refund.id)
        } else if refund.reference.as_ref().is_some_and(|reference| *reference != request.reference) {
            "the answer is about a refund with another reference".into()
        } else {
            // The answer to our own request is about our own reference, even where it can not tell.
            refund.reference = Some(request.reference.clone());
            return Ok(refund);
        };
        self.unresolved.submitted_at.get_or_insert(sent_at);
        self.unresolved.last_submitted_at = Some(self.client.clock.now());
        self.unresolved.suspects = vec![refund.id];
        Err(Error::new(ErrorKind::Protocol, fault).may_be_applied().with_unresolved(self.unresolved.clone()))
    }

    /// No further attempt: the truth about what the attempts may have left behind.
    async fn give_up(&mut self, error: Error) -> Result<Refund> {
        if self.ambiguous.is_none() {
            return Err(error);
        }
        // The last attempt was not lost, or was not looked after for long because of the key.
        if (self.key_honoured || !error.may_have_applied())
            && let Look::Found(refund) = self.look_until(self.client.policy.settle_timeout).await
        {
            return Ok(*refund);
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
        let suspects: Vec<_> = self.unresolved.suspects.iter().map(RefundId::as_str).collect();
        let why = if suspects.is_empty() {
            debug_assert!(unlisted, "there is a reason");
            "the provider did not list all refunds of this payment".to_owned()
        } else {
            format!("some refunds of this payment carry no reference, and it may be {}", suspects.join(", "))
        };
        self.outcome_unknown(format!(
            "whether this refund is already made can not be told: {why}; nothing was submitted after that was seen"
        ))
    }

    fn outcome_unknown(&self, message: String) -> Error {
        let error = Error::new(ErrorKind::OutcomeUnknown, message).with_unresolved(self.unresolved.clone());
        match &self.ambiguous {
            Some(first) => error.quoting(first),
            None => error,
        }
    }
}

fn to_gift_card(request: &CreateRefund) -> bool {
    let gift_card = |target: &RefundTarget| target.kind == TargetKind::GiftCard;
    request.target.as_ref().is_some_and(gift_card)
}
