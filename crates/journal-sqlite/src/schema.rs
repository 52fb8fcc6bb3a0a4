//! The file: creating it, checking that it is a journal, and migrating its tables.

use std::{
    fs::{self, OpenOptions},
    io::ErrorKind as IoErrorKind,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use refunds_core::{Error, Result, journal::IntentToken};
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, types::FromSql};

use crate::error::{config, of_sqlite, unavailable};

/// Marks a SQLite file as a refund journal: "Rfnd".
pub(crate) const APPLICATION_ID: i32 = 0x5266_6e64;
/// The schema files: the first one turns an empty file into version 1, and so on.
pub(crate) const SCHEMAS: &[&str] = &[include_str!("schema/0001.sql")];
/// How often to look again while another process prepares the file.
const PAUSE: Duration = Duration::from_millis(10);

/// Creates the file if there is none, and opens the first connection of this journal.
pub(crate) fn create_or_open(path: &Path, busy: Duration) -> Result<Connection> {
    // Only before the first connection: closing a descriptor of the file later would drop the locks of this
    // process.
    if !create(path, busy)? {
        wait_until_filled(path, busy)?;
    }
    let connection = match open_file(path, busy) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            return Err(config(path, "cannot be opened: check that it is a file, and its permissions")
                .with_source(error));
        }
        opened => opened.map_err(|error| of_sqlite(path, error))?,
    };
    check(&connection, path)?;
    prepare(&connection, path, busy)?;
    migrate(&connection, path)?;
    Ok(connection)
}

/// Opens another connection of this journal.
pub(crate) fn connect(path: &Path, busy: Duration) -> Result<Connection> {
    let connection = open_file(path, busy).map_err(|error| of_sqlite(path, error))?;
    check(&connection, path)?;
    prepare(&connection, path, busy)?;
    // The file was removed or replaced by an empty one after it was opened.
    if version(&connection, path)? == 0 {
        return Err(config(path, "was replaced while it was in use"));
    }
    Ok(connection)
}

fn open_file(path: &Path, busy: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
}

/// Creates the file with its tables, readable by its owner only; false if it already exists.
///
/// It appears complete: a process that dies in the middle leaves nothing under its name.
fn create(path: &Path, busy: Duration) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let draft = draft_of(path);
    create_empty(&draft)?;
    let linked = fill(&draft, path, busy).and_then(|()| match fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == IoErrorKind::AlreadyExists => Ok(false),
        // Not every file system has links. Without them a process that dies here leaves an empty file.
        Err(_) => create_empty(path),
    });
    // The draft is no longer needed; a failure to remove it does no harm.
    let _ = fs::remove_file(&draft);
    let created = linked?;
    sync_folder(path)?;
    Ok(created)
}

/// A unique name next to `path`.
fn draft_of(path: &Path) -> PathBuf {
    let token = u128::from_be_bytes(IntentToken::random().0);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{token:032x}.new"));
    PathBuf::from(name)
}

fn fill(draft: &Path, path: &Path, busy: Duration) -> Result<()> {
    let failed = |error| of_sqlite(path, error);
    let connection = open_file(draft, busy).map_err(failed)?;
    migrate(&connection, path)?;
    connection.close().map_err(|(_, error)| failed(error))
}

/// Makes the file's name as durable as its content.
fn sync_folder(path: &Path) -> Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| unavailable(path, "cannot be created").with_source(error))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Creates an empty file that only its owner can read; false if it already exists.
fn create_empty(path: &Path) -> Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => {
            let synced = file.sync_all();
            synced.map_err(|error| unavailable(path, "cannot be created").with_source(error))?;
            Ok(true)
        }
        Err(error) if error.kind() == IoErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(config(path, "cannot be created: check its folder").with_source(error)),
    }
}

/// Refuses an empty file, unless another process fills it in time: a journal that lost its content must not
/// be mistaken for a new one.
fn wait_until_filled(path: &Path, busy: Duration) -> Result<()> {
    let mut left = busy;
    loop {
        match path.metadata() {
            Ok(file) if file.len() > 0 => return Ok(()),
            Ok(_) if left.is_zero() => {
                return Err(config(
                    path,
                    "is an empty file: it lost its content or was never used; remove it to start a new one",
                ));
            }
            Ok(_) => {}
            Err(error) => {
                return Err(config(path, "cannot be read: check its permissions").with_source(error));
            }
        }
        thread::sleep(PAUSE.min(left));
        left = left.saturating_sub(PAUSE);
    }
}

/// Refuses a file that is not a journal, or one of a later version, before anything in it is changed.
fn check(connection: &Connection, path: &Path) -> Result<()> {
    let application: i32 = pragma(connection, path, "application_id")?;
    let version = version(connection, path)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| of_sqlite(path, error))?;
    let is_new = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION_ID && !is_new {
        return Err(config(path, "is the SQLite database of another application"));
    }
    if version <= SCHEMAS.len() {
        return Ok(());
    }
    let ours = SCHEMAS.len();
    Err(config(
        path,
        &format!(
            "has schema {version}, but this version supports up to {ours}: use a newer version of Refunds"
        ),
    ))
}

/// Sets the pragmas for durability, and reads them back.
fn prepare(connection: &Connection, path: &Path, busy: Duration) -> Result<()> {
    if connection.is_readonly(MAIN_DB).map_err(|error| of_sqlite(path, error))? {
        return Err(config(path, "is read-only"));
    }
    let mode = write_ahead(connection, path, busy)?;
    if mode != "wal" {
        return Err(config(
            path,
            &format!("cannot use a write-ahead log (journal_mode is {mode}): it must be on a local disk"),
        ));
    }
    for (name, value) in [
        ("synchronous", 2),
        // On macOS, an fsync does not reach the disk without them.
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
    ] {
        connection.pragma_update(None, name, value).map_err(|error| of_sqlite(path, error))?;
        let set: i32 = pragma(connection, path, name)?;
        if set != value {
            return Err(config(path, &format!("does not accept {name} = {value}")));
        }
    }
    Ok(())
}

/// Switches to a write-ahead log. SQLite does not wait for other connections here.
#[expect(clippy::disallowed_methods, reason = "how long a lock is waited for is real time, as in SQLite")]
fn write_ahead(connection: &Connection, path: &Path, busy: Duration) -> Result<String> {
    let begun = Instant::now();
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
        match mode {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < busy =>
            {
                thread::sleep(PAUSE);
            }
            mode => return mode.map_err(|error| of_sqlite(path, error)),
        }
    }
}

/// Migrates the tables in one transaction.
fn migrate(connection: &Connection, path: &Path) -> Result<()> {
    let failed = |error| of_sqlite(path, error);
    let current = version(connection, path)?;
    if current == SCHEMAS.len() {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    // Another process may have done it in the meantime.
    let migrated = check(connection, path).and_then(|()| {
        let current = version(connection, path)?;
        for schema in SCHEMAS.iter().skip(current) {
            connection.execute_batch(schema).map_err(failed)?;
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        let latest = i64::try_from(SCHEMAS.len()).unwrap_or(i64::MAX);
        connection.pragma_update(None, "user_version", latest).map_err(failed)?;
        connection.execute_batch("COMMIT").map_err(failed)
    });
    if migrated.is_err() && !connection.is_autocommit() {
        // The original error says more than one of the rollback.
        let _ = connection.execute_batch("ROLLBACK");
    }
    migrated
}

/// How many of the schema files were applied.
fn version(connection: &Connection, path: &Path) -> Result<usize> {
    let version: i64 = pragma(connection, path, "user_version")?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn pragma<T: FromSql>(connection: &Connection, path: &Path, name: &str) -> Result<T, Error> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| of_sqlite(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_has_its_tables_from_the_moment_it_appears() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refunds.db");
        assert!(create(&path, Duration::ZERO).unwrap());
        let connection = open_file(&path, Duration::ZERO).unwrap();
        let version: i64 = pragma(&connection, &path, "user_version").unwrap();
        assert_eq!(usize::try_from(version), Ok(SCHEMAS.len()));
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "no draft is left");
        assert!(!create(&path, Duration::ZERO).unwrap(), "there is one already");
    }
}
