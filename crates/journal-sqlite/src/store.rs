//! Writing a book back to the file.

use refunds_core::{
    Error, PaymentId, Scope,
    journal::{Book, Entry, MoneyKey, Version},
};
use rusqlite::{Connection, Statement, params};

use crate::{
    error::Failure,
    rows,
    tables::{Header, Tables},
};

/// A money's position in the table: its account's row and its name.
pub(crate) type Place = (i64, String);

/// The statements of the writing connection.
pub(crate) struct Store<'c> {
    pub(crate) tables: Tables<'c>,
    header: Statement<'c>,
    scope: Statement<'c>,
    money: Statement<'c>,
    alias: Statement<'c>,
    refund: Statement<'c>,
    intent: Statement<'c>,
    forget_refund: Statement<'c>,
    forget_intents: Statement<'c>,
    forget_money: Statement<'c>,
    old: Statement<'c>,
}

impl<'c> Store<'c> {
    pub(crate) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            tables: Tables::new(connection)?,
            header: connection.prepare(
                "UPDATE journal SET counter = ?1, forgotten = ?2, highest = ?3, boot = ?4, anchor = ?5 \
                 WHERE one = 1 AND counter < ?1 RETURNING counter",
            )?,
            scope: connection
                .prepare("INSERT INTO scope (provider, account, origin) VALUES (?1, ?2, ?3) RETURNING id")?,
            money: connection.prepare(
                "INSERT INTO money (scope, money, version) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (scope, money) DO UPDATE SET version = excluded.version",
            )?,
            alias: connection.prepare(
                "INSERT INTO payment (scope, payment, money) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (scope, payment) DO NOTHING",
            )?,
            refund: connection.prepare(&rows::store_refund_sql())?,
            intent: connection.prepare(&rows::store_intent_sql())?,
            forget_refund: connection
                .prepare("DELETE FROM refund WHERE scope = ?1 AND payment = ?2 AND reference = ?3")?,
            forget_intents: connection.prepare("DELETE FROM intent WHERE refund = ?1")?,
            forget_money: connection.prepare("DELETE FROM money WHERE scope = ?1 AND money = ?2")?,
            old: connection.prepare(
                "SELECT scope.id, provider, account, origin, money.money FROM money \
                 JOIN scope ON scope.id = money.scope \
                 WHERE (money.scope, money.money) > (?1, ?2) AND EXISTS (SELECT 1 FROM refund \
                 WHERE refund.scope = money.scope AND refund.money = money.money AND keep_until <= ?3) \
                 ORDER BY money.scope, money.money LIMIT ?4",
            )?,
        })
    }

    /// Stores the changes of a book.
    pub(crate) fn store(&mut self, money: &MoneyKey, book: &Book) -> Result<(), Failure> {
        let scope = self.known_scope(money)?;
        self.money.execute(params![scope, money.id.as_str(), rows::to_i64(book.version().0)?])?;
        for entry in book.changed() {
            self.store_entry(scope, entry)?;
        }
        Ok(())
    }

    /// Stores a book after a purge, and removes the entries of `before` that it no longer has. Returns the
    /// version of a money without entries, which applies to all such moneys.
    pub(crate) fn store_purged(
        &mut self,
        money: &MoneyKey,
        before: &[Entry],
        book: &Book,
    ) -> Result<Option<Version>, Failure> {
        let scope = self.known_scope(money)?;
        let is_left = |gone: &Entry| {
            book.entries()
                .iter()
                .any(|entry| entry.payment == gone.payment && entry.reference == gone.reference)
        };
        for gone in before.iter().filter(|entry| !is_left(entry)) {
            self.forget_refund.execute(params![scope, gone.payment.as_str(), gone.reference.as_str()])?;
        }
        if book.entries().is_empty() {
            self.forget_money.execute(params![scope, money.id.as_str()])?;
            return Ok(Some(book.version()));
        }
        self.store(money, book)?;
        Ok((book.entries().len() < before.len()).then_some(book.version()))
    }

    /// Stores what belongs to the journal as a whole.
    pub(crate) fn store_header(&mut self, header: &Header) -> Result<(), Failure> {
        let time = &header.time;
        // If the counter does not grow, no row matches, which is an error.
        self.header.query_row(
            params![
                rows::to_i64(header.counter)?,
                rows::to_i64(header.forgotten.0)?,
                time.highest.0,
                time.boot,
                time.anchor
            ],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(())
    }

    /// Moneys after `after` with a refund that was last needed at `time` or before.
    pub(crate) fn old(
        &mut self,
        after: &Place,
        time: i64,
        limit: u32,
    ) -> Result<Vec<(Place, MoneyKey)>, Failure> {
        let found = self.old.query_map(params![after.0, after.1, time, limit], |row| {
            let (provider, account, origin): (String, String, String) =
                (row.get(1)?, row.get(2)?, row.get(3)?);
            let scope = Scope::new(provider, account, origin);
            Ok(((row.get(0)?, row.get::<_, String>(4)?), scope))
        })?;
        let mut moneys = Vec::new();
        for found in found {
            let (at, scope) = found?;
            let id = PaymentId::new(&*at.1)?;
            moneys.push((at, MoneyKey::new(scope, id)));
        }
        Ok(moneys)
    }

    fn store_entry(&mut self, scope: i64, entry: &Entry) -> Result<(), Failure> {
        let contradiction =
            || Error::config("the journal holds another refund under this payment, reference or number");
        self.alias.execute(params![scope, entry.payment.as_str(), entry.money.id.as_str()])?;
        let refund = rows::store_refund(&mut self.refund, scope, entry)?.ok_or_else(contradiction)?;
        if entry.intents.is_empty() {
            self.forget_intents.execute([refund])?;
        }
        for intent in &entry.intents {
            if !rows::store_intent(&mut self.intent, refund, intent)? {
                return Err(contradiction().into());
            }
        }
        Ok(())
    }

    fn known_scope(&mut self, money: &MoneyKey) -> Result<i64, Failure> {
        let scope = &money.scope;
        if let Some(id) = self.tables.scope(scope)? {
            return Ok(id);
        }
        let named = params![scope.provider(), scope.account(), scope.origin()];
        Ok(self.scope.query_row(named, |row| row.get(0))?)
    }
}
