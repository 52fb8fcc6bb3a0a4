//! A sandbox's state in an SQLite file, so that it outlives the process.

use std::{collections::HashMap, fs::File, io, path::Path, time::Duration};

use refunds_sandbox::{Record, Sandbox};
use rusqlite::{Connection, params};
use tokio::time::{Instant, sleep};

use super::payments::{Named, Ready};
use crate::{commands::Result, failure::Failure};

/// Marks the file as a sandbox's: `RFSB`.
const APPLICATION: i64 = 0x5246_5342;
/// The version of the tables.
const VERSION: i64 = 1;
/// How often what changed is saved.
const PACE: Duration = Duration::from_millis(100);
const TABLES: &str = "
    CREATE TABLE record (
        kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id)
    );
    CREATE TABLE payment (
        provider TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        minor_units INTEGER NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (provider, name)
    );";

/// An open file. No other process can open it as long as it is open.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    /// What is in the file, by kind and id.
    saved: HashMap<(String, String), String>,
}

impl Store {
    /// Opens the file, or makes one that only its owner can read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let opened = Self::try_open(path);
        opened.map_err(|error| Failure::other(format!("cannot use {}: {error}", path.display())))
    }

    fn try_open(path: &Path) -> Result<Self, Problem> {
        make_private(path)?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        match (pragma("application_id")?, pragma("user_version")?, tables) {
            (0, 0, 0) => {
                connection.execute_batch(TABLES)?;
                connection.pragma_update(None, "application_id", APPLICATION)?;
                connection.pragma_update(None, "user_version", VERSION)?;
            }
            (APPLICATION, VERSION, _) => {}
            _ => return Err(Problem::Foreign),
        }
        connection.execute_batch("COMMIT")?;
        Ok(Self { connection, saved: HashMap::new() })
    }

    /// Everything that was saved, in the order in which it was first saved.
    pub(super) fn records(&mut self) -> Result<Vec<Record>> {
        self.try_records().map_err(|error| unreadable(&error))
    }

    fn try_records(&mut self) -> Result<Vec<Record>, Problem> {
        let mut query = self.connection.prepare("SELECT kind, id, document FROM record ORDER BY rowid")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut records = Vec::new();
        for row in rows {
            let (kind, id, document): (String, String, String) = row?;
            let value = serde_json::from_str(&document).map_err(|_| Problem::Foreign)?;
            records.push(Record::new(&kind, &id, value));
            self.saved.insert((kind, id), document);
        }
        Ok(records)
    }

    /// The payments that were listed before.
    pub(super) fn payments(&self) -> Result<Vec<Ready>> {
        self.try_payments().map_err(|error| unreadable(&error))
    }

    fn try_payments(&self) -> Result<Vec<Ready>, Problem> {
        let mut query = self
            .connection
            .prepare("SELECT provider, name, kind, id, minor_units, currency FROM payment ORDER BY rowid")?;
        let rows = query.query_map([], |row| {
            Ok(Named {
                provider: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                id: row.get(3)?,
                minor_units: row.get(4)?,
                currency: row.get(5)?,
            })
        })?;
        rows.map(|row| row?.ready().ok_or(Problem::Foreign)).collect()
    }

    /// Saves payments for the list of the next run.
    pub(super) fn add_payments(&mut self, payments: &[Ready]) -> Result<()> {
        let added = payments.iter().try_for_each(|payment| {
            let Named { provider, name, kind, id, minor_units, currency } = payment.into();
            let row = params![provider, name, kind, id, minor_units, currency];
            self.connection.execute("INSERT INTO payment VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row).map(drop)
        });
        added.map_err(|error| unsaved(&error))
    }

    /// Saves what changed, at once or not at all.
    pub(super) fn save(&mut self, sandbox: &Sandbox) -> Result<()> {
        let changed: Vec<_> = sandbox
            .records()
            .into_iter()
            .map(|record| ((record.kind().to_owned(), record.id().to_owned()), record.document().to_string()))
            .filter(|(place, document)| self.saved.get(place) != Some(document))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction().map_err(|error| unsaved(&error))?;
        for ((kind, id), document) in &changed {
            let put = "INSERT INTO record VALUES (?1, ?2, ?3)
                       ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document";
            transaction.execute(put, params![kind, id, document]).map_err(|error| unsaved(&error))?;
        }
        transaction.commit().map_err(|error| unsaved(&error))?;
        self.saved.extend(changed);
        Ok(())
    }

    /// Saves again and again; ends if that fails.
    pub(super) async fn keep_saving(&mut self, sandbox: &Sandbox) -> Result<()> {
        loop {
            let begun = Instant::now();
            self.save(sandbox)?;
            // A large state takes longer, and must not keep the processor busy.
            sleep(PACE.max(begun.elapsed().saturating_mul(10))).await;
        }
    }
}

/// Why the file cannot be used.
#[derive(Debug)]
enum Problem {
    File(io::Error),
    Sqlite(rusqlite::Error),
    /// It is not the file of a sandbox, or that of another version.
    Foreign,
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                f.write_str("another sandbox uses it")
            }
            Self::Sqlite(error) => error.fmt(f),
            Self::Foreign => f.write_str("it is not the state of a sandbox of this version"),
        }
    }
}

fn unreadable(error: &Problem) -> Failure {
    Failure::other(format!("cannot read the state: {error}"))
}

fn unsaved(error: &rusqlite::Error) -> Failure {
    Failure::other(format!("cannot save the state: {error}"))
}

/// The file holds credentials, if only those of a sandbox.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
