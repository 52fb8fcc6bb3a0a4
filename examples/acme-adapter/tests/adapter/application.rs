//! An application that was written before this adapter, and does not know it.

use std::collections::BTreeMap;

use acme_adapter::AcmeFactory;
use futures_util::TryStreamExt as _;
use refunds_core::{
    CreateRefund, ErrorKind, Money, Operation, PaymentId, Policy, Reference, Refund, RefundAmount,
    RefundClient, RefundStatus, Registry, Result,
    testing::{MemoryFactory, MemoryProvider},
};

use crate::server::{self, World};

type Variables = BTreeMap<String, String>;

/// The application: from variables to a client, as the command `refunds` does it. There is no
/// provider in here.
fn client(registry: &Registry, variables: &Variables) -> Result<RefundClient> {
    let policy = Policy::from_variables(|name| variables.get(name).cloned())?;
    Ok(RefundClient::new(registry.from_variables(variables.clone())?).with_policy(policy))
}

/// The application: one item of an order comes back. Asked twice, as jobs are that run again.
async fn item_returned(client: &RefundClient, payment: &PaymentId) -> Result<Vec<Refund>> {
    let currency = client.payment(payment).await?.currency();
    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let amount = RefundAmount::Exact(Money::parse_major("149.50", currency)?);
    let request = CreateRefund::new(payment.clone(), amount, reference).with_reason("came back");
    let refund = client.create(&request).await?;
    assert_eq!(client.create(&request).await?.id, refund.id);
    client.list(payment).try_collect().await
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn another_provider_is_a_change_of_configuration() {
    let memory = MemoryProvider::new();
    let in_memory = memory.captured(Money::new(44850, "NOK".parse().unwrap()));
    let world = World::default();
    let url = server::start(world.clone()).await;
    let at_acme = PaymentId::new(world.ledger().open(44850, "NOK", None)).unwrap();

    // All that an application changes: one line here, and its variables.
    let registry = Registry::new().with(MemoryFactory::of(memory)).with(AcmeFactory);
    let of_memory = variables(&[("REFUNDS_PROVIDER", "memory")]);
    let of_acme = variables(&[
        ("REFUNDS_PROVIDER", "acme"),
        ("REFUNDS_MAX_ATTEMPTS", "2"),
        ("ACME_API_URL", &url),
        ("ACME_CLIENT_ID", server::CLIENT_ID),
        ("ACME_CLIENT_SECRET", server::CLIENT_SECRET),
    ]);

    for (variables, payment) in [(of_memory, in_memory), (of_acme, at_acme.clone())] {
        let client = client(&registry, &variables).unwrap();
        let refunds = item_returned(&client, &payment).await.unwrap();
        let [refund] = &refunds[..] else { panic!("one refund, not {refunds:?}") };
        assert_eq!(refund.provider, variables["REFUNDS_PROVIDER"]);
        assert_eq!((refund.amount.minor_units(), refund.status), (14950, RefundStatus::Succeeded));
        assert_eq!(refund.reason.as_deref(), Some("came back"));
    }
    assert_eq!(world.ledger().held(at_acme.as_str()), 14950);
}

#[test]
fn a_mistyped_variable_is_named_and_its_value_is_not() {
    let registry = Registry::new().with(AcmeFactory);
    for (pairs, named) in [
        (&[("ACME_CLIENT_ID", "shop-7")][..], "ACME_CLIENT_SECRET"),
        (&[("ACME_CLIENT_ID", "a"), ("ACME_CLIENT_SECRT", "hush-hush")], "ACME_CLIENT_SECRT"),
        (
            &[
                ("ACME_CLIENT_ID", "a"),
                ("ACME_CLIENT_SECRET", "hush-hush"),
                ("ACME_API_URL", "http://u:hush-hush@pay.example"),
            ],
            "api_url",
        ),
        (
            &[("ACME_CLIENT_ID", "a"), ("ACME_CLIENT_SECRET", "hush-hush"), ("ACME_ALLOW_HTTP", "hush-hush")],
            "allow_http",
        ),
    ] {
        let mut variables = variables(pairs);
        variables.insert("REFUNDS_PROVIDER".to_owned(), "acme".to_owned());
        let error = client(&registry, &variables).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Config, Some(Operation::Configure)),
            "{error}"
        );
        assert!(error.to_string().contains(named), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error}");
    }
}
