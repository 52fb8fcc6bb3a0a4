//! From the provider's payloads to the normalized model; the table of states.

use refunds_core::{
    Currency, Cursor, Money, Page, Payment, PaymentId, Reference, Refund, RefundFailure, RefundId,
    RefundStatus, parse_time,
    serde_json::{Value, json},
    time::OffsetDateTime,
};

use crate::wire;

/// `PROVIDER.md`, "Returns". Any other word is `Unknown`, not an error.
const STATES: [(&str, RefundStatus); 6] = [
    ("queued", RefundStatus::Pending),
    ("sent", RefundStatus::Pending),
    ("paid", RefundStatus::Succeeded),
    ("refused", RefundStatus::Declined),
    ("bounced", RefundStatus::Failed),
    ("withdrawn", RefundStatus::Voided),
];

/// `PROVIDER.md`, "Money": the currencies whose units are not ISO 4217's, and their decimals.
const DECIMALS: [(&str, usize); 2] = [("ISK", 2), ("UGX", 2)];

/// Why a response cannot be used, without any text from it.
pub(crate) type Defect = &'static str;

pub(crate) fn payment(wire: wire::Payment, requested: &PaymentId) -> Result<Payment, Defect> {
    if wire.id != requested.as_str() {
        return Err("the response is about another payment");
    }
    let sums = [&wire.captured, &wire.returned, &wire.in_flight].map(money);
    let [captured, returned, in_flight] = sums;
    let mut payment = Payment::new(crate::NAME, requested.clone(), captured?, returned?, in_flight?)
        .map_err(|_| "the payment's amounts do not add up in one currency")?;
    payment.provider_status = text(wire.state.as_ref());
    Ok(payment)
}

pub(crate) fn refund(wire: wire::Return) -> Result<Refund, Defect> {
    let id = RefundId::new(wire.id).map_err(|_| "`id` is not a valid id")?;
    let payment = PaymentId::new(wire.payment).map_err(|_| "`payment` is not a valid id")?;
    let (amount, status) = (money(&wire.amount)?, status(&wire.state));
    let mut refund = Refund::new(crate::NAME, id, payment, status, wire.state, amount);
    match wire.merchant_ref {
        Some(Value::Null) => {}
        // A text that is not a `Reference` is not ours: ours can all be read back.
        Some(Value::String(text)) => refund.reference = Reference::new(text).ok(),
        // Missing, or of an undocumented type: it may be any reference.
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
    if let Some(Value::Object(labels)) = wire.labels {
        refund.metadata = labels;
    }
    if let Some(channel) = wire.channel.filter(|channel| !channel.is_null()) {
        refund.extra.insert("channel".to_owned(), channel);
    }
    // The clerk who made it in the back office: the id, not the e-mail address.
    if let Some(id) = text(wire.clerk.as_ref().and_then(|clerk| clerk.get("id"))) {
        refund.extra.insert("clerk".to_owned(), json!({ "id": id }));
    }
    Ok(refund)
}

pub(crate) fn page(list: wire::ReturnList, requested: &PaymentId) -> Result<Page<Refund>, Defect> {
    let refunds: Vec<Refund> = list.returns.into_iter().map(refund).collect::<Result<_, _>>()?;
    if refunds.iter().any(|refund| refund.payment_id != *requested) {
        return Err("the list contains a return of another payment");
    }
    let next = list.page.after.map(Cursor::new).transpose().map_err(|_| "`after` is not a valid cursor")?;
    let size = list.page.size.as_ref().and_then(Value::as_u64).and_then(|size| size.try_into().ok());
    Ok(Page::new(refunds, next, size))
}

fn status(word: &str) -> RefundStatus {
    STATES.iter().find(|(known, _)| *known == word).map_or(RefundStatus::Unknown, |(_, status)| *status)
}

fn money(wire: &wire::Amount) -> Result<Money, Defect> {
    let currency = Currency::new(&wire.currency).map_err(|_| "`currency` is not a known currency")?;
    // `parse` would accept a sign.
    let digits = wire.units.bytes().all(|byte| byte.is_ascii_digit());
    let units = wire.units.parse().ok().filter(|_| digits).ok_or("`units` is not a whole number")?;
    Money::from_units(units, decimals(currency), currency)
        .map_err(|_| "`units` is not a whole number of the currency's minor units")
}

/// The amount in Acme's units.
///
/// # Errors
///
/// `InvalidRequest` where they cannot express it.
pub(crate) fn units(amount: Money) -> refunds_core::Result<i64> {
    amount.to_units(decimals(amount.currency()))
}

fn decimals(currency: Currency) -> usize {
    let other = DECIMALS.iter().find(|(code, _)| *code == currency.code());
    other.map_or_else(|| currency.exponent(), |(_, decimals)| *decimals)
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(ToOwned::to_owned)
}

fn utc(value: Option<&Value>) -> Option<OffsetDateTime> {
    parse_time(value?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_status_and_any_other_is_unknown() {
        for (word, want) in STATES.into_iter().chain([
            ("parked", RefundStatus::Unknown),
            ("PAID", RefundStatus::Unknown),
            ("", RefundStatus::Unknown),
        ]) {
            assert_eq!(status(word), want, "{word:?}");
        }
    }

    #[test]
    fn an_amount_consists_of_digits_only() {
        for (units, currency, want) in [
            ("14950", "NOK", Some(14950)),
            ("0", "NOK", Some(0)),
            ("007", "NOK", Some(7)),
            ("50000", "ISK", Some(500)),
            ("50050", "ISK", None),
            ("9223372036854775808", "NOK", None),
            ("149.50", "NOK", None),
            ("1e3", "NOK", None),
            ("+1", "NOK", None),
            ("-1", "NOK", None),
            (" 1", "NOK", None),
            ("", "NOK", None),
        ] {
            let wire = wire::Amount { units: units.to_owned(), currency: currency.to_owned() };
            assert_eq!(money(&wire).ok().map(Money::minor_units), want, "{units:?} {currency}");
        }
    }
}
