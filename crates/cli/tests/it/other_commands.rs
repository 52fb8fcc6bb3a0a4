//! `demo`, `sandbox`, `providers`, `completions` and `--help`.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::common::{PROVIDERS, address, bare, file, run};

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

/// A sandbox in another process, which ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(arguments: &[&str]) -> Served {
    Served(bare(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_sandbox_for_other_processes() {
    let mut served = serve(&["sandbox", "--output", "json"]);
    let mut line = String::new();
    BufReader::new(served.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let env = ready["env"].as_object().unwrap();
    let call = |provider: &str, arguments: &[&str]| {
        let mut command = bare(arguments);
        command.env("REFUNDS_PROVIDER", provider);
        command.env("REFUNDS_JOURNAL", address(&file("served.db")));
        command.envs(env.iter().map(|(name, value)| (name, value.as_str().unwrap())));
        run(&mut command)
    };
    let url = env["REFUNDS_SANDBOX_URL"].as_str().unwrap().to_owned();
    let seeded =
        run(bare(&["sandbox", "seed", "1", "NOK", "--at", "dintero"]).env("REFUNDS_SANDBOX_URL", url))
            .ended(0);
    assert_eq!(call("dintero", &["list", seeded.stdout.trim()]).ended(0).json(), serde_json::json!([]));
    for provider in PROVIDERS {
        let payment = ready["payments"][provider]["captured"].as_str().unwrap();
        assert_eq!(call(provider, &["list", payment]).ended(0).json(), serde_json::json!([]));
        // A reference is unique over all payments.
        let create = ["create", payment, "--reference", "r-1", "--full"];
        assert_eq!(call(provider, &create).ended(0).json()["status"], "succeeded");
        let slow = ready["payments"][provider]["asynchronous"].as_str().unwrap();
        let create = ["create", slow, "--reference", "r-2", "--full", "--wait"];
        assert_eq!(call(provider, &create).ended(0).json()["status"], "succeeded");
        let declining = ready["payments"][provider]["declining"].as_str().unwrap();
        call(provider, &["create", declining, "--reference", "r-3", "--full"]).ended(3);
    }
}

/// What it prints is for `eval`, a private key of several lines included.
#[cfg(unix)]
#[test]
fn a_shell_takes_the_variables() {
    let mut served = serve(&["sandbox", "--fault", "dintero/list:every:status=503"]);
    let mut lines = String::new();
    let mut stdout = BufReader::new(served.0.stdout.take().unwrap());
    while !lines.contains("mattilda  declining") {
        assert_ne!(stdout.read_line(&mut lines).unwrap(), 0, "it ended: {lines}");
    }
    let payment = |what: &str| {
        let line = lines.lines().find(|line| line.starts_with('#') && line.contains(what)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let script = "eval \"$VARIABLES\" && exec \"$REFUNDS\" --provider mattilda payment \"$PAYMENT\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env_clear().env("REFUNDS", env!("CARGO_BIN_EXE_refunds"));
    shell.env("VARIABLES", &lines).env("PAYMENT", payment("mattilda  captured"));
    assert_eq!(run(&mut shell).ended(0).json()["captured"]["minor_units"], 129_900);

    // It ends on SIGTERM, without output.
    let killed = Command::new("sh").args(["-c", &format!("kill -TERM {}", served.0.id())]).status().unwrap();
    assert!(killed.success());
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
    let mut stderr = String::new();
    served.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
}
