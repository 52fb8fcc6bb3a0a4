//! The real binary against a sandbox in this process.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use refunds_sandbox::{Outcome, Sandbox, dintero, mattilda};
use serde_json::Value;

pub(crate) const PROVIDERS: [&str; 2] = ["dintero", "mattilda"];
pub(crate) const CAPTURED: i64 = 44_850;

/// How the command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or_else(|| panic!("it was killed: {output:?}")),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The one document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The error, which has to be the one line on standard error.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        let document: Value = serde_json::from_str(&self.stderr).unwrap();
        document["error"].clone()
    }

    /// The rows of the CSV on standard output, each as a map from column to text.
    #[track_caller]
    pub(crate) fn csv(&self) -> Vec<std::collections::HashMap<String, String>> {
        csv::Reader::from_reader(self.stdout.as_bytes()).deserialize().map(Result::unwrap).collect()
    }
}

/// A bare call, without any environment.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refunds"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// A call that finds its provider in the sandbox, and gives up soon where something is lost.
pub(crate) fn command(sandbox: &Sandbox, provider: &str, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .envs(sandbox.env())
        .env("REFUNDS_PROVIDER", provider)
        .env("REFUNDS_MAX_ATTEMPTS", "1")
        .env("REFUNDS_SETTLE_TIMEOUT", "0s")
        .env("REFUNDS_ATTEMPT_TIMEOUT", "20s");
    command
}

pub(crate) fn refunds(sandbox: &Sandbox, provider: &str, arguments: &[&str]) -> Ran {
    run(&mut command(sandbox, provider, arguments))
}

/// A payment of 448.50, captured.
pub(crate) fn captured(sandbox: &Sandbox, provider: &str) -> String {
    match provider {
        "dintero" => sandbox.dintero().captured(CAPTURED, "NOK"),
        _ => sandbox.mattilda().captured(CAPTURED, "MXN"),
    }
}

/// The currency of these payments.
pub(crate) fn currency(provider: &str) -> &'static str {
    if provider == "dintero" { "NOK" } else { "MXN" }
}

/// The same, whose refunds end so after a while.
pub(crate) fn asynchronous(sandbox: &Sandbox, provider: &str, outcome: Outcome) -> String {
    if provider == "dintero" {
        let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").asynchronous(outcome);
        sandbox.dintero().transaction(spec)
    } else {
        let spec = mattilda::TransactionSpec::new(CAPTURED, "MXN").asynchronous(outcome);
        sandbox.mattilda().transaction(spec)
    }
}

/// The same, whose refunds are declined at once.
pub(crate) fn declining(sandbox: &Sandbox, provider: &str) -> String {
    if provider == "dintero" {
        let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").declines(dintero::Decline::default());
        sandbox.dintero().transaction(spec)
    } else {
        let spec = mattilda::TransactionSpec::new(CAPTURED, "MXN").ends(Outcome::Declined);
        sandbox.mattilda().transaction(spec)
    }
}

/// The arguments of a create of 149.50.
pub(crate) fn create<'a>(payment: &'a str, reference: &'a str) -> Vec<&'a str> {
    vec!["create", payment, "--reference", reference, "--amount", "149.50", "--output", "json"]
}
