//! Settings, and what they make of a provider.

use std::{fs, path::PathBuf};

use crate::common::fixture;
use refunds_core::{
    Capabilities, Certainty, ErrorKind, Idempotency, Operation, ProviderFactory, RefundProvider, Registry,
    Replay, Settings,
};
use refunds_mattilda::{Mattilda, MattildaConfig, MattildaFactory};

fn build(settings: &[(&str, &str)]) -> refunds_core::Result<Capabilities> {
    let registry = Registry::new().with(MattildaFactory);
    Ok(registry.build("mattilda", &settings.iter().copied().collect())?.capabilities())
}

#[test]
fn exactly_one_credential_is_needed() {
    let pem = fixture("test_key_p521.pem");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/test_key_p521.pem");
    for settings in [
        &[("private_key", pem.as_str())][..],
        &[("private_key_file", file)],
        &[("token", "t0ken")],
        &[("token", "t0ken\n")],
        &[("token", "t0ken\r\n"), ("merchant_account_id", "school-01\n")],
        &[("private_key_file", &format!("{file}\n"))],
        &[("private_key", &pem.replace('\n', "\r\n"))],
    ] {
        build(settings).unwrap();
    }
    for settings in [
        &[][..],
        &[("merchant_account_id", "school-01")],
        &[("token", "t0ken"), ("private_key", pem.as_str())],
        &[("token", "t0ken"), ("private_key_file", file)],
        &[("private_key", pem.as_str()), ("private_key_file", file)],
    ] {
        let error = build(settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        for key in ["`private_key`", "`private_key_file`", "`token`"] {
            assert!(error.message().contains(key), "{error}");
        }
    }
}

#[test]
fn malformed_settings_are_named_and_not_shown() {
    for (key, value) in [
        ("api_url", "http://canary.example"),
        ("api_url", "https://canary:canary@pay.example"),
        ("api_url", "canary"),
        ("merchant_account_id", "canary\r\nx-evil: 1"),
        ("merchant_account_id", "canary ñ"),
        ("allow_http", "canary"),
        ("keep_raw", "canary"),
        ("timeout", "canary"),
        ("timeout", "0s"),
        ("idempotency_key", "canary"),
        ("webhook_secret", ""),
        ("webhook_secret", " \t"),
        ("webhook_secret", "canary\nx"),
        ("webhook_secret_previous", "canary"),
        ("private_key", ""),
        ("api_url", "https://canary.example/\nx"),
        ("canary_key", "x"),
    ] {
        let error = build(&[("token", "t0ken"), (key, value)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{key}");
        assert_eq!((error.provider(), error.may_have_applied()), (Some("mattilda"), false), "{key}");
        assert_eq!(error.operation(), Some(Operation::Configure), "{key}");
        assert!(error.message().contains(key), "{error}");
        assert!(key == "canary_key" || !format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let error =
        MattildaConfig::from_settings(&Settings::from_iter([("token", "t"), ("secret", "x")])).unwrap_err();
    assert!(error.message().starts_with("unknown setting secret of mattilda; expected one of:"), "{error}");
    for token in ["two words", "Bearer canary", "canary\u{7}", "ñ", "  "] {
        let error = build(&[("token", token)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{token}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn a_webhook_secret_given_in_code_is_checked_too() {
    for secret in ["", " ", "canary\n"] {
        let config = MattildaConfig::from_token("t0ken").with_webhook_secret("s").with_webhook_secret(secret);
        let error = Mattilda::new(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{secret:?}");
        assert!(error.message().contains("`webhook_secret`"), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn a_key_file_that_cannot_be_read_is_named_by_its_setting() {
    let directory = tempdir("files");
    let pem = fixture("test_key_p521.pem");
    let file = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let filled = |length: usize| format!("{pem}{:\n<rest$}", "", rest = length - pem.len());
    for (path, mentions) in [
        ("/nowhere/canary.pem".to_owned(), "cannot be read"),
        ("/".to_owned(), "not a regular file"),
        (file("long.pem", filled((64 << 10) + 1).as_bytes()), "too long"),
        (file("binary.pem", b"canary\xff"), "not text"),
        (file("empty.pem", b""), "not a private key"),
    ] {
        let error = build(&[("private_key_file", &path)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("private_key_file") || mentions == "not a private key", "{error}");
        assert!(error.message().contains(mentions), "{path}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    for content in [pem.clone(), filled(64 << 10), format!("{pem}\n# the key of the shop\n")] {
        build(&[("private_key_file", &file("good.pem", content.as_bytes()))]).unwrap();
    }
    fs::remove_dir_all(directory).unwrap();
}

/// Metadata says nothing of how much they hold: reading them would never end.
#[cfg(unix)]
#[test]
fn a_key_file_that_has_no_end_is_not_read() {
    let directory = tempdir("endless");
    let pipe = directory.join("key.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in ["/dev/zero", pipe.to_str().unwrap()] {
        let error = build(&[("private_key_file", path)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`private_key_file` names is not a regular file"), "{error}");
    }
    // Mounted secrets are links to files.
    let link = directory.join("link.pem");
    std::os::unix::fs::symlink(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/test_key_p521.pem"),
        &link,
    )
    .unwrap();
    build(&[("private_key_file", link.to_str().unwrap())]).unwrap();
    fs::remove_dir_all(directory).unwrap();
}

/// A directory of this test alone.
fn tempdir(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("refunds-mattilda-{name}-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn plain_http_needs_leave() {
    let url = ("api_url", "http://gateway.internal");
    assert!(build(&[("token", "t0ken"), url]).is_err());
    build(&[("token", "t0ken"), url, ("allow_http", "true")]).unwrap();
    build(&[("token", "t0ken"), ("api_url", "http://127.0.0.1:8080")]).unwrap();
}

#[test]
fn what_it_can_do() {
    let by_default = build(&[("token", "t0ken")]).unwrap();
    assert_eq!(by_default, MattildaFactory.capabilities());
    assert!(by_default.partial && by_default.multiple && by_default.gift_cards);
    assert!(!by_default.lines && !by_default.metadata && by_default.webhooks);
    assert!(by_default.final_status.get && by_default.final_status.list && by_default.final_status.webhook);
    assert!(by_default.idempotency.honoured().is_none());
    let Idempotency::Key(key) = by_default.idempotency else { panic!("it knows a key") };
    assert_eq!((key.max_length, key.retention.as_secs(), key.replay), (255, 86_400, Replay::FirstAnswer));
    assert!(key.conflict_in_flight);

    let vouched = build(&[("token", "t0ken"), ("idempotency_key", "honoured")]).unwrap();
    assert!(vouched.idempotency.honoured().is_some());
    let asked = build(&[("token", "t0ken"), ("idempotency_key", "best_effort")]).unwrap();
    assert!(asked.idempotency.honoured().is_none());
    let config = MattildaConfig::from_token("t0ken").with_idempotency(Certainty::Guaranteed);
    assert!(Mattilda::new(config).unwrap().capabilities().idempotency.honoured().is_some());
}

#[test]
fn the_environment_chooses_it() {
    let registry = Registry::new().with(MattildaFactory);
    let pem = fixture("test_key_p521.pem").replace('\n', "\\n");
    let provider = registry
        .from_variables([
            ("REFUNDS_PROVIDER", "mattilda"),
            ("MATTILDA_PRIVATE_KEY", &pem[pem.find("-----").unwrap()..]),
            ("MATTILDA_MERCHANT_ACCOUNT_ID", "school-01"),
            ("MATTILDA_WEBHOOK_SECRET", "s3cret"),
            ("MATTILDA_API_URL", ""),
        ])
        .unwrap();
    assert_eq!(provider.name(), "mattilda");
}
