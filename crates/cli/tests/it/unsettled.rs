//! `refunds resolve` without a file: what is unsettled in the journal.

use refunds_sandbox::Sandbox;
use serde_json::Value;

use crate::common::{
    PROVIDERS, an_hour_later, bare, currency, journal, refunds, run, submissions, unsettled,
};

#[tokio::test(flavor = "multi_thread")]
async fn everything_unsettled_is_finished_oldest_first() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payments = [true, false, true].map(|is_made| unsettled(&sandbox, provider, is_made));
        sandbox.deliver_late();
        // The lost one has to wait; the others show.
        let resolve = ["resolve", "--yes", "--output", "json"];
        let early = refunds(&sandbox, provider, &resolve).ended(6);
        let rows = early.json();
        let results: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["result"].clone()).collect();
        assert_eq!(results, ["made", "unknown", "made"], "{rows}");
        for (row, payment) in rows.as_array().unwrap().iter().zip(&payments) {
            assert_eq!(
                (&row["payment_id"], &row["reference"]),
                (&payment.as_str().into(), &row["payment_id"])
            );
            assert_eq!(row["amount"]["minor_units"], 14_950);
        }
        assert_eq!(rows[0]["refund"]["status"], "succeeded");
        assert!(rows[1]["error"]["retry_after"].as_u64().unwrap() > 0, "{rows}");
        assert_eq!(sandbox.ledger().total_refunded(&payments[1]), 0);

        an_hour_later(&journal(&sandbox));
        let done = refunds(&sandbox, provider, &resolve).ended(0).json();
        assert_eq!(done.as_array().unwrap().len(), 1, "the others are settled: {done}");
        assert_eq!(done[0]["result"], "made");
        assert_eq!(refunds(&sandbox, provider, &resolve).ended(0).json(), Value::Array(Vec::new()));
        for payment in &payments {
            assert_eq!(sandbox.ledger().total_refunded(payment), 14_950);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_has_a_row_for_each_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    let payments = [true, false].map(|is_made| unsettled(&sandbox, "mattilda", is_made));
    let ids = payments.clone();
    let look =
        |format: &str| refunds(&sandbox, "mattilda", &["resolve", "--look-only", "-o", format]).ended(6);
    let csv = look("csv").csv();
    assert_eq!((csv.len(), csv[1]["result"].as_str()), (2, "unknown"));
    assert_eq!((&csv[0]["payment_id"], csv[0]["amount"].as_str()), (&ids[0], "149.50"));
    let lines = look("jsonl").stdout;
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[0]["result"]), (2, &"unknown".into()));
    sandbox.deliver_late();
    let table = look("table").stdout;
    let lines: Vec<_> = table.lines().collect();
    let amount = format!("149.50 {}", currency("mattilda"));
    assert!(lines[0].starts_with(&format!("{} of {}, {amount}: refund ", ids[0], ids[0])), "{table}");
    assert!(lines[0].ends_with(" is succeeded"), "{table}");
    assert!(lines[1].contains("has not appeared yet; try again with the same reference after "), "{table}");
    assert_eq!(lines.len(), 2);

    refunds(&sandbox, "dintero", &["resolve", "--yes", "-o", "table"]).ended(0);
    assert_eq!(refunds(&sandbox, "dintero", &["resolve", "--yes", "-o", "json"]).ended(0).stdout, "[]\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_submitted_without_a_yes() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = unsettled(&sandbox, provider, false);
        an_hour_later(&journal(&sandbox));
        sandbox.clear_requests();
        // Also where nothing is unsettled: a script learns of its mistake at once.
        let refused = refunds(&sandbox, provider, &["resolve", "--output", "json"]).ended(2);
        assert!(refused.error()["message"].as_str().unwrap().contains("add --yes, or --look-only"));
        assert_eq!(sandbox.requests(), []);
        refunds(&sandbox, provider, &["resolve", "--look-only"]).ended(6);
        assert_eq!(submissions(&sandbox), 0);
        refunds(&sandbox, provider, &["resolve", "--yes"]).ended(0);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_accounts_are_counted_and_left_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let payments = [unsettled(&sandbox, "dintero", false), unsettled(&sandbox, "mattilda", false)];
    an_hour_later(&journal(&sandbox));
    let text = refunds(&sandbox, "mattilda", &["resolve", "--look-only", "-o", "table"]).ended(6);
    assert!(text.stderr.starts_with("warning: 1 unsettled refund of dintero"), "{}", text.stderr);
    let resolved = refunds(&sandbox, "mattilda", &["resolve", "--yes", "-o", "json"]).ended(0);
    assert_eq!(resolved.json()[0]["payment_id"], payments[1].as_str());
    let warning: Value = serde_json::from_str(&resolved.stderr).unwrap();
    assert_eq!(warning["warning"]["kind"], "other_account");
    assert!(warning["warning"]["message"].as_str().unwrap().starts_with("1 unsettled refund of dintero"));
    let moved = payments.map(|payment| sandbox.ledger().total_refunded(&payment));
    assert_eq!(moved, [0, 14_950]);
}

/// A person on a terminal is asked; `script` gives the command one.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_for_confirmation() {
    use std::process::Command;

    use crate::common::{Ran, command, run_with_input};

    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: `script` of util-linux is not installed");
        return;
    }
    let sandbox = Sandbox::start().await.unwrap();
    let payment = unsettled(&sandbox, "mattilda", false);
    an_hour_later(&journal(&sandbox));
    let answer = |text: &str| -> Ran {
        let inner = command(&sandbox, "mattilda", &[]);
        let mut outer = Command::new("script");
        outer.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        outer.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
        let line = format!("'{}' resolve", env!("CARGO_BIN_EXE_refunds"));
        run_with_input(outer.args(["-qec", &line, "/dev/null"]), text)
    };
    let no = answer("n\n").ended(2);
    assert!(no.stdout.contains("1 refund is unsettled at mattilda"), "{no:#?}");
    assert!(no.stdout.contains("Continue? [y/N]") && no.stdout.contains("nothing was submitted"), "{no:#?}");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
    answer("yes\n").ended(0);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    // Where nothing is unsettled, there is nothing to ask.
    assert!(answer("").ended(0).stdout.contains("nothing is unsettled"));
}

#[test]
fn help_explains_it() {
    insta::assert_snapshot!("help_resolve", run(&mut bare(&["resolve", "--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_journal", run(&mut bare(&["journal", "--help"])).ended(0).stdout);
    insta::assert_snapshot!("help_purge", run(&mut bare(&["journal", "purge", "--help"])).ended(0).stdout);
}
