//! Reading the file for the core. Every method must run in a transaction.

use std::collections::BTreeMap;

use refunds_core::{
    PaymentId, Reference, Scope,
    journal::{About, Book, Entry, MoneyKey, Query, Version, other_money, other_origin, position},
};
use rusqlite::{Connection, OptionalExtension, Statement, ToSql, params};

use crate::{
    clock::Remembered,
    error::Failure,
    rows::{self, INTENT_COLUMNS, REFUND_COLUMNS, Stored},
};

/// The state of the journal as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The last assigned version.
    pub(crate) counter: u64,
    /// The version of a money without refunds.
    pub(crate) forgotten: Version,
    pub(crate) time: Remembered,
}

/// The queries of one connection.
pub(crate) struct Tables<'c> {
    connection: &'c Connection,
    header: Statement<'c>,
    scope: Statement<'c>,
    version: Statement<'c>,
    alias: Statement<'c>,
    elsewhere: Statement<'c>,
    refunds: Statement<'c>,
    relevant: Statement<'c>,
    intents: Statement<'c>,
    intents_of: Statement<'c>,
}

impl<'c> Tables<'c> {
    pub(crate) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let intent_columns = INTENT_COLUMNS;
        Ok(Self {
            connection,
            header: connection
                .prepare("SELECT counter, forgotten, highest, boot, anchor FROM journal WHERE one = 1")?,
            scope: connection
                .prepare("SELECT id FROM scope WHERE provider = ?1 AND account = ?2 AND origin = ?3")?,
            version: connection.prepare("SELECT version FROM money WHERE scope = ?1 AND money = ?2")?,
            alias: connection.prepare("SELECT money FROM payment WHERE scope = ?1 AND payment = ?2")?,
            elsewhere: connection.prepare(
                "SELECT origin FROM scope WHERE provider = ?1 AND account = ?2 AND origin <> ?3 \
                 AND EXISTS (SELECT 1 FROM refund WHERE refund.scope = scope.id AND payment = ?4 AND unsettled = 1) \
                 ORDER BY origin LIMIT 1",
            )?,
            refunds: connection.prepare(&format!(
                "SELECT {REFUND_COLUMNS} FROM refund WHERE scope = ?1 AND money = ?2 ORDER BY id"
            ))?,
            // Only the caller's own refund is read with its request.
            relevant: connection.prepare(&format!(
                "SELECT {} FROM refund WHERE scope = ?1 AND money = ?2 \
                 AND (made_id IS NOT NULL OR unsettled = 1 OR (payment = ?3 AND reference = ?4)) ORDER BY id",
                REFUND_COLUMNS.replace("request", "iif(payment = ?3 AND reference = ?4, request, NULL)")
            ))?,
            intents: connection.prepare(&format!(
                "SELECT {intent_columns} FROM intent WHERE refund IN \
                 (SELECT id FROM refund WHERE scope = ?1 AND money = ?2) ORDER BY number"
            ))?,
            intents_of: connection
                .prepare(&format!("SELECT {intent_columns} FROM intent WHERE refund = ?1 ORDER BY number"))?,
        })
    }

    pub(crate) fn header(&mut self) -> Result<Header, Failure> {
        Ok(self.header.query_row([], |row| {
            let time = Remembered {
                highest: refunds_core::journal::JournalTime(row.get(2)?),
                boot: row.get(3)?,
                anchor: row.get(4)?,
            };
            Ok(Header {
                counter: row.get::<_, i64>(0)?.unsigned_abs(),
                forgotten: Version(row.get::<_, i64>(1)?.unsigned_abs()),
                time,
            })
        })?)
    }

    /// The row of an account, if there is one.
    pub(crate) fn scope(&mut self, scope: &Scope) -> Result<Option<i64>, Failure> {
        let named = params![scope.provider(), scope.account(), scope.origin()];
        Ok(self.scope.query_row(named, |row| row.get(0)).optional()?)
    }

    /// The version of a money.
    pub(crate) fn version(&mut self, money: &MoneyKey) -> Result<Version, Failure> {
        Ok(self.known(money)?.map_or_else(|forgotten| forgotten, |(_, version)| version))
    }

    /// The row of a money's account, and its version; the version of a money without refunds otherwise.
    fn known(&mut self, money: &MoneyKey) -> Result<Result<(i64, Version), Version>, Failure> {
        if let Some(scope) = self.scope(&money.scope)? {
            let key = params![scope, money.id.as_str()];
            let version: Option<i64> = self.version.query_row(key, |row| row.get(0)).optional()?;
            if let Some(version) = version {
                return Ok(Ok((scope, Version(version.unsigned_abs()))));
            }
        }
        Ok(Err(self.header()?.forgotten))
    }

    /// Refuses a payment that has unsettled refunds under another origin or is journalled under another money.
    pub(crate) fn check(&mut self, about: &About) -> Result<(), Failure> {
        self.check_alias(about)?;
        let scope = &about.money.scope;
        let elsewhere = params![scope.provider(), scope.account(), scope.origin(), about.payment.as_str()];
        let origin: Option<String> = self.elsewhere.query_row(elsewhere, |row| row.get(0)).optional()?;
        origin.map_or(Ok(()), |origin| {
            let other = Scope::new(scope.provider(), scope.account(), origin);
            Err(other_origin(scope, &other).into())
        })
    }

    /// Refuses a payment whose refunds are journalled under another money.
    pub(crate) fn check_alias(&mut self, about: &About) -> Result<(), Failure> {
        if let Some(scope) = self.scope(&about.money.scope)?
            && let Some(money) = self.alias(scope, &about.payment)?
            && money != about.money.id.as_str()
        {
            return Err(other_money(about, &PaymentId::new(money)?).into());
        }
        Ok(())
    }

    fn alias(&mut self, scope: i64, payment: &PaymentId) -> Result<Option<String>, Failure> {
        Ok(self.alias.query_row(params![scope, payment.as_str()], |row| row.get(0)).optional()?)
    }

    /// Everything about a money.
    pub(crate) fn book(&mut self, money: &MoneyKey) -> Result<Book, Failure> {
        let (scope, version) = match self.known(money)? {
            Ok(known) => known,
            Err(forgotten) => return Ok(Book::new(forgotten, Vec::new())),
        };
        let key = params![scope, money.id.as_str()];
        let refunds = self.refunds.query_map(key, |row| rows::refund(row, money))?;
        let mut refunds: Vec<Stored> = refunds.collect::<Result<_, _>>()?;
        let place: BTreeMap<i64, usize> =
            refunds.iter().enumerate().map(|(at, stored)| (stored.id, at)).collect();
        for intent in self.intents.query_map(key, rows::intent)? {
            let (refund, intent) = intent?;
            if let Some(at) = place.get(&refund) {
                refunds[*at].entry.intents.push(intent);
            }
        }
        Ok(Book::new(version, refunds.into_iter().map(|stored| stored.entry).collect()))
    }

    /// The part of a money that a [`Standing`](refunds_core::journal::Standing) needs: its own refund, and
    /// others that are made or unsettled.
    pub(crate) fn relevant(&mut self, about: &About) -> Result<Book, Failure> {
        let money = &about.money;
        let (scope, version) = match self.known(money)? {
            Ok(known) => known,
            Err(forgotten) => return Ok(Book::new(forgotten, Vec::new())),
        };
        let key = params![scope, money.id.as_str(), about.payment.as_str(), about.reference.as_str()];
        let refunds = self.relevant.query_map(key, |row| rows::refund(row, money))?;
        let refunds: Vec<Stored> = refunds.collect::<Result<_, _>>()?;
        let mut entries = Vec::with_capacity(refunds.len());
        for mut stored in refunds {
            let is_mine = stored.entry.payment == about.payment && stored.entry.reference == about.reference;
            // Settled intents of other refunds do not matter.
            if is_mine || stored.unsettled {
                self.fill(&mut stored)?;
            }
            entries.push(stored.entry);
        }
        Ok(Book::new(version, entries))
    }

    fn fill(&mut self, stored: &mut Stored) -> Result<(), Failure> {
        for intent in self.intents_of.query_map([stored.id], rows::intent)? {
            stored.entry.intents.push(intent?.1);
        }
        Ok(())
    }

    /// A page of entries in the order of [`position`].
    pub(crate) fn entries(&mut self, query: &Query) -> Result<Vec<Entry>, Failure> {
        let limit = query.limit.unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        for (id, scope) in self.scopes()? {
            let is_before = query.after.as_ref().is_some_and(|(money, ..)| scope < money.scope);
            if is_before || query.scope.as_ref().is_some_and(|wanted| *wanted != scope) {
                continue;
            }
            let left = limit - entries.len();
            if left == 0 {
                break;
            }
            entries.extend(self.entries_of(id, &scope, query, left)?);
        }
        debug_assert!(entries.is_sorted_by_key(position));
        Ok(entries)
    }

    fn entries_of(
        &mut self,
        id: i64,
        scope: &Scope,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let mut sql = format!("SELECT {REFUND_COLUMNS}, money FROM refund WHERE scope = :scope");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut values: Vec<(&str, &dyn ToSql)> = vec![(":scope", &id), (":limit", &limit)];
        let payment = query.payment.as_ref().map(PaymentId::as_str);
        let reference = query.reference.as_ref().map(Reference::as_str);
        let after = query.after.as_ref().filter(|(money, ..)| money.scope == *scope);
        let after = after
            .map(|(money, payment, reference)| [money.id.as_str(), payment.as_str(), reference.as_str()]);
        if let Some(payment) = &payment {
            sql.push_str(" AND payment = :payment");
            values.push((":payment", payment));
        }
        if let Some(reference) = &reference {
            sql.push_str(" AND reference = :reference");
            values.push((":reference", reference));
        }
        if query.unsettled {
            sql.push_str(" AND unsettled = 1");
        }
        if let Some([money, payment, reference]) = &after {
            sql.push_str(
                " AND (money, payment, reference) > (:after_money, :after_payment, :after_reference)",
            );
            values.extend([
                (":after_money", money as &dyn ToSql),
                (":after_payment", payment),
                (":after_reference", reference),
            ]);
        }
        sql.push_str(" ORDER BY money, payment, reference LIMIT :limit");
        let mut statement = self.connection.prepare(&sql)?;
        let found = statement
            .query_map(values.as_slice(), |row| rows::refund(row, &rows::money(row, "money", scope)?))?;
        let found: Vec<Stored> = found.collect::<Result<_, _>>()?;
        let mut entries = Vec::with_capacity(found.len());
        for mut stored in found {
            self.fill(&mut stored)?;
            entries.push(stored.entry);
        }
        Ok(entries)
    }

    /// The accounts, in the order of pages.
    fn scopes(&mut self) -> Result<Vec<(i64, Scope)>, Failure> {
        let mut statement = self.connection.prepare("SELECT id, provider, account, origin FROM scope")?;
        let scopes = statement.query_map([], |row| {
            Ok((
                row.get(0)?,
                Scope::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?),
            ))
        })?;
        let mut scopes: Vec<(i64, Scope)> = scopes.collect::<Result<_, _>>()?;
        scopes.sort_unstable_by(|one, other| one.1.cmp(&other.1));
        Ok(scopes)
    }
}
