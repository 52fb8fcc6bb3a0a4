//! What a person at a terminal sees and is asked, and what scripts get instead.

use refunds_core::Reference;
use refunds_sandbox::Sandbox;
use serde_json::json;

use crate::common::{
    PROVIDERS, bare, captured, command, create, currency, journal, refunds, run, submissions,
};

#[cfg(unix)]
mod on_a_terminal {
    use std::{
        fs::File,
        io::{Read as _, Write as _},
        process::Command,
    };

    use rustix::{
        fs::{Mode, OFlags, open},
        pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
        termios::{Winsize, tcsetwinsize},
    };

    use super::*;

    const COLUMNS: u16 = 104;

    /// Runs a command on a terminal of its own, and types this. Returns its exit status and all that was shown.
    fn typed(command: &mut Command, text: &str) -> (i32, String) {
        typed_after(command, "", || {}, text)
    }

    /// The same, when the command has shown `prompt`, and `before` is done.
    fn typed_after(command: &mut Command, prompt: &str, before: impl FnOnce(), text: &str) -> (i32, String) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal = || File::from(open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
        let size = Winsize { ws_row: 24, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        command.env("TERM", "xterm");
        let mut child = command.stdin(terminal()).stdout(terminal()).stderr(terminal()).spawn().unwrap();
        let mut master = File::from(master);
        let mut shown = Vec::new();
        let mut piece = [0; 4096];
        while !String::from_utf8_lossy(&shown).contains(prompt) {
            let length = master.read(&mut piece).unwrap();
            shown.extend_from_slice(&piece[..length]);
        }
        before();
        master.write_all(text.as_bytes()).unwrap();
        // After the last one has closed it, reading a terminal is an error on Linux.
        let mut reader = master.try_clone().unwrap();
        let reading = std::thread::spawn(move || {
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                shown.extend_from_slice(&piece[..length]);
            }
            shown
        });
        let status = child.wait().unwrap().code().unwrap();
        // The parent's copies of the terminal are closed with the command.
        *command = Command::new("");
        let shown = String::from_utf8(reading.join().unwrap()).unwrap();
        (status, shown.replace("\r\n", "\n"))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_refund_is_shown_and_asked_for() {
        let sandbox = Sandbox::start().await.unwrap();
        for provider in PROVIDERS {
            let payment = captured(&sandbox, provider);
            let code = currency(provider);
            let arguments = ["create", &payment, "--reference", "rma-551", "--amount", "149.50"];
            for answer in ["n\n", "\n", "maybe\n"] {
                let (status, shown) = typed(&mut command(&sandbox, provider, &arguments), answer);
                assert_eq!(status, 2, "{shown}");
                for part in [
                    &*format!("refund     149.50 {code} of {payment}"),
                    &format!("account    {provider} account"),
                    if provider == "dintero" { "(test)" } else { "(test or live is not known)" },
                    &format!("left       448.50 {code} now, 299.00 {code} afterwards"),
                    "reference  rma-551",
                    "Make this refund? [y/N]",
                    "not confirmed, so nothing was submitted",
                ] {
                    assert!(shown.contains(part), "{part}: {shown}");
                }
            }
            assert_eq!(sandbox.ledger().of(&payment).count(), 0);
            let (status, shown) = typed(&mut command(&sandbox, provider, &arguments), "yes\n");
            assert_eq!(status, 0, "{shown}");
            // The same again moves nothing, so nothing is asked.
            let (status, shown) = typed(&mut command(&sandbox, provider, &arguments), "");
            assert_eq!(status, 0, "{shown}");
            assert!(shown.contains("the refund was there already") && !shown.contains("[y/N]"), "{shown}");
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reference_may_be_left_out_and_is_the_same_again() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = captured(&sandbox, "dintero");
        let arguments = ["create", &payment, "--amount", "149.50", "--yes"];
        let (status, first) = typed(&mut command(&sandbox, "dintero", &arguments), "");
        assert_eq!(status, 0, "{first}");
        assert!(first.contains("the same command makes no second refund before 00:00 UTC"), "{first}");
        let (status, second) = typed(&mut command(&sandbox, "dintero", &arguments), "");
        assert_eq!(status, 0, "{second}");
        assert!(second.contains("the refund was there already"), "{second}");
        assert_eq!(sandbox.ledger().of(&payment).count(), 1);
        let other = ["create", &payment, "--amount", "149.49", "--yes"];
        assert_eq!(typed(&mut command(&sandbox, "dintero", &other), "").0, 0);
        assert_eq!(sandbox.ledger().of(&payment).count(), 2);
    }

    /// The refund is what was shown, although more is left by the time of the answer.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_confirmed_is_what_is_refunded() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = crate::common::asynchronous(&sandbox, "mattilda", refunds_sandbox::Outcome::Declined);
        sandbox.set_settle_after_reads(None);
        refunds(&sandbox, "mattilda", &create(&payment, "rma-1")).ended(0);
        let arguments = ["create", &payment, "--reference", "rma-2", "--full"];
        let mut command = command(&sandbox, "mattilda", &arguments);
        let (status, shown) = typed_after(&mut command, "[y/N]", || sandbox.settle_all(), "y\n");
        assert!(status == 0 && shown.contains("refund     299.00 MXN"), "{shown}");
        let ledger = sandbox.ledger();
        let made = ledger.of(&payment).find(|entry| entry.reference.as_deref() == Some("rma-2")).unwrap();
        assert_eq!(made.amount, 29_900);
    }

    /// Where the money goes, and everything else that is sent, is shown.
    #[tokio::test(flavor = "multi_thread")]
    async fn everything_that_is_sent_is_shown() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = captured(&sandbox, "dintero");
        let arguments =
            ["create", &payment, "--reference", "r", "--full", "--reason", "late", "--metadata", "rma=7"];
        let (_, shown) = typed(&mut command(&sandbox, "dintero", &arguments), "n\n");
        assert!(shown.contains("reason     late") && shown.contains("metadata   rma=7"), "{shown}");
        let payment = captured(&sandbox, "mattilda");
        let arguments = ["create", &payment, "--reference", "r", "--full", "--target", "gift-card:abc"];
        let (_, shown) = typed(&mut command(&sandbox, "mattilda", &arguments), "n\n");
        assert!(shown.contains("target     gift_card abc"), "{shown}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn more_than_is_left_is_refused_instead_of_asked_for() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = captured(&sandbox, "mattilda");
        for amount in ["448.51", "9999"] {
            let arguments = ["create", &payment, "--reference", "r", "--amount", amount];
            let (status, shown) = typed(&mut command(&sandbox, "mattilda", &arguments), "y\n");
            assert!(status == 3 && !shown.contains("[y/N]"), "{shown}");
        }
        refunds(&sandbox, "mattilda", &["create", &payment, "--reference", "all", "--full"]).ended(0);
        let arguments = ["create", &payment, "--reference", "more", "--full"];
        assert_eq!(typed(&mut command(&sandbox, "mattilda", &arguments), "y\n").0, 3);
        let dry = ["create", &payment, "--reference", "more", "--full", "--dry-run", "--output", "json"];
        refunds(&sandbox, "mattilda", &dry).ended(3);
    }

    /// A refund that was lost keeps its reference, whatever the day is.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_lost_refund_without_a_reference_is_found_again() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = crate::common::unsettled(&sandbox, "mattilda", false);
        // Its reference is the payment's id, which no derivation gives.
        let arguments = ["create", &payment, "--amount", "149.50", "--dry-run"];
        let (status, shown) = typed(&mut command(&sandbox, "mattilda", &arguments), "");
        assert!(status == 0 && shown.contains(&format!("reference  {payment}")), "{shown}");
        assert!(shown.contains("a request with this reference was sent"), "{shown}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_takes_long_shows_a_sign_of_life_that_goes_away() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = crate::common::asynchronous(&sandbox, "mattilda", refunds_sandbox::Outcome::Succeeded);
        let arguments = ["create", &payment, "--reference", "r", "--amount", "1", "--yes", "--wait"];
        let (status, shown) = typed(&mut command(&sandbox, "mattilda", &arguments), "");
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("following refund") && shown.contains("\u{1b}["), "{shown:?}");
        let piped = refunds(&sandbox, "mattilda", &["list", &payment, "--output", "table"]).ended(0);
        assert_eq!(piped.stderr, "");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_table_fits_the_terminal_and_its_ids_are_whole() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = captured(&sandbox, "mattilda");
        let arguments = create(&payment, "order-42/rma-551");
        let made = refunds(&sandbox, "mattilda", &arguments).ended(0).json();
        let (status, shown) = typed(&mut command(&sandbox, "mattilda", &["list", &payment]), "");
        assert_eq!(status, 0);
        let table = shown.rsplit("\u{1b}[2K").next().unwrap();
        assert!(table.contains(made["id"].as_str().unwrap()) && table.contains("149.50 MXN"), "{table}");
        assert!(!table.contains("PROVIDER STATUS") && table.contains("order-42/rma-551"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= COLUMNS.into()), "{table}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn logs_have_no_colour_where_none_is_wanted() {
        let sandbox = Sandbox::start().await.unwrap();
        let payment = captured(&sandbox, "mattilda");
        for (no_colour, coloured) in [(None, true), (Some("1"), false)] {
            let mut command = command(&sandbox, "mattilda", &["list", &payment]);
            command.env("REFUNDS_LOG", "debug").envs(no_colour.map(|value| ("NO_COLOR", value)));
            let (status, shown) = typed(&mut command, "");
            assert_eq!((status, shown.contains('\u{1b}')), (0, coloured), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nothing_is_asked_and_the_reference_is_demanded() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    let error =
        refunds(&sandbox, "mattilda", &["create", &payment, "--full", "--output", "json"]).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("--reference"), "{error}");
    assert!(!journal(&sandbox).exists() && sandbox.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_would_be_done_and_does_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        sandbox.clear_requests();
        let dry = [create(&payment, "rma-1"), vec!["--dry-run"]].concat();
        let document = refunds(&sandbox, provider, &dry).ended(0).json();
        let code = currency(provider);
        let money = |minor: i64| json!({ "minor_units": minor, "currency": code });
        assert_eq!(document["dry_run"], true);
        let mode = if provider == "dintero" { "test" } else { "unknown" };
        assert_eq!((&document["mode"], &document["existing"]), (&json!(mode), &json!(null)));
        assert_eq!(document["amount"], money(14_950));
        assert_eq!(
            (&document["refundable"], &document["refundable_after"]),
            (&money(44_850), &money(29_900))
        );
        assert_eq!(submissions(&sandbox), 0);
        assert_eq!(sandbox.ledger().of(&payment).count(), 0);

        let made = refunds(&sandbox, provider, &create(&payment, "rma-1")).ended(0).json();
        let document = refunds(&sandbox, provider, &dry).ended(0).json();
        assert_eq!((&document["existing"], &document["refundable"]), (&made["id"], &money(29_900)));
        let table = ["create", &payment, "--reference", "rma-2", "--full", "--dry-run", "--output", "table"];
        let table = refunds(&sandbox, provider, &table).ended(0).stdout;
        assert!(table.contains(&format!("left       299.00 {code} now, 0.00 {code} afterwards")), "{table}");
        assert!(table.ends_with("nothing was submitted\n"), "{table}");
        assert_eq!(sandbox.ledger().of(&payment).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_derived_as_the_library_derives_them() {
    let parts = ["shop.example/returns", "order-42", "rma-551"];
    let derived = Reference::derive(parts[0], &parts[1..]).to_string();
    let printed = [&["reference", "--output", "table"][..], &parts].concat();
    assert_eq!(run(&mut bare(&printed)).ended(0).stdout, format!("{derived}\n"));
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    let arguments = ["create", &payment, "--amount", "1", "--output", "json", "--derive"];
    let ran = refunds(&sandbox, "mattilda", &[&arguments[..], &parts].concat()).ended(0);
    assert_eq!(ran.json()["reference"], *derived);
    for wrong in [&["shop.example"][..], &["shop", ""], &["", "a"]] {
        let arguments = ["create", &payment, "--full", "--output", "json", "--derive"];
        refunds(&sandbox, "mattilda", &[&arguments[..], wrong].concat()).ended(2);
        run(&mut bare(&[&["reference", "--output", "json"][..], wrong].concat())).ended(2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn advice_names_the_payment() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    let arguments = ["create", &payment, "--reference", "r", "--amount", "9999", "--output", "table"];
    let ran = refunds(&sandbox, "mattilda", &arguments).ended(3);
    assert!(
        ran.stderr.contains(&format!("next: `refunds payment {payment}` shows what is left")),
        "{}",
        ran.stderr
    );
}

#[test]
fn manual_pages_are_written() {
    let page = run(&mut bare(&["man"])).ended(0).stdout;
    assert!(page.contains(".TH refunds 1") && page.contains("refunds\\-create"), "{page:.500}");
    let folder = tempfile::tempdir().unwrap();
    run(&mut bare(&["man", folder.path().to_str().unwrap()])).ended(0);
    for name in ["refunds.1", "refunds-create.1", "refunds-webhook-verify.1"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}
