//! From the provider's payloads to the normalized model.

use refunds_core::{
    Currency, Cursor, Money, Page, Payment, PaymentId, Reference, Refund, RefundFailure, RefundId,
    RefundStatus, parse_time,
    serde_json::{Value, json},
    time::OffsetDateTime,
};

use crate::wire;

/// What makes an answer unusable, in words that hold nothing of it.
pub(crate) type Fault = &'static str;

pub(crate) fn payment(wire: wire::Payment, asked: &PaymentId) -> Result<Payment, Fault> {
    if wire.id != asked.as_str() {
        return Err("the answer is about another payment");
    }
    let sums = [&wire.captured, &wire.returned, &wire.in_flight].map(money);
    let [captured, returned, in_flight] = sums;
    let mut payment = Payment::new(crate::NAME, asked.clone(), captured?, returned?, in_flight?)
        .map_err(|_| "the answer's amounts do not add up in one currency")?;
    payment.provider_status = text(wire.state.as_ref());
    Ok(payment)
}

pub(crate) fn refund(wire: wire::Return) -> Result<Refund, Fault> {
    let id = RefundId::new(wire.id).map_err(|_| "the answer's `id` can not be one")?;
    let payment = PaymentId::new(wire.payment).map_err(|_| "the answer's `payment` can not be one")?;
    let (amount, status) = (money(&wire.amount)?, status(&wire.state));
    let mut refund = Refund::new(crate::NAME, id, payment, status, wire.state, amount);
    match wire.merchant_ref {
        Some(Value::Null) => {}
        // One that is no `Reference` is not ours: ours can all be read back.
        Some(Value::String(told)) => refund.reference = Reference::new(told).ok(),
        // Not there, or of a shape that nobody promised: it may be anything.
        _ => refund = refund.with_unreported_reference(),
    }
    refund.reason = text(wire.note.as_ref());
    refund.created_at = utc(wire.made_at.as_ref());
    refund.updated_at = utc(wire.changed_at.as_ref());
    refund.provider_reference = text(wire.bank_trace.as_ref());
    refund.failure = wire
        .why
        .as_ref()
        .filter(|why| why.is_object())
        .map(|why| RefundFailure::new(text(why.get("code")), text(why.get("text")), None));
    if let Some(channel) = wire.channel.filter(|channel| !channel.is_null()) {
        refund.extra.insert("channel".to_owned(), channel);
    }
    // Who made it by hand: the id, and not the e-mail address.
    if let Some(id) = text(wire.clerk.as_ref().and_then(|clerk| clerk.get("id"))) {
        refund.extra.insert("clerk".to_owned(), json!({ "id": id }));
    }
    Ok(refund)
}

pub(crate) fn page(list: wire::ReturnList, asked: &PaymentId) -> Result<Page<Refund>, Fault> {
    let refunds: Vec<Refund> = list.returns.into_iter().map(refund).collect::<Result<_, _>>()?;
    if refunds.iter().any(|refund| refund.payment_id != *asked) {
        return Err("the answer lists a return of another payment");
    }
    let next =
        list.page.after.map(Cursor::new).transpose().map_err(|_| "the answer's `after` can not be one")?;
    let size = list.page.size.as_ref().and_then(Value::as_u64).and_then(|size| size.try_into().ok());
    Ok(Page::new(refunds, next, size))
}

fn status(word: &str) -> RefundStatus {
    STATES.iter().find(|(known, _)| *known == word).map_or(RefundStatus::Unknown, |(_, status)| *status)
}

fn money(wire: &wire::Amount) -> Result<Money, Fault> {
    let currency = Currency::new(&wire.currency).map_err(|_| "the answer's `currency` is not known")?;
    // `parse` would take a sign.
    let digits = wire.units.bytes().all(|byte| byte.is_ascii_digit());
    let units = wire.units.parse().ok().filter(|_| digits);
    units.map(|units| Money::new(units, currency)).ok_or("the answer's `units` are no whole number")
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(ToOwned::to_owned)
}

fn utc(value: Option<&Value>) -> Option<OffsetDateTime> {
    parse_time(value?.as_str()?)
}

/// `PROVIDER.md`, "Returns". Any other word is unknown, and not an error.
const STATES: [(&str, RefundStatus); 6] = [
    ("queued", RefundStatus::Pending),
    ("sent", RefundStatus::Pending),
    ("paid", RefundStatus::Succeeded),
    ("refused", RefundStatus::Declined),
    ("bounced", RefundStatus::Failed),
    ("withdrawn", RefundStatus::Voided),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_are_not_documented_are_unknown() {
        for (word, want) in STATES.into_iter().chain([
            ("parked", RefundStatus::Unknown),
            ("PAID", RefundStatus::Unknown),
            ("", RefundStatus::Unknown),
        ]) {
            assert_eq!(status(word), want, "{word:?}");
        }
    }

    #[test]
    fn amounts_are_digits_and_nothing_else() {
        for (units, want) in [
            ("14950", Some(14950)),
            ("0", Some(0)),
            ("007", Some(7)),
            ("9223372036854775808", None),
            ("149.50", None),
            ("1e3", None),
            ("+1", None),
            ("-1", None),
            (" 1", None),
            ("", None),
        ] {
            let wire = wire::Amount { units: units.to_owned(), currency: "NOK".to_owned() };
            assert_eq!(money(&wire).ok().map(Money::minor_units), want, "{units:?}");
        }
    }
}
