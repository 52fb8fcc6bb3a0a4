//! `refunds journal`, where the journal is, and what happens if it cannot be used.

use std::{fs, path::Path};

use refunds_sandbox::Sandbox;
use serde_json::Value;

use crate::common::{
    PROVIDERS, address, an_hour_later, bare, captured, command, create, file, journal, refunds, run,
    submissions, unsettled,
};

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_listed_with_their_outcomes() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let (made, lost) = (captured(&sandbox, provider), unsettled(&sandbox, provider, false));
        let refund = refunds(&sandbox, provider, &create(&made, &made)).ended(0).json();
        let list = |arguments: &[&str]| {
            refunds(&sandbox, provider, &[&["journal", "list"], arguments].concat()).ended(0)
        };
        let all = list(&["-o", "json"]).json();
        let of = |list: &Value, payment: &str| {
            let mut entries = list.as_array().unwrap().iter();
            entries.find(|entry| entry["payment_id"] == payment).unwrap().clone()
        };
        assert_eq!(all.as_array().unwrap().len(), 2);
        let entry = of(&all, &made);
        assert_eq!((&entry["provider"], &entry["state"]), (&provider.into(), &"made".into()));
        assert_eq!((&entry["refund"]["id"], &entry["unsettled"]), (&refund["id"], &false.into()));
        assert_eq!(entry["amount"]["minor_units"], 14_950);
        let entry = of(&all, &lost);
        assert_eq!((&entry["state"], &entry["unsettled"]), (&"unknown".into(), &true.into()));
        let intent = &entry["intents"][0];
        let times = ["committed_at", "not_after", "unsettled_until", "resubmit_from"].map(|name| {
            let time = intent[name].as_str().unwrap();
            time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).unwrap()
        });
        assert!(times.is_sorted(), "{intent}");
        assert_eq!(entry["resubmit_from"], intent["resubmit_from"]);
        assert!(intent["error"]["kind"].is_string() && intent["number"].is_u64(), "{intent}");

        for (filter, payment) in
            [(&["--unsettled"][..], &lost), (&["--payment", &made], &made), (&["--reference", &lost], &lost)]
        {
            let some = list(&[filter, &["-o", "json"]].concat()).json();
            assert_eq!(some.as_array().unwrap().len(), 1, "{filter:?}: {some}");
            assert_eq!(some[0]["payment_id"], payment.as_str(), "{filter:?}");
        }
        assert_eq!(list(&["-o", "jsonl"]).stdout.lines().count(), 2);
        let csv = list(&["-o", "csv", "--unsettled"]).csv();
        assert_eq!((csv[0]["payment_id"].as_str(), csv[0]["state"].as_str()), (lost.as_str(), "unknown"));
        assert_eq!(csv[0]["resubmit_from"], entry["resubmit_from"].as_str().unwrap());
        let table = list(&["-o", "table"]).stdout;
        for text in ["NUMBER", "TRY AGAIN", &made, &lost, "149.50", "(succeeded)", "unknown"] {
            assert!(table.contains(text), "{text}: {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_share_the_file_and_do_not_see_each_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let payments = PROVIDERS.map(|provider| unsettled(&sandbox, provider, false));
    for (provider, payment) in PROVIDERS.into_iter().zip(&payments) {
        let list = refunds(&sandbox, provider, &["journal", "list", "-o", "json"]).ended(0).json();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["payment_id"], payment.as_str());
    }
    let other = ["journal", "show", &payments[0], &payments[0], "-o", "json"];
    assert_eq!(refunds(&sandbox, "mattilda", &other).ended(3).error()["kind"], "not_found");
    // No provider needs to be configured to see all of them.
    let mut all = bare(&["journal", "list", "--all-accounts", "-o", "table"]);
    let all = run(all.env("REFUNDS_JOURNAL", address(&journal(&sandbox)))).ended(0).stdout;
    for text in ["ACCOUNT", &payments[0], &payments[1], " dintero", " mattilda"] {
        assert!(all.contains(text), "{text}: {all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refund_is_shown_with_all_its_intents() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = unsettled(&sandbox, provider, false);
        an_hour_later(&journal(&sandbox));
        refunds(&sandbox, provider, &create(&payment, &payment)).ended(0);
        let show = |format: &str| {
            refunds(&sandbox, provider, &["journal", "show", &payment, &payment, "-o", format]).ended(0)
        };
        let entry = show("json").json();
        let states: Vec<_> =
            entry["intents"].as_array().unwrap().iter().map(|intent| &intent["state"]).collect();
        assert_eq!(states, ["absent", "made"]);
        assert_eq!(entry["request"]["reference"], payment.as_str());
        assert_eq!(show("csv").csv()[0]["state"], "made");
        let table = show("table").stdout;
        for text in ["Payment", "NUMBER", "absent", "made", "NOT AFTER", "Known by", "response", "WHY"] {
            assert!(table.contains(text), "{text}: {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn purging_forgets_details_and_never_what_is_unsettled() {
    let sandbox = Sandbox::start().await.unwrap();
    let (made, lost) = (captured(&sandbox, "mattilda"), unsettled(&sandbox, "mattilda", false));
    refunds(&sandbox, "mattilda", &create(&made, &made)).ended(0);
    let purge = |arguments: &[&str]| {
        let mut purge = bare(&[&["journal", "purge", "--older-than"], arguments].concat());
        run(purge.env("REFUNDS_JOURNAL", address(&journal(&sandbox))))
    };
    assert_eq!(purge(&["1s", "-o", "json"]).ended(0).json()["purged"], 0, "it is still needed");
    an_hour_later(&journal(&sandbox));
    assert_eq!(purge(&["2h", "-o", "json"]).ended(0).json()["purged"], 0);
    let refused = purge(&["30m", "--forget-made", "-o", "json"]).ended(2).error();
    assert!(refused["message"].as_str().unwrap().contains("forgets for good"), "{refused}");
    assert_eq!(purge(&["30m", "-o", "json"]).ended(0).json()["purged"], 1);

    let show =
        |payment: &str| refunds(&sandbox, "mattilda", &["journal", "show", payment, payment, "-o", "json"]);
    let kept = show(&made).ended(0).json();
    assert_eq!((&kept["state"], &kept["request"]), (&"made".into(), &Value::Null));
    assert_eq!(show(&lost).ended(0).json()["unsettled"], true);
    // Still the same refund, without another one.
    sandbox.clear_requests();
    refunds(&sandbox, "mattilda", &create(&made, &made)).ended(0);
    assert_eq!(submissions(&sandbox), 0);

    let words = purge(&["30m", "--forget-made", "--yes", "-o", "table"]).ended(0).stdout;
    assert_eq!(words, "1 refund: forgotten, including that they were made\n");
    show(&made).ended(3);
    show(&lost).ended(0);
    for wrong in [&["soon"][..], &[]] {
        purge(&[wrong, &["-o", "json"]].concat()).ended(2).error();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_setting_it_is_a_private_file_in_the_state_folder() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::start().await.unwrap();
    let home = file("home");
    let state =
        home.join(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" });
    fs::create_dir_all(&home).unwrap();
    let call = |arguments: &[&str], home: &Path| {
        let mut command = command(&sandbox, "mattilda", arguments);
        run(command.env_remove("REFUNDS_JOURNAL").env("HOME", home))
    };
    let payment = captured(&sandbox, "mattilda");
    // Reading creates nothing.
    call(&["list", &payment], &home).ended(0);
    call(&["payment", &payment], &home).ended(0);
    call(&["demo"], &home).ended(0);
    call(&["providers"], &home).ended(0);
    call(&["completions", "bash"], &home).ended(0);
    let none = call(&["journal", "list", "-o", "json"], &home).ended(0);
    assert_eq!((none.stdout.as_str(), none.stderr.contains("there is no journal yet")), ("[]\n", true));
    assert!(!state.exists());

    call(&create(&payment, &payment), &home).ended(0);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let folder = state.join("refunds");
    assert_eq!((mode(&folder), mode(&folder.join("journal.db"))), (0o700, 0o600));

    for home in ["", "relative"] {
        let error = call(&create(&payment, "r-2"), Path::new(home)).ended(2).error();
        assert!(error["message"].as_str().unwrap().contains("REFUNDS_JOURNAL"), "{error}");
    }
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
}

/// `create` and `resolve` do nothing with a journal that cannot be used, and reads do not need one.
#[track_caller]
fn cannot_be_used(sandbox: &Sandbox, address: &str, status: i32, says: &str) {
    for provider in PROVIDERS {
        let payment = captured(sandbox, provider);
        sandbox.clear_requests();
        let call =
            |arguments: &[&str]| run(command(sandbox, provider, arguments).env("REFUNDS_JOURNAL", address));
        for arguments in [&create(&payment, &payment)[..], &["resolve", "--yes", "-o", "json"]] {
            let error = call(arguments).ended(status).error();
            assert_eq!(error["kind"], if status == 2 { "config" } else { "unavailable" }, "{error}");
            assert_eq!(error["outcome"], "not_applied");
            assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        }
        assert_eq!(submissions(sandbox), 0);
        assert_eq!(sandbox.ledger().of(&payment).count(), 0);
        call(&["payment", &payment]).ended(0);
        call(&["list", &payment]).ended(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_nowhere_is_an_error_and_never_memory() {
    let sandbox = Sandbox::start().await.unwrap();
    cannot_be_used(&sandbox, "sqlit:journal.db", 2, "expected one of: sqlite:…, memory");
    cannot_be_used(&sandbox, "journal.db", 2, "expected one of: sqlite:…, memory");
    cannot_be_used(&sandbox, "sqlite:", 2, "");
    cannot_be_used(&sandbox, "sqlite:/no/such/folder/journal.db", 2, "/no/such/folder/journal.db");
    let folder = file("folder.db");
    fs::create_dir_all(&folder).unwrap();
    cannot_be_used(&sandbox, &address(&folder), 2, "folder.db");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_need_no_journal_ignore_a_broken_one() {
    for arguments in [&["demo"][..], &["providers"], &["completions", "zsh"], &["--help"]] {
        run(bare(arguments).env("REFUNDS_JOURNAL", "nonsense")).ended(0);
    }
    let mut verify = bare(&["webhook", "verify", "--url", "https://shop.example/", "-o", "json"]);
    verify.env("REFUNDS_PROVIDER", "mattilda").env("MATTILDA_TOKEN", "t");
    let error = run(verify.env("MATTILDA_WEBHOOK_SECRET", "s").env("REFUNDS_JOURNAL", "nonsense")).ended(4);
    assert_eq!(error.error()["kind"], "unauthenticated");
}

/// A journal with one settled refund, and changed by `change`.
fn broken(sandbox: &Sandbox, name: &str, change: impl FnOnce(&Path)) -> String {
    let path = file(name);
    let payment = captured(sandbox, "mattilda");
    let mut first = command(sandbox, "mattilda", &create(&payment, &payment));
    run(first.env("REFUNDS_JOURNAL", address(&path))).ended(0);
    change(&path);
    address(&path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_an_error_that_names_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let truncated = broken(&sandbox, "truncated.db", |path| {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2 - 100).unwrap();
    });
    cannot_be_used(&sandbox, &truncated, 2, "truncated.db is damaged");
    let other = broken(&sandbox, "other.db", |path| fs::write(path, "rma-551;149.50\n".repeat(100)).unwrap());
    cannot_be_used(&sandbox, &other, 2, "other.db is not a SQLite database");
}

/// It may be another process that has just begun a new one, so this takes as long as waiting for a lock.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_not_a_new_journal() {
    let sandbox = Sandbox::start().await.unwrap();
    let empty = broken(&sandbox, "empty.db", |path| fs::write(path, "").unwrap());
    let payment = captured(&sandbox, "mattilda");
    let mut create = command(&sandbox, "mattilda", &create(&payment, &payment));
    let error = run(create.env("REFUNDS_JOURNAL", empty)).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("empty.db is an empty file"), "{error}");
    assert_eq!(sandbox.ledger().of(&payment).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_version_or_another_program_is_left_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let execute = |sql: &'static str| {
        move |path: &Path| {
            // The pragmas answer with a row.
            rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
        }
    };
    let newer = broken(&sandbox, "newer.db", execute("PRAGMA user_version = 4711"));
    cannot_be_used(&sandbox, &newer, 2, "use a newer version");
    let other = broken(&sandbox, "application.db", execute("PRAGMA application_id = 4711"));
    cannot_be_used(&sandbox, &other, 2, "another application");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_program_has_locked_may_be_used_later() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = broken(&sandbox, "locked.db", |_| ());
    let lock = rusqlite::Connection::open(file("locked.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let payment = captured(&sandbox, "mattilda");
    let call =
        |arguments: &[&str]| run(command(&sandbox, "mattilda", arguments).env("REFUNDS_JOURNAL", &address));
    sandbox.clear_requests();
    let error = call(&create(&payment, &payment)).ended(5).error();
    assert_eq!((&error["kind"], &error["outcome"]), (&"unavailable".into(), &"not_applied".into()));
    assert!(error["message"].as_str().unwrap().contains("locked.db is locked"), "{error}");
    assert_eq!((submissions(&sandbox), sandbox.ledger().of(&payment).count()), (0, 0));
    call(&["list", &payment]).ended(0);
    lock.execute_batch("ROLLBACK").unwrap();
    call(&create(&payment, &payment)).ended(0);
    assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_written_is_an_error() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};

    /// A user without rights, as systems number it.
    const NOBODY: u32 = 65_534;
    let sandbox = Sandbox::start().await.unwrap();
    let address = broken(&sandbox, "readonly.db", |path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    });
    // The superuser can write such files nevertheless.
    let is_superuser = fs::OpenOptions::new().append(true).open(file("readonly.db")).is_ok();
    let call = |arguments: &[&str]| {
        let mut command = command(&sandbox, "mattilda", arguments);
        if is_superuser {
            command.uid(NOBODY);
        }
        command.env("REFUNDS_JOURNAL", &address);
        command
    };
    if call(&["--version"]).output().is_err() {
        eprintln!("SKIPPED: no other user may run the command here");
        return;
    }
    let payment = captured(&sandbox, "mattilda");
    sandbox.clear_requests();
    let error = run(&mut call(&create(&payment, &payment))).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("readonly.db is read-only"), "{error}");
    assert_eq!((submissions(&sandbox), sandbox.ledger().of(&payment).count()), (0, 0));
    run(&mut call(&["list", &payment])).ended(0);
}
