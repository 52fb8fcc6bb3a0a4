//! What the journal costs: commits and time for each refund, without a provider's network.
//!
//! ```text
//! cargo run --release -p refunds-journal-sqlite --example cost
//! ```

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use refunds_core::{
    CreateRefund, Currency, Error, MemoryJournal, Money, PaymentId, Reference, RefundAmount, RefundClient,
    Result, testing::MemoryProvider,
};
use refunds_journal_sqlite::SqliteJournal;

const REFUNDS: usize = 2_000;
const CONCURRENCY: usize = 32;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Beside the build, not in a temporary folder that may be in memory.
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = tempfile::tempdir_in(folder)
        .map_err(|error| Error::config("no folder for the journal").with_source(error))?;
    println!("{REFUNDS} refunds of {REFUNDS} payments, in {}", folder.path().display());
    for concurrency in [1, CONCURRENCY] {
        let provider = MemoryProvider::new();
        let client = RefundClient::new(provider.clone()).with_journal(MemoryJournal::new());
        let elapsed = run(&client, &provider, concurrency).await?;
        print("memory", concurrency, elapsed, None);

        let provider = MemoryProvider::new();
        let journal = SqliteJournal::open(folder.path().join(format!("{concurrency}.db")))?;
        let client = RefundClient::new(provider.clone()).with_journal(journal.clone());
        let elapsed = run(&client, &provider, concurrency).await?;
        print("sqlite", concurrency, elapsed, Some(journal.stats().commits));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
async fn run(client: &RefundClient, provider: &MemoryProvider, concurrency: usize) -> Result<Duration> {
    let currency = Currency::new("NOK")?;
    let amount = Money::new(10_000, currency);
    let payments: Vec<PaymentId> = (0..REFUNDS).map(|_| provider.captured(amount)).collect();
    let begun = Instant::now();
    let mut made = stream::iter(payments)
        .map(|payment| async move {
            let request = CreateRefund::new(payment, RefundAmount::Exact(amount), Reference::random());
            client.create(&request).await
        })
        .buffer_unordered(concurrency);
    while let Some(refund) = made.next().await {
        refund?;
    }
    Ok(begun.elapsed())
}

fn print(journal: &str, concurrency: usize, elapsed: Duration, commits: Option<u64>) {
    let refunds = u128::from(REFUNDS as u64);
    let micros = elapsed.as_micros() / refunds;
    let commits = commits.map_or_else(String::new, |commits| {
        let hundredths = u128::from(commits) * 100 / refunds;
        format!(", {}.{:02} commits", hundredths / 100, hundredths % 100)
    });
    println!("{journal}, {concurrency:>2} at a time: {micros:>5} µs each{commits}");
}
