//! What a commit that fails and a full disk mean.

use super::Disk;
use crate::{SqliteJournal, faults::Faults, schema};
use refunds_core::{
    CreateRefund, Currency, ErrorKind, Journal, Money, PaymentId, Reference, RefundAmount, RefundClient,
    Scope,
    journal::{About, Intended, IntentState, MoneyKey, NewIntent, Outcome, Query, Why},
    testing::MemoryProvider,
};

fn about(payment: &str) -> About {
    let payment = PaymentId::new(payment).unwrap();
    About::new(MoneyKey::new(Scope::new("memory", "", ""), payment.clone()), &payment, Reference::random())
}

fn nok(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::new("NOK").unwrap())
}

async fn intent(journal: &SqliteJournal, about: &About) -> NewIntent {
    let amount = RefundAmount::Exact(nok(100));
    let request = CreateRefund::new(about.payment.clone(), amount, about.reference.clone());
    NewIntent::new(about.clone(), request, nok(100), &journal.open(about).await.unwrap())
}

#[tokio::test]
async fn a_commit_that_fails_stores_nothing_and_the_journal_goes_on() {
    let disk = Disk::new();
    let journal = disk.open();
    let (a, b) = (about("p-1"), about("p-2"));
    let (for_a, for_b) = (intent(&journal, &a).await, intent(&journal, &b).await);
    disk.faults.lose_commit();
    let error = journal.intend(&for_a).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable(), error.may_have_applied()),
        (ErrorKind::Unavailable, true, false)
    );
    assert_eq!(journal.entries(&Query::all()).await.unwrap(), []);
    assert!(matches!(journal.intend(&for_b).await.unwrap(), Intended::Committed(_)));
    assert!(matches!(journal.intend(&for_a).await.unwrap(), Intended::Committed(_)));
}

#[tokio::test]
async fn an_intent_that_was_stored_without_an_acknowledgement_can_be_settled_by_its_token() {
    let disk = Disk::new();
    let journal = disk.open();
    let a = about("p-1");
    let intent = intent(&journal, &a).await;
    disk.faults.lose_acknowledgement();
    let error = journal.intend(&intent).await.unwrap_err();
    assert!(!error.may_have_applied(), "{error}");
    let open = journal.open(&a).await.unwrap().mine.unwrap();
    assert_eq!(open.intents[0].state, IntentState::Open, "stored nevertheless");
    journal.settle(&intent.key(), &Outcome::NotApplied(Why::never_sent())).await.unwrap();
    let settled = journal.open(&a).await.unwrap().mine.unwrap();
    assert_eq!(settled.intents[0].state, IntentState::NotApplied);
}

#[tokio::test]
async fn every_call_of_a_group_whose_commit_failed_has_an_error() {
    let disk = Disk::new();
    let journal = disk.open();
    let (a, b) = (about("p-1"), about("p-2"));
    let (for_a, for_b) = (intent(&journal, &a).await, intent(&journal, &b).await);
    let lock = rusqlite::Connection::open(journal.path()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    disk.faults.lose_commit();
    let (one, other, ()) = tokio::join!(journal.intend(&for_a), journal.intend(&for_b), async {
        lock.execute_batch("ROLLBACK").unwrap();
    });
    assert_eq!(one.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(journal.entries(&Query::all()).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_sent_where_the_commit_failed_or_was_not_acknowledged() {
    type Fault = fn(&Faults);
    for (name, fault) in
        [("failed", Faults::lose_commit as Fault), ("not acknowledged", Faults::lose_acknowledgement)]
    {
        let disk = Disk::new();
        let provider = MemoryProvider::new();
        let payment = provider.captured(nok(1_000));
        let client = RefundClient::new(provider.clone()).with_journal(disk.open());
        let request = CreateRefund::new(payment.clone(), RefundAmount::Exact(nok(100)), Reference::random());
        fault(&disk.faults);
        let error = client.create(&request).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_applied()),
            (ErrorKind::Unavailable, false),
            "{name}: {error}"
        );
        assert_eq!(provider.moved(&payment), 0, "{name}");
        client.create(&request).await.unwrap();
        assert_eq!(provider.moved(&payment), 100, "{name}: a retry makes it");
    }
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_what_was_stored_stays() {
    let disk = Disk::new();
    disk.faults.fill_up(40);
    let journal = disk.open();
    let mut stored = 0;
    let error = loop {
        let mut intent = intent(&journal, &about(&format!("p-{stored}"))).await;
        intent.request = intent.request.with_reason("x".repeat(2_000));
        match journal.intend(&intent).await {
            Ok(Intended::Committed(_)) => stored += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(error.message().contains("the disk is full"), "{error}");
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unavailable, false));
    assert_eq!(journal.entries(&Query::unsettled()).await.unwrap().len(), stored);
    drop(journal);
    disk.faults.fill_up(400);
    let journal = disk.open();
    assert_eq!(journal.entries(&Query::unsettled()).await.unwrap().len(), stored);
    let intent = intent(&journal, &about("next")).await;
    assert!(matches!(journal.intend(&intent).await.unwrap(), Intended::Committed(_)));
}

#[test]
fn every_connection_is_durable() {
    let disk = Disk::new();
    let journal = disk.open();
    let connection = schema::connect(journal.path(), std::time::Duration::ZERO).unwrap();
    for (pragma, want) in [
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("application_id", i64::from(schema::APPLICATION_ID)),
        ("user_version", 1),
    ] {
        let got: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
        assert_eq!(got, want, "{pragma}");
    }
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn without_an_injected_clock_time_is_the_machines() {
    let disk = Disk::new();
    let journal = disk.open();
    let wall = refunds_core::Clock::now(&refunds_core::SystemClock);
    let (one, other) = (journal.now().await.unwrap(), disk.open().now().await.unwrap());
    for now in [one, other] {
        let off = now.to_datetime() - wall;
        assert!(off.abs() < std::time::Duration::from_secs(30), "{off}");
    }
}
