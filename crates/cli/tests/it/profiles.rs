//! The configuration file and its profiles.

use std::{fs, path::PathBuf, process::Command};

use refunds_sandbox::Sandbox;

use crate::common::{bare, captured, command, create, file, run};

/// A configuration file with this text.
fn config(name: &str, text: &str) -> PathBuf {
    let file = file(&format!("{name}.toml"));
    fs::write(&file, text).unwrap();
    file
}

/// A profile of the sandbox, with its secrets in another file and in a variable.
fn profile(sandbox: &Sandbox, name: &str) -> String {
    let settings = sandbox.settings("dintero");
    let secret = file(&format!("{name}.secret"));
    fs::write(&secret, format!("{}\n", settings["client_secret"])).unwrap();
    format!(
        "[profile.{name}]\nprovider = \"dintero\"\naccount_id = \"{}\"\nclient_id = \"env:{}_CLIENT\"\n\
         client_secret = \"file:{}\"\napi_url = \"{}\"\ncheckout_url = {{ command = [\"echo\", \"{}\"] }}\n\
         journal = \"sqlite:{}\"\nmax_attempts = 1\n",
        settings["account_id"],
        name.to_uppercase(),
        secret.file_name().unwrap().to_str().unwrap(),
        settings["api_url"],
        settings["checkout_url"],
        file(&format!("{name}.db")).display(),
    )
}

fn with_profile(sandbox: &Sandbox, name: &str, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    let client = &sandbox.settings("dintero")["client_id"];
    command
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env(format!("{}_CLIENT", name.to_uppercase()), client);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_has_all_that_a_refund_needs() {
    let sandbox = Sandbox::start().await.unwrap();
    let text = format!("default = \"shop\"\n{}", profile(&sandbox, "shop"));
    let config = config("shop", &text);
    let payment = captured(&sandbox, "dintero");
    let arguments = ["create", &payment, "--reference", "rma-1", "--amount", "149.50", "--output", "table"];
    for chosen in [&["--profile", "shop"][..], &[]] {
        let mut command = with_profile(&sandbox, "shop", &[&arguments[..], chosen].concat());
        let ran = run(command.env("REFUNDS_CONFIG", &config)).ended(0);
        let account = "account: dintero account T11223344 at http://127.0.0.1:";
        assert!(ran.stderr.starts_with(account), "{}", ran.stderr);
        assert!(ran.stderr.lines().next().unwrap().ends_with(" (test, profile shop)"), "{}", ran.stderr);
    }
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_wins_and_the_command_says_so() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = config("wins", &profile(&sandbox, "wins"));
    let payment = captured(&sandbox, "dintero");
    let arguments = ["list", &payment, "--profile", "wins", "--output", "table", "--config"];
    let arguments = [&arguments[..], &[config.to_str().unwrap()]].concat();
    let ran = run(with_profile(&sandbox, "wins", &arguments).env("DINTERO_ACCOUNT_ID", "P11223344"));
    let warning = "warning: the environment overrides these settings of profile wins: DINTERO_ACCOUNT_ID";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let calm = run(&mut with_profile(&sandbox, "wins", &arguments)).ended(0);
    assert_eq!(calm.stderr, "");
}

#[test]
fn what_is_wrong_is_said_without_a_value() {
    let good = "[profile.a]\nprovider = \"dintero\"\n";
    for (name, text, chosen, mentions) in [
        (
            "unknown",
            &format!("{good}clientsecret = \"canary\"\n") as &str,
            "a",
            "did you mean `client_secret`?",
        ),
        ("strange", &format!("{good}zzz = \"canary\"\n"), "a", "`refunds providers` lists the settings"),
        ("absent", good, "b", "has no profile b; it has: a"),
        ("none", "[profile.a]\naccount_id = \"canary\"\n", "a", "`provider` is missing"),
        ("other", "[profile.a]\nprovider = \"canary\"\n", "a", "expected one of: dintero, mattilda"),
        ("syntax", "[profile.a]\nclient_secret = canary\n", "a", "is wrong at line 2"),
        ("key", "profil = \"canary\"\n", "a", "is wrong at line 1"),
        ("kind", &format!("{good}client_secret = [\"canary\"]\n"), "a", "`client_secret` must be a text"),
        (
            "variable",
            &format!("{good}client_secret = \"env:NOT_SET\"\n"),
            "a",
            "variable NOT_SET, which is not set",
        ),
        ("file", &format!("{good}client_secret = \"file:no-such-file\"\n"), "a", "which cannot be read"),
        (
            "command",
            &format!("{good}client_secret = {{ command = [\"false\"] }}\n"),
            "a",
            "failed: exit status: 1",
        ),
        (
            "program",
            &format!("{good}client_secret = {{ command = [\"/no/program\"] }}\n"),
            "a",
            "cannot be run",
        ),
        ("empty", &format!("{good}client_secret = {{ command = [] }}\n"), "a", "is empty"),
        ("silent", &format!("{good}client_secret = {{ command = [\"true\"] }}\n"), "a", "printed nothing"),
    ] {
        let config = config(&format!("wrong-{name}"), text);
        let arguments =
            ["list", "p", "--output", "json", "--profile", chosen, "--config", config.to_str().unwrap()];
        let mut command = bare(&arguments);
        let ran = run(command.env("PATH", std::env::var_os("PATH").unwrap())).ended(2);
        let error = ran.error();
        assert_eq!((&error["kind"], &error["outcome"]), (&"config".into(), &"not_applied".into()), "{name}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(mentions), "{name}: {message}");
        assert!(!ran.stderr.contains("canary"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_file_that_is_asked_for_has_to_be_there() {
    for arguments in
        [&["list", "p", "--config", "/no/such/file.toml"][..], &["list", "p", "--profile", "live"]]
    {
        run(bare(arguments).env("HOME", file("no-home"))).ended(2);
    }
    // What needs no account does not look.
    run(bare(&["reference", "shop", "a", "--config", "/no/such/file.toml"]).env("HOME", "/")).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refund_is_more_than_the_profile_allows() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in crate::common::PROVIDERS {
        let payment = captured(&sandbox, provider);
        let full = ["create", &payment, "--reference", "rma-full", "--full", "--output", "json"];
        let limits =
            [("149.49 NOK, 149.49 MXN", 2), ("100 EUR", 2), ("149.50", 2), ("149.50 NOK, 149.50 MXN", 0)];
        for (limit, status) in limits {
            let ran =
                run(command(&sandbox, provider, &create(&payment, "rma-1")).env("REFUNDS_MAX_AMOUNT", limit));
            let ran = ran.ended(status);
            if status != 0 {
                assert_eq!(ran.error()["outcome"], "not_applied", "{limit}");
                let ran = run(command(&sandbox, provider, &full).env("REFUNDS_MAX_AMOUNT", limit));
                ran.ended(status);
                assert_eq!(sandbox.ledger().of(&payment).count(), 0, "{limit}");
            }
        }
        // The same refund again is no new money; the flag overrides the profile.
        run(command(&sandbox, provider, &create(&payment, "rma-1")).env("REFUNDS_MAX_AMOUNT", "1 NOK, 1 MXN")).ended(0);
        let more = [create(&payment, "rma-2"), vec!["--max-amount", "1 NOK, 1 MXN"]].concat();
        run(command(&sandbox, provider, &more).env("REFUNDS_MAX_AMOUNT", "9999 NOK, 9999 MXN")).ended(2);
        assert_eq!(sandbox.ledger().of(&payment).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_resolved_is_within_the_limit_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = crate::common::unsettled(&sandbox, "mattilda", false);
    crate::common::an_hour_later(&crate::common::journal(&sandbox));
    let resolve = |limit: &str| {
        let mut command = command(&sandbox, "mattilda", &["resolve", "--yes", "--output", "json"]);
        run(command.env("REFUNDS_MAX_AMOUNT", limit))
    };
    resolve("149.49 MXN").ended(2);
    assert_eq!(sandbox.ledger().of(&payment).count(), 0);
    resolve("149.50 MXN").ended(0);
    assert_eq!(sandbox.ledger().of(&payment).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_the_profiles_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = config("other", &profile(&sandbox, "other"));
    let arguments =
        ["list", "p", "--profile", "other", "--provider", "mattilda", "--output", "json", "--config"];
    let arguments = [&arguments[..], &[config.to_str().unwrap()]].concat();
    let error = run(&mut with_profile(&sandbox, "other", &arguments)).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("it is of dintero, but --provider says mattilda"));
}
