//! A refund as Order Management records it.

use refunds_core::{Currency, PaymentId, Reference, Refund, RefundId, RefundStatus};
use serde_json::{Map, Value};

use crate::{
    NAME,
    convert::{self, Fault, keep},
    wire::Operation,
};

/// Where a record keeps the merchant's reference; records have no member of their own for it.
pub(crate) const REFERENCE_KEY: &str = "refund_reference";
/// Where a record keeps why the refund was made.
pub(crate) const REASON_KEY: &str = "refund_reason";

/// What `success` means. It is all that a record says.
pub(crate) const fn status(success: Option<bool>) -> RefundStatus {
    match success {
        Some(true) => RefundStatus::Succeeded,
        Some(false) => RefundStatus::Failed,
        None => RefundStatus::Unknown,
    }
}

/// The normalized refund of a record.
pub(crate) fn refund(wire: &Operation<'_>, order: &PaymentId, currency: Currency) -> Result<Refund, Fault> {
    let id = wire.id.as_deref().ok_or("a refund's `id` is missing")?;
    let id = RefundId::new(id).map_err(|_| "a refund's `id` is not valid")?;
    let amount = convert::money(&wire.amount, currency, "refund")?;
    let word = wire.success.map_or("success:null".to_owned(), |success| format!("success:{success}"));
    let mut refund = Refund::new(NAME, id, order.clone(), status(*wire.success), word, amount);

    let extra = &mut refund.extra;
    let mut metadata = wire.metadata.as_ref().cloned().unwrap_or_default();
    refund.reference = take_reference(&mut metadata);
    refund.reason = take_text(&mut metadata, REASON_KEY);
    refund.metadata = metadata;
    refund.created_at = convert::read_time(extra, "created_at", &wire.created_at);
    refund.processed_at = convert::read_time(extra, "processed_at", &wire.processed_at);
    refund.lines = convert::lines(wire.items.list(), currency, true)?;
    keep(extra, "success", *wire.success);
    keep(extra, "created_by", wire.created_by.as_deref());
    keep(extra, "processed_by", wire.processed_by.as_deref());
    keep(extra, "authorization_id", wire.authorization_id.as_deref());
    keep(extra, "_links", wire.links.clone());
    if let Some(details) = wire.payment_details.as_ref() {
        refund.payment_method = convert::payment_method(
            details.psp.as_deref(),
            details.payment_id.as_deref(),
            &details.payment_product,
            &details.payment_product_type,
            &details.card,
        );
        let card = details.card.as_ref();
        keep(extra, "card_metadata", card.and_then(|card| card.metadata.cloned()));
    }
    Ok(refund)
}

/// Metadata that can be no reference stays metadata.
fn take_reference(metadata: &mut Map<String, Value>) -> Option<Reference> {
    let text = metadata.get(REFERENCE_KEY)?.as_str()?;
    let reference = Reference::from_provider(text).filter(|_| !text.trim().is_empty())?;
    metadata.remove(REFERENCE_KEY);
    Some(reference)
}

fn take_text(metadata: &mut Map<String, Value>, key: &str) -> Option<String> {
    let text = metadata.get(key)?.as_str()?.to_owned();
    metadata.remove(key);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status() {
        for (success, want, word) in [
            ("true", RefundStatus::Succeeded, "success:true"),
            ("false", RefundStatus::Failed, "success:false"),
            ("null", RefundStatus::Unknown, "success:null"),
            (r#""true""#, RefundStatus::Unknown, "success:null"),
            ("1", RefundStatus::Unknown, "success:null"),
        ] {
            let json = format!(r#"{{"id":"r","amount":1,"success":{success}}}"#);
            let wire: Operation<'_> = serde_json::from_str(&json).unwrap();
            let refund = refund(&wire, &PaymentId::new("o").unwrap(), "NOK".parse().unwrap()).unwrap();
            assert_eq!((refund.status, &*refund.provider_status), (want, word), "{success}");
            assert!(!refund.reference_is_unreported(), "{success}");
        }
    }

    #[test]
    fn what_can_be_a_record() {
        for (json, readable) in [
            (r#"{"id":"r","amount":0}"#, true),
            (r#"{"id":"r","amount":1}"#, true),
            (r#"{"id":"r","amount":2147483647}"#, true),
            (r#"{"id":"r","amount":2147483648}"#, true),
            (r#"{"id":"r","amount":-1}"#, false),
            (r#"{"id":"r","amount":100.0}"#, false),
            (r#"{"id":"r","amount":"100"}"#, false),
            (r#"{"id":"r","amount":null}"#, false),
            (r#"{"id":"r"}"#, false),
            (r#"{"amount":1}"#, false),
            (r#"{"id":"","amount":1}"#, false),
            (r#"{"id":7,"amount":1}"#, true),
            (r#"{"id":"r","amount":1,"items":[{"line_id":1,"amount":1}]}"#, true),
            (r#"{"id":"r","amount":1,"items":[{"line_id":"1","amount":-1}]}"#, true),
            (r#"{"id":"r","amount":1,"items":[{"line_id":1}]}"#, false),
            (r#"{"id":"r","amount":1,"items":[{"amount":1}]}"#, false),
            (r#"{"id":"r","amount":1,"items":null,"metadata":[],"_links":7,"payment_details":"x"}"#, true),
        ] {
            let wire: Operation<'_> = serde_json::from_str(json).unwrap();
            let refund = refund(&wire, &PaymentId::new("o").unwrap(), "NOK".parse().unwrap());
            assert_eq!(refund.is_ok(), readable, "{json}");
        }
    }

    #[test]
    fn metadata_that_is_no_reference_stays() {
        for (json, reference, left) in [
            (r#"{"refund_reference":"rf-1","a":1}"#, Some("rf-1"), 1),
            (r#"{"refund_reference":" rf-å"}"#, Some(" rf-å"), 0),
            (r#"{"refund_reference":"rf\n"}"#, None, 1),
            (r#"{"refund_reference":" "}"#, None, 1),
            (r#"{"refund_reference":7}"#, None, 1),
            ("{}", None, 0),
        ] {
            let json = format!(r#"{{"id":"r","amount":1,"metadata":{json}}}"#);
            let wire: Operation<'_> = serde_json::from_str(&json).unwrap();
            let refund = refund(&wire, &PaymentId::new("o").unwrap(), "NOK".parse().unwrap()).unwrap();
            assert_eq!(refund.reference.as_ref().map(Reference::as_str), reference, "{json}");
            assert_eq!(refund.metadata.len(), left, "{json}");
        }
    }
}
