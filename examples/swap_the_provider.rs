//! The same application at two providers: only its environment differs.

use std::collections::BTreeMap;

use refunds_core::{
    CreateRefund, Money, Reference, RefundAmount, RefundClient, RefundLine, Registry, Result,
};
use refunds_dintero::DinteroFactory;
use refunds_mattilda::MattildaFactory;
use refunds_sandbox::Sandbox;

type Variables = BTreeMap<String, String>;

/// The application. It names no provider.
async fn refund_a_return(registry: &Registry, variables: Variables, payment: &str) -> Result<()> {
    // In production: `RefundClient::from_env(registry)`.
    let client = RefundClient::new(registry.from_variables(variables)?);
    let payment = client.payment(&payment.parse()?).await?;
    let price = Money::parse_major("149.50", payment.currency())?;
    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let request = CreateRefund::new(payment.id, RefundAmount::Exact(price), reference)
        // A provider without order lines gets the amount alone.
        .with_line_if_supported(RefundLine::new("1", price));
    let refund = client.create(&request).await?;
    let lines = refund.lines.len();
    println!("{}: {} of {} is {}, lines: {lines}", refund.provider, price, refund.payment_id, refund.status);
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    // Another adapter, yours included, is one more line here.
    let registry = Registry::new().with(DinteroFactory).with(MattildaFactory);

    let sandbox = Sandbox::start().await?;
    let payments = [
        ("dintero", sandbox.dintero().captured(44_850, "NOK")),
        ("mattilda", sandbox.mattilda().captured(129_900, "MXN")),
    ];
    for (provider, payment) in payments {
        let mut variables: Variables = sandbox.env().into_iter().collect();
        variables.insert("REFUNDS_PROVIDER".to_owned(), provider.to_owned());
        refund_a_return(&registry, variables, &payment).await?;
        let ledger = sandbox.ledger();
        assert_eq!(ledger.total_refunded(&payment) + ledger.pending(&payment), 14_950, "{provider}");
    }
    Ok(())
}
