//! `refunds sandbox fault|settle|fail|void|trigger|seed`.

use std::process::Command;

use refunds_sandbox::{EntryState, Outcome, Sandbox};
use serde_json::{Value, json};

use crate::common::{Ran, asynchronous, bare, create, refunds, run};

async fn start() -> Sandbox {
    let sandbox = Sandbox::builder().admin_port(0).start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    sandbox
}

fn control(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut command: Command = bare(&[&["sandbox"], arguments].concat());
    run(command.env("REFUNDS_SANDBOX_URL", sandbox.admin_url().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_added_listed_and_removed() {
    let sandbox = start().await;
    let added = control(&sandbox, &["fault", "add", "mattilda/submit:1:status=503"]).ended(0);
    assert_eq!(added.stdout, "Injected fault 1: mattilda/submit:1:status=503\n");
    let payment = sandbox.mattilda().captured(44_850, "MXN");
    refunds(&sandbox, "mattilda", &create(&payment, "rma-1")).ended(6);
    let listed = control(&sandbox, &["fault", "list"]).ended(0);
    assert_eq!(listed.stdout, "1: mattilda/submit:1:status=503 (applied to 1 of 1 calls)\n");
    let row = json!({"id": 1, "rule": "mattilda/submit:1:status=503", "provider": "mattilda", "seen": 1, "hits": 1});
    assert_eq!(control(&sandbox, &["fault", "list", "--output", "json"]).ended(0).json(), json!([row]));
    let csv = control(&sandbox, &["fault", "list", "--output", "csv"]).ended(0).csv();
    assert_eq!((csv.len(), csv[0]["hits"].as_str()), (1, "1"));
    assert_eq!(control(&sandbox, &["fault", "clear"]).ended(0).stdout, "Faults removed: 1\n");
    assert_eq!(control(&sandbox, &["fault", "list"]).ended(0).stdout, "No active faults\n");
    let wrong = control(&sandbox, &["fault", "add", "submit:1:explode"]).ended(2);
    assert!(wrong.stderr.contains("not a valid fault rule"), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_refunds_are_settled_failed_and_voided() {
    let sandbox = start().await;
    for (verb, word, state) in [
        ("settle", "succeeded", EntryState::Moved),
        ("fail", "failed", EntryState::Failed),
        ("void", "voided", EntryState::Failed),
    ] {
        let payment = asynchronous(&sandbox, "mattilda", Outcome::Declined);
        let made = refunds(&sandbox, "mattilda", &create(&payment, verb)).ended(0).json();
        let id = made["id"].as_str().unwrap();
        let ended = control(&sandbox, &[verb, id]).ended(0);
        assert_eq!(ended.stdout, format!("Refund {id} is {word}\n"));
        assert_eq!(sandbox.ledger().of(&payment).next().unwrap().state, state);
        let again = control(&sandbox, &[verb, id]).ended(1);
        assert!(
            again.stderr.contains(&format!("the refund is not pending: it is {word}")),
            "{}",
            again.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_seeded_in_major_units() {
    let sandbox = start().await;
    for (provider, currency) in [("dintero", "NOK"), ("mattilda", "MXN")] {
        let id = control(&sandbox, &["seed", "149.50", currency, "--at", provider]).ended(0).stdout;
        let payment = refunds(&sandbox, provider, &["payment", id.trim()]).ended(0).json();
        assert_eq!(payment["captured"]["minor_units"], 14_950);
    }
    let yen =
        control(&sandbox, &["seed", "150", "JPY", "--at", "mattilda", "--output", "json"]).ended(0).json();
    let shown = refunds(&sandbox, "mattilda", &["payment", yen["id"].as_str().unwrap()]).ended(0).json();
    assert_eq!(shown["captured"]["minor_units"], 150);
    for (arguments, sentence) in [
        (["seed", "0", "NOK", "--at", "dintero"], "must be greater than zero"),
        (["seed", "1.555", "NOK", "--at", "dintero"], "decimals"),
        (["seed", "1", "NOK", "--at", "nobody"], "unknown provider"),
    ] {
        let ran = control(&sandbox, &arguments).ended(2);
        assert!(ran.stderr.contains(sentence), "{sentence}: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_triggered() {
    let sandbox = start().await;
    let payment = sandbox.mattilda().captured(44_850, "MXN");
    let made = refunds(&sandbox, "mattilda", &create(&payment, "rma-1")).ended(0).json();
    let nobody = control(&sandbox, &["trigger", "refund.succeeded"]).ended(1);
    assert!(nobody.stderr.contains("nothing is subscribed"), "{}", nobody.stderr);
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    let id = made["id"].as_str().unwrap();
    let sent = control(&sandbox, &["trigger", "refund.failed", "--refund", id]).ended(0);
    assert_eq!(sent.stdout, format!("Sent refund.failed about refund {id}\n"));
    assert_eq!(sandbox.webhooks().pending(), 1, "it is sent again later: nobody listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_is_not_there_is_named() {
    let unknown = run(&mut bare(&["sandbox", "fault", "list"])).ended(2);
    assert!(unknown.stderr.contains("REFUNDS_SANDBOX_URL"), "{}", unknown.stderr);
    let sandbox = start().await;
    let gone = sandbox.refused_url().unwrap();
    let ran = run(&mut bare(&["sandbox", "fault", "list", "--url", &gone])).ended(1);
    assert!(ran.stderr.starts_with("error: the sandbox: "), "{}", ran.stderr);
    let elsewhere = run(&mut bare(&["sandbox", "fault", "list", "--url", "http://sandbox.example"])).ended(2);
    assert!(elsewhere.stderr.contains("not loopback"), "{}", elsewhere.stderr);
    let url = sandbox.admin_url().unwrap();
    assert_eq!(run(&mut bare(&["sandbox", "fault", "clear", "--url", &url])).ended(0).stderr, "");
    // As JSON, too.
    let failed = run(&mut bare(&["sandbox", "settle", "none", "--url", &url, "--output", "json"])).ended(1);
    assert_eq!(
        failed.error()["message"],
        Value::from("the sandbox: HTTP 404: no provider has a refund with this id")
    );
}
