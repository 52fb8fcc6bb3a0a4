//! `refunds sandbox`: the real binary serves, and the real binary uses it.

mod scenario;
mod state;
mod webhooks;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::common::{PROVIDERS, Ran, address, bare, file, run};

/// A sandbox in another process, which ends with the test.
struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(arguments: &[&str]) -> Served {
    let mut command = bare(&["sandbox"]);
    let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    Served { child, stdout }
}

/// A sandbox with JSON output, and what it printed.
fn serve_json(arguments: &[&str]) -> (Served, Value) {
    let mut served = serve(&[arguments, &["--output", "json"]].concat());
    let mut line = String::new();
    served.stdout.read_line(&mut line).unwrap();
    if line.is_empty() {
        let mut stderr = String::new();
        served.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        panic!("it ended: {stderr}");
    }
    (served, serde_json::from_str(&line).unwrap())
}

/// A call with the variables of a sandbox and a journal of this name.
fn call(ready: &Value, journal: &str, provider: &str, arguments: &[&str]) -> Ran {
    let mut command = bare(arguments);
    command.env("REFUNDS_PROVIDER", provider).env("REFUNDS_JOURNAL", address(&file(journal)));
    let env = ready["env"].as_object().unwrap();
    run(command.envs(env.iter().map(|(name, value)| (name, value.as_str().unwrap()))))
}

fn payment<'a>(ready: &'a Value, provider: &str, name: &str) -> &'a str {
    ready["payments"][provider][name].as_str().unwrap_or_else(|| panic!("{provider} {name}: {ready}"))
}

/// A file of this test run with this text.
fn written(name: &str, text: &str) -> PathBuf {
    let path = file(name);
    fs::write(&path, text).unwrap();
    path
}

fn as_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_sandbox_for_other_processes() {
    let (_served, ready) = serve_json(&[]);
    let call = |provider: &str, arguments: &[&str]| call(&ready, "served.db", provider, arguments);
    for provider in PROVIDERS {
        let captured = payment(&ready, provider, "captured");
        assert_eq!(call(provider, &["list", captured]).ended(0).json(), json!([]));
        // A reference is unique over all payments.
        let create = ["create", captured, "--reference", "r-1", "--full"];
        assert_eq!(call(provider, &create).ended(0).json()["status"], "succeeded");
        let slow = payment(&ready, provider, "asynchronous");
        let create = ["create", slow, "--reference", "r-2", "--full", "--wait"];
        assert_eq!(call(provider, &create).ended(0).json()["status"], "succeeded");
        let declining = payment(&ready, provider, "declining");
        call(provider, &["create", declining, "--reference", "r-3", "--full"]).ended(3);
    }
    let order = payment(&ready, "dintero", "order");
    let create = ["create", order, "--reference", "r-4", "--line", "2=149.50", "--amount", "149.50"];
    assert_eq!(call("dintero", &create).ended(0).json()["status"], "succeeded");
}

#[test]
fn every_default_currency_is_there_with_its_own_minor_units() {
    let (_served, ready) = serve_json(&[]);
    for provider in PROVIDERS {
        for (currency, minor) in
            [("NOK", 44_850), ("SEK", 119_000), ("MXN", 129_900), ("JPY", 12_800), ("TND", 125_750)]
        {
            let list = ready["list"].as_array().unwrap().iter();
            let found =
                list.filter(|payment| payment["provider"] == provider && payment["kind"] == "captured");
            let found: Vec<_> = found.filter(|payment| payment["amount"]["currency"] == currency).collect();
            let [payment] = found.as_slice() else { panic!("{provider} {currency}: {ready}") };
            assert_eq!(payment["amount"]["minor_units"], minor);
            let id = payment["id"].as_str().unwrap();
            let create = ["create", id, "--reference", "r", "--full"];
            let refund = call(&ready, "currencies.db", provider, &create).ended(0).json();
            assert_eq!(refund["amount"], payment["amount"], "{provider}");
        }
    }
}

/// What it prints is for `eval`, a private key of several lines included.
#[cfg(unix)]
#[test]
fn a_shell_takes_the_variables() {
    let mut served = serve(&["--fault", "dintero/list:every:status=503"]);
    let mut lines = String::new();
    while !lines.contains("mattilda  captured-tnd") {
        assert_ne!(served.stdout.read_line(&mut lines).unwrap(), 0, "it ended: {lines}");
    }
    let line = |what: &str| lines.lines().find(|line| line.starts_with('#') && line.contains(what)).unwrap();
    for (what, amount) in [
        ("dintero   order", "448.50 NOK"),
        ("dintero   captured-jpy", "12800 JPY"),
        ("mattilda  captured-tnd", "125.750 TND"),
    ] {
        assert!(line(what).contains(amount), "{}", line(what));
    }
    let paid = line("mattilda  captured").split_whitespace().last().unwrap();
    let script = "eval \"$VARIABLES\" && exec \"$REFUNDS\" --provider mattilda payment \"$PAYMENT\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env_clear().env("REFUNDS", env!("CARGO_BIN_EXE_refunds"));
    shell.env("VARIABLES", &lines).env("PAYMENT", paid);
    assert_eq!(run(&mut shell).ended(0).json()["captured"]["minor_units"], 129_900);

    // It ends on SIGTERM, without output.
    let killed =
        Command::new("sh").args(["-c", &format!("kill -TERM {}", served.child.id())]).status().unwrap();
    assert!(killed.success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    let mut stderr = String::new();
    served.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
}

#[cfg(unix)]
#[test]
fn an_environment_file_is_private_and_can_be_sourced() {
    use std::os::unix::fs::PermissionsExt;

    let env = written("sandbox.env", "what was there before");
    let (_served, ready) = serve_json(&["--env", as_text(&env)]);
    assert_eq!(fs::metadata(&env).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&env).unwrap();
    for line in [
        "# With REFUNDS_PROVIDER=dintero:",
        "# With REFUNDS_PROVIDER=mattilda:",
        "export REFUNDS_PROVIDER=dintero",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    let paid = payment(&ready, "dintero", "captured-sek");
    let source = |arguments: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!(". \"$ENV\" && exec \"$REFUNDS\" {arguments} --output json")]).env_clear();
        shell.env("ENV", &env).env("REFUNDS", env!("CARGO_BIN_EXE_refunds"));
        run(shell.env("REFUNDS_JOURNAL", address(&file("sourced.db"))))
    };
    let made = source(&format!("create {paid} --reference r-1 --amount 149.50")).ended(0).json();
    assert_eq!(source(&format!("list {paid}")).ended(0).json(), json!([made]));
    let other = payment(&ready, "mattilda", "captured");
    source(&format!("--provider mattilda create {other} --reference r-1 --full")).ended(0);
}

#[test]
fn an_environment_file_that_cannot_be_written_is_an_error() {
    let nowhere = file("no-such-folder").join("sandbox.env");
    let ran = run(&mut bare(&["sandbox", "--env", as_text(&nowhere), "--output", "json"])).ended(1);
    assert!(ran.error()["message"].as_str().unwrap().starts_with("cannot write "), "{ran:?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = run(&mut bare(&["sandbox", "--mattilda-port", &port, "--output", "json"])).ended(1);
    let expected = format!("cannot start the sandbox: port {port}: ");
    assert!(ran.error()["message"].as_str().unwrap().starts_with(&expected), "{ran:?}");
}

#[test]
fn a_seed_makes_the_same_ids_again() {
    let ids = |arguments: &[&str]| serve_json(arguments).1["payments"].clone();
    let (one, other) = (ids(&["--seed", "7"]), ids(&["--seed", "7"]));
    assert_eq!(one, other);
    assert_ne!(one, ids(&[]));
}

#[test]
fn flags_change_how_mattilda_answers() {
    let flags = ["--mattilda-fields", "documented", "--mattilda-page-size", "1", "--settle-after", "1h"];
    let (_served, ready) = serve_json(&flags);
    let call = |arguments: &[&str]| call(&ready, "flags.db", "mattilda", arguments);
    let paid = payment(&ready, "mattilda", "captured");
    // The documented members have no reference, so that a reference cannot be read back.
    let made = call(&["create", paid, "--reference", "r-1", "--amount", "1.00"]).ended(0).json();
    let listed = call(&["list", paid]).ended(0).json();
    assert_eq!((&listed[0]["id"], &listed[0]["reference"]), (&made["id"], &Value::Null));
    call(&["create", paid, "--reference", "r-2", "--amount", "1.00"]).ended(0);
    assert_eq!(call(&["list", paid]).ended(0).json().as_array().unwrap().len(), 2, "two pages");
    let slow = payment(&ready, "mattilda", "asynchronous");
    let made = call(&["create", slow, "--reference", "r-3", "--full"]).ended(0).json();
    for _ in 0..3 {
        let refund = call(&["get", slow, made["id"].as_str().unwrap()]).ended(0).json();
        assert_eq!(refund["status"], "pending", "reads do not end it");
    }
}
