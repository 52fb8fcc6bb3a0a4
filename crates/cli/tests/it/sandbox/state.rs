//! State that outlives the process.

use std::{fs, process::Command};

use super::{as_text, call, payment, serve_json, written};
use crate::common::{PROVIDERS, bare, file, run};

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
    let other = file("foreign-state.db");
    let foreign = rusqlite::Connection::open(&other).unwrap();
    foreign.execute_batch("CREATE TABLE mine (x INTEGER); PRAGMA user_version = 1;").unwrap();
    drop(foreign);
    let before = fs::read(&other).unwrap();
    let text =
        written("text-state.db", "not a database, but long enough to be taken for one if nobody looks at it");
    for path in [&other, &text] {
        let ran = run(&mut bare(&["sandbox", "--state", as_text(path), "--output", "json"])).ended(1);
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("cannot use {}: ", path.display())), "{message}");
    }
    assert_eq!(fs::read(&other).unwrap(), before);
}
