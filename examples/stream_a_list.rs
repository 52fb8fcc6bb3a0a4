//! Read all refunds of a payment as a stream: one page in memory at a time.

use futures_util::TryStreamExt as _;
use refunds_core::{CreateRefund, Money, PaymentId, RefundAmount, RefundClient, Registry};
use refunds_mattilda::MattildaFactory;
use refunds_sandbox::Sandbox;

const REFUNDS: i64 = 7;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    sandbox.mattilda().set_page_size(3);
    let payment: PaymentId = sandbox.mattilda().captured(129_900, "MXN").parse()?;

    let registry = Registry::new().with(MattildaFactory);
    let settings = sandbox.settings("mattilda").into_iter().collect();
    let client = RefundClient::new(registry.build("mattilda", &settings)?);
    for number in 1..=REFUNDS {
        let amount = RefundAmount::Exact(Money::new(100 * number, "MXN".parse()?));
        let reference = format!("rma-{number}").parse()?;
        client.create(&CreateRefund::new(payment.clone(), amount, reference)).await?;
    }

    // Each page is read when the loop needs it.
    sandbox.clear_requests();
    let mut refunds = client.list(&payment);
    let mut total = 0;
    while let Some(refund) = refunds.try_next().await? {
        println!("{}  {:>12}  {}", refund.id, refund.amount.to_string(), refund.status);
        total += refund.amount.minor_units();
    }

    // Some providers do not let every refund be reached. Check before you rely on a sum.
    assert!(refunds.is_complete(), "the stream reached the end of the list");
    println!("{} in {} requests", Money::new(total, "MXN".parse()?), sandbox.requests().len());
    assert_eq!(total, 100 * REFUNDS * (REFUNDS + 1) / 2);
    Ok(())
}
