//! Checks before a refund is submitted: support, limits and the refundable amount.

use std::{collections::HashSet, fmt::Write as _};

use super::call::CreateCall;
use crate::{
    CreateRefund, Error, ErrorKind, Money, MoneyOverview, Overview, Payment, PaymentId, Reference, Refund,
    RefundAmount, RefundId, Result,
    journal::{Entry, JournalTime, Standing},
};

impl CreateCall<'_> {
    /// Checks that need no request to the provider.
    pub(super) fn check(&self, request: &CreateRefund) -> Result<()> {
        request.validate()?;
        let capabilities = self.client.capabilities();
        capabilities.check(request)?;
        if request.is_to_gift_card() && request.amount == RefundAmount::Remaining {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the amount left on a gift card is unknown; state the amount",
            ));
        }
        let validated = self.client.provider.validate(&capabilities.supported_part(request));
        validated.map_err(Error::not_applied)
    }

    /// Checks currency, capture state and, if `check_remaining`, the refundable amount before any money
    /// moves.
    pub(super) fn guard(
        &self,
        overview: &Overview,
        standing: &Standing,
        check_remaining: bool,
    ) -> Result<Money> {
        if let Some(why) = &overview.refusal {
            return Err(why.clone().not_applied());
        }
        let refused = |kind, why: String| Err(Error::new(kind, why));
        let payment = &overview.payment;
        let amount = self.amount(standing).unwrap_or(payment.refundable);
        if amount.currency() != payment.currency() {
            let why = format!(
                "the payment is in {}, but the refund is in {}",
                payment.currency(),
                amount.currency()
            );
            return refused(ErrorKind::InvalidRequest, why);
        }
        // The sums are those of the main payment method; the provider checks those of a gift card.
        if !self.request.is_to_gift_card() {
            if payment.captured.is_zero() {
                return refused(
                    ErrorKind::NotRefundable,
                    "this payment is not captured; void the authorization instead of refunding it".into(),
                );
            }
            if check_remaining {
                self.guard_remaining(overview, standing, amount)?;
            }
        }
        let exact = CreateRefund { amount: RefundAmount::Exact(amount), ..self.request.clone() };
        self.check(&exact)?;
        Ok(amount)
    }

    fn guard_remaining(&self, overview: &Overview, standing: &Standing, amount: Money) -> Result<()> {
        let payment = &overview.payment;
        let reserved = self.reserved(overview, standing)?;
        let left = payment.refundable.remaining_after(reserved.of_payment)?;
        let left = match &overview.money {
            None => left,
            Some(money) => {
                let of_money = money.refundable.remaining_after(reserved.of_money)?;
                if of_money.minor_units() < left.minor_units() { of_money } else { left }
            }
        };
        if !left.is_positive() || amount.minor_units() > left.minor_units() {
            return Err(Error::new(
                ErrorKind::NotRefundable,
                exceeds_remaining(payment, left, &reserved, amount),
            ));
        }
        let capabilities = self.client.capabilities();
        if !capabilities.partial && amount != payment.captured {
            return Err(Error::new(ErrorKind::Unsupported, "this provider only refunds whole payments"));
        }
        let first = payment.refunded.is_zero() && payment.pending.is_zero();
        if !capabilities.multiple && !first {
            return Err(Error::new(ErrorKind::Unsupported, "this provider refunds a payment only once"));
        }
        Ok(())
    }

    /// Amounts that the journal knows to be gone, or possibly gone, and that the provider's sums may not
    /// include.
    fn reserved(&self, overview: &Overview, standing: &Standing) -> Result<Reserved> {
        let zero = Money::zero(overview.payment.currency());
        let own = ListedRefunds::of(&overview.refunds.refunds);
        let mut of_payment = zero;
        for entry in standing.others.iter().filter(|entry| entry.payment == self.about.payment) {
            of_payment = of_payment.try_add(own.missing(entry, standing.now, zero))?;
        }
        let mut of_money = zero;
        if let Some(MoneyOverview { refunds, .. }) = &overview.money {
            let all = ListedRefunds::of(refunds);
            for entry in &standing.others {
                of_money = of_money.try_add(all.missing(entry, standing.now, zero))?;
            }
        }
        Ok(Reserved { of_payment, of_money })
    }
}

/// Amounts that are not in the provider's sums.
struct Reserved {
    of_payment: Money,
    of_money: Money,
}

impl CreateCall<'_> {
    /// Whether the provider's list lacks a refund that the journal knows as made: then the list is stale.
    pub(super) fn is_stale(&self, overview: &Overview, standing: &Standing) -> bool {
        let own = ListedRefunds::of(&overview.refunds.refunds);
        let made = standing.others.iter().filter(|entry| entry.payment == self.about.payment);
        made.into_iter().any(|entry| entry.made.is_some() && !own.shows(entry))
    }
}

/// The refunds that a list contains.
struct ListedRefunds<'a> {
    ids: HashSet<&'a RefundId>,
    references: HashSet<(&'a Reference, PaymentId)>,
}

impl<'a> ListedRefunds<'a> {
    fn of(refunds: &'a [Refund]) -> Self {
        let ids = refunds.iter().flat_map(|refund| [&refund.id, refund.money_id()]).collect();
        let named = refunds
            .iter()
            .filter_map(|refund| Some((refund.reference.as_ref()?, refund.made_for().canonical())));
        Self { ids, references: named.collect() }
    }

    fn shows(&self, entry: &Entry) -> bool {
        match &entry.made {
            Some(made) => {
                self.ids.contains(&made.id)
                    || made.alias.as_ref().is_some_and(|alias| self.ids.contains(alias))
            }
            None => self.references.contains(&(&entry.reference, entry.payment.clone())),
        }
    }

    /// The amount of a refund that reduces, or may reduce, what is left and that the list does not contain.
    fn missing(&self, entry: &Entry, now: JournalTime, zero: Money) -> Money {
        let may_hold = match &entry.made {
            Some(made) => made.status.reduces_refundable(),
            None => entry.unsettled_sends().any(|intent| now < intent.resubmit_from),
        };
        let amount = entry.made.as_ref().map_or(entry.amount, |made| made.amount);
        let counts = may_hold && !self.shows(entry) && amount.currency() == zero.currency();
        if counts { amount } else { zero }
    }
}

fn exceeds_remaining(payment: &Payment, left: Money, reserved: &Reserved, amount: Money) -> String {
    let mut text = format!(
        "{left} is left to refund of {} captured ({} refunded, {} pending",
        payment.captured, payment.refunded, payment.pending
    );
    if !reserved.of_payment.is_zero() || !reserved.of_money.is_zero() {
        let most = reserved.of_payment.minor_units().max(reserved.of_money.minor_units());
        let reserved = Money::new(most, amount.currency());
        let _ = write!(text, ", {reserved} reserved for refunds that are unsettled or not listed yet");
    }
    format!("{text}), {amount} was requested")
}
