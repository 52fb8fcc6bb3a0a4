//! The state of the sandbox, as the API shows it.

use serde_json::{Value, json};

use super::desk::Desk;
use crate::{
    clock::millis_z,
    ledger::{Entry, EntryState, Past},
    lock::lock,
    operate::PaymentSums,
    provider::Provider,
};

/// Currencies whose minor unit is not a hundredth, by ISO 4217.
const DECIMALS: [(usize, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

pub(super) fn state(desk: &Desk) -> Value {
    let entries = lock(&desk.world.common.book).entries();
    let payments = desk.sides.iter().flat_map(|side| {
        let payments = desk.world.operate(side.provider).payments();
        payments.into_iter().map(|sums| payment(desk, side.provider, &sums, &entries)).collect::<Vec<_>>()
    });
    json!({
        "now": millis_z(desk.world.common.now()),
        "providers": desk.sides.iter().map(|side| {
            let operate = desk.world.operate(side.provider);
            let (amount, currency) = operate.usual_payment();
            json!({
                "name": side.provider.as_str(),
                "api_url": side.api_url,
                "env": side.env,
                "events": operate.events(),
                "seed": {"amount": amount, "currency": currency},
            })
        }).collect::<Vec<_>>(),
        "payments": payments.collect::<Vec<_>>(),
        "ledger": ledger(desk, &entries),
        "faults": faults(desk),
    })
}

/// The active faults.
pub(super) fn faults(desk: &Desk) -> Vec<Value> {
    let armed = desk.world.faults.snapshot();
    let shown = armed.iter().map(|armed| {
        json!({
            "id": armed.number,
            "rule": armed.rule.to_string(),
            "provider": armed.rule.provider().map(Provider::as_str),
            "seen": armed.seen,
            "hits": armed.hits,
        })
    });
    shown.collect()
}

fn payment(desk: &Desk, provider: Provider, sums: &PaymentSums, entries: &[(Entry, Past)]) -> Value {
    let is_meant = |entry: &Entry| entry.provider == provider && entry.payment_id == sums.id;
    let refunds = entries.iter().filter(|(entry, _)| is_meant(entry));
    json!({
        "id": sums.id,
        "provider": provider.as_str(),
        "currency": sums.currency,
        "captured": money(sums.captured, &sums.currency),
        "refunded": money(sums.refunded, &sums.currency),
        "pending": money(sums.pending, &sums.currency),
        "left": money(sums.left, &sums.currency),
        "refunds": refunds.map(|(entry, past)| refund(desk, entry, past)).collect::<Vec<_>>(),
    })
}

fn refund(desk: &Desk, entry: &Entry, past: &Past) -> Value {
    let status = status(desk, entry);
    let last = past.states.len() - 1;
    let history = past.states.iter().enumerate().map(|(at, (time, state))| {
        let status = if at == last { status } else { word(*state) };
        json!({"at": millis_z(*time), "status": status})
    });
    json!({
        "id": entry.refund_id,
        "reference": entry.reference,
        "amount": money(entry.amount, &entry.currency),
        "status": status,
        "history": history.collect::<Vec<_>>(),
    })
}

/// What happened, each entry beside what its request was answered.
fn ledger(desk: &Desk, entries: &[(Entry, Past)]) -> Vec<Value> {
    let answers = desk.world.log.answers();
    let shown = entries.iter().map(|(entry, past)| {
        json!({
            "at": millis_z(entry.at),
            "provider": entry.provider.as_str(),
            "payment": entry.payment_id,
            "refund": entry.refund_id,
            "reference": entry.reference,
            "amount": money(entry.amount, &entry.currency),
            "state": match entry.state {
                EntryState::Moved => "moved",
                EntryState::Pending => "pending",
                EntryState::Failed => "failed",
            },
            "request": past.request,
            "answered": past.request.and_then(|number| answers.get(&number)),
        })
    });
    shown.collect()
}

/// The status of a refund: the provider's word for it, or the ledger's.
pub(super) fn status(desk: &Desk, entry: &Entry) -> &'static str {
    desk.world.operate(entry.provider).status(&entry.refund_id).unwrap_or_else(|| word(entry.state))
}

fn word(state: EntryState) -> &'static str {
    match state {
        EntryState::Moved => "succeeded",
        EntryState::Pending => "pending",
        EntryState::Failed => "failed",
    }
}

fn money(minor: i64, currency: &str) -> Value {
    json!({"minor": minor, "text": format!("{} {currency}", major(minor, currency))})
}

/// An amount in major units.
fn major(minor: i64, currency: &str) -> String {
    let other = DECIMALS.iter().find(|(_, codes)| codes.contains(&currency));
    let decimals = other.map_or(2, |(decimals, _)| *decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_major_units() {
        for (minor, currency, text) in [
            (44_850, "NOK", "448.50"),
            (5, "NOK", "0.05"),
            (-5, "NOK", "-0.05"),
            (0, "MXN", "0.00"),
            (500, "JPY", "500"),
            (1, "TND", "0.001"),
            (12_345, "CLF", "1.2345"),
            (i64::MIN, "NOK", "-92233720368547758.08"),
        ] {
            assert_eq!(major(minor, currency), text);
        }
    }
}
