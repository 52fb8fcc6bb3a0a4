//! The errors of a call, with what the caller can do next.

use super::call::CreateCall;
use crate::{
    Error, ErrorKind, Money, Reference, Refund, RefundAmount, RefundId, RefundStatus, RefundTarget,
    TargetKind, UnresolvedRefund,
    client::report::TARGET,
    clock::rounded,
    journal::{JournalTime, MadeRefund, Standing},
};

impl CreateCall<'_> {
    /// Returns `error`, or `OutcomeUnknown` if an earlier attempt may have made a refund.
    pub(super) fn unfinished(&self, error: Error) -> Error {
        if self.ambiguous.is_none()
            && !self.in_flight_elsewhere
            && !self.is_unsettled()
            && self.handle.is_none()
        {
            return error;
        }
        if error.kind() == ErrorKind::OutcomeUnknown && error.unresolved().is_some() {
            return error;
        }
        let first = match &self.ambiguous {
            Some(first) => first.to_string(),
            None if self.in_flight_elsewhere => "the same idempotency key is in use elsewhere".to_owned(),
            None => "the outcome of an earlier call is unknown".to_owned(),
        };
        let message = format!(
            "it is unknown whether the refund was made ({first}), and it has not appeared since; {}",
            self.next_action()
        );
        self.outcome_unknown(message).with_source(error)
    }

    /// The refund may exist from an earlier call and cannot be distinguished from others.
    pub(super) fn unclear(&self, unlisted: bool) -> Error {
        let suspects: Vec<_> = self.suspects.iter().map(RefundId::as_str).collect();
        let why = if suspects.is_empty() {
            debug_assert!(unlisted, "there is a reason");
            "the provider did not list all refunds of this payment".to_owned()
        } else {
            format!(
                "some refunds of this payment have no reference, and this one may be {}",
                suspects.join(", ")
            )
        };
        self.outcome_unknown(format!(
            "it is unknown whether this refund already exists: {why}; nothing was submitted after this lookup"
        ))
    }

    /// The refund was not found and may not be submitted (yet).
    pub(super) fn not_seen(&self) -> Error {
        if !self.is_unsettled() && self.ambiguous.is_none() && self.handle.is_none() {
            let message = "the payment has no refund with this reference, and none is in progress";
            return Error::new(ErrorKind::NotFound, message).not_applied();
        }
        self.outcome_unknown(format!(
            "a request for this refund may be in progress, and the refund has not appeared yet; {}",
            self.next_action()
        ))
    }

    fn next_action(&self) -> String {
        let again = match self.resubmit_from() {
            Some(from) => format!(
                "try again with the same reference after {}, or look it up at any time",
                rounded(from.to_datetime())
            ),
            None => "try again with the same reference later".to_owned(),
        };
        format!("{again}; do not use another reference")
    }

    fn resubmit_from(&self) -> Option<JournalTime> {
        self.last.as_deref().and_then(Standing::resubmit_from)
    }

    /// Stores that two refunds have one reference, so that repeated calls report it too, and returns the
    /// error.
    pub(super) async fn record_duplicate(
        &self,
        standing: &Standing,
        refund: &Refund,
        second: &RefundId,
    ) -> Error {
        let mut made = MadeRefund::of(refund, crate::journal::Evidence::Listed);
        made.doubled = Some(second.clone());
        self.observe_made(made, refund.needs_completion(), Some(standing.version)).await;
        tracing::error!(
            target: TARGET,
            first = %refund.id,
            second = %second,
            "two refunds with one reference have moved or may move money"
        );
        self.duplicate_error(&refund.id, second)
    }

    pub(super) fn duplicate_error(&self, first: &RefundId, second: &RefundId) -> Error {
        let message = format!(
            "two refunds of this payment have the reference {} and may have moved money: {first} and {second}; \
             check them at the provider",
            self.request.reference
        );
        Error::new(ErrorKind::Conflict, message).with_may_have_applied(true)
    }

    /// The error of a refund that was made but differs from the request.
    pub(super) fn mismatch(&self, made: &MadeRefund) -> Error {
        let fault = made.fault.as_deref().unwrap_or("the refund differs from the request");
        let message =
            format!("{fault} (refund {}); money may have moved: check the refund at the provider", made.id);
        let mut handle = self.handle_now();
        handle.suspects = vec![made.id.clone()];
        Error::new(ErrorKind::Protocol, message).with_may_have_applied(true).with_unresolved(handle)
    }

    /// How a refund with our reference differs from what was sent.
    pub(super) fn difference_from_sent(&self, refund: &Refund, standing: &Standing) -> Option<String> {
        // The first intent determines what was sent, whatever is requested now.
        let amount = standing.mine.as_ref().map(|entry| entry.amount).or(match self.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            RefundAmount::Remaining => None,
        });
        self.difference(refund, amount.unwrap_or(refund.amount))
    }

    /// How the refund differs from `amount` to the requested target.
    pub(super) fn difference(&self, refund: &Refund, amount: Money) -> Option<String> {
        if refund.amount != amount {
            return Some(format!("{amount} was requested, but the provider reports {}", refund.amount));
        }
        let other =
            refund.target.as_ref().filter(|target| is_different_target(self.request.target.as_ref(), target));
        other.map(|_| "the refund goes to a different target than requested".to_owned())
    }

    /// Why the response to our request is about another refund; `None` if it is about ours.
    pub(super) fn belongs_elsewhere(&self, refund: &Refund, standing: &Standing) -> Option<String> {
        let request = self.request;
        if refund.payment_id != self.about.payment && refund.payment_id.canonical() != self.about.payment {
            return Some(format!(
                "a refund of payment {} was requested, but the response is about {}",
                request.payment_id, refund.payment_id
            ));
        }
        let mut made = standing.others.iter().filter(|entry| entry.reference != request.reference);
        let belongs =
            made.find(|entry| entry.made.as_ref().is_some_and(|made| made.is_called(refund.money_id())));
        if let Some(other) = belongs {
            return Some(format!(
                "the response contains refund {}, which belongs to reference {}",
                refund.id, other.reference
            ));
        }
        match &refund.reference {
            Some(reference) if *reference == request.reference => None,
            Some(_) => Some("the response contains a refund with another reference".to_owned()),
            None if refund.reference_is_unreported() => None,
            None => Some(format!(
                "the response contains refund {} without the reference that was sent",
                refund.id
            )),
        }
    }

    /// What the journal knows of a made refund that could not be read.
    pub(super) fn as_journalled(&self, made: &MadeRefund) -> Refund {
        let provider = self.client.adapter().name();
        let id = made.alias.clone().unwrap_or_else(|| made.id.clone());
        let payment = self.request.payment_id.clone();
        // A final status may have changed since; this is the last one that the journal has.
        let status = if made.status == RefundStatus::Unknown { RefundStatus::Pending } else { made.status };
        let mut refund =
            Refund::new(provider.to_owned(), id, payment, status, made.status.as_str(), made.amount);
        refund.reference = Some(self.request.reference.clone());
        refund.extra.insert("from_journal", true);
        refund
    }

    pub(super) fn too_many_attempts(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("{} attempts did not get the refund through", self.client.policy.max_attempts),
        )
        .not_applied()
    }

    fn outcome_unknown(&self, message: String) -> Error {
        let handle = self.handle_now();
        let mut error = Error::new(ErrorKind::OutcomeUnknown, message).with_unresolved(handle);
        if let (Some(from), Some(standing)) = (self.resubmit_from(), &self.last) {
            error = error.with_retry_after(standing.until(from));
        }
        match &self.ambiguous {
            Some(first) => error.quoting(first),
            None => error,
        }
    }

    /// Adds the handle, as the journal has it now, to the error.
    pub(super) async fn with_handle_of(&mut self, error: Error) -> Error {
        // The standing read before the request lacks its intent.
        let _ = self.open().await;
        error.with_unresolved(self.handle_now())
    }

    fn handle_now(&self) -> UnresolvedRefund {
        let mine = self.last.as_ref().and_then(|standing| standing.mine.as_ref());
        let mut handle = match (mine, &self.handle) {
            (Some(entry), _) => entry.unresolved(self.request),
            (None, Some(handle)) => handle.clone(),
            (None, None) => UnresolvedRefund::new(self.about.money.scope.clone(), self.request.clone()),
        };
        if !self.suspects.is_empty() {
            handle.suspects.clone_from(&self.suspects);
        }
        handle
    }
}

/// Whether the target certainly differs from the requested one.
fn is_different_target(requested: Option<&RefundTarget>, shown: &RefundTarget) -> bool {
    let ids = |left: &Option<String>, right: &Option<String>| match (left, right) {
        (Some(left), Some(right)) => !left.eq_ignore_ascii_case(right),
        _ => false,
    };
    match requested {
        None => shown.kind == TargetKind::GiftCard,
        Some(requested) => requested.kind != shown.kind || ids(&requested.id, &shown.id),
    }
}

pub(super) fn reused(reference: &Reference, id: &RefundId, made: Money, requested: Money) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the reference {reference} belongs to refund {id} of {made}, but {requested} is requested now; \
             use another reference for another refund"
        ),
    )
    .with_reference_spent()
}

pub(super) fn no_time() -> Error {
    let message = "the time left does not cover another attempt, so nothing was sent";
    Error::new(ErrorKind::Timeout, message).not_applied()
}

/// The error of a handle that could not be looked up.
pub(super) fn unknown_before(unresolved: &UnresolvedRefund, error: Error) -> Error {
    let message = format!("it is still unknown whether the refund was made: {}", error.message());
    Error::new(ErrorKind::OutcomeUnknown, message).with_unresolved(unresolved.clone()).with_source(error)
}
