//! Converting rows to refunds and intents, and back.

use std::{fmt::Display, sync::LazyLock};

use refunds_core::{
    Currency, Error, Money, PaymentId, Reference, RefundId, RefundStatus, Scope,
    journal::{
        Entry, Evidence, Intent, IntentNumber, IntentState, IntentToken, JournalTime, MadeRefund, MoneyKey,
    },
};
use rusqlite::{Row, Statement, params, types::Type};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::error::Failure;

/// The columns of a refund, in the order of [`refund`].
pub(crate) const REFUND_COLUMNS: &str = "id, payment, reference, amount, currency, request, hidden, generation, \
     made_id, made_alias, made_amount, made_currency, made_status, made_evidence, made_fault, made_doubled, \
     known_before, suspects, decision, keep_until, unsettled";
/// The columns of an intent, in the order of [`intent`].
pub(crate) const INTENT_COLUMNS: &str = "refund, number, token, committed_at, not_after, attempt_until, \
     unsettled_until, resubmit_from, key_until, state, why, settled_at, step";

/// Writes a refund, or changes it unless it belongs to another money.
pub(crate) fn store_refund_sql() -> String {
    let columns = REFUND_COLUMNS.strip_prefix("id, ").unwrap_or_default();
    let fixed = ["scope", "money", "payment", "reference"];
    let sql = upsert("refund", &format!("scope, money, {columns}"), "scope, payment, reference", &fixed);
    format!("{sql} WHERE money = excluded.money RETURNING id")
}

/// Writes an intent, or changes it unless it belongs to another refund.
pub(crate) fn store_intent_sql() -> String {
    let fixed = ["refund", "number", "token", "committed_at", "step"];
    let sql = upsert("intent", INTENT_COLUMNS, "number", &fixed);
    format!("{sql} WHERE refund = excluded.refund AND token = excluded.token")
}

/// Inserts a row, or changes all its columns but the `fixed` ones.
fn upsert(table: &str, columns: &str, key: &str, fixed: &[&str]) -> String {
    let names: Vec<&str> = columns.split(", ").collect();
    let values: Vec<String> = (1..=names.len()).map(|at| format!("?{at}")).collect();
    let changes = names.iter().filter(|name| !fixed.contains(name));
    let changes: Vec<String> = changes.map(|name| format!("{name} = excluded.{name}")).collect();
    let (values, changes) = (values.join(", "), changes.join(", "));
    format!("INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changes}")
}

/// A stored refund.
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) unsettled: bool,
    pub(crate) entry: Entry,
}

/// Reads a refund of `money`, without its intents.
pub(crate) fn refund(row: &Row<'_>, money: &MoneyKey) -> rusqlite::Result<Stored> {
    let mut entry = BLANK_ENTRY.clone();
    entry.money = money.clone();
    entry.payment = id(row, 1, PaymentId::new)?;
    entry.reference = id(row, 2, Reference::new)?;
    entry.amount = amount(row, 3)?;
    entry.request = json(row, 5)?;
    entry.hidden = row.get(6)?;
    entry.generation = row.get(7)?;
    entry.made = made(row)?;
    entry.known_before = json(row, 16)?.unwrap_or_default();
    entry.suspects = json(row, 17)?.unwrap_or_default();
    entry.decision = json(row, 18)?;
    entry.keep_until = JournalTime(row.get(19)?);
    Ok(Stored { id: row.get(0)?, unsettled: row.get(20)?, entry })
}

/// Reads the money in a column.
pub(crate) fn money(row: &Row<'_>, column: &str, scope: &Scope) -> rusqlite::Result<MoneyKey> {
    let at = row.as_ref().column_index(column)?;
    Ok(MoneyKey::new(scope.clone(), id(row, at, PaymentId::new)?))
}

/// Reads an intent, and the row of its refund.
pub(crate) fn intent(row: &Row<'_>) -> rusqlite::Result<(i64, Intent)> {
    let mut intent = BLANK_INTENT.clone();
    intent.number = IntentNumber(row.get::<_, i64>(1)?.try_into().map_err(|error| unreadable(1, error))?);
    intent.token = IntentToken(row.get(2)?);
    intent.committed_at = JournalTime(row.get(3)?);
    intent.not_after = JournalTime(row.get(4)?);
    intent.attempt_until = JournalTime(row.get(5)?);
    intent.unsettled_until = JournalTime(row.get(6)?);
    intent.resubmit_from = JournalTime(row.get(7)?);
    intent.key_until = row.get::<_, Option<i64>>(8)?.map(JournalTime);
    let state: String = row.get(9)?;
    intent.state = (IntentState::ALL.into_iter().find(|known| known.as_str() == state))
        .ok_or_else(|| unreadable(9, Error::config(format!("unknown state of an intent: {state}"))))?;
    intent.why = json(row, 10)?;
    intent.settled_at = row.get::<_, Option<i64>>(11)?.map(JournalTime);
    intent.step = row.get(12)?;
    Ok((row.get(0)?, intent))
}

/// Writes a refund and returns its row; `None` if the refund belongs to another money.
pub(crate) fn store_refund(
    statement: &mut Statement<'_>,
    scope: i64,
    entry: &Entry,
) -> Result<Option<i64>, Failure> {
    let made = entry.made.as_ref();
    let row = statement
        .query(params![
            scope,
            entry.money.id.as_str(),
            entry.payment.as_str(),
            entry.reference.as_str(),
            entry.amount.minor_units(),
            entry.amount.currency().code(),
            entry.request.as_ref().map(to_json).transpose()?,
            entry.hidden,
            entry.generation,
            made.map(|made| made.id.as_str()),
            made.and_then(|made| made.alias.as_ref()).map(RefundId::as_str),
            made.map(|made| made.amount.minor_units()),
            made.map(|made| made.amount.currency().code()),
            made.map(|made| made.status.as_str()),
            made.map(|made| word(&made.evidence)).transpose()?,
            made.and_then(|made| made.fault.as_deref()),
            made.and_then(|made| made.doubled.as_ref()).map(RefundId::as_str),
            to_json(&entry.known_before)?,
            to_json(&entry.suspects)?,
            entry.decision.as_ref().map(to_json).transpose()?,
            entry.keep_until.0,
            entry.unsettled().next().is_some(),
        ])?
        .next()?
        .map(|row| row.get(0))
        .transpose()?;
    Ok(row)
}

/// Writes an intent of the refund in row `refund`; false if the number belongs to another refund.
pub(crate) fn store_intent(
    statement: &mut Statement<'_>,
    refund: i64,
    intent: &Intent,
) -> Result<bool, Failure> {
    let changed = statement.execute(params![
        refund,
        to_i64(intent.number.0)?,
        intent.token.0,
        intent.committed_at.0,
        intent.not_after.0,
        intent.attempt_until.0,
        intent.unsettled_until.0,
        intent.resubmit_from.0,
        intent.key_until.map(|time| time.0),
        intent.state.as_str(),
        intent.why.as_ref().map(to_json).transpose()?,
        intent.settled_at.map(|time| time.0),
        intent.step,
    ])?;
    Ok(changed == 1)
}

/// A version as SQLite stores it.
pub(crate) fn to_i64(version: u64) -> Result<i64, Error> {
    i64::try_from(version)
        .map_err(|error| Error::config("the journal's counter is used up").with_source(error))
}

fn made(row: &Row<'_>) -> rusqlite::Result<Option<MadeRefund>> {
    let Some(id) = refund_id(row, 8)? else { return Ok(None) };
    let status: String = row.get(12)?;
    let status = (RefundStatus::ALL.into_iter().find(|known| known.as_str() == status))
        .ok_or_else(|| unreadable(12, Error::config(format!("unknown status of a refund: {status}"))))?;
    let evidence: Evidence = from_word(row, 13)?;
    let mut made = MadeRefund::new(id, amount(row, 10)?, status, evidence);
    made.alias = refund_id(row, 9)?;
    made.fault = row.get(14)?;
    made.doubled = refund_id(row, 15)?;
    Ok(Some(made))
}

/// An amount in one column and its currency in the next.
fn amount(row: &Row<'_>, at: usize) -> rusqlite::Result<Money> {
    let currency: String = row.get(at + 1)?;
    let currency = Currency::new(&currency).map_err(|error| unreadable(at + 1, error))?;
    Ok(Money::new(row.get(at)?, currency))
}

fn id<T>(row: &Row<'_>, at: usize, new: impl Fn(String) -> Result<T, Error>) -> rusqlite::Result<T> {
    new(row.get(at)?).map_err(|error| unreadable(at, error))
}

fn refund_id(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<RefundId>> {
    let text: Option<String> = row.get(at)?;
    text.map(RefundId::new).transpose().map_err(|error| unreadable(at, error))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(at)?.as_str_or_null()? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| unreadable(at, error))
}

fn from_word<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let word: String = row.get(at)?;
    serde_json::from_value(word.into()).map_err(|error| unreadable(at, error))
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(unwritable)
}

/// The name of a variant without fields.
fn word<T: Serialize>(value: &T) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(unwritable)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::config("the refund cannot be written to the journal").with_source(error)
}

fn unreadable(
    at: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>> + Display,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error.into())
}

/// Every field is overwritten. Only the core can construct an entry; if it adds a field, the tests fail until
/// it is added here.
static BLANK_ENTRY: LazyLock<Entry> = LazyLock::new(|| {
    let scope = json!({ "provider": "", "account": "", "origin": "" });
    blank(json!({
        "money": { "scope": scope, "id": "-" }, "payment": "-", "reference": "-",
        "amount": { "minor_units": 0, "currency": "NOK" }, "request": null, "hidden": false,
        "generation": 0, "made": null, "known_before": [], "suspects": [], "decision": null,
        "intents": [], "keep_until": 0,
    }))
});

/// As [`BLANK_ENTRY`].
static BLANK_INTENT: LazyLock<Intent> = LazyLock::new(|| {
    blank(json!({
        "number": 0, "token": IntentToken([0; 16]), "committed_at": 0, "not_after": 0, "attempt_until": 0,
        "unsettled_until": 0, "resubmit_from": 0, "key_until": null, "state": "open", "why": null,
        "settled_at": null, "step": false,
    }))
});

#[expect(clippy::expect_used, reason = "of constants, which the tests read")]
fn blank<T: DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("a constant that fits its type")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(value: &impl Serialize) -> BTreeSet<String> {
        serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    fn columns(list: &str, leave_out: &[&str]) -> BTreeSet<String> {
        list.split(", ").filter(|name| !leave_out.contains(name)).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn every_field_of_an_entry_has_its_column() {
        let mut fields = keys(&*BLANK_ENTRY);
        // Stored in columns or tables of their own.
        for elsewhere in ["money", "made", "intents"] {
            assert!(fields.remove(elsewhere));
        }
        let amount = Money::new(1, Currency::new("NOK").unwrap());
        let made =
            MadeRefund::new(RefundId::new("r").unwrap(), amount, RefundStatus::Pending, Evidence::Listed);
        fields.extend(keys(&made).into_iter().map(|name| format!("made_{name}")));
        assert_eq!(columns(REFUND_COLUMNS, &["id", "currency", "made_currency", "unsettled"]), fields);
        assert_eq!(columns(INTENT_COLUMNS, &["refund"]), keys(&*BLANK_INTENT));
    }
}
