//! What a transaction's events add up to.

use std::collections::HashSet;

use refunds_core::{Currency, Money, RefundStatus};

use crate::{
    checkout::corrections::remaining_refund_amount,
    checkout::events::captures,
    convert::{Fault, money},
    wire,
};

/// The sums of a transaction, never below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) captured: Money,
    pub(crate) refunded: Money,
    pub(crate) pending: Money,
}

/// A refund as the sums see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// The place of its first event.
    pub(crate) at: usize,
    pub(crate) status: RefundStatus,
    pub(crate) amount: Money,
}

impl Totals {
    /// Adds up. Where an event carries a correction, no more is left than it says remains; what happened
    /// after it counts on top.
    pub(crate) fn of(
        wire: &wire::Transaction<'_>,
        currency: Currency,
        refunds: &[Taken],
    ) -> Result<Self, Fault> {
        let events = wire.events.list();
        let mut captured = Vec::new();
        for at in captures(events) {
            captured.push((at, money(&events[at].amount, currency, "CAPTURE event")?));
        }
        if wire.events.is_none() && may_be_captured(wire) {
            return Err("the transaction has no `events`, so its refunds are unknown".to_owned());
        }
        let refunded = refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded);
        let pending = refunds
            .iter()
            .filter(|refund| refund.status.reduces_refundable() && refund.status != RefundStatus::Succeeded);
        let sums = Self {
            captured: sum(currency, captured.iter().map(|(_, amount)| *amount))?,
            refunded: sum(currency, refunded.map(|refund| refund.amount))?,
            pending: sum(currency, pending.map(|refund| refund.amount))?,
        };
        let mut corrections = events.iter().enumerate().rev();
        let corrected = corrections
            .find_map(|(at, event)| Some((at, remaining_refund_amount(event.correction.as_ref()?)?)));
        let Some((correction, remaining)) = corrected else { return Ok(sums) };
        let later = |at: &usize| *at > correction;
        let gained = captured.iter().filter(|(at, _)| later(at)).map(|(_, amount)| *amount);
        let gained = sum(currency, gained)?;
        let lost = refunds.iter().filter(|refund| later(&refund.at) && refund.status.reduces_refundable());
        let lost = sum(currency, lost.map(|refund| refund.amount))?;
        sums.with_refundable(Money::new(remaining, currency), gained, lost)
    }

    /// The sums in which `remaining` and what changed since is what is left.
    fn with_refundable(self, remaining: Money, gained: Money, lost: Money) -> Result<Self, Fault> {
        let left = remaining.try_add(gained).and_then(|sum| sum.remaining_after(lost)).map_err(beyond)?;
        let most = self.captured.remaining_after(self.pending).map_err(beyond)?;
        let by_events = self.refundable()?;
        let left = if left.minor_units() > by_events.minor_units() { by_events } else { left };
        let refunded = most.remaining_after(left).map_err(beyond)?;
        Ok(Self { refunded, ..self })
    }

    /// What is left to refund.
    pub(crate) fn refundable(&self) -> Result<Money, Fault> {
        let gone = self.refunded.try_add(self.pending).map_err(beyond)?;
        self.captured.remaining_after(gone).map_err(beyond)
    }
}

/// Whether money may have been taken, by the status alone.
fn may_be_captured(wire: &wire::Transaction<'_>) -> bool {
    const NOTHING_TAKEN: [&str; 6] =
        ["AUTHORIZATION_VOIDED", "AUTHORIZED", "DECLINED", "FAILED", "INITIATED", "ON_HOLD"];
    let status = wire.status.as_deref().unwrap_or_default();
    !NOTHING_TAKEN.iter().any(|known| status.eq_ignore_ascii_case(known))
}

pub(crate) fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, Fault> {
    let mut amounts = amounts.into_iter();
    amounts.try_fold(Money::zero(currency), Money::try_add).map_err(beyond)
}

/// An order's captures that succeeded, each once.
pub(crate) fn succeeded<'a>(captures: &'a [wire::Operation<'a>]) -> Vec<&'a wire::Operation<'a>> {
    let mut seen = HashSet::new();
    let succeeded = captures.iter().filter(|capture| *capture.success == Some(true));
    succeeded.filter(|capture| capture.id.as_deref().is_none_or(|id| seen.insert(id))).collect()
}

/// What an order's captures that succeeded add up to.
pub(crate) fn captured<'a>(
    succeeded: impl IntoIterator<Item = &'a wire::Operation<'a>>,
    currency: Currency,
) -> Result<Money, Fault> {
    let amounts: Result<Vec<_>, _> =
        succeeded.into_iter().map(|capture| money(&capture.amount, currency, "capture")).collect();
    sum(currency, amounts?)
}

fn beyond(_: refunds_core::Error) -> Fault {
    "the amounts do not add up within 64 bits".to_owned()
}
