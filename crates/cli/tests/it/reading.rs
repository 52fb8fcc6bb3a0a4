//! `list`, `get` and `payment`, in every format.

use std::{io::Read, process::Stdio};

use refunds_sandbox::{Sandbox, dintero, mattilda};

use crate::common::{CAPTURED, PROVIDERS, Ran, captured, command, create, refunds, run};

const DINTERO_SEED: &str = include_str!("../../src/commands/demo/dintero-order-refunds.json");
const MATTILDA_SEED: &str = include_str!("../../src/commands/demo/mattilda-refunds.json");

/// A payment whose refunds are the documented payload.
fn documented(sandbox: &Sandbox, provider: &str) -> String {
    if provider == "dintero" {
        let paid = sandbox.dintero().captured(27_840, "NOK");
        let order = dintero::OrderSpec::new("NOK").id("order-42").line(123, 27_840).captured_by(paid);
        let order = sandbox.dintero().order(order);
        sandbox.dintero().insert_order_refunds_bytes(&order, DINTERO_SEED);
        order
    } else {
        let id = "fe26475d-ec3e-4884-9553-f7356683f7f9";
        sandbox.mattilda().transaction(mattilda::TransactionSpec::new(1299, "MXN").id(id));
        sandbox.mattilda().insert_refunds_page_bytes(id, MATTILDA_SEED);
        id.to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_payloads_in_every_format() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = documented(&sandbox, provider);
        let list = |format| refunds(&sandbox, provider, &["list", &payment, "--output", format]).ended(0);
        for format in ["table", "csv"] {
            insta::assert_snapshot!(format!("{provider}_seed_{format}"), list(format).stdout);
        }
        let json = list("json").json();
        let refund = list("jsonl").json();
        assert_eq!(json, serde_json::json!([refund]));
        let (id, status, minor, currency) = match provider {
            "dintero" => ("bd04c959-d159-49b4-a096-2d84e014a8da", "succeeded", 27_840, "NOK"),
            _ => ("8724fd24-5489-4a5d-90fd-0604df7d3b83", "pending", 1299, "MXN"),
        };
        assert_eq!(refund["provider"], provider);
        assert_eq!(refund["id"], id);
        assert_eq!(refund["payment_id"], payment.as_str());
        assert_eq!(refund["status"], status);
        assert_eq!(refund["amount"], serde_json::json!({"minor_units": minor, "currency": currency}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_may_be_short_says_so() {
    let sandbox = Sandbox::start().await.unwrap();
    // The documented page is full and names a next page, which is the same page again.
    let payment = documented(&sandbox, "mattilda");
    let as_json = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "json"]).ended(0);
    assert_eq!(as_json.json().as_array().unwrap().len(), 1, "no double");
    let warning: serde_json::Value = serde_json::from_str(&as_json.stderr).unwrap();
    assert_eq!(warning["warning"]["kind"], "incomplete_list");
    let as_table = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "table"]).ended(0);
    assert!(as_table.stderr.starts_with("warning: "), "{}", as_table.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_refunds_is_an_empty_list() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        let list = |format| refunds(&sandbox, provider, &["list", &payment, "--output", format]).ended(0);
        assert_eq!(list("json").json(), serde_json::json!([]), "{provider}");
        assert_eq!(list("jsonl").stdout, "");
        assert_eq!(list("table").stdout, "no refunds\n");
        let csv = list("csv");
        assert_eq!(csv.stdout.lines().count(), 1);
        assert!(csv.stdout.starts_with("provider,id,payment_id,reference,status,"));
        assert_eq!(list("json").stderr, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pages_are_one_array() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.mattilda().set_page_size(2);
    let payment = captured(&sandbox, "mattilda");
    for n in 1..=5 {
        let reference = format!("r-{n}");
        let arguments = ["create", &payment, "--reference", &reference, "--minor-units", "100"];
        refunds(&sandbox, "mattilda", &arguments).ended(0);
    }
    let json = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "json"]).ended(0).json();
    let references: Vec<_> =
        json.as_array().unwrap().iter().map(|refund| refund["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["r-5", "r-4", "r-3", "r-2", "r-1"]);
    let lines = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "jsonl"]).ended(0);
    assert_eq!(lines.stdout.lines().count(), 5);
    for line in lines.stdout.lines() {
        let refund: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(refund["amount"]["minor_units"], 100);
    }
    let csv = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "csv"]).ended(0).csv();
    assert_eq!(csv.len(), 5);
    assert!(csv.iter().all(|row| row["amount"] == "1.00" && row["currency"] == "MXN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_breaks_off_does_not_look_complete() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.mattilda().set_page_size(1);
    let payment = captured(&sandbox, "mattilda");
    for reference in ["r-1", "r-2"] {
        refunds(&sandbox, "mattilda", &["create", &payment, "--reference", reference, "--amount", "1"])
            .ended(0);
    }
    sandbox.faults().add("mattilda/list:2:status=503".parse().unwrap());
    let ran = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "json"]).ended(5);
    assert!(ran.stdout.contains("r-2"));
    assert!(serde_json::from_str::<serde_json::Value>(&ran.stdout).is_err(), "{}", ran.stdout);
    assert_eq!(ran.error()["kind"], "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refund_in_every_format() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        let made = refunds(&sandbox, provider, &create(&payment, "=rma \"551\", x")).ended(0).json();
        let id = made["id"].as_str().unwrap();
        let get = |format| refunds(&sandbox, provider, &["get", &payment, id, "--output", format]).ended(0);

        let json = get("json").json();
        assert_eq!(json["provider"], provider);
        assert_eq!(json["id"], id);
        assert_eq!(json["payment_id"], payment.as_str());
        assert_eq!(json["reference"], "=rma \"551\", x");
        assert_eq!(json["status"], "succeeded");
        assert_eq!(json["amount"]["minor_units"], 14_950);
        assert_eq!(json["amount"]["currency"], made["amount"]["currency"]);
        assert_eq!(get("jsonl").stdout.lines().count(), 1);
        assert_eq!(get("jsonl").json(), json);

        let csv = get("csv").csv();
        assert_eq!(csv.len(), 1);
        assert_eq!(csv[0]["id"], id);
        assert_eq!(csv[0]["reference"], "'=rma \"551\", x", "no formula in a spreadsheet");
        assert_eq!((csv[0]["amount"].as_str(), csv[0]["minor_units"].as_str()), ("149.50", "14950"));
        assert_eq!(csv[0]["created_at"], json["created_at"].as_str().unwrap_or_default());

        let table = get("table").stdout;
        assert!(table.contains(&payment) && table.contains(id), "ids are not cut: {table}");
        assert!(table.contains("149.50 ") && table.contains("succeeded"), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_payment_in_every_format() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        refunds(&sandbox, provider, &create(&payment, "r-1")).ended(0);
        let show = |format| refunds(&sandbox, provider, &["payment", &payment, "--output", format]).ended(0);
        let json = show("json").json();
        assert_eq!(json["id"], payment.as_str());
        for (sum, minor) in
            [("captured", CAPTURED), ("refunded", 14_950), ("pending", 0), ("refundable", CAPTURED - 14_950)]
        {
            assert_eq!(json[sum]["minor_units"], minor, "{provider} {sum}");
        }
        assert_eq!(show("jsonl").json(), json);
        let csv = show("csv").csv();
        assert_eq!(csv[0]["refundable"], "299.00");
        assert_eq!(csv[0]["refundable_minor"], "29900");
        let table = show("table").stdout;
        let code = json["captured"]["currency"].as_str().unwrap();
        assert!(table.contains(&format!("Refundable  299.00 {code}")), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_the_lines_of_a_payment() {
    let sandbox = Sandbox::start().await.unwrap();
    let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").line("cups", 29_900).line("tea", 14_950);
    let payment = sandbox.dintero().transaction(spec);
    let mut arguments = create(&payment, "r-1");
    arguments.extend(["--line", "cups=149.50"]);
    refunds(&sandbox, "dintero", &arguments).ended(0);
    let show = |format| refunds(&sandbox, "dintero", &["payment", &payment, "--output", format]).ended(0);
    let lines = &show("json").json()["refundable_lines"];
    assert_eq!((&lines[0]["id"], &lines[0]["amount"]["minor_units"]), (&"cups".into(), &14_950.into()));
    assert_eq!(lines.as_array().unwrap().len(), 2);
    let table = show("table").stdout;
    assert!(
        table.ends_with("\nLINE  REFUNDABLE\ncups  149.50 NOK\ntea   149.50 NOK\n"),
        "lines follow the sums: {table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_it_is_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    assert!(refunds(&sandbox, "mattilda", &["payment", &payment]).ended(0).json().is_object());
    let mut by_option = command(&sandbox, "dintero", &["--provider", "mattilda", "payment", &payment]);
    assert_eq!(run(&mut by_option).ended(0).json()["provider"], "mattilda");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_it_quietly() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    for arguments in [
        vec!["list", payment.as_str(), "--output", "json"],
        vec!["list", payment.as_str(), "--output", "csv"],
        vec!["payment", payment.as_str()],
        vec!["create", payment.as_str(), "--reference", "r-1", "--amount", "1"],
        vec!["providers"],
        vec!["completions", "bash"],
        vec!["--help"],
    ] {
        let mut child = command(&sandbox, "mattilda", &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}: {stderr}");
        assert_eq!(stderr, "", "{arguments:?}");
    }
    assert_eq!(sandbox.ledger().total_refunded(&payment), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_written_is_reported() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let output = command(&sandbox, "mattilda", &create(&payment, "r-1")).stdout(full()).output().unwrap();
    let ran = Ran::of(output).ended(6);
    assert_eq!(ran.error()["outcome"], "unknown");
    let message = ran.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("is succeeded, but the output cannot be written"), "{message}");
    let output = command(&sandbox, "mattilda", &["list", &payment]).stdout(full()).output().unwrap();
    assert_eq!(Ran::of(output).ended(1).error()["outcome"], "not_applied");
    let again = refunds(&sandbox, "mattilda", &create(&payment, "r-1")).ended(0);
    assert!(message.contains(again.json()["id"].as_str().unwrap()), "{message}");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
}
