//! `refunds sandbox`: the real binary serves, and the real binary uses it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::common::{PROVIDERS, Ran, address, bare, file, run};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

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

#[cfg(unix)]
#[test]
fn a_state_file_outlives_the_sandbox() {
    use std::os::unix::fs::PermissionsExt;

    let state = file("state.db");
    let arguments = ["--state", as_text(&state)];
    let (mut served, first) = serve_json(&arguments);
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    let ran = run(&mut bare(&["sandbox", "--state", as_text(&state), "--output", "json"])).ended(1);
    assert!(ran.error()["message"].as_str().unwrap().ends_with(": another sandbox uses it"), "{ran:?}");
    let mut made = Vec::new();
    for provider in PROVIDERS {
        let paid = payment(&first, provider, "captured");
        let create = ["create", paid, "--reference", "r-1", "--amount", "149.50"];
        call(&first, "state-1.db", provider, &create).ended(0);
        let slow = payment(&first, provider, "asynchronous");
        call(&first, "state-1.db", provider, &["create", slow, "--reference", "r-2", "--full"]).ended(0);
        made.push(call(&first, "state-1.db", provider, &["list", paid]).ended(0).json());
    }
    let stopped = Command::new("sh").args(["-c", &format!("kill -TERM {}", served.child.id())]).status();
    assert!(stopped.unwrap().success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));

    let scenario =
        "[[payment]]\nprovider = \"mattilda\"\nkind = \"captured\"\ncurrency = \"MXN\"\namount = \"1.00\"\n";
    let scenario = written("state.toml", &format!("{scenario}name = \"new\"\n{scenario}"));
    let (_served, second) = serve_json(&[&arguments[..], &["--scenario", as_text(&scenario)]].concat());
    assert_eq!(second["list"].as_array().unwrap().len(), first["list"].as_array().unwrap().len() + 1);
    for (provider, made) in PROVIDERS.into_iter().zip(made) {
        let paid = payment(&second, provider, "captured");
        assert_eq!(paid, payment(&first, provider, "captured"));
        assert_eq!(call(&second, "state-2.db", provider, &["list", paid]).ended(0).json(), made);
        // Nothing is forgotten: the reference is spent, and what was refunded is gone.
        let create = ["create", paid, "--reference", "r-1", "--amount", "149.50"];
        assert_eq!(call(&second, "state-2.db", provider, &create).ended(0).json()["id"], made[0]["id"]);
        let slow = payment(&second, provider, "asynchronous");
        let list = call(&second, "state-2.db", provider, &["list", slow]).ended(0).json();
        let refund = list[0]["id"].as_str().unwrap();
        let ended = call(&second, "state-2.db", provider, &["wait", slow, refund]).ended(0).json();
        assert_eq!(ended["status"], "succeeded");
    }
    for (name, value) in first["env"].as_object().unwrap() {
        let is_place = name.ends_with("_URL");
        assert!(is_place || second["env"][name] == *value, "{name}: credentials stay the same");
    }
}

#[test]
fn a_file_that_is_no_state_is_left_alone() {
    let other = file("other.db");
    let foreign = rusqlite::Connection::open(&other).unwrap();
    foreign.execute_batch("CREATE TABLE mine (x INTEGER); PRAGMA user_version = 1;").unwrap();
    drop(foreign);
    let before = fs::read(&other).unwrap();
    let text =
        written("text.db", "not a database, but long enough to be taken for one if nobody looks at it");
    for path in [&other, &text] {
        let ran = run(&mut bare(&["sandbox", "--state", as_text(path), "--output", "json"])).ended(1);
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("cannot use {}: ", path.display())), "{message}");
    }
    assert_eq!(fs::read(&other).unwrap(), before);
}

/// One webhook as it arrived.
struct Arrived {
    head: String,
    body: Vec<u8>,
}

/// A receiver on this machine that accepts everything.
fn receiver() -> (String, Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (send, arrived) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            if send.send(receive(&mut stream.unwrap())).is_err() {
                return;
            }
        }
    });
    (url, arrived)
}

fn receive(stream: &mut TcpStream) -> Arrived {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "half a request: {head}");
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    reader.into_inner().write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").unwrap();
    Arrived { head, body }
}

#[test]
fn webhooks_arrive_signed_as_they_become_due() {
    for provider in PROVIDERS {
        let (url, arrived) = receiver();
        let flag = format!("--{provider}-webhooks");
        let (mut served, ready) = serve_json(&[&flag, &url, "--settle-after", "1ms"]);
        let slow = payment(&ready, provider, "asynchronous");
        let journal = format!("webhooks-{provider}.db");
        call(&ready, &journal, provider, &["create", slow, "--reference", "r-1", "--full"]).ended(0);
        // It begins, and then it ends without any further request.
        for _ in 0..2 {
            let webhook = arrived.recv_timeout(PATIENCE).unwrap();
            let body = written(&format!("{provider}.body"), "");
            fs::write(&body, &webhook.body).unwrap();
            let headers: Vec<&str> = webhook.head.lines().skip(1).filter(|line| !line.is_empty()).collect();
            let headers = written(&format!("{provider}.headers"), &headers.join("\n"));
            let (headers, body) = (as_text(&headers), as_text(&body));
            let verify = ["webhook", "verify", "--url", &url, "--headers-file", headers, "--body", body];
            let notice = call(&ready, &journal, provider, &verify).ended(0).json();
            assert!(notice.to_string().contains(slow), "{notice}");
            fs::write(body, b"{}").unwrap();
            call(&ready, &journal, provider, &verify).ended(4);
        }
        let mut line = String::new();
        BufReader::new(served.child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["webhook"]["url"], &line["webhook"]["status"]), (&json!(url), &json!(204)));
    }
}
