//! Exit status 6, and the way out of it.
//!
//! A payment's id serves as the reference too, since a reference is unique over all payments.
#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod common;

use common::{PROVIDERS, captured, command, create, refunds, run, run_with_input};
use refunds_sandbox::{Fault, Sandbox};

/// The next submission loses its connection and is carried out nevertheless, when nobody looks any
/// more: [`Sandbox::deliver_late`].
fn lose_the_answer(sandbox: &Sandbox, provider: &str) {
    let fault: Fault = format!("{provider}/submit:1:process-late=1h").parse().unwrap();
    sandbox.faults().add(fault);
}

/// The submission never arrives, and its sender can not know.
fn lose_the_request(sandbox: &Sandbox, provider: &str) {
    let fault: Fault = format!("{provider}/submit:1:drop-before").parse().unwrap();
    sandbox.faults().add(fault);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_resolved_to_the_one_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        for format in ["json", "jsonl", "table", "csv"] {
            let payment = captured(&sandbox, provider);
            lose_the_answer(&sandbox, provider);
            let arguments =
                ["create", &payment, "--reference", &payment, "--amount", "149.50", "--output", format];
            let lost = refunds(&sandbox, provider, &arguments).ended(6);
            assert_eq!(lost.stdout, "");
            sandbox.deliver_late();
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950, "it was made");

            // What was printed, as it is, by a file and by standard input.
            let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{payment}-{format}"));
            std::fs::write(&file, &lost.stderr).unwrap();
            let by_file = ["resolve", file.to_str().unwrap(), "--output", "json"];
            let found = refunds(&sandbox, provider, &by_file).ended(0);
            let mut by_input = command(&sandbox, provider, &["resolve", "-", "--output", "json"]);
            let again = run_with_input(&mut by_input, &lost.stderr).ended(0);
            assert_eq!(found.json()["id"], again.json()["id"]);
            assert_eq!(found.json()["reference"], payment.as_str());
            assert_eq!(found.json()["amount"]["minor_units"], 14_950);
            assert_eq!(sandbox.ledger().by_reference(&payment, &payment), 1);
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_says_what_is_needed() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_answer(&sandbox, provider);
        let lost = refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        sandbox.deliver_late();
        let error = lost.error();
        assert_eq!(error["kind"], "outcome_unknown");
        assert_eq!(error["outcome"], "unknown");
        assert_eq!(error["provider"], provider);
        assert_eq!(error["operation"], "create_refund");
        let unresolved = &error["unresolved"];
        assert_eq!(unresolved["provider"], provider);
        assert_eq!(unresolved["request"]["payment_id"], payment.as_str());
        assert_eq!(unresolved["request"]["reference"], payment.as_str());
        assert_eq!(unresolved["amount"]["minor_units"], 14_950);
        assert_eq!(unresolved["refunded_before"]["minor_units"], 0);
        assert!(unresolved["submitted_at"].is_string());

        // The bare object resolves as well, and the provider is the one that was asked.
        let other = if provider == "dintero" { "mattilda" } else { "dintero" };
        let mut resolve = command(&sandbox, other, &["resolve", "-"]);
        let found = run_with_input(&mut resolve, &unresolved.to_string()).ended(0);
        assert_eq!(found.json()["provider"], provider);
        // Unless told otherwise: then the outcome stays unknown.
        let mut wrong = command(&sandbox, provider, &["--provider", other, "resolve", "-"]);
        let wrong = run_with_input(&mut wrong, &unresolved.to_string()).ended(6);
        assert_eq!(wrong.error()["kind"], "config");
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_lost_is_made_by_running_it_again() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_request(&sandbox, provider);
        let lost = refunds(&sandbox, provider, &create(&payment, "r-1")).ended(6);
        sandbox.faults().clear();
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
        let mut resolve = command(&sandbox, provider, &["resolve", "-"]);
        let made = run_with_input(&mut resolve, &lost.stderr).ended(0);
        assert_eq!(made.json()["amount"]["minor_units"], 14_950);
        let again = refunds(&sandbox, provider, &create(&payment, "r-1")).ended(0);
        assert_eq!(again.json()["id"], made.json()["id"]);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_resolved() {
    let sandbox = Sandbox::start().await.unwrap();
    for input in ["", "{}", "nonsense", r#"{"error":{"kind":"not_found"}}"#] {
        let mut resolve = command(&sandbox, "mattilda", &["resolve", "-"]);
        let error = run_with_input(&mut resolve, input).ended(2).error();
        assert_eq!(error["kind"], "invalid_request");
    }
    let ran = run(&mut command(&sandbox, "mattilda", &["resolve", "no/such/file"])).ended(2);
    assert!(ran.error()["message"].as_str().unwrap().starts_with("no/such/file can not be read"));
    assert_eq!(sandbox.requests(), []);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn stopping_a_create_in_the_middle_leaves_what_is_needed() {
    use std::process::{Command, Stdio};

    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    sandbox.faults().add("mattilda/submit:1:process-then-silence".parse().unwrap());
    let child = command(&sandbox, "mattilda", &create(&payment, "r-1"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while sandbox.ledger().of(&payment).count() == 0 {
        tokio::task::yield_now().await;
    }
    let killed = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(killed.unwrap().success());
    let ran = common::Ran::of(child.wait_with_output().unwrap()).ended(6);
    assert_eq!(ran.error()["kind"], "outcome_unknown");
    let mut resolve = command(&sandbox, "mattilda", &["resolve", "-"]);
    let found = run_with_input(&mut resolve, &ran.stderr).ended(0);
    assert_eq!(found.json()["reference"], "r-1");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
}
