//! A customer returns one of two items: refund that order line, once, however often the job runs.

use refunds_core::{CreateRefund, Money, Reference, RefundAmount, RefundClient, RefundLine, Registry};
use refunds_dintero::DinteroFactory;
use refunds_sandbox::{Sandbox, dintero::OrderSpec};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An order of two lines, paid by one Checkout transaction.
    let sandbox = Sandbox::start().await?;
    let transaction = sandbox.dintero().captured(44_850, "NOK");
    let order = OrderSpec::new("NOK").line(1, 14_950).line(2, 29_900).captured_by(&transaction);
    let order = sandbox.dintero().order(order).parse()?;

    let registry = Registry::new().with(DinteroFactory);
    let settings = sandbox.settings("dintero").into_iter().collect();
    let client = RefundClient::new(registry.build("dintero", &settings)?);
    let payment = client.payment(&order).await?;
    println!("before: {} can be refunded", payment.refundable);
    for line in &payment.refundable_lines {
        println!("  line {}: {}", line.id, line.amount);
    }

    // The reference is derived from the decision to refund, so every run of this job has the same one.
    let amount = Money::parse_major("149.50", "NOK".parse()?)?;
    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let request = CreateRefund::new(order.clone(), RefundAmount::Exact(amount), reference)
        .with_reason("arrived broken")
        .with_line(RefundLine::new("1", amount));

    for run in 1..=2 {
        let refund = client.create(&request).await?;
        println!("run {run}: refund {} of {} is {}", refund.id, refund.amount, refund.status);
    }

    let payment = client.payment(&order).await?;
    println!("after: {} can be refunded", payment.refundable);
    assert_eq!(sandbox.ledger().total_refunded(&transaction), 14_950, "the line is refunded once");
    Ok(())
}
