//! From the provider's payloads to the normalized model.

use refunds_core::{
    Currency, Cursor, Money, PaymentId, Reference, Refund, RefundFailure, RefundId, RefundStatus,
    RefundTarget, RetryAdvice, TargetKind, parse_time,
};
use refunds_http::redact;
use serde_json::{Map, Value, json};
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

const HYPHENATED_UUID_LEN: usize = 36;

/// Why a response is unusable, in words that contain nothing of it.
pub(crate) type Fault = &'static str;

/// A refund of the payment that was `asked` about, unless it says that it is another's.
pub(crate) fn refund(wire: wire::Refund, asked: &PaymentId) -> Result<Refund, Fault> {
    let id = RefundId::new(wire.id).map_err(|_| "the response's `id` is not valid")?;
    let payment_id = match wire.transaction_id {
        Some(wire) if !is_same_id(&wire, asked.as_str()) => {
            PaymentId::new(wire).map_err(|_| "the response's `transaction_id` is not valid")?
        }
        _ => asked.clone(),
    };
    let amount = Money::new(wire.amount.0, currency(&wire.currency)?);
    let status = status(&wire.status);

    let mut extra = Extra(Map::new());
    let mut refund = Refund::new(crate::NAME, id, payment_id, status, wire.status, amount);
    refund = match wire.external_identifier {
        None => refund.with_unreported_reference(),
        Some(wire) if !(wire.is_string() || wire.is_null()) => {
            extra.keep("external_identifier", Some(wire));
            refund.with_unreported_reference()
        }
        Some(wire) => {
            refund.reference = match &wire {
                Value::String(text) => Reference::from_provider(text.as_str()),
                _ => None,
            };
            if refund.reference.is_none() {
                // Not ours, which can all be read back.
                extra.keep("external_identifier", Some(wire));
            }
            refund
        }
    };
    refund.reason = extra.text("reason", wire.reason);
    refund.provider_reference = extra.text("payment_service_refund_id", wire.payment_service_refund_id);
    refund.created_at = extra.time("created_at", wire.created_at);
    refund.updated_at = extra.time("updated_at", wire.updated_at);
    refund.target = target(&mut extra, wire.target_type, wire.target_id);
    refund.failure = failure(
        &mut extra,
        status,
        wire.error_code,
        wire.raw_response_code.as_ref(),
        wire.raw_response_description.as_ref(),
    );
    for (name, value) in [
        ("type", wire.r#type),
        ("reconciliation_id", wire.reconciliation_id),
        ("transaction_reconciliation_id", wire.transaction_reconciliation_id),
        ("transaction_external_identifier", wire.transaction_external_identifier),
        ("raw_response_code", wire.raw_response_code),
        ("raw_response_description", wire.raw_response_description),
        ("settled", wire.settled),
        ("settled_amount", wire.settled_amount),
        ("settled_currency", wire.settled_currency),
        ("creator", wire.creator.as_ref().and_then(creator)),
    ] {
        extra.keep(name, value);
    }
    refund.extra = extra.0;
    Ok(refund)
}

/// The status of a refund, by the provider's word for it.
pub(crate) fn status(word: &str) -> RefundStatus {
    STATUSES
        .iter()
        .find(|(known, _)| word.eq_ignore_ascii_case(known))
        .map_or(RefundStatus::Unknown, |(_, status)| *status)
}

pub(crate) fn currency(code: &str) -> Result<Currency, Fault> {
    Currency::new(&code.to_ascii_uppercase())
        .map_err(|_| "the response's `currency` is not a known ISO 4217 currency")
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

fn target(extra: &mut Extra, kind: Option<Value>, id: Option<Value>) -> Option<RefundTarget> {
    let Some(word) = extra.text("target_type", kind) else {
        extra.keep("target_id", id);
        return None;
    };
    let kind = match word.as_str() {
        wire::PAYMENT_METHOD => TargetKind::PaymentMethod,
        wire::GIFT_CARD => TargetKind::GiftCard,
        _ => TargetKind::Other(word),
    };
    Some(RefundTarget::new(kind, extra.text("target_id", id)))
}

/// Why the refund did not succeed. A payment service sends its codes with successes too.
fn failure(
    extra: &mut Extra,
    status: RefundStatus,
    code: Option<Value>,
    raw_code: Option<&Value>,
    raw_text: Option<&Value>,
) -> Option<RefundFailure> {
    let over = matches!(status, RefundStatus::Declined | RefundStatus::Failed | RefundStatus::Voided);
    if !over {
        extra.keep("error_code", code);
        return None;
    }
    let code = extra.text("error_code", code);
    let retry = code.as_deref().and_then(advice);
    let code = code.or_else(|| raw_code?.as_str().map(redact));
    let message = raw_text.and_then(Value::as_str).map(redact);
    (code.is_some() || message.is_some()).then(|| RefundFailure::new(code, message, retry))
}

fn advice(code: &str) -> Option<RetryAdvice> {
    ADVICE.iter().find(|(known, _)| code.eq_ignore_ascii_case(known)).map(|(_, advice)| *advice)
}

/// Who made the refund in the dashboard: the id, and not the name and e-mail address.
fn creator(creator: &Value) -> Option<Value> {
    creator.get("id").filter(|id| id.is_string()).map(|id| json!({ "id": id }))
}

/// What has no home in the model, under the provider's names.
struct Extra(Map<String, Value>);

impl Extra {
    fn keep(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// The value as a text; anything else is kept as it is.
    fn text(&mut self, name: &str, value: Option<Value>) -> Option<String> {
        match value {
            Some(Value::String(text)) => Some(text),
            other => {
                self.keep(name, other);
                None
            }
        }
    }

    /// The value as a time; anything else is kept as it is.
    fn time(&mut self, name: &str, value: Option<Value>) -> Option<OffsetDateTime> {
        let time = value.as_ref().and_then(Value::as_str).and_then(parse_time);
        if time.is_none() {
            self.keep(name, value);
        }
        time
    }
}

#[cfg(test)]
mod tests {
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
