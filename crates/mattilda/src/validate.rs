//! What is refused before anything is sent.

use refunds_core::{CreateRefund, ErrorKind, Money, RefundAmount, RefundTarget, Result, TargetKind};

use crate::{error::refused, wire};

const MAX_AMOUNT: i64 = 99_999_999;
const MAX_REASON_CHARS: usize = 100;
/// Of an idempotency key; an `external_identifier` may be longer.
pub(crate) const MAX_REFERENCE_CHARS: u16 = 255;

/// Checks a request against the provider's limits:
/// <https://docs.gr4vy.com/api-reference/refunds/create-transaction-refund>
pub(crate) fn validate(request: &CreateRefund, amount: Option<Money>) -> Result<()> {
    let amount = match request.amount {
        RefundAmount::Exact(exact) => Some(amount.unwrap_or(exact)),
        _ => amount,
    };
    if amount.is_some_and(|amount| !(1..=MAX_AMOUNT).contains(&amount.minor_units())) {
        return Err(refused(
            ErrorKind::InvalidRequest,
            format!("a refund has from 1 to {MAX_AMOUNT} minor units at this provider"),
        ));
    }
    if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_CHARS) {
        return Err(refused(
            ErrorKind::InvalidRequest,
            format!("the reason has more than {MAX_REASON_CHARS} characters, the most at this provider"),
        ));
    }
    if !request.reference.is_valid_for_request() {
        return Err(refused(
            ErrorKind::InvalidRequest,
            format!("the reference must be 1 to {MAX_REFERENCE_CHARS} printable ASCII characters"),
        ));
    }
    if !request.lines.is_empty() || !request.metadata.is_empty() {
        return Err(refused(ErrorKind::Unsupported, "this provider keeps no order lines and no metadata"));
    }
    target(request.target.as_ref()).map(drop)
}

/// What the money goes back to, in the provider's words.
pub(crate) fn target(target: Option<&RefundTarget>) -> Result<(Option<&'static str>, Option<&str>)> {
    let Some(target) = target else { return Ok((None, None)) };
    let id = target.id.as_deref().filter(|id| !id.is_empty());
    match (&target.kind, id) {
        (TargetKind::PaymentMethod, id) => Ok((Some(wire::PAYMENT_METHOD), id)),
        (TargetKind::GiftCard, Some(id)) => Ok((Some(wire::GIFT_CARD), Some(id))),
        (TargetKind::GiftCard, None) => Err(refused(
            ErrorKind::InvalidRequest,
            "a refund to a gift card needs the id of the gift card's redemption",
        )),
        _ => Err(refused(
            ErrorKind::Unsupported,
            "this provider returns money to the payment method or to a gift card only",
        )),
    }
}
