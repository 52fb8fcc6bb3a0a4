//! `demo`, `providers`, `completions` and `--help`.

use serde_json::Value;

use crate::common::{bare, run};

#[test]
fn the_demo_passes() {
    let ran = run(&mut bare(&["demo"])).ended(0);
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("All 14 steps passed."), "{}", ran.stdout);
    assert!(!ran.stdout.contains("FAILED"));
    for text in ["278.40 NOK", "12.99 MXN", "1149.50 MXN", "299.00 NOK", "demo-part", "demo-slow", "ledger"] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
}

#[test]
fn the_demo_as_json() {
    let report = run(&mut bare(&["demo", "--output", "json"])).ended(0).json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["steps"].as_array().unwrap().len(), 14);
    let moved = |provider: &str| -> i64 {
        let entries = report["ledger"].as_array().unwrap().iter();
        let of = entries.filter(|entry| entry["provider"] == provider);
        of.map(|entry| entry["minor_units"].as_i64().unwrap()).sum()
    };
    assert_eq!(moved("dintero"), 44_850 + 14_950);
    assert_eq!(moved("mattilda"), 129_900 + 14_950);
    assert_eq!(report["refunds"].as_array().unwrap().len(), 8);
    assert_eq!(run(&mut bare(&["demo", "--output", "csv"])).ended(0).csv().len(), 8);
    assert_eq!(run(&mut bare(&["demo", "--output", "jsonl"])).ended(0).stdout.lines().count(), 8);
}

#[test]
fn the_demo_reads_no_settings() {
    let mut elsewhere = bare(&["demo"]);
    elsewhere.env("REFUNDS_PROVIDER", "nobody").env("DINTERO_API_URL", "http://127.0.0.1:1");
    run(&mut elsewhere).ended(0);
}

#[test]
fn providers_in_every_format() {
    let list = |format| run(&mut bare(&["providers", "--output", format])).ended(0);
    let json = list("json").json();
    let names: Vec<_> = json.as_array().unwrap().iter().map(|provider| &provider["name"]).collect();
    assert_eq!(names, ["dintero", "mattilda"]);
    assert_eq!(json[0]["capabilities"]["partial"], true);
    assert!(
        json[0]["capabilities"]["idempotency"].is_string()
            || json[0]["capabilities"]["idempotency"].is_object()
    );
    let settings = json[0]["settings"].as_array().unwrap();
    let secret = settings.iter().find(|setting| setting["key"] == "client_secret").unwrap();
    assert_eq!(secret["variable"], "DINTERO_CLIENT_SECRET");
    assert_eq!(secret["required"], true);
    assert!(!secret["help"].as_str().unwrap().is_empty());

    let lines = list("jsonl").stdout;
    assert_eq!(lines.lines().count(), 2);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first, json[0]);
    let csv = list("csv").csv();
    let row = csv.iter().find(|row| row["variable"] == "MATTILDA_API_URL").unwrap();
    assert_eq!((row["provider"].as_str(), row["partial"].as_str()), ("mattilda", "true"));
    let table = list("table").stdout;
    for text in ["CAPABILITY", "dintero", "VARIABLE", "DINTERO_ACCOUNT_ID", "MATTILDA_PRIVATE_KEY_FILE"] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[test]
fn help_explains_itself() {
    insta::assert_snapshot!("help", run(&mut bare(&["--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_create", run(&mut bare(&["create", "--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_webhook", run(&mut bare(&["webhook", "--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_sandbox", run(&mut bare(&["sandbox", "--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_verify", run(&mut bare(&["webhook", "verify", "--help"])).ended(0).stdout);
    let nothing = run(&mut bare(&[])).ended(2);
    assert!(nothing.stderr.contains("Usage: refunds"), "{}", nothing.stderr);
    assert!(run(&mut bare(&["--version"])).ended(0).stdout.starts_with("refunds "));
}

#[test]
fn completions_for_shells() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&mut bare(&["completions", shell])).ended(0).stdout;
        assert!(script.contains("refunds") && script.contains("minor-units"), "{shell}");
    }
}
