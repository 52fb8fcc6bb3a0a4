//! An application that knows its provider by name only.

use refunds_core::testing::MemoryFactory;
use refunds_core::{
    CreateRefund, Error, ErrorKind, Money, Reference, RefundAmount, RefundClient, RefundStatus, Registry,
    Settings, UnresolvedRefund,
};
use refunds_second_adapter::{QuillpayConfig, QuillpayFactory};

use crate::server::Server;

fn registry() -> Registry {
    Registry::new().with(MemoryFactory::default()).with(QuillpayFactory)
}

#[tokio::test]
async fn a_refund_is_made_by_the_providers_name() -> Result<(), Error> {
    let server = Server::start().await;
    let charge = server.inside().ledger.charge("NOK", 2, 44850).id.clone();

    let url = server.url();
    let variables = [
        ("REFUNDS_PROVIDER", "quillpay"),
        ("QUILLPAY_API_KEY", crate::server::API_KEY),
        ("QUILLPAY_API_URL", &url),
    ];
    let client = RefundClient::new(registry().from_variables(variables)?);

    let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
    let amount = RefundAmount::Exact(Money::parse_major("149.50", "NOK".parse()?)?);
    let request = CreateRefund::new(charge.parse()?, amount, reference).with_reason("arrived broken");
    let refund = client.create(&request).await?;
    assert_eq!((refund.provider.as_str(), refund.status), ("quillpay", RefundStatus::Succeeded));
    assert_eq!(client.create(&request).await?.id, refund.id, "asked twice, made once");

    let rest = CreateRefund::new(charge.parse()?, RefundAmount::Remaining, Reference::new("rma-552")?);
    assert_eq!(client.create(&rest).await?.amount.to_string(), "299.00 NOK");
    assert_eq!(server.inside().ledger.moved(&charge), 44850);
    Ok(())
}

#[tokio::test]
async fn a_process_that_died_is_made_up_for() -> Result<(), Error> {
    let server = Server::start().await;
    let charge = server.inside().ledger.charge("JPY", 0, 500).id.clone();
    let client = RefundClient::new(registry().build("quillpay", &server.settings())?);
    let request = CreateRefund::new(charge.parse()?, RefundAmount::Remaining, Reference::new("rma-1")?);
    let before = UnresolvedRefund::new(client.provider().scope(), request.clone());
    let made = client.create(&request).await?;
    assert_eq!(client.resolve(&before).await?.id, made.id);
    assert_eq!(server.inside().ledger.reversals_of(&charge).count(), 1);
    Ok(())
}

#[test]
fn settings_that_are_wrong_are_named_and_never_shown() {
    for (settings, named) in [
        (Settings::new(), "api_key"),
        (Settings::new().with("api_key", "s3cret").with("api_ulr", "https://s3cret"), "api_ulr"),
        (Settings::new().with("api_key", "s3cret\nx"), "api_key"),
        (Settings::new().with("api_key", "k").with("api_url", "http://s3cret.example"), "api_url"),
        (Settings::new().with("api_key", "k").with("allow_http", "s3cret"), "allow_http"),
    ] {
        let error = registry().build("quillpay", &settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(named) && !error.to_string().contains("s3cret"), "{error}");
    }
    let plain = Settings::new()
        .with("api_key", "k")
        .with("api_url", "http://quillpay.internal")
        .with("allow_http", "true");
    assert!(registry().build("quillpay", &plain).is_ok());
}

#[test]
fn nothing_secret_is_in_debug() {
    let settings = Settings::new()
        .with("api_key", "s3cret-key")
        .with("webhook_secret", "s3cret-one")
        .with("webhook_secret_previous", "s3cret-two");
    let config = QuillpayConfig::from_settings(&settings).unwrap();
    let shown = format!("{config:?} {:?}", config.clone().build().unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}
