//! From payloads to the model, and the table of states.

use refunds_core::serde_json::{Map, Value};
use refunds_core::{
    Currency, Cursor, Error, ErrorKind, Money, Page, Payment, PaymentId, Reference, Refund, RefundFailure,
    RefundId, RefundStatus, Result, parse_time, time::OffsetDateTime,
};
use refunds_http::Response;

use crate::NAME;
use crate::wire::{Charge, Reversal, ReversalPage};

/// `PROVIDER.md`, "Reversals". Any other word is [`RefundStatus::Unknown`].
const STATES: [(&str, RefundStatus); 4] = [
    ("queued", RefundStatus::Pending),
    ("done", RefundStatus::Succeeded),
    ("rejected", RefundStatus::Declined),
    ("bounced", RefundStatus::Failed),
];

fn status(word: &str) -> RefundStatus {
    STATES.iter().find(|(known, _)| *known == word).map_or(RefundStatus::Unknown, |(_, status)| *status)
}

/// The currency of a charge.
pub(crate) fn currency(answer: &Response, charge: &Charge) -> Result<Currency> {
    Currency::new(&charge.currency).map_err(|_| answer.protocol_error("`currency` is no currency"))
}

/// An amount with exactly the decimals of its currency; one with others is in doubt.
fn money(answer: &Response, field: &str, text: &str, currency: Currency) -> Result<Money> {
    Money::parse_major(text, currency)
        .ok()
        .filter(|money| money.minor_units() >= 0 && money.to_major() == text)
        .ok_or_else(|| answer.protocol_error(format!("`{field}` is no amount in the charge's currency")))
}

/// A charge as a payment.
pub(crate) fn payment(answer: &Response, charge: Charge) -> Result<Payment> {
    let currency = currency(answer, &charge)?;
    let sum = |field, text: &str| money(answer, field, text, currency);
    let captured = sum("captured", &charge.captured)?;
    let reversed = sum("reversed", &charge.reversed)?;
    let reversing = sum("reversing", &charge.reversing)?;
    let id = PaymentId::new(charge.id).map_err(|_| answer.protocol_error("`id` is no id"))?;
    let mut payment = Payment::new(NAME, id, captured, reversed, reversing)
        .map_err(|_| answer.protocol_error("the sums do not add up"))?;
    payment.provider_status = Some(charge.state);
    keep(&mut payment.extra, "created", charge.created);
    // The scheme alone: the digits of a card are personal.
    if let Some(scheme) = charge.paid_with.get("scheme") {
        keep(&mut payment.extra, "scheme", scheme.clone());
    }
    Ok(payment)
}

/// A reversal as a refund. It tells no currency of its own: `currency` is the charge's.
pub(crate) fn refund(answer: &Response, wire: Reversal, currency: Currency) -> Result<Refund> {
    let id = RefundId::new(wire.id).map_err(|_| answer.protocol_error("`id` is no id"))?;
    let charge = PaymentId::new(wire.charge).map_err(|_| answer.protocol_error("`charge` is no id"))?;
    let amount = money(answer, "amount", &wire.amount, currency)?;
    let mut refund = Refund::new(NAME, id, charge, status(&wire.state), wire.state, amount);
    refund.reason = text(&wire.note);
    refund.failure = failure(&wire.refusal);
    refund.created_at = time(&mut refund.extra, "created", &wire.created);
    refund.updated_at = time(&mut refund.extra, "changed", &wire.changed);
    if let Value::Object(labels) = wire.labels {
        refund.metadata = labels;
    }
    match wire.external_id {
        Some(Value::Null) => {}
        // One that is no reference was given by somebody else.
        Some(Value::String(text)) => refund.reference = Reference::new(text).ok(),
        _ => refund = refund.with_hidden_reference(),
    }
    Ok(refund)
}

/// A page of reversals; the next one has the same size, since pages are counted and not pointed at.
pub(crate) fn page(
    answer: &Response,
    wire: ReversalPage,
    asked: Position,
    currency: Currency,
) -> Result<Page<Refund>> {
    if wire.page != asked.page {
        return Err(answer.protocol_error("`page` is not the one that was asked for"));
    }
    let next = if wire.page < wire.pages { Some(asked.next().cursor()?) } else { None };
    let refunds = wire.reversals.into_iter().map(|one| refund(answer, one, currency));
    Ok(Page::new(refunds.collect::<Result<_>>()?, next, None))
}

/// Where a page begins: which one it is, of pages of which size.
///
/// A page's number means nothing without the size, and so a cursor holds both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) page: u32,
    pub(crate) per_page: u16,
}

impl Position {
    /// The most reversals that a page can hold.
    const MAX: u16 = 100;

    pub(crate) fn first(limit: Option<u16>) -> Self {
        Self { page: 1, per_page: limit.unwrap_or(Self::MAX).clamp(1, Self::MAX) }
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self> {
        let position = cursor.as_str().split_once('x').and_then(|(page, per_page)| {
            Some(Self { page: page.parse().ok()?, per_page: per_page.parse().ok()? })
        });
        position
            .filter(|position| position.page > 0 && (1..=Self::MAX).contains(&position.per_page))
            .ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the cursor is none of Quillpay's lists"))
    }

    fn next(self) -> Self {
        Self { page: self.page.saturating_add(1), ..self }
    }

    fn cursor(self) -> Result<Cursor> {
        Cursor::new(format!("{}x{}", self.page, self.per_page))
    }
}

fn failure(refusal: &Value) -> Option<RefundFailure> {
    let (code, message) = (text(&refusal["code"]), text(&refusal["text"]));
    (code.is_some() || message.is_some()).then(|| RefundFailure::new(code, message, None))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The time of a field; the field itself is kept where it is none.
fn time(extra: &mut Map<String, Value>, name: &str, value: &Value) -> Option<OffsetDateTime> {
    let time = value.as_str().and_then(parse_time);
    if time.is_none() {
        keep(extra, name, value.clone());
    }
    time
}

fn keep(extra: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        extra.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_status() {
        assert_eq!(status("queued"), RefundStatus::Pending);
        assert_eq!(status("done"), RefundStatus::Succeeded);
        assert_eq!(status("rejected"), RefundStatus::Declined);
        assert_eq!(status("bounced"), RefundStatus::Failed);
        for other in ["", "Done", "parked"] {
            assert_eq!(status(other), RefundStatus::Unknown);
        }
    }

    #[test]
    fn a_cursor_holds_page_and_size() {
        let position = Position::first(Some(7)).next();
        let cursor = position.cursor().unwrap();
        assert_eq!(Position::read(&cursor).unwrap(), position);
        assert_eq!(Position::first(None).per_page, 100);
        assert_eq!(Position::first(Some(0)).per_page, 1);
        assert_eq!(Position::first(Some(4000)).per_page, 100);
        for odd in ["2", "0x5", "2x0", "2x101", "x", "-1x5", "2x5x5", "next"] {
            assert!(Position::read(&Cursor::new(odd).unwrap()).is_err(), "{odd}");
        }
    }
}
