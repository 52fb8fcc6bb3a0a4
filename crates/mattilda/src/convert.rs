//! From the provider's payloads to the normalized model.

use std::borrow::Cow;

use refunds_core::{
    Currency, Cursor, Extra, ExtraValue, Money, PaymentId, Reference, Refund, RefundFailure, RefundId,
    RefundStatus, RefundTarget, RetryAdvice, TargetKind, parse_time,
};
use refunds_http::{Json, redact};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::wire;

/// <https://docs.mattildapayments.com/reference/transactions/list-transaction-refunds>
const STATUSES: [(&str, RefundStatus); 5] = [
    ("processing", RefundStatus::Pending),
    ("succeeded", RefundStatus::Succeeded),
    ("declined", RefundStatus::Declined),
    ("failed", RefundStatus::Failed),
    ("voided", RefundStatus::Voided),
];

/// What a new refund can expect after one that ended with this `error_code`. Codes that are not
/// listed, such as `issuer_decline`, leave it open.
const ADVICE: [(&str, RetryAdvice); 8] = [
    ("disputed_transaction", RetryAdvice::Never),
    ("invalid_amount", RetryAdvice::Never),
    ("invalid_operation", RetryAdvice::Never),
    ("refund_already_satisfied", RetryAdvice::Never),
    ("refund_period_expired", RetryAdvice::Never),
    ("service_error", RetryAdvice::Later),
    ("service_network_error", RetryAdvice::Later),
    ("service_rate_limit", RetryAdvice::Later),
];

/// How many members a documented refund keeps in `extra`.
const MOST_EXTRA: usize = 10;

const HYPHENATED_UUID_LEN: usize = 36;

/// Why a response is unusable, in words that contain nothing of it.
pub(crate) type Fault = &'static str;

/// A refund of the payment that was `asked` about, unless it says that it is another's.
pub(crate) fn refund(wire: wire::Refund<'_>, asked: &PaymentId) -> Result<Refund, Fault> {
    let id = RefundId::new(wire.id).map_err(|_| "the response's `id` is not valid")?;
    let payment_id = match wire.transaction_id {
        Some(wire) if !is_same_id(&wire, asked.as_str()) => {
            PaymentId::new(wire.0).map_err(|_| "the response's `transaction_id` is not valid")?
        }
        _ => asked.clone(),
    };
    let amount = Money::new(wire.amount.0, currency(&wire.currency)?);
    let (status, provider_status) = status(wire.status);

    let mut extra = Extra::with_capacity(MOST_EXTRA);
    let mut refund = Refund::new(crate::NAME, id, payment_id, status, provider_status, amount);
    let mut is_unreported = false;
    match wire.external_identifier {
        None => is_unreported = true,
        Some(Json::Other(Value::Null)) => {}
        Some(Json::Other(wire)) => {
            keep(&mut extra, "external_identifier", Json::Other(wire));
            is_unreported = true;
        }
        Some(Json::Text(text)) => {
            refund.reference = Reference::from_provider(&*text);
            if refund.reference.is_none() {
                // Not ours, which can all be read back.
                extra.insert("external_identifier", text);
            }
        }
    }
    refund.reason = text(&mut extra, "reason", wire.reason);
    refund.provider_reference = text(&mut extra, "payment_service_refund_id", wire.payment_service_refund_id);
    refund.created_at = time(&mut extra, "created_at", wire.created_at);
    refund.updated_at = time(&mut extra, "updated_at", wire.updated_at);
    refund.target = target(&mut extra, wire.target_type, wire.target_id);
    refund.failure =
        failure(&mut extra, status, wire.error_code, &wire.raw_response_code, &wire.raw_response_description);
    // In the order of their names, which is that of `extra`.
    // A person: the id, and not the name and the e-mail address.
    if let Some(wire::Creator { id: Json::Text(id) }) = wire.creator.into_option() {
        extra.insert("creator", ExtraValue::ObjectWithText("id", id));
    }
    for (name, value) in [
        ("raw_response_code", wire.raw_response_code),
        ("raw_response_description", wire.raw_response_description),
        ("reconciliation_id", wire.reconciliation_id),
        ("settled", wire.settled),
        ("settled_amount", wire.settled_amount),
        ("settled_currency", wire.settled_currency),
        ("transaction_external_identifier", wire.transaction_external_identifier),
        ("transaction_reconciliation_id", wire.transaction_reconciliation_id),
        ("type", wire.r#type),
    ] {
        keep(&mut extra, name, value);
    }
    refund.extra = extra;
    if is_unreported {
        refund = refund.with_unreported_reference();
    }
    Ok(refund)
}

/// The status of a refund, and the provider's word for it.
fn status(word: Cow<'_, str>) -> (RefundStatus, Cow<'static, str>) {
    match STATUSES.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)) {
        Some((known, status)) if word == *known => (*status, Cow::Borrowed(known)),
        Some((_, status)) => (*status, word.into_owned().into()),
        None => (RefundStatus::Unknown, word.into_owned().into()),
    }
}

pub(crate) fn currency(code: &str) -> Result<Currency, Fault> {
    Currency::from_provider(code).ok_or("the response's `currency` is not a known ISO 4217 currency")
}

/// Where the next page begins. One that cannot be followed is not the end of the list.
pub(crate) fn next(cursor: Option<Value>) -> Result<Option<Cursor>, Fault> {
    match cursor {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            Cursor::new(text).map(Some).map_err(|_| "the response's `next_cursor` is not valid")
        }
        Some(_) => Err("the response's `next_cursor` is not text"),
    }
}

/// How many items a full page has, where the provider says so.
pub(crate) fn limit(limit: Option<&Value>) -> Option<u16> {
    limit?.as_u64()?.try_into().ok().filter(|limit| *limit > 0)
}

/// Whether both are the same id. Ids are opaque; but the ones that are UUIDs are the same in capitals.
pub(crate) fn is_same_id(left: &str, right: &str) -> bool {
    left == right
        || (left.eq_ignore_ascii_case(right)
            && left.len() == HYPHENATED_UUID_LEN
            && Uuid::try_parse(left).is_ok())
}

fn target(extra: &mut Extra, kind: Json<'_>, id: Json<'_>) -> Option<RefundTarget> {
    let word = match kind {
        Json::Text(word) => word,
        other @ Json::Other(_) => {
            keep(extra, "target_type", other);
            keep(extra, "target_id", id);
            return None;
        }
    };
    let kind = match &*word {
        wire::PAYMENT_METHOD => TargetKind::PaymentMethod,
        wire::GIFT_CARD => TargetKind::GiftCard,
        _ => TargetKind::Other(word.into_owned()),
    };
    Some(RefundTarget::new(kind, text(extra, "target_id", id)))
}

/// Why the refund did not succeed. A payment service sends its codes with successes too.
fn failure(
    extra: &mut Extra,
    status: RefundStatus,
    code: Json<'_>,
    raw_code: &Json<'_>,
    raw_text: &Json<'_>,
) -> Option<RefundFailure> {
    let over = matches!(status, RefundStatus::Declined | RefundStatus::Failed | RefundStatus::Voided);
    if !over {
        keep(extra, "error_code", code);
        return None;
    }
    let code = text(extra, "error_code", code);
    let retry = code.as_deref().and_then(advice);
    let code = code.or_else(|| raw_code.text().map(redact));
    let message = raw_text.text().map(redact);
    (code.is_some() || message.is_some()).then(|| RefundFailure::new(code, message, retry))
}

fn advice(code: &str) -> Option<RetryAdvice> {
    ADVICE.iter().find(|(known, _)| code.eq_ignore_ascii_case(known)).map(|(_, advice)| *advice)
}

/// Keeps what has no home in the model, under the provider's name.
fn keep(extra: &mut Extra, name: &'static str, value: Json<'_>) {
    match value {
        Json::Text(text) => extra.insert(name, &*text),
        Json::Other(Value::Null) => {}
        Json::Other(value) => extra.insert(name, value),
    }
}

/// The value as a text; anything else is kept as it is.
fn text(extra: &mut Extra, name: &'static str, value: Json<'_>) -> Option<String> {
    match value {
        Json::Text(text) => Some(text.into_owned()),
        other @ Json::Other(_) => {
            keep(extra, name, other);
            None
        }
    }
}

/// The value as a time; anything else is kept as it is.
fn time(extra: &mut Extra, name: &'static str, value: Json<'_>) -> Option<OffsetDateTime> {
    let time = value.text().and_then(parse_time);
    if time.is_none() {
        keep(extra, name, value);
    }
    time
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_the_same_if_they_are_equal_or_one_uuid() {
        let lower = "fe26475d-ec3e-4884-9553-f7356683f7f9";
        for (left, right, same) in [
            (lower, lower, true),
            (lower, "FE26475D-EC3E-4884-9553-F7356683F7F9", true),
            (lower, "fe26475d-ec3e-4884-9553-f7356683f7f8", false),
            (lower, "fe26475dec3e48849553f7356683f7f9", false),
            ("tx-a", "tx-a", true),
            ("tx-a", "TX-A", false),
            ("xe26475d-ec3e-4884-9553-f7356683f7f9", "XE26475D-EC3E-4884-9553-F7356683F7F9", false),
        ] {
            assert_eq!(is_same_id(left, right), same, "{left} {right}");
        }
    }

    #[test]
    fn where_the_next_page_begins() {
        let text = |length| Some(Value::from("c".repeat(length)));
        for (cursor, want) in [
            (None, Ok(false)),
            (Some(Value::Null), Ok(false)),
            (text(0), Ok(false)),
            (text(1), Ok(true)),
            (text(1000), Ok(true)),
            (text(5000), Err(())),
            (Some(json!("a\nb")), Err(())),
            (Some(json!(2)), Err(())),
        ] {
            let name = format!("{cursor:.40?}");
            assert_eq!(next(cursor).map(|cursor| cursor.is_some()).map_err(drop), want, "{name}");
        }
    }

    #[test]
    fn how_long_a_full_page_is() {
        for (value, want) in [
            (json!(1), Some(1)),
            (json!(100), Some(100)),
            (json!(0), None),
            (json!(-1), None),
            (json!(70_000), None),
            (json!("20"), None),
            (Value::Null, None),
        ] {
            assert_eq!(limit(Some(&value)), want, "{value}");
        }
    }
}
