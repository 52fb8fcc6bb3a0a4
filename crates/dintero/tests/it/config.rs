//! What can be configured, and what is refused.

use refunds_core::{
    ErrorKind, FinalStatus, Idempotency, ProviderFactory as _, RefundProvider as _, Registry, Settings,
};
use refunds_dintero::{Dintero, DinteroConfig, DinteroFactory};

const NEEDED: [(&str, &str); 3] =
    [("account_id", "T11223344"), ("client_id", "id"), ("client_secret", "canary")];

fn settings(more: &[(&str, &str)]) -> Settings {
    NEEDED.iter().chain(more).copied().collect()
}

#[test]
fn settings_that_are_taken_and_refused() {
    let registry = Registry::new().with(DinteroFactory);
    for (more, ok) in [
        (&[][..], true),
        (&[("account_id", "P00000000")], true),
        (&[("account_id", "T1122334")], false),
        (&[("account_id", "T112233445")], false),
        (&[("account_id", "t11223344")], false),
        (&[("account_id", "X11223344")], false),
        (&[("account_id", "T1122334a")], false),
        (&[("account_id", "T１１２２３３４４")], false),
        (&[("account_id", "")], false),
        (&[("client_id", "a:b")], false),
        (&[("client_secret", "")], false),
        (&[("api_url", "https://api.example.com/v1")], true),
        (&[("api_url", "http://127.0.0.1:1/v1")], true),
        (&[("api_url", "http://api.example.com/v1")], false),
        (&[("checkout_url", "http://api.example.com/v1")], false),
        (&[("checkout_url", "http://api.example.com/v1"), ("allow_http", "true")], true),
        (&[("checkout_url", "https://user:canary@api.example.com/v1")], false),
        (&[("allow_http", "yes")], false),
        (&[("record_only", "true"), ("keep_raw", "true"), ("timeout", "40s")], true),
        (&[("timeout", "40")], false),
        (&[("timeout", "0s")], false),
        (&[("callback_secret", "canary"), ("hook_secret", "canary")], true),
        (&[("callback_secret", "a, b,"), ("callback_secret_previous", "canary")], true),
        (&[("hook_secret", "canary"), ("hook_secret_previous", "canary")], true),
        (&[("callback_secret_previous", "canary")], false),
        (&[("hook_secret", ""), ("hook_secret_previous", "canary")], false),
        (&[("callback_secret", "")], false),
        (&[("hook_secret", " \t")], false),
        (&[("client_secret", " ")], false),
        (&[("client_secret", "canary\r\n")], true),
        (&[("client_secret", "canary\nx")], false),
        (&[("client_id", "id\n")], true),
        (&[("client_id", "i\td")], false),
        (&[("account_id", "T11223344\n")], true),
        (&[("checkout_url", "https://api.example.com/v1\n")], true),
        (&[("hook_secret", "canary\u{7}")], false),
        (&[("client_secrets", "canary")], false),
    ] {
        let built = registry.build("dintero", &settings(more));
        assert_eq!(built.is_ok(), ok, "{more:?}");
        let text = match built {
            Ok(provider) => format!("{provider:?}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Config, "{more:?}");
                format!("{error} {error:?}")
            }
        };
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn an_error_names_the_setting() {
    for (key, value) in [
        ("account_id", "x"),
        ("client_id", ":"),
        ("api_url", "ftp://x"),
        ("checkout_url", "http://x.example"),
        ("record_only", "1"),
        ("client_secret", "canary\nx"),
        ("hook_secret", " "),
        ("callback_secret_previous", "canary"),
    ] {
        let error = DinteroFactory.build(&settings(&[(key, value)])).unwrap_err();
        assert!(error.message().contains(key), "{error}");
        assert!(!error.message().contains("canary"), "{error}");
    }
    let missing = DinteroConfig::from_settings(&Settings::new()).unwrap_err();
    assert_eq!(missing.provider(), Some("dintero"));
    assert!(missing.message().ends_with("settings: account_id, client_id, client_secret"), "{missing}");
    let unknown =
        DinteroConfig::from_settings(&settings(&[("api_ulr", "https://canary.example")])).unwrap_err();
    assert!(
        unknown.message().starts_with("unknown setting api_ulr of dintero; expected one of:"),
        "{unknown}"
    );
    assert!(!format!("{unknown:?}").contains("canary"), "{unknown:?}");
    let config = DinteroConfig::new("T11223344", "id", "secret").with_system("line\nbreak", "1");
    assert_eq!(Dintero::new(config).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_secret_given_in_code_is_checked_too() {
    let with = |secret: &'static str| DinteroConfig::new("T11223344", "id", secret);
    for (config, setting) in [
        (with(""), "client_secret"),
        (with("canary\n"), "client_secret"),
        (with("s").with_callback_secret(" "), "callback_secret"),
        (with("s").with_callback_secret("new").with_callback_secret("canary\n"), "callback_secret"),
        (with("s").with_hook_secret(""), "hook_secret"),
    ] {
        let error = Dintero::new(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{setting}");
        assert!(error.message().contains(&format!("`{setting}`")), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn it_says_what_it_can_do() {
    let dintero = Dintero::new(DinteroConfig::new("T11223344", "id", "secret")).unwrap();
    let can = dintero.capabilities();
    assert_eq!(can, DinteroFactory.capabilities());
    assert_eq!((dintero.name(), DinteroFactory.name()), ("dintero", "dintero"));
    assert!(can.partial && can.multiple && can.lines && can.metadata && !can.gift_cards);
    assert_eq!((can.idempotency, can.webhooks), (Idempotency::None, true));
    assert_eq!(can.final_status, FinalStatus::by(true, true, true));
    let required: Vec<_> =
        DinteroFactory.settings().iter().filter(|spec| spec.required).map(|spec| spec.key).collect();
    assert_eq!(required, ["account_id", "client_id", "client_secret"]);
}
