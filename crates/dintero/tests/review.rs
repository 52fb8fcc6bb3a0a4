//! Findings of a review: each of these fails today.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{asked, client, dintero, line};
use refunds_sandbox::{
    Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};

/// Two processes without a common journal, two orders behind one transaction. The first one's refund is
/// under way, shows its reference and not its order. The second one, of the same order and reference, is
/// told "conflict, nothing may have been made": another reference would refund twice.
#[tokio::test]
async fn a_refund_that_may_be_this_one_is_not_told_as_certainly_not_made() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    let spec =
        TransactionSpec::new(200, "NOK").asynchronous(Outcome::Succeeded).without_metadata_on_initiate();
    let transaction = sandbox.dintero().transaction(spec);
    let order = || sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
    let (one, _) = (order(), order());
    let request = asked(&one, 40, "rf-1").with_line(line("1", 40));
    client(dintero(&sandbox)).create(&request).await.unwrap();
    let error = client(dintero(&sandbox)).create(&request).await.unwrap_err();
    assert!(error.may_have_applied(), "{:?}: {error}", error.kind());
}

/// The transaction behind an order is found by its `merchant_reference`, and the search is a moment
/// behind. The first call fails cleanly; the order must not be locked for ever by what it journalled.
#[tokio::test]
async fn an_order_whose_transaction_shows_later_can_be_refunded_then() {
    let sandbox = Sandbox::start().await.unwrap();
    let order = sandbox.dintero().order(OrderSpec::new("NOK").id("o-1").line(1, 100).captured_anonymously());
    let client = client(dintero(&sandbox));
    let request = asked(&order, 100, "rf-1").with_line(line("1", 100));
    let error = client.create(&request).await.unwrap_err();
    assert!(!error.may_have_applied(), "{error}");
    sandbox.dintero().transaction(TransactionSpec::new(100, "NOK").merchant_reference("o-1"));
    client.create(&request).await.unwrap();
}
