//! A client with this journal.

use refunds_core::{
    CreateRefund, ErrorKind, PaymentId, Reference, RefundAmount, RefundClient, testing::MemoryProvider,
};
use refunds_journal_sqlite::SqliteJournal;

use crate::common::{File, nok};

fn client(file: &File, provider: &MemoryProvider) -> RefundClient {
    with_journal(file, provider, file.open())
}

fn with_journal(file: &File, provider: &MemoryProvider, journal: SqliteJournal) -> RefundClient {
    RefundClient::new(provider.clone()).with_clock(file.clock.shared()).with_journal(journal)
}

fn request(payment: &PaymentId) -> CreateRefund {
    let reference = Reference::derive("shop.example/returns", ["order-1"]);
    CreateRefund::new(payment.clone(), RefundAmount::Exact(nok(2_500)), reference)
}

#[tokio::test]
async fn a_second_process_finds_the_refund_of_the_first() {
    let file = File::new();
    let provider = MemoryProvider::new();
    let payment = provider.captured(nok(10_000));
    let first = client(&file, &provider).create(&request(&payment)).await.unwrap();
    let again = client(&file, &provider).create(&request(&payment)).await.unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(provider.moved(&payment), 2_500);
}

#[tokio::test]
async fn processes_that_submit_one_refund_at_once_make_it_once() {
    let file = File::new();
    let provider = MemoryProvider::new();
    let payment = provider.captured(nok(10_000));
    let (one, other, request) = (client(&file, &provider), client(&file, &provider), request(&payment));
    let (one, other) = tokio::join!(one.create(&request), other.create(&request));
    assert_eq!(one.unwrap().id, other.unwrap().id);
    assert_eq!(provider.moved(&payment), 2_500);
}

#[tokio::test]
async fn nothing_is_sent_while_the_journal_cannot_be_written() {
    let file = File::new();
    let provider = MemoryProvider::new();
    let payment = provider.captured(nok(10_000));
    let journal = file.impatient().open(file.path()).unwrap();
    let client = with_journal(&file, &provider, journal);
    let lock = file.sqlite();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = client.create(&request(&payment)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unavailable, false), "{error}");
    assert_eq!(provider.moved(&payment), 0);
    lock.execute_batch("ROLLBACK").unwrap();
    client.create(&request(&payment)).await.unwrap();
}
