//! From Dintero's parts to the normalized ones.

use std::{borrow::Cow, sync::Arc};

use refunds_core::{
    Card, Currency, Extra, ExtraValue, Money, PaymentMethod, Payout, PayoutDestination, Reference, RefundId,
    RefundLine, RetryAdvice, parse_time,
};
use refunds_http::lenient::Lenient;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::{Uuid, fmt::Hyphenated};

use crate::wire::{self, Amount};

/// The prefix that Checkout demands of the merchant's own metadata.
pub(crate) const METADATA_PREFIX: &str = "ext_";

/// Where a refund at Checkout names the order that it was made for, and the same in `extra`.
pub(crate) const ORDER_KEY: &str = "ext_refunds_order";
pub(crate) const ORDER: &str = "order_id";

/// The first one present is used.
const RETRY_CODES: [(&str, RetryAdvice); 3] = [
    ("DO_NOT_RETRY", RetryAdvice::Never),
    ("RETRY_AFTER_DELAY", RetryAdvice::Later),
    ("RETRY_IMMEDIATELY", RetryAdvice::Now),
];

/// Why a response is not usable: goes into a protocol error, and holds names of members only.
pub(crate) type Fault = String;

pub(crate) fn currency(code: Option<&str>) -> Result<Currency, Fault> {
    let code = code.ok_or("the response's `currency` is missing")?;
    Currency::from_provider(code)
        .ok_or_else(|| "the response's `currency` is not an ISO 4217 currency".to_owned())
}

/// An amount of a refund or capture, which is never negative.
pub(crate) fn money(amount: &Lenient<Amount>, currency: Currency, of: &str) -> Result<Money, Fault> {
    match **amount {
        Some(Amount::Minor(minor @ 0..)) => Ok(Money::new(minor, currency)),
        Some(Amount::Minor(_)) => Err(format!("the `amount` of a {of} is negative")),
        Some(Amount::Wrong) => Err(format!("the `amount` of a {of} is not an integer")),
        None => Err(format!("the `amount` of a {of} is missing")),
    }
}

/// What a text in the `created_at` family is, keeping in `extra` what cannot be read.
pub(crate) fn read_time(
    extra: &mut Extra,
    name: &'static str,
    text: &Lenient<Cow<'_, str>>,
) -> Option<OffsetDateTime> {
    let text = text.as_deref()?;
    let time = parse_time(text);
    if time.is_none() {
        extra.insert(name, text);
    }
    time
}

/// The reference that a text is; a text that cannot be one is kept in `extra`.
pub(crate) fn reference(extra: &mut Extra, name: &'static str, text: Option<&str>) -> Option<Reference> {
    let text = text?;
    let reference = Reference::from_provider(text);
    if reference.is_none() {
        extra.insert(name, text);
    }
    reference
}

/// Keeps a value under the provider's own name.
pub(crate) fn keep<'a>(extra: &mut Extra, name: &'static str, value: Option<impl Into<ExtraValue<'a>>>) {
    if let Some(value) = value {
        extra.insert(name, value);
    }
}

pub(crate) fn payment_method(
    psp: Option<&str>,
    payment_id: Option<&str>,
    product: &Lenient<Cow<'_, str>>,
    product_type: &Lenient<Cow<'_, str>>,
    card: &Lenient<wire::Card<'_>>,
) -> Option<Arc<PaymentMethod>> {
    let mut method = PaymentMethod::default();
    method.psp = psp.map(ToOwned::to_owned);
    method.payment_id = payment_id.map(ToOwned::to_owned);
    method.product = product.to_text();
    method.product_type = product_type.to_text();
    method.card = card.as_ref().map(|wire| {
        let mut card = Card::default();
        card.brand = wire.brand.to_text();
        card.kind = wire.kind.to_text();
        card.masked_pan = wire.masked_pan.to_text();
        card
    });
    (method != PaymentMethod::default()).then(|| Arc::new(method))
}

/// The lines of a refund.
///
/// In an order a line without an integer amount makes the record unreadable; in Checkout, where lines
/// are only a help, it is left out.
pub(crate) fn lines(
    items: &[wire::Item<'_>],
    currency: Currency,
    strict: bool,
) -> Result<Vec<RefundLine>, Fault> {
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        match (item.line_id.as_ref(), *item.amount) {
            (Some(id), Some(Amount::Minor(minor))) => {
                let mut line = RefundLine::new(id.to_text(), Money::new(minor, currency));
                line.quantity = item.quantity.cloned();
                line.payouts = payouts(item, currency);
                lines.push(line);
            }
            _ if strict => return Err("a line's `line_id` or `amount` is missing or not an integer".into()),
            _ => {}
        }
    }
    Ok(lines)
}

fn payouts(item: &wire::Item<'_>, currency: Currency) -> Vec<Payout> {
    if item.payout.is_none() && item.splits.is_none() {
        return Vec::new();
    }
    let share = |to: &Lenient<Cow<'_, str>>, amount: &Lenient<Amount>| match (to.as_deref(), **amount) {
        (Some(to), Some(Amount::Minor(minor))) => {
            Some(PayoutDestination::new(to, Money::new(minor, currency)))
        }
        _ => None,
    };
    let by_rule = item.payout.as_ref().map(|payout| {
        let shares = payout.destinations.list().iter();
        let destinations = shares.filter_map(|wire| share(&wire.destination, &wire.amount)).collect();
        Payout::new(payout.rule_id.to_text(), payout.rule_type.to_text(), destinations)
    });
    let splits = item.splits.list().iter();
    let splits: Vec<_> = splits.filter_map(|wire| share(&wire.payout_destination_id, &wire.amount)).collect();
    let by_split = (!splits.is_empty()).then(|| Payout::new(None, None, splits));
    by_rule.into_iter().chain(by_split).collect()
}

/// A key of the merchant's metadata as Checkout takes it.
pub(crate) fn metadata_key(key: &str) -> String {
    if key.starts_with(METADATA_PREFIX) { key.to_owned() } else { format!("{METADATA_PREFIX}{key}") }
}

/// The merchant's metadata under its own keys.
pub(crate) fn metadata(mut metadata: Map<String, Value>) -> Map<String, Value> {
    if metadata.len() == 1 {
        // As almost always. Nothing can have the name already.
        let mut renamed = Map::new();
        for (mut key, value) in metadata {
            if key.starts_with(METADATA_PREFIX) {
                key.drain(..METADATA_PREFIX.len());
            }
            renamed.insert(key, value);
        }
        return renamed;
    }
    let own = |key: &String| {
        let own = key.strip_prefix(METADATA_PREFIX)?;
        (!metadata.contains_key(own)).then(|| key.clone())
    };
    // Renamed one by one, because each map costs as much as everything else about a refund's metadata.
    for key in metadata.keys().filter_map(own).collect::<Vec<_>>() {
        if let Some((mut key, value)) = metadata.remove_entry(&key) {
            key.drain(..METADATA_PREFIX.len());
            metadata.insert(key, value);
        }
    }
    metadata
}

/// The id of a request. It is a UUID, with or without dashes and in either case; every spelling is the same
/// request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RequestId<'a> {
    Uuid(Uuid),
    Other(&'a str),
}

impl<'a> RequestId<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Uuid::try_parse(text).map_or(Self::Other(text), Self::Uuid)
    }

    /// The refund that is called by a request.
    pub(crate) fn refund_id(text: &'a str) -> Option<RefundId> {
        // A UUID of this length has dashes. It is looked into only if it has to be spelled anew.
        let is_usual =
            text.len() == Hyphenated::LENGTH && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match if is_usual { Self::Other(text) } else { Self::of(text) } {
            Self::Uuid(id) => RefundId::new(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer())).ok(),
            Self::Other(text) => RefundId::new(text).ok(),
        }
    }
}

/// `retry_policy.retry_codes`; where they disagree, the one that keeps from trying wins.
pub(crate) fn retry_advice(error: &Map<String, Value>) -> Option<RetryAdvice> {
    let codes = error.get("retry_policy")?.get("retry_codes")?;
    let has = |wanted: &str| words(codes).any(|word| word.eq_ignore_ascii_case(wanted));
    RETRY_CODES.iter().find(|(code, _)| has(code)).map(|(_, advice)| *advice)
}

/// The texts of a list, or a text alone.
pub(crate) fn words(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).chain(value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_requests_are_compared_as_uuids() {
        let id = "8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11";
        for text in [id, "8d3b1c5e0c2b4a559a6e2f7f3b1f0c11", "8D3B1C5E-0C2B-4A55-9A6E-2F7F3B1F0C11"] {
            assert_eq!(RequestId::refund_id(text), RefundId::new(id).ok());
        }
        for text in ["e3", "", "8d3b1c5e", "8d3b…01", "ååååååååååååååååååååååååååååååååå"]
        {
            assert_eq!(RequestId::of(text), RequestId::Other(text));
        }
    }

    #[test]
    fn metadata_goes_out_with_the_prefix_and_comes_back_without() {
        for (key, wire) in [("rma", "ext_rma"), ("ext_rma", "ext_rma"), ("", "ext_")] {
            assert_eq!(metadata_key(key), wire);
        }
        let wire = serde_json::json!({"ext_rma": "1", "other": 2, "ext_other": 3});
        let own = metadata(wire.as_object().cloned().unwrap_or_default());
        assert_eq!(Value::Object(own), serde_json::json!({"rma": "1", "other": 2, "ext_other": 3}));
    }

    #[test]
    fn retry_codes() {
        for (json, want) in [
            (r#"["DO_NOT_RETRY"]"#, Some(RetryAdvice::Never)),
            (r#"["RETRY_IMMEDIATELY"]"#, Some(RetryAdvice::Now)),
            (r#"["RETRY_AFTER_DELAY"]"#, Some(RetryAdvice::Later)),
            (r#"["RETRY_IMMEDIATELY", "DO_NOT_RETRY"]"#, Some(RetryAdvice::Never)),
            (r#""retry_after_delay""#, Some(RetryAdvice::Later)),
            (r#"["SOMETHING_NEW"]"#, None),
            ("[]", None),
            ("7", None),
        ] {
            let error = format!(r#"{{"retry_policy":{{"retry_codes":{json}}}}}"#);
            let error: Map<String, Value> = serde_json::from_str(&error).unwrap();
            assert_eq!(retry_advice(&error), want, "{json}");
        }
        assert_eq!(retry_advice(&Map::new()), None);
    }
}
