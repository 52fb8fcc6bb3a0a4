//! An application that was written before this adapter and does not know it.

use std::collections::BTreeMap;

use acme_adapter::AcmeFactory;
use futures_util::TryStreamExt as _;
use refunds_core::{
    CreateRefund, Money, PaymentId, Policy, Reference, Refund, RefundAmount, RefundClient, RefundStatus,
    Registry, Result, UnresolvedRefund,
    testing::{MemoryFactory, MemoryProvider},
};

use crate::server::{self, World};

type Variables = BTreeMap<String, String>;

/// The application: from variables to a client, as the command `refunds` does it. It names no provider.
fn client(registry: &Registry, variables: &Variables) -> Result<RefundClient> {
    let policy = Policy::from_variables(|name| variables.get(name).cloned())?;
    Ok(RefundClient::new(registry.from_variables(variables.clone())?).with_policy(policy))
}

/// The application: one item of an order comes back. The job runs twice, as jobs do.
async fn item_returned(client: &RefundClient, payment: &PaymentId) -> Result<Vec<Refund>> {
    let currency = client.payment(payment).await?.currency();
    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let amount = RefundAmount::Exact(Money::parse_major("149.50", currency)?);
    let request = CreateRefund::new(payment.clone(), amount, reference).with_reason("arrived broken");
    let refund = client.create(&request).await?;
    assert_eq!(client.create(&request).await?.id, refund.id);
    client.list(payment).try_collect().await
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn acme(url: &str) -> Variables {
    variables(&[
        ("REFUNDS_PROVIDER", "acme"),
        ("REFUNDS_MAX_ATTEMPTS", "2"),
        ("ACME_API_URL", url),
        ("ACME_CLIENT_ID", server::CLIENT_ID),
        ("ACME_CLIENT_SECRET", server::CLIENT_SECRET),
    ])
}

#[tokio::test]
async fn another_provider_is_a_change_of_configuration() {
    let memory = MemoryProvider::new();
    let in_memory = memory.captured(Money::new(44850, "NOK".parse().unwrap()));
    let world = World::default();
    let url = server::start(world.clone()).await;
    let at_acme = PaymentId::new(world.ledger().open(44850, "NOK", None)).unwrap();

    // Everything that an application changes: one line here, and its variables.
    let registry = Registry::new().with(MemoryFactory::of(memory)).with(AcmeFactory);
    let memory = variables(&[("REFUNDS_PROVIDER", "memory")]);

    for (variables, payment) in [(memory, in_memory), (acme(&url), at_acme.clone())] {
        let client = client(&registry, &variables).unwrap();
        let refunds = item_returned(&client, &payment).await.unwrap();
        let [refund] = &refunds[..] else { panic!("one refund, not {refunds:?}") };
        assert_eq!(refund.provider, variables["REFUNDS_PROVIDER"]);
        assert_eq!((refund.amount.minor_units(), refund.status), (14950, RefundStatus::Succeeded));
        assert_eq!(refund.reason.as_deref(), Some("arrived broken"));

        let rest = Reference::new("rma-552").unwrap();
        let rest = CreateRefund::new(payment, RefundAmount::Remaining, rest);
        assert_eq!(client.create(&rest).await.unwrap().amount.to_string(), "299.00 NOK");
    }
    assert_eq!(world.ledger().held(at_acme.as_str()), 44850);
}

#[tokio::test]
async fn one_reference_on_two_payments_is_two_refunds() {
    let world = World::default();
    let url = server::start(world.clone()).await;
    let client = client(&Registry::new().with(AcmeFactory), &acme(&url)).unwrap();
    let payments = [(); 2].map(|()| PaymentId::new(world.ledger().open(500, "JPY", None)).unwrap());
    for payment in &payments {
        let reference = Reference::new("order-42").unwrap();
        let request = CreateRefund::new(payment.clone(), RefundAmount::Remaining, reference);
        client.create(&request).await.unwrap();
    }
    assert_eq!(payments.map(|payment| world.ledger().held(payment.as_str())), [500, 500]);
}

#[tokio::test]
async fn a_refund_of_a_crashed_process_is_resolved_and_not_repeated() {
    let world = World::default();
    let url = server::start(world.clone()).await;
    let client = client(&Registry::new().with(AcmeFactory), &acme(&url)).unwrap();
    let payment = PaymentId::new(world.ledger().open(500, "JPY", None)).unwrap();
    let reference = Reference::new("rma-1").unwrap();
    let request = CreateRefund::new(payment.clone(), RefundAmount::Remaining, reference);
    let unresolved = UnresolvedRefund::new(client.provider().scope(), request.clone());
    let made = client.create(&request).await.unwrap();
    assert_eq!(client.resolve(&unresolved).await.unwrap().id, made.id);
    assert_eq!(world.ledger().made(payment.as_str(), "rma-1"), 1);
}
