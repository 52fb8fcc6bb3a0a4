//! Converting SQLite's errors. None of them means that anything was sent.

use std::path::Path;

use refunds_core::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// Why an operation on the file did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule of the journal or the content of one row; the file is fine.
    Refused(Error),
    /// The file, or access to it.
    Sqlite(rusqlite::Error),
}

impl Failure {
    /// Whether the connection must be replaced.
    pub(crate) fn is_of_connection(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Sqlite(error) => !matches!(
                error.sqlite_error_code(),
                // One row or one write, or a lock of another process.
                None | Some(
                    ErrorCode::ConstraintViolation | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked
                )
            ),
        }
    }

    pub(crate) fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Sqlite(error) => of_sqlite(path, error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The journal at `path` cannot be used now; the same call may succeed later.
pub(crate) fn unavailable(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the journal {} {what}", path.display())).not_applied()
}

/// The journal at `path` cannot be used at all.
pub(crate) fn config(path: &Path, what: &str) -> Error {
    Error::config(format!("the journal {} {what}", path.display()))
}

pub(crate) fn of_sqlite(path: &Path, error: rusqlite::Error) -> Error {
    let unavailable = |what| unavailable(path, what);
    let config = |what| config(path, what);
    let described = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            unavailable("is locked by another process")
        }
        Some(ErrorCode::DiskFull) => unavailable("cannot grow: the disk is full"),
        Some(ErrorCode::SystemIoFailure) => unavailable("cannot be read or written"),
        Some(ErrorCode::CannotOpen) => unavailable("cannot be opened"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            config("is read-only: the file, its folder, or its -wal and -shm files")
        }
        Some(ErrorCode::NotADatabase) => config("is not a SQLite database"),
        Some(ErrorCode::DatabaseCorrupt) => config(
            "is damaged; before you replace it, find out which refunds it held and what happened to them",
        ),
        Some(ErrorCode::ConstraintViolation) => config("holds data that contradicts this write"),
        Some(ErrorCode::Unknown | ErrorCode::SchemaChanged | ErrorCode::TypeMismatch) => {
            config("does not have the tables that this version expects")
        }
        Some(_) => unavailable("failed"),
        None => config("holds a row that cannot be read"),
    };
    described.with_source(error)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn every_error_says_that_nothing_was_applied_and_whether_to_try_again() {
        for (code, kind) in [
            (ffi::SQLITE_BUSY, ErrorKind::Unavailable),
            (ffi::SQLITE_LOCKED, ErrorKind::Unavailable),
            (ffi::SQLITE_FULL, ErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::Unavailable),
            (ffi::SQLITE_CANTOPEN, ErrorKind::Unavailable),
            (ffi::SQLITE_NOMEM, ErrorKind::Unavailable),
            (ffi::SQLITE_READONLY, ErrorKind::Config),
            (ffi::SQLITE_READONLY_DIRECTORY, ErrorKind::Config),
            (ffi::SQLITE_PERM, ErrorKind::Config),
            (ffi::SQLITE_NOTADB, ErrorKind::Config),
            (ffi::SQLITE_CORRUPT, ErrorKind::Config),
            (ffi::SQLITE_ERROR, ErrorKind::Config),
        ] {
            let error =
                of_sqlite(Path::new("j.db"), rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let retryable = kind == ErrorKind::Unavailable;
            let got = (error.kind(), error.is_retryable(), error.may_have_applied());
            assert_eq!(got, (kind, retryable, false), "{code}: {error}");
            assert!(error.message().contains("j.db"), "{error}");
        }
    }
}
