//! The file: what it may be, what is in it, and what is refused.

use std::fs;

use refunds_core::{ErrorKind, Journal, Registry, journal::Query};
use refunds_journal_sqlite::{SqliteJournal, SqliteJournalFactory};

use crate::common::{File, about, intend, intent, is_made, key};

/// Asserts that the file is refused with this message, and left as it is.
fn assert_refused(file: &File, kind: ErrorKind, words: &str) {
    let before = fs::read(file.path()).unwrap_or_default();
    let error = file.impatient().open(file.path()).unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{error}");
    assert!(error.message().contains(words), "{error}");
    assert_eq!(fs::read(file.path()).unwrap_or_default(), before, "it was changed");
}

#[test]
fn a_file_that_is_not_a_database_is_refused() {
    let file = File::new();
    fs::write(file.path(), "payment;amount\n".repeat(1000)).unwrap();
    assert_refused(&file, ErrorKind::Config, "is not a SQLite database");
}

#[test]
fn the_database_of_another_application_is_refused() {
    for sql in ["CREATE TABLE orders (id)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"] {
        let file = File::new();
        file.sqlite().execute_batch(sql).unwrap();
        assert_refused(&file, ErrorKind::Config, "another application");
    }
}

#[test]
fn a_newer_schema_is_refused_and_both_versions_are_named() {
    let file = File::new();
    drop(file.open());
    file.sqlite().execute_batch("PRAGMA user_version = 7").unwrap();
    assert_refused(&file, ErrorKind::Config, "has schema 7, but this version supports up to 1");
}

#[test]
fn a_file_that_lost_its_end_is_refused() {
    let file = File::new();
    drop(file.open());
    let whole = fs::read(file.path()).unwrap();
    fs::write(file.path(), &whole[..whole.len() / 2]).unwrap();
    assert_refused(&file, ErrorKind::Config, "is damaged");
}

#[test]
fn an_empty_file_is_not_mistaken_for_a_new_journal() {
    let file = File::new();
    fs::write(file.path(), "").unwrap();
    assert_refused(&file, ErrorKind::Config, "is an empty file");
}

#[test]
fn a_missing_folder_and_a_folder_are_refused() {
    let file = File::new();
    let error = SqliteJournal::open(file.folder().join("missing").join("refunds.db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(!file.folder().join("missing").exists());
    let error = SqliteJournal::open(file.folder()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}

#[test]
fn a_file_that_is_locked_is_unavailable() {
    let file = File::new();
    drop(file.open());
    let lock = file.sqlite();
    lock.execute_batch("PRAGMA journal_mode = delete; BEGIN EXCLUSIVE").unwrap();
    assert_refused(&file, ErrorKind::Unavailable, "is locked");
    lock.execute_batch("ROLLBACK").unwrap();
    drop(file.open());
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let file = File::new();
    drop(file.open());
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o400)).unwrap();
    if fs::OpenOptions::new().write(true).open(file.path()).is_ok() {
        eprintln!("skipped: this user may write every file");
        return;
    }
    assert_refused(&file, ErrorKind::Config, "is read-only");
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let file = File::new();
    let journal = file.open();
    intend(&journal, &about("p-1", "a")).await;
    let mut names = Vec::new();
    for entry in fs::read_dir(file.folder()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort_unstable();
    assert_eq!(names, ["refunds.db", "refunds.db-shm", "refunds.db-wal"]);
}

#[tokio::test]
async fn it_is_one_file_after_the_last_process_has_closed_it() {
    let file = File::new();
    let journal = file.open();
    let other = journal.clone();
    intend(&journal, &about("p-1", "a")).await;
    drop(journal);
    assert_eq!(other.entries(&Query::all()).await.unwrap().len(), 1, "a clone goes on");
    drop(other);
    assert_eq!(fs::read_dir(file.folder()).unwrap().count(), 1);
}

#[test]
fn many_processes_may_begin_a_new_file_at_once() {
    let file = File::new();
    let options = file.options();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| options.open(file.path()).unwrap());
        }
    });
}

#[tokio::test]
async fn damage_found_later_fails_each_call_that_reads_it() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    intend(&journal, &a).await;
    file.sqlite().execute_batch("UPDATE intent SET state = 'sent'").unwrap();
    let error = journal.open(&a).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{error}");
    intend(&journal, &about("p-2", "b")).await;

    file.sqlite().execute_batch("PRAGMA foreign_keys = 0; DROP TABLE intent").unwrap();
    let error = journal.open(&a).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{error}");
    let error = journal.settle(&key(&a, &crate::common::some_intent()), &is_made("id")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{error}");
}

#[tokio::test]
async fn no_byte_of_it_is_private_data() {
    let file = File::new();
    let journal = file.open();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    let mut intent = intent(&a, &standing);
    intent.request = intent
        .request
        .with_reason("for ada@example.com, card 4242 4242 4242 4242")
        .with_metadata("card", "5555555555554444")
        .with_metadata("ticket", "T-17");
    journal.intend(&intent).await.unwrap();
    let bytes = |name: &str| fs::read(file.folder().join(name)).unwrap_or_default();
    let open = [bytes("refunds.db"), bytes("refunds.db-wal")].concat();
    drop(journal);
    for bytes in [open, bytes("refunds.db")] {
        let holds = |what: &str| bytes.windows(what.len()).any(|window| window == what.as_bytes());
        assert!(holds("T-17"), "the request is there");
        for secret in ["ada@example.com", "4242 4242", "42424242", "5555555555554444"] {
            assert!(!holds(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn it_is_opened_by_its_address() {
    let file = File::new();
    let registry = Registry::new().with_journal(SqliteJournalFactory::new(file.options()));
    let journal = registry.journal(&format!("sqlite:{}", file.path().display())).unwrap();
    let a = about("p-1", "a");
    let standing = journal.open(&a).await.unwrap();
    journal.intend(&intent(&a, &standing)).await.unwrap();
    assert_eq!(file.open().entries(&Query::unsettled()).await.unwrap().len(), 1);
    for address in ["sqlite:", "sqlite", "sqlite::memory:"] {
        let error = registry.journal(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{address}: {error}");
    }
}
