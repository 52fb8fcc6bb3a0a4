//! Scenarios, good and bad.

use std::path::Path;

use serde_json::json;

use super::{as_text, call, payment, serve_json, written};
use crate::common::{bare, run};

#[test]
fn a_scenario_has_the_settings_and_the_payments() {
    let scenario = written(
        "scenario.toml",
        r#"
            seed = 7

            [mattilda]
            rate_limit = "1000/1s"

            [[payment]]
            provider = "dintero"
            kind = "order"
            id = "order-42"
            currency = "SEK"
            lines = [{ id = 1, amount = "100.00" }, { id = 2, amount = "50.00" }]

            [[payment]]
            provider = "mattilda"
            kind = "asynchronous"
            name = "slow"
            amount = 10
            currency = "JPY"
            outcome = "failed"
            settle_after = "1ms"

            [[payment]]
            provider = "mattilda"
            kind = "captured"
            id = "0b9c1f8e-6a1d-4a51-9d0e-3f1f0a7c5512"
            amount = "10.500"
            captured = "4.250"
            currency = "TND"
            gift_cards = ["1.000"]
            faults = ["submit:1:status=429"]

            [[payment]]
            provider = "mattilda"
            kind = "authorized"
            amount = "1.00"
            currency = "MXN"
        "#,
    );
    let (_served, ready) = serve_json(&["--scenario", as_text(&scenario)]);
    assert_eq!((ready["list"].as_array().unwrap().len(), &ready["seed"]), (4, &json!(7)));
    let call = |provider: &str, arguments: &[&str]| call(&ready, "scenario.db", provider, arguments);
    assert_eq!(call("dintero", &["payment", "order-42"]).ended(0).json()["captured"]["minor_units"], 15_000);
    call("dintero", &["create", "order-42", "--reference", "r", "--line", "1=1.00", "--amount", "1.00"])
        .ended(0);
    let slow = payment(&ready, "mattilda", "slow");
    call("mattilda", &["create", slow, "--reference", "r", "--full", "--wait"]).ended(3);
    let part = payment(&ready, "mattilda", "captured");
    assert_eq!(part, "0b9c1f8e-6a1d-4a51-9d0e-3f1f0a7c5512");
    let left = || call("mattilda", &["payment", part]).ended(0).json()["refundable"]["minor_units"].clone();
    let before = left();
    // The first submission meets the fault, so it takes a second one.
    call("mattilda", &["create", part, "--reference", "r-2", "--amount", "0.250"]).ended(0);
    assert_eq!(left(), json!(before.as_i64().unwrap() - 250));
    call("mattilda", &["create", payment(&ready, "mattilda", "authorized"), "--reference", "r-3", "--full"])
        .ended(3);

    let other = serve_json(&["--scenario", as_text(&scenario), "--seed", "8"]).1;
    assert_eq!(other["seed"], 8, "flags win");
    assert_ne!(payment(&other, "mattilda", "slow"), slow);
}

#[test]
fn the_example_scenario_works() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop.toml");
    let (_served, ready) =
        serve_json(&["--scenario", as_text(&example), "--dintero-port", "0", "--mattilda-port", "0"]);
    for payment in ready["list"].as_array().unwrap() {
        let (provider, id) = (payment["provider"].as_str().unwrap(), payment["id"].as_str().unwrap());
        let shown = call(&ready, "example.db", provider, &["payment", id]).ended(0).json();
        assert_eq!(shown["captured"]["currency"], payment["amount"]["currency"], "{payment}");
    }
}

#[test]
fn the_scenario_in_the_help_works() {
    let help = run(&mut bare(&["sandbox", "--help"])).ended(0).stdout;
    let (_, after) = help.split_once("the settings and the payments are in a file:\n").unwrap();
    let (scenario, _) = after.split_once("\nKinds:").unwrap();
    let scenario = written("help.toml", scenario);
    let (_served, ready) = serve_json(&["--scenario", as_text(&scenario), "--dintero-port", "0"]);
    assert_eq!(ready["list"].as_array().unwrap().len(), 2, "{ready}");
}

#[test]
fn a_wrong_scenario_names_file_line_and_what_was_meant() {
    let payment = "[[payment]]\nprovider = \"mattilda\"\nkind = \"captured\"\ncurrency = \"MXN\"\n";
    for (name, text, expected) in [
        (
            "key",
            format!("{payment}ammount = \"1.00\"\n"),
            ":5: unknown key `ammount`, did you mean `amount`?",
        ),
        ("decimals", format!("{payment}amount = \"1.001\"\n"), ":5: "),
        ("zero", format!("{payment}amount = \"0\"\n"), ":5: an amount must be greater than zero"),
        ("missing", payment.to_owned(), ":1: `amount` is missing"),
        (
            "id",
            format!("{payment}amount = \"1\"\nid = \"one\"\n"),
            ":6: the id of a payment at mattilda is a UUID",
        ),
        (
            "captured",
            format!("{payment}amount = \"1.00\"\ncaptured = \"2.00\"\n"),
            ":6: more is captured than the amount of 1.00 MXN",
        ),
        (
            "lines",
            format!("\n{payment}amount = \"1\"\nproduct = \"vipps\"\n"),
            ":2: only Dintero's payments have",
        ),
        (
            "twice",
            format!("{payment}amount = \"1\"\nname = \"a\"\n").repeat(2),
            ":7: another payment at mattilda",
        ),
        ("page", "[mattilda]\npage_size = 101\n".to_owned(), ":2: expected a number between 1 and 100"),
        (
            "fault",
            "faults = [\n  \"submit:1:explode\",\n]\n".to_owned(),
            ":2: not a valid fault rule: unknown action",
        ),
        ("syntax", "[[payment]\n".to_owned(), ":1: "),
    ] {
        let path = written(&format!("wrong-{name}.toml"), &text);
        let ran = run(&mut bare(&["sandbox", "--scenario", as_text(&path), "--output", "json"])).ended(2);
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        let expected = format!("{}{expected}", path.display());
        assert!(message.starts_with(&expected), "{message}, not {expected}");
    }
    let ran = run(&mut bare(&["sandbox", "--scenario", "/no/such/file.toml"])).ended(2);
    assert!(ran.stderr.contains("/no/such/file.toml"), "{}", ran.stderr);
    let ran = run(&mut bare(&["sandbox", "--mattilda-webhooks", "https://shop.example/hooks"])).ended(2);
    assert!(ran.stderr.contains("the sandbox sends only to this machine"), "{}", ran.stderr);
}
