//! Every exit status and its error, as JSON and as text.

use refunds_sandbox::Sandbox;

use crate::common::{PROVIDERS, bare, captured, command, create, refunds, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_exit_status_has_its_error() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        for (fault, arguments, status, kind, outcome, retryable) in [
            ("read:every:status=503", "list", 5, "unavailable", "not_applied", true),
            ("read:every:status=429", "payment", 5, "rate_limited", "not_applied", true),
            ("read:every:drop-before", "list", 5, "transport", "not_applied", true),
            ("read:every:status=403", "list", 4, "permission_denied", "not_applied", false),
            ("read:every:status=404", "payment", 3, "not_found", "not_applied", false),
            ("read:every:malformed-body", "list", 1, "protocol", "not_applied", false),
            ("submit:every:status=403", "create", 4, "permission_denied", "not_applied", false),
            ("submit:every:rate-limited=7", "create", 5, "rate_limited", "not_applied", true),
        ] {
            let payment = captured(&sandbox, provider);
            sandbox.faults().add(format!("{provider}/{fault}").parse().unwrap());
            let ran = if arguments == "create" {
                refunds(&sandbox, provider, &create(&payment, "r-1"))
            } else {
                refunds(&sandbox, provider, &[arguments, &payment, "--output", "json"])
            };
            sandbox.faults().clear();
            let ran = ran.ended(status);
            assert_eq!(ran.stdout, "", "{provider} {fault}");
            let error = ran.error();
            assert_eq!(error["kind"], kind, "{provider} {fault}: {error}");
            assert_eq!(error["outcome"], outcome, "{provider} {fault}: {error}");
            assert_eq!(error["retryable"], retryable, "{provider} {fault}: {error}");
            assert_eq!(error["provider"], provider);
            for member in ["operation", "message", "code", "request_id", "retry_after"] {
                assert!(error.get(member).is_some(), "{member} is always there: {error}");
            }
            if fault.contains("rate-limited") {
                assert_eq!(error["retry_after"], 7);
            }
            assert_eq!(sandbox.ledger().of(&payment).count(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "dintero");
    for provider in PROVIDERS {
        let mut command = command(&sandbox, provider, &["list", &payment]);
        match provider {
            "dintero" => command.env("DINTERO_CLIENT_SECRET", "wrong-canary"),
            _ => command.env("MATTILDA_TOKEN", "wrong-canary").env_remove("MATTILDA_PRIVATE_KEY"),
        };
        let ran = run(&mut command).ended(4);
        assert_eq!(ran.error()["kind"], "unauthenticated");
        assert!(!ran.stderr.contains("canary"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_payments_and_refunds() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        let unknown = match provider {
            "dintero" => "T11223344.unknown",
            _ => "00000000-0000-4000-8000-000000000000",
        };
        let id = "00000000-0000-4000-8000-000000000001";
        for arguments in [vec!["list", unknown], vec!["payment", unknown], vec!["get", &payment, id]] {
            let ran = refunds(&sandbox, provider, &arguments).ended(3);
            assert_eq!(ran.error()["kind"], "not_found", "{arguments:?}");
            assert_eq!(ran.stdout, "");
        }
        assert_eq!(
            refunds(&sandbox, provider, &create(unknown, "r-1")).ended(3).error()["kind"],
            "not_found"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_on_the_command_line_send_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = "x".repeat(10_000);
    let long_reference = "r".repeat(256);
    for provider in PROVIDERS {
        for bad in ["", " ", ".", "..", "a\nb", " x", "x\u{7f}", &long] {
            for arguments in [
                vec!["list", bad],
                vec!["payment", bad],
                vec!["get", bad, "r"],
                vec!["get", "p", bad],
                vec!["wait", "p", bad],
                create(bad, "r-1"),
            ] {
                let ran = refunds(&sandbox, provider, &arguments).ended(2);
                assert_eq!(ran.error()["kind"], "invalid_request");
                assert_eq!(ran.error()["outcome"], "not_applied");
                assert!(ran.stderr.len() < 400, "the value is not repeated");
            }
        }
        for reference in ["", " x", "å", "a\r\nX-Header: 1", &long_reference] {
            refunds(&sandbox, provider, &create("p", reference)).ended(2).error();
        }
        for amount in ["", "0", "0.00", "-5", "1,50", "1.5.0", "five", "1e3", "NaN"] {
            refunds(&sandbox, provider, &["create", "p", "--reference", "r", "--amount", amount])
                .ended(2)
                .error();
        }
        for minor in ["", "0", "-5", "1.5", "9223372036854775808"] {
            let arguments = ["create", "p", "--reference", "r", "--minor-units", minor];
            refunds(&sandbox, provider, &arguments).ended(2).error();
        }
        for arguments in [
            vec!["create", "p", "--reference", "r"],
            vec!["create", "p", "--amount", "1"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--full"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--minor-units", "100"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--currency", "kroner"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--line", "1"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--line", "1=x"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--metadata", "x"],
            vec![
                "create",
                "p",
                "--reference",
                "r",
                "--amount",
                "1",
                "--metadata",
                "x=1",
                "--metadata",
                "x=2",
            ],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--timeout", "1m"],
            vec!["create", "p", "--reference", "r", "--amount", "1", "--wait", "--timeout", "soon"],
            vec!["list"],
            vec!["list", "p", "q"],
            vec!["list", "p", "--nonsense"],
            vec!["refund", "p"],
            vec!["sandbox", "--fault", "submit:1:explode"],
        ] {
            let ran = refunds(&sandbox, provider, &arguments).ended(2);
            assert_eq!(ran.stdout, "", "{arguments:?}");
            assert_eq!(ran.error()["kind"], "invalid_request", "{arguments:?}");
        }
    }
    assert_eq!(sandbox.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_never_becomes_another_path() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        for hostile in ["../x", "a/b", "%2e%2e", "x?y=1", "x#y", "x;y", "x\\y", "å"] {
            let ran = refunds(&sandbox, provider, &["get", hostile, hostile]).ended(3);
            assert!(["not_found", "invalid_request"].contains(&ran.error()["kind"].as_str().unwrap()));
        }
    }
    for request in sandbox.requests() {
        let path = request.path.to_lowercase();
        let wrong = path.split('/').any(|segment| ["..", "%2e%2e", "x", "b", "y"].contains(&segment));
        assert!(!wrong, "{path}");
        assert!(!request.query.unwrap_or_default().contains("y=1"), "{path}");
    }
}

#[test]
fn configuration_errors() {
    let dintero = [
        ("DINTERO_ACCOUNT_ID", "T11223344"),
        ("DINTERO_CLIENT_ID", "id"),
        ("DINTERO_CLIENT_SECRET", "canary-secret"),
    ];
    for (variables, mentions) in [
        (vec![], "REFUNDS_PROVIDER is not set; expected one of: dintero, mattilda"),
        (vec![("REFUNDS_PROVIDER", "")], "REFUNDS_PROVIDER is not set"),
        (vec![("REFUNDS_PROVIDER", "canary-provider")], "dintero, mattilda"),
        (vec![("REFUNDS_PROVIDER", "dintero")], "DINTERO_ACCOUNT_ID"),
        (vec![("REFUNDS_PROVIDER", "dintero"), ("DINTERO_CLIENT_SECRET", "")], "DINTERO_CLIENT_SECRET"),
        (vec![("REFUNDS_PROVIDER", "dintero"), ("DINTERO_API_UR", "canary")], "DINTERO_API_UR"),
        (vec![("REFUNDS_PROVIDER", "mattilda"), ("MATTILDA_PRIVATE_KEY", "canary")], "private key"),
        (vec![("REFUNDS_PROVIDER", "dintero"), ("REFUNDS_MAX_ATTEMPTS", "canary")], "REFUNDS_MAX_ATTEMPTS"),
        (vec![("REFUNDS_PROVIDER", "dintero"), ("REFUNDS_LOG", "=canary=")], "REFUNDS_LOG"),
        (vec![("REFUNDS_PROVIDER", "dintero"), ("DINTERO_API_URL", "http://canary.example")], "api_url"),
    ] {
        let complete =
            variables.iter().any(|(name, _)| ["DINTERO_API_URL", "REFUNDS_MAX_ATTEMPTS"].contains(name));
        let mut command = bare(&["list", "p", "--output", "json"]);
        command.envs(variables.clone());
        if complete {
            command.envs(dintero);
        }
        let ran = run(&mut command).ended(2);
        let error = ran.error();
        assert_eq!(error["kind"], "config", "{variables:?}");
        assert_eq!(error["outcome"], "not_applied");
        let message = error["message"].as_str().unwrap();
        assert!(message.to_lowercase().contains(&mentions.to_lowercase()), "{variables:?}: {message}");
        assert!(!ran.stderr.contains("canary"), "no value is shown: {}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_named_instead_of_ignored() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    let variables = [
        ("REFUNDS_PROVIDER", "mattilda"),
        ("MATTILDA_TOKEN", "canary-token"),
        // Nothing must leave, not even where a variable is passed over.
        ("MATTILDA_API_URL", "http://127.0.0.1:1"),
    ];
    for variable in [
        "MATTILDA_API_URL",
        "MATTILDA_TOKEN",
        "MATTILDA_WEBHOOK_SECRET",
        "REFUNDS_PROVIDER",
        "REFUNDS_LOG",
        "REFUNDS_MAX_ATTEMPTS",
        "REFUNDS_ATTEMPT_TIMEOUT",
        "REFUNDS_TOTAL_TIMEOUT",
        "REFUNDS_SETTLE_TIMEOUT",
    ] {
        for arguments in [["payment", "p"], ["webhook", "list"]] {
            let mut command = bare(&[&arguments[..], &["--output", "json"]].concat());
            command.envs(variables).env(variable, OsString::from_vec(b"https://canary.example\xff".to_vec()));
            let ran = run(&mut command).ended(2);
            let error = ran.error();
            assert_eq!((&error["kind"], &error["outcome"]), (&"config".into(), &"not_applied".into()));
            let message = error["message"].as_str().unwrap();
            assert_eq!(message, format!("the variable {variable} is not UTF-8"));
            assert!(!ran.stderr.contains("canary"), "no value is shown: {}", ran.stderr);
        }
    }
    // Variables of another provider, or of none here, are not read.
    let mut command = bare(&["providers"]);
    command.envs(variables).env("DINTERO_API_URL", OsString::from_vec(b"\xff".to_vec()));
    run(&mut command).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_what_to_do_next() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    let ran = refunds(
        &sandbox,
        "mattilda",
        &["create", &payment, "--reference", "r-1", "--amount", "500", "--output", "table"],
    )
    .ended(3);
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr.replace(&payment, "tx-1"), @r"
    error: mattilda: creating the refund: 448.50 MXN is left to refund of 448.50 MXN captured (0.00 MXN refunded, 0.00 MXN pending), 500.00 MXN was requested (not_refundable)
      money: none moved by this command
      next: `refunds payment tx-1` shows what is left
    ");
    let usage = refunds(&sandbox, "mattilda", &["list", "", "--output", "table"]).ended(2);
    insta::assert_snapshot!(usage.stderr, @r"
    error: the payment id is empty

    For more information, try '--help'.
    ");
    let clap = refunds(&sandbox, "mattilda", &["list", "--output", "csv"]).ended(2);
    assert!(clap.stderr.contains("Usage: refunds list"), "{}", clap.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_when_its_time_is_over() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        sandbox.faults().add(format!("{provider}/list:every:silence").parse().unwrap());
        sandbox.faults().add(format!("{provider}/payment:every:silence").parse().unwrap());
        for command in ["list", "payment"] {
            let arguments = [command, &payment, "--timeout", "300ms", "--output", "json"];
            assert_eq!(refunds(&sandbox, provider, &arguments).ended(5).error()["kind"], "timeout");
        }
    }
    refunds(&sandbox, "mattilda", &["list", "p", "--timeout", "soon"]).ended(2);
    refunds(&sandbox, "mattilda", &["list", "p", "--timeout", "0s", "--output", "json"]).ended(2);
}
