//! A worker is killed in the middle of a refund. The next one has the same journal, and the refund is made once.
//!
//! Without arguments this program is the sandbox and the operator, who starts the worker twice and kills it once.

use std::{
    env,
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use refunds_core::{CreateRefund, Reference, RefundAmount, RefundClient, Registry};
use refunds_dintero::DinteroFactory;
use refunds_journal_sqlite::SqliteJournalFactory;
use refunds_sandbox::{Call, FaultAction, FaultRule, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match env::args().nth(1) {
        Some(payment) => worker(&payment).await,
        None => operator().await,
    }
}

/// The whole application: the provider and the journal come from the environment.
async fn worker(payment: &str) -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new().with(DinteroFactory).with_journal(SqliteJournalFactory::default());
    let client = RefundClient::from_env(&registry)?;
    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let request = CreateRefund::new(payment.parse()?, RefundAmount::Remaining, reference);
    let refund = client.create(&request).await?;
    println!("worker: refund {} of {} is {}", refund.id, refund.amount, refund.status);
    Ok(())
}

async fn operator() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("refunds.db");
    let payment = sandbox.dintero().captured(14_950, "NOK");

    // The money moves, but the response never arrives: the worst moment to die.
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenSilence));
    let mut first = start(&sandbox, &journal, &payment)?;
    while sandbox.ledger().total_refunded(&payment) == 0 {
        assert!(first.try_wait()?.is_none(), "the first worker ended before the money moved");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.kill()?;
    first.wait()?;
    println!("operator: the first worker was killed before it knew the outcome");

    let mut second = start(&sandbox, &journal, &payment)?;
    let status = tokio::task::spawn_blocking(move || second.wait()).await??;
    assert!(status.success(), "the second worker finishes the refund");
    let ledger = sandbox.ledger();
    println!("operator: the provider made {} refund(s)", ledger.of(&payment).count());
    assert_eq!((ledger.of(&payment).count(), ledger.total_refunded(&payment)), (1, 14_950));
    Ok(())
}

fn start(sandbox: &Sandbox, journal: &Path, payment: &str) -> std::io::Result<Child> {
    Command::new(env::current_exe()?)
        .arg(payment)
        .envs(sandbox.env())
        .env("REFUNDS_PROVIDER", "dintero")
        .env("REFUNDS_JOURNAL", format!("sqlite:{}", journal.display()))
        .spawn()
}
