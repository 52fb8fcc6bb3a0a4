//! Settings: errors name the setting, and secrets appear nowhere.

use acme_adapter::{Acme, AcmeConfig, AcmeFactory};
use refunds_core::{ErrorKind, Operation, Registry, Settings};

const REQUIRED: [(&str, &str); 2] = [("client_id", "a"), ("client_secret", "hush-hush")];

fn settings(more: &[(&str, &str)]) -> Settings {
    REQUIRED.iter().chain(more).fold(Settings::new(), |settings, (key, value)| settings.with(*key, *value))
}

#[test]
fn a_wrong_setting_is_named_and_its_value_is_not_shown() {
    let registry = Registry::new().with(AcmeFactory);
    for (settings, named) in [
        (Settings::new(), "client_id"),
        (Settings::new().with("client_id", "hush-7"), "client_secret"),
        (settings(&[("api_ulr", "https://hush.example")]), "api_ulr"),
        (settings(&[("api_url", "http://u:hush-hush@pay.example")]), "api_url"),
        (settings(&[("api_url", "http://hush.example")]), "api_url"),
        (settings(&[("allow_http", "hush-hush")]), "allow_http"),
    ] {
        let error = registry.build("acme", &settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(named) && !format!("{error:?}").contains("hush"), "{error}");
    }
    let plain = settings(&[("api_url", "http://acme.internal"), ("allow_http", "true")]);
    assert!(registry.build("acme", &plain).is_ok());
}

#[test]
fn a_mistyped_variable_is_named_and_its_value_is_not_shown() {
    let registry = Registry::new().with(AcmeFactory);
    for (name, named) in [("ACME_CLIENT_SECRT", "ACME_CLIENT_SECRET"), ("ACME_API_ULR", "ACME_API_ULR")] {
        let mut variables = vec![("REFUNDS_PROVIDER", "acme"), ("ACME_CLIENT_ID", "a"), (name, "hush-hush")];
        if named == name {
            variables.push(("ACME_CLIENT_SECRET", "hush-hush"));
        }
        let error = registry.from_variables(variables).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Config, Some(Operation::Configure)),
            "{error}"
        );
        assert!(error.to_string().contains(named) && !format!("{error:?}").contains("hush"), "{error}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let settings = settings(&[("webhook_secret", "hush-one"), ("webhook_secret_previous", "hush-two")]);
    let config = AcmeConfig::from_settings(&settings).unwrap();
    let shown = format!("{config:?} {:?}", Acme::new(config.clone()).unwrap());
    assert!(!shown.contains("hush"), "{shown}");
}
