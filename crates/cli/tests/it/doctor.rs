//! `refunds doctor`.

use refunds_sandbox::Sandbox;
use serde_json::Value;

use crate::common::{PROVIDERS, bare, command, run};

/// The state of each check, by name.
fn states(document: &Value) -> Vec<(&str, &str)> {
    let checks = document.as_array().unwrap().iter();
    checks.map(|check| (check["name"].as_str().unwrap(), check["state"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let ran = run(&mut command(&sandbox, provider, &["doctor", "--output", "json"])).ended(0);
        let document = ran.json();
        let states = states(&document);
        for name in ["profile", "settings", "journal", "name", "connection", "response", "credentials"] {
            assert!(states.contains(&(name, "ok")), "{provider}, {name}: {document}");
        }
        assert!(states.contains(&("refunds", "skipped")), "{document}");
        assert_eq!(sandbox.ledger().entries().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_is_found_and_says_what_to_do() {
    let sandbox = Sandbox::start().await.unwrap();
    for (name, variable, value, status) in [
        ("settings", "DINTERO_ACCOUNT_ID", "", 2),
        ("journal", "REFUNDS_JOURNAL", "sqlite:/no/such/folder/refunds.db", 2),
        ("credentials", "DINTERO_CLIENT_SECRET", "canary-wrong", 4),
        ("name", "DINTERO_CHECKOUT_URL", "https://no-such-host.invalid/v1", 5),
    ] {
        let mut command = command(&sandbox, "dintero", &["doctor", "--output", "json"]);
        let ran = run(command.env(variable, value)).ended(status);
        let document = ran.json();
        let found = document.as_array().unwrap().iter().find(|check| check["state"] == "problem").unwrap();
        assert_eq!(found["name"], name, "{document}");
        assert!(found["next"].as_str().is_some_and(|next| !next.is_empty()), "{document}");
        assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"));
    }
    let refused = sandbox.refused_url().unwrap();
    let mut command = command(&sandbox, "mattilda", &["doctor", "--output", "json"]);
    let ran = run(command.env("MATTILDA_API_URL", refused)).ended(5);
    assert!(states(&ran.json()).contains(&("connection", "problem")), "{}", ran.stdout);
}

#[test]
fn without_an_account_it_says_what_is_missing() {
    let ran = run(bare(&["doctor", "--output", "table"]).env("REFUNDS_JOURNAL", "memory")).ended(2);
    assert!(ran.stdout.contains("REFUNDS_PROVIDER is not set"), "{}", ran.stdout);
}
