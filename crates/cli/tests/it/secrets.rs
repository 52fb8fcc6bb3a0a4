//! Secrets are in no output, at any log level.

use refunds_sandbox::Sandbox;

use crate::common::{PROVIDERS, Ran, captured, command, create, run};

/// The secret values, and parts of them that a careless line could show.
fn secrets(sandbox: &Sandbox) -> Vec<String> {
    let mut secrets = vec![sandbox.mattilda().static_token().to_owned()];
    for (name, value) in sandbox.env() {
        if name.contains("SECRET") {
            secrets.push(value);
        } else if name.contains("KEY") {
            secrets.extend(value.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned));
        }
    }
    assert!(secrets.len() > 5, "there are secrets to look for");
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_shows_a_secret() {
    let sandbox = Sandbox::start().await.unwrap();
    let secrets = secrets(&sandbox);
    let clean = |ran: &Ran| {
        for secret in &secrets {
            let shown = ran.stdout.contains(secret) || ran.stderr.contains(secret);
            assert!(!shown, "a secret is shown: {ran:#?}");
        }
        for credential in ["Bearer ey", "Basic ", "eyJ"] {
            assert!(!ran.stderr.contains(credential), "a credential is shown: {ran:#?}");
        }
    };
    for provider in PROVIDERS {
        for fault in
            [None, Some("submit:1:status=401"), Some("any:2:malformed-body"), Some("any:1:status=500")]
        {
            let payment = captured(&sandbox, provider);
            if let Some(fault) = fault {
                sandbox.faults().add(format!("{provider}/{fault}").parse().unwrap());
            }
            for arguments in [
                create(&payment, "r-1"),
                vec!["list", &payment],
                vec!["payment", &payment, "--output", "table"],
                vec!["get", &payment, "no-such-refund"],
                vec!["webhook", "subscribe", "http://127.0.0.1:9/"],
                vec!["webhook", "list"],
                vec!["providers"],
                vec!["--help"],
            ] {
                clean(&run(command(&sandbox, provider, &arguments).env("REFUNDS_LOG", "trace")));
            }
            sandbox.faults().clear();
        }
    }
    let mut by_token = command(&sandbox, "mattilda", &["list", "p"]);
    by_token.env_remove("MATTILDA_PRIVATE_KEY").env("MATTILDA_TOKEN", sandbox.mattilda().static_token());
    clean(&run(by_token.env("REFUNDS_LOG", "trace")));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_off_by_default() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    assert_eq!(run(&mut command(&sandbox, "mattilda", &["payment", &payment])).ended(0).stderr, "");
    let mut empty = command(&sandbox, "mattilda", &["payment", &payment]);
    assert_eq!(run(empty.env("REFUNDS_LOG", "")).ended(0).stderr, "");
    sandbox.faults().add("mattilda/payment:1:status=503".parse().unwrap());
    let mut asked = command(&sandbox, "mattilda", &["payment", &payment]);
    let logged = run(asked.env("REFUNDS_LOG", "debug").env("REFUNDS_MAX_ATTEMPTS", "2")).ended(0);
    assert!(logged.stderr.contains("trying again"), "{}", logged.stderr);
    assert!(logged.json().is_object(), "and answers stay clean");
    let mut made = command(&sandbox, "mattilda", &create(&payment, "r-1"));
    let logged = run(made.env("REFUNDS_LOG", "info")).ended(0);
    let lines: Vec<_> = logged.stderr.lines().collect();
    let [line] = lines[..] else { panic!("one line for one call: {}", logged.stderr) };
    for part in ["INFO refund.create{", "reference=r-1", "outcome=\"succeeded\"", "the call ended attempts=1"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
}
