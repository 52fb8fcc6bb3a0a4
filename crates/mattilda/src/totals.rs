//! What is captured, refunded, pending and left of a transaction.

use refunds_core::{
    Currency, Extra, Money, Payment, PaymentId, Refund, RefundList, RefundStatus, Result, TargetKind,
};
use serde_json::Value;

use crate::{
    convert::{Fault, currency, is_same_id},
    wire,
};

const BEFORE_CAPTURE: [&str; 9] = [
    "processing",
    "pending",
    "buyer_approval_pending",
    "authorization_succeeded",
    "authorization_failed",
    "authorization_declined",
    "authorization_void_pending",
    "authorization_voided",
    "capture_pending",
];

/// A transaction's sums before its refunds are known.
pub(crate) struct Totals {
    captured: Money,
    /// What the transaction says is refunded. Whether that includes refunds under way is not
    /// documented.
    refunded: Money,
    instrument: Instrument,
    status: Option<String>,
    extra: Extra,
}

/// The instrument that the sums are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Instrument {
    /// The main payment method.
    Main,
    /// Gift cards, where they paid all of it.
    GiftCards,
}

impl Totals {
    pub(crate) fn currency(&self) -> Currency {
        self.captured.currency()
    }

    pub(crate) fn new(transaction: wire::Transaction, asked: &PaymentId) -> Result<Self, Fault> {
        if transaction.id.is_some_and(|id| !is_same_id(&id, asked.as_str())) {
            return Err("the response is about another transaction");
        }
        let currency = currency(&transaction.currency)?;
        let captured = match (transaction.captured_amount, transaction.status.as_deref()) {
            (Some(amount), _) => amount.0,
            (None, Some(status)) if is_before_capture(status) => 0,
            (None, _) => return Err("the response has no `captured_amount`"),
        };
        let refunded = transaction.refunded_amount.map_or(0, |amount| amount.0);
        let cards = transaction.gift_card_redemptions.as_ref();
        let (instrument, captured, refunded) = match cards.and_then(gift_cards) {
            Some((amount, refunded))
                if captured == 0 && is_nothing(transaction.authorized_amount.as_ref()) =>
            {
                (Instrument::GiftCards, amount, refunded)
            }
            _ => (Instrument::Main, captured, refunded),
        };
        let extra = [
            ("amount", transaction.amount),
            ("authorized_amount", transaction.authorized_amount),
            ("refunded_amount", transaction.refunded_amount.map(|amount| amount.0.into())),
            ("external_identifier", transaction.external_identifier),
            ("intent", transaction.intent),
            ("reconciliation_id", transaction.reconciliation_id),
            ("gift_card_redemptions", cards.and_then(redemptions)),
        ];
        Ok(Self {
            captured: Money::new(captured, currency),
            refunded: Money::new(refunded, currency),
            instrument,
            status: transaction.status,
            extra: extra.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        })
    }

    /// The payment, from the transaction's own sums and from its refunds.
    ///
    /// The two are read side by side, and either may be ahead of the other; so the money that is gone
    /// is what the larger of them says. A refund under way counts once, whether or not the
    /// transaction counts it.
    ///
    /// `captured_amount` and `refunded_amount` are those of the main payment method: what went back to
    /// gift cards does not count against it. Where there is none, the sums are those of the gift cards.
    ///
    /// # Errors
    ///
    /// [`refunds_core::ErrorKind::Protocol`] where a refund is in another currency.
    pub(crate) fn with_refunds(self, id: &PaymentId, listing: &RefundList) -> Result<Payment> {
        let zero = Money::zero(self.captured.currency());
        let (mut succeeded, mut pending) = (zero, zero);
        let mut on_any_instrument = zero;
        for refund in listing.refunds.iter().filter(|refund| refund.status.reduces_refundable()) {
            on_any_instrument = on_any_instrument.try_add(refund.amount)?;
            if instrument(refund) != self.instrument {
                continue;
            }
            let sum = if refund.status == RefundStatus::Succeeded { &mut succeeded } else { &mut pending };
            *sum = sum.try_add(refund.amount)?;
        }
        let listed = succeeded.try_add(pending)?;
        let gone = if self.refunded.minor_units() > listed.minor_units() { self.refunded } else { listed };
        // Where the transaction counts refunds that are not listed, the list is not the whole truth: it
        // may lag behind, and what is missing may be the refund that the caller looks for.
        let explained = self.refunded.minor_units() <= succeeded.minor_units()
            || self.refunded == listed
            || self.refunded == on_any_instrument;

        let refunded = gone.try_sub(pending)?;
        let mut payment = Payment::new(crate::NAME, id.clone(), self.captured, refunded, pending)?;
        payment.provider_status = self.status;
        payment.complete = listing.complete && explained;
        payment.extra = self.extra;
        Ok(payment)
    }
}

fn instrument(refund: &Refund) -> Instrument {
    match &refund.target {
        Some(target) if target.kind == TargetKind::GiftCard => Instrument::GiftCards,
        _ => Instrument::Main,
    }
}

/// What gift cards paid and got back, if they did.
fn gift_cards(wire: &Value) -> Option<(i64, i64)> {
    let units = |redemption: &Value, name: &str| {
        redemption.get(name).and_then(Value::as_i64).filter(|units| *units >= 0).unwrap_or_default()
    };
    let redeemed = wire.as_array()?.iter().filter(|redemption| redemption["status"] == "succeeded");
    redeemed
        .map(|redemption| (units(redemption, "amount"), units(redemption, "refunded_amount")))
        .try_fold((0_i64, 0_i64), |sum, next| Some((sum.0.checked_add(next.0)?, sum.1.checked_add(next.1)?)))
        .filter(|(amount, _)| *amount > 0)
}

fn is_nothing(amount: Option<&Value>) -> bool {
    amount.is_none_or(|amount| amount == 0)
}

/// What gift cards paid, without what identifies a card: the ids are the targets of refunds to them.
fn redemptions(wire: &Value) -> Option<Value> {
    let wire = wire.as_array().filter(|wire| !wire.is_empty())?;
    let kept = wire.iter().map(|redemption| {
        let member = |name: &&str| Some(((*name).to_owned(), redemption.get(*name)?.clone()));
        Value::Object(["id", "status", "amount", "refunded_amount"].iter().filter_map(member).collect())
    });
    Some(kept.collect())
}

/// Whether a transaction of this status has taken no money yet:
/// <https://docs.gr4vy.com/guides/api/statuses/transactions>
fn is_before_capture(status: &str) -> bool {
    BEFORE_CAPTURE.iter().any(|known| status.eq_ignore_ascii_case(known))
}
