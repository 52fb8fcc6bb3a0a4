//! What the API changes.

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{deliveries, desk::Desk, reply::Refusal, state};
use crate::{
    fault::{Armed, FaultRule},
    ledger::{Entry, EntryState},
    lock::lock,
    operate::NewPayment,
    provider::Provider,
    settle::Outcome,
};

/// A longer reference, provider or rule is a mistake.
const MAX_TEXT: usize = 4 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    rule: String,
    provider: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    provider: String,
    amount: i64,
    currency: String,
    captured: Option<i64>,
    reference: Option<String>,
    #[serde(default)]
    asynchronous: bool,
    outcome: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    event: String,
    refund: Option<String>,
}

pub(super) fn add_fault(desk: &Desk, body: &Bytes) -> Result<Value, Refusal> {
    let Fault { rule, provider } = read(body)?;
    if rule.len() > MAX_TEXT {
        return Err(Refusal::new(400, "the rule is too long"));
    }
    let mut rule: FaultRule = rule.parse().map_err(bad)?;
    if let Some(provider) = provider {
        let provider: Provider = provider.parse().map_err(bad)?;
        if rule.provider().is_some_and(|named| named != provider) {
            return Err(Refusal::new(400, "the rule names another provider than `provider`"));
        }
        rule = rule.at(provider);
    }
    let text = rule.to_string();
    Ok(json!({"id": desk.world.faults.arm(rule), "rule": text}))
}

pub(super) fn remove_fault(desk: &Desk, id: &str) -> Result<Value, Refusal> {
    let is_meant = |armed: &Armed| armed.number.to_string() == id;
    match desk.world.faults.retain(|armed| !is_meant(armed)) {
        0 => Err(Refusal::new(404, "there is no active fault with this id")),
        removed => Ok(json!({"removed": removed})),
    }
}

pub(super) fn add_payment(desk: &Desk, body: &Bytes) -> Result<Value, Refusal> {
    let asked: Payment = read(body)?;
    let provider: Provider = asked.provider.parse().map_err(bad)?;
    let outcome = asked.outcome.map_or(Ok(Outcome::Succeeded), |outcome| outcome.parse()).map_err(bad)?;
    let captured = asked.captured.unwrap_or(asked.amount);
    let is_code = asked.currency.len() == 3 && asked.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    for (is_wrong, message) in [
        (asked.amount <= 0, "`amount` must be greater than zero, in minor units"),
        (!(0..=asked.amount).contains(&captured), "`captured` must be from 0 to `amount`"),
        (!is_code, "`currency` must be a code of three capital letters, such as NOK"),
        (asked.reference.as_ref().is_some_and(|text| text.len() > MAX_TEXT), "`reference` is too long"),
    ] {
        if is_wrong {
            return Err(Refusal::new(400, message));
        }
    }
    let id = desk.world.operate(provider).add_payment(NewPayment {
        amount: asked.amount,
        captured,
        currency: asked.currency,
        reference: asked.reference,
        asynchronous: asked.asynchronous,
        outcome,
    });
    Ok(json!({"id": id, "provider": provider.as_str()}))
}

pub(super) fn end_refund(desk: &Desk, id: &str, outcome: Outcome, body: &Bytes) -> Result<Value, Refusal> {
    let Nothing {} = read(body)?;
    let entry = entry(desk, |entry| entry.refund_id == id)
        .ok_or_else(|| Refusal::new(404, "no provider has a refund with this id"))?;
    let has_ended =
        entry.state == EntryState::Pending && desk.world.operate(entry.provider).end_refund(id, outcome);
    let now = self::entry(desk, |entry| entry.refund_id == id).unwrap_or(entry);
    let status = state::status(desk, &now);
    if has_ended {
        Ok(json!({"id": id, "status": status}))
    } else {
        Err(Refusal::new(409, format!("the refund is not pending: it is {status}")))
    }
}

pub(super) fn settle(desk: &Desk, body: &Bytes) -> Result<Value, Refusal> {
    let Nothing {} = read(body)?;
    let pending = || {
        let entries = lock(&desk.world.common.book).entries();
        entries.iter().filter(|(entry, _)| entry.state == EntryState::Pending).count()
    };
    let before = pending();
    desk.world.settle(None, None);
    Ok(json!({"settled": before.saturating_sub(pending())}))
}

pub(super) async fn trigger(desk: &Desk, body: &Bytes) -> Result<Value, Refusal> {
    let Webhook { event, refund } = read(body)?;
    let knows = |provider: Provider| desk.world.operate(provider).events().contains(&event.as_str());
    if !desk.sides.iter().any(|side| knows(side.provider)) {
        let events = desk.sides.iter().flat_map(|side| desk.world.operate(side.provider).events());
        let events: Vec<_> = events.copied().collect();
        return Err(Refusal::new(400, format!("unknown event, expected one of: {}", events.join(", "))));
    }
    let about = match &refund {
        Some(id) => entry(desk, |entry| entry.refund_id == *id)
            .ok_or_else(|| Refusal::new(404, "no provider has a refund with this id"))?,
        None => entry(desk, |entry| knows(entry.provider))
            .ok_or_else(|| Refusal::new(409, "there is no refund yet that this webhook could be about"))?,
    };
    if !knows(about.provider) {
        let message = format!("{} has this refund, and no webhook of this name", about.provider);
        return Err(Refusal::new(400, message));
    }
    let queued = desk.world.operate(about.provider).trigger(&event, &about);
    if queued == 0 {
        return Err(Refusal::new(409, "nothing is subscribed to this webhook, so none was sent"));
    }
    desk.webhooks.deliver().await;
    Ok(json!({"queued": queued, "refund": about.refund_id, "deliveries": deliveries::list(desk)}))
}

pub(super) async fn deliver(desk: &Desk, body: &Bytes) -> Result<Value, Refusal> {
    let Nothing {} = read(body)?;
    let attempts = desk.webhooks.deliver().await.len();
    Ok(json!({"attempts": attempts, "deliveries": deliveries::list(desk)}))
}

/// The newest entry of the ledger that fits.
fn entry(desk: &Desk, fits: impl Fn(&Entry) -> bool) -> Option<Entry> {
    lock(&desk.world.common.book).newest(fits)
}

/// The body; an empty one is an empty object.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body.as_ref() };
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(400, format!("the body is not what this path expects: {error}")))
}

fn bad(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(400, error.to_string())
}
