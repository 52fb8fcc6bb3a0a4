//! Exit status 6, and the way out of it.
//!
//! A payment's id serves as the reference too, since a reference is unique over all payments.

use refunds_sandbox::{FaultRule, Sandbox};

use crate::common::{
    PROVIDERS, address, an_hour_later, captured, command, create, file, journal, refunds, run, run_with_input,
};

/// The next submission loses its connection but is processed later, by [`Sandbox::deliver_late`].
fn lose_the_response(sandbox: &Sandbox, provider: &str) {
    let fault: FaultRule = format!("{provider}/submit:1:process-late=1h").parse().unwrap();
    sandbox.faults().add(fault);
}

/// The submission never arrives, and its sender cannot know.
fn lose_the_request(sandbox: &Sandbox, provider: &str) {
    let fault: FaultRule = format!("{provider}/submit:1:drop-before").parse().unwrap();
    sandbox.faults().add(fault);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_is_resolved_to_the_one_refund() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        for format in ["json", "jsonl", "table", "csv"] {
            let payment = captured(&sandbox, provider);
            lose_the_response(&sandbox, provider);
            let arguments =
                ["create", &payment, "--reference", &payment, "--amount", "149.50", "--output", format];
            let lost = refunds(&sandbox, provider, &arguments).ended(6);
            assert_eq!(lost.stdout, "");
            sandbox.deliver_late();
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950, "it was made");

            // What was printed, as it is, by a file and by standard input.
            let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{payment}-{format}"));
            std::fs::write(&file, &lost.stderr).unwrap();
            let by_file = ["resolve", file.to_str().unwrap(), "--output", "json"];
            let found = refunds(&sandbox, provider, &by_file).ended(0);
            let mut by_input = command(&sandbox, provider, &["resolve", "-", "--output", "json"]);
            let again = run_with_input(&mut by_input, &lost.stderr).ended(0);
            assert_eq!(found.json()["id"], again.json()["id"]);
            assert_eq!(found.json()["reference"], payment.as_str());
            assert_eq!(found.json()["amount"]["minor_units"], 14_950);
            assert_eq!(sandbox.ledger().by_reference(&payment, &payment), 1);
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_says_what_is_needed() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_response(&sandbox, provider);
        let lost = refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        sandbox.deliver_late();
        let error = lost.error();
        assert_eq!(error["kind"], "outcome_unknown");
        assert_eq!(error["outcome"], "unknown");
        assert_eq!(error["provider"], provider);
        assert_eq!(error["operation"], "create_refund");
        let unresolved = &error["unresolved"];
        assert_eq!(unresolved["provider"], provider);
        assert_eq!(unresolved["request"]["payment_id"], payment.as_str());
        assert_eq!(unresolved["request"]["reference"], payment.as_str());
        assert_eq!(unresolved["amount"]["minor_units"], 14_950);
        assert_eq!(unresolved["scope"]["provider"], provider);
        assert!(unresolved["resubmit_from"].as_str().unwrap().ends_with('Z'), "{unresolved}");
        let seconds = error["retry_after"].as_u64().unwrap();
        assert!((600..=630).contains(&seconds), "10 min, an attempt and the time to send it: {seconds}");

        // The bare object resolves as well, and the provider is the one that was asked.
        let other = if provider == "dintero" { "mattilda" } else { "dintero" };
        let mut resolve = command(&sandbox, other, &["resolve", "-"]);
        let found = run_with_input(&mut resolve, &unresolved.to_string()).ended(0);
        assert_eq!(found.json()["provider"], provider);
        // --provider overrides it; then the outcome stays unknown.
        let mut wrong = command(&sandbox, provider, &["--provider", other, "resolve", "-"]);
        let wrong = run_with_input(&mut wrong, &unresolved.to_string()).ended(6);
        assert_eq!(wrong.error()["kind"], "config");
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_lost_is_made_when_its_time_is_over() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_request(&sandbox, provider);
        let lost = refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
        // Until then neither of these submits anything.
        for arguments in
            [&["resolve", "-"][..], &["resolve", "--look-only", "-"], &["resolve", "--look-only"]]
        {
            let mut resolve = command(&sandbox, provider, arguments);
            run_with_input(&mut resolve, &lost.stderr).ended(6);
        }
        refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);

        an_hour_later(&journal(&sandbox));
        let made = refunds(&sandbox, provider, &create(&payment, &payment)).ended(0);
        assert_eq!(made.json()["amount"]["minor_units"], 14_950);
        let mut resolve = command(&sandbox, provider, &["resolve", "-"]);
        let again = run_with_input(&mut resolve, &lost.stderr).ended(0);
        assert_eq!(again.json()["id"], made.json()["id"]);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

/// A handle cannot say what happened after it was written, so the time counts from the first look.
#[tokio::test(flavor = "multi_thread")]
async fn a_handle_on_another_machine_waits_before_it_submits() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_request(&sandbox, provider);
        let lost = refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        let elsewhere = file(&format!("elsewhere-{provider}.db"));
        let resolve = |arguments: &[&str]| {
            let mut resolve = command(&sandbox, provider, arguments);
            run_with_input(resolve.env("REFUNDS_JOURNAL", address(&elsewhere)), &lost.stderr)
        };
        let waits = resolve(&["resolve", "-"]).ended(6);
        assert!(waits.error()["retry_after"].as_u64().unwrap() >= 600, "{waits:#?}");
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
        an_hour_later(&elsewhere);
        resolve(&["resolve", "--look-only", "-"]).ended(6);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
        resolve(&["resolve", "-"]).ended(0);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_when_to_come_back() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        lose_the_request(&sandbox, provider);
        let arguments =
            ["create", &payment, "--reference", &payment, "--amount", "149.50", "--output", "table"];
        let lost = refunds(&sandbox, provider, &arguments).ended(6);
        assert_eq!(lost.stdout, "");
        let next = lost.stderr.lines().find(|line| line.starts_with("  next: ")).unwrap();
        let (before, time) = next.split_once(" again at ").unwrap_or_else(|| panic!("{next}"));
        assert_eq!(before, "  next: run the same command");
        let (time, rest) = time.split_once(", ").unwrap();
        let clock = time.rsplit('T').next().unwrap();
        assert!(clock.len() == "14:32:10Z".len() && clock.ends_with('Z'), "{next}");
        assert!(rest.contains("`refunds resolve --look-only`"), "{next}");
        assert!(lost.stderr.lines().last().unwrap().starts_with('{'), "the handle comes last");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_that_cannot_be_resolved() {
    let sandbox = Sandbox::start().await.unwrap();
    for input in ["", "{}", "nonsense", r#"{"error":{"kind":"not_found"}}"#] {
        let mut resolve = command(&sandbox, "mattilda", &["resolve", "-"]);
        let error = run_with_input(&mut resolve, input).ended(2).error();
        assert_eq!(error["kind"], "invalid_request");
    }
    let ran = run(&mut command(&sandbox, "mattilda", &["resolve", "no/such/file"])).ended(2);
    assert!(ran.error()["message"].as_str().unwrap().starts_with("cannot read no/such/file"));
    assert_eq!(sandbox.requests(), []);
}

#[cfg(unix)]
mod stopped {
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::common::{Ran, currency};

    /// Runs the command until `is_there`, and has it stop then.
    async fn stop(mut command: Command, signal: &str, is_there: impl Fn() -> bool) -> Ran {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !is_there() {
            tokio::task::yield_now().await;
        }
        send(&child, signal);
        tokio::task::spawn_blocking(|| Ran::of(child.wait_with_output().unwrap())).await.unwrap()
    }

    fn send(child: &Child, signal: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
        assert!(sent.unwrap().success());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn after_the_request_left_the_outcome_is_unknown() {
        let sandbox = Sandbox::start().await.unwrap();
        for (provider, signal, is_journalled) in
            [("mattilda", "INT", true), ("dintero", "TERM", true), ("mattilda", "TERM", false)]
        {
            let payment = captured(&sandbox, provider);
            sandbox.faults().add(format!("{provider}/submit:1:process-then-silence").parse().unwrap());
            let mut create = command(&sandbox, provider, &create(&payment, &payment));
            if !is_journalled {
                create.env("REFUNDS_JOURNAL", "memory");
            }
            let made = || sandbox.ledger().of(&payment).count() == 1;
            let ran = stop(create, signal, made).await.ended(6);
            let error = ran.error();
            assert_eq!(error["kind"], "outcome_unknown");
            assert!(error["retry_after"].as_u64().unwrap() >= 600, "{error}");
            assert!(error["unresolved"]["resubmit_from"].is_string(), "{error}");
            let mut resolve = command(&sandbox, provider, &["resolve", "-"]);
            let found = run_with_input(&mut resolve, &ran.stderr).ended(0);
            assert_eq!(found.json()["reference"], payment.as_str());
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        }
    }

    /// The killed call's request may be under way. The next call says so, looks, and finds the refund.
    #[tokio::test(flavor = "multi_thread")]
    async fn after_a_kill_the_next_call_waits_and_says_so() {
        let sandbox = Sandbox::start().await.unwrap();
        let wait_for = async |provider: &str, format: &str| {
            let payment = captured(&sandbox, provider);
            sandbox.faults().add(format!("{provider}/submit:1:process-then-silence").parse().unwrap());
            let arguments =
                ["create", &payment, "--reference", &payment, "--amount", "149.50", "--output", format];
            let mut killed = command(&sandbox, provider, &arguments).stdout(Stdio::null()).spawn().unwrap();
            while sandbox.ledger().of(&payment).count() == 0 {
                tokio::task::yield_now().await;
            }
            killed.kill().unwrap();
            killed.wait().unwrap();
            let again = refunds(&sandbox, provider, &arguments).ended(0);
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
            again.stderr
        };
        let silent = wait_for("dintero", "json").await;
        assert_eq!(silent, "", "what reads JSON is not disturbed");
        let said = wait_for("mattilda", "table").await;
        let why = "another process may be requesting this refund; waiting until ";
        let [waits, there] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
        assert!(waits.starts_with(why) && waits.ends_with("Z at the latest"), "{said}");
        assert_eq!(there, "the refund was there already: this command moved no money");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn before_the_request_left_nothing_is_unsettled() {
        let sandbox = Sandbox::start().await.unwrap();
        for provider in PROVIDERS {
            let payment = captured(&sandbox, provider);
            // The read of the currency is over; the look is not.
            sandbox.faults().add(format!("{provider}/list:every:silence").parse().unwrap());
            sandbox.clear_requests();
            let looks = || {
                sandbox.requests().iter().any(|request| request.method == "GET" && looks_like(&request.path))
            };
            let mut arguments = create(&payment, &payment);
            let currency = currency(provider);
            arguments.extend(["--currency", currency]);
            let ran = stop(command(&sandbox, provider, &arguments), "INT", looks).await.ended(5);
            let error = ran.error();
            assert_eq!((&error["outcome"], &error["retryable"]), (&"not_applied".into(), &true.into()));
            assert_eq!(error["message"], "interrupted; nothing was sent");
            sandbox.faults().clear();
            // Nothing rests, so it is made at once.
            refunds(&sandbox, provider, &create(&payment, &payment)).ended(0);
            assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        }
    }

    /// What both providers' paths of payments and refunds have in common.
    fn looks_like(path: &str) -> bool {
        path.contains("/transactions/")
    }
}

/// With `--wait`, a lost request is waited out, and the refund is made once.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_request_is_waited_out_if_asked() {
    let sandbox = Sandbox::start().await.unwrap();
    for (provider, resolves) in [("dintero", false), ("mattilda", true)] {
        let payment = captured(&sandbox, provider);
        sandbox.faults().add(format!("{provider}/submit:1:drop-before").parse().unwrap());
        let hasty = |arguments: &[&str]| {
            let mut command = command(&sandbox, provider, arguments);
            command.env("REFUNDS_ATTEMPT_TIMEOUT", "500ms").env("REFUNDS_TOTAL_TIMEOUT", "1s");
            command.env("REFUNDS_RESUBMIT_AFTER", "1s");
            run(&mut command)
        };
        let arguments =
            ["create", &payment, "--reference", "rma-1", "--amount", "149.50", "--output", "table"];
        let ran = if resolves {
            hasty(&arguments).ended(6);
            hasty(&["resolve", "--yes", "--wait", "--output", "table"]).ended(0)
        } else {
            hasty(&[&arguments[..], &["--wait"]].concat()).ended(0)
        };
        let why = "the request was lost and may still be carried out; it is looked for again at ";
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        assert_eq!(sandbox.ledger().of(&payment).count(), 1);
        sandbox.faults().clear();
    }
}

/// What cannot be learned any more is not asked for again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_where_waiting_does_not_help() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = captured(&sandbox, "mattilda");
    sandbox.faults().add("mattilda/submit:1:drop-before".parse().unwrap());
    refunds(&sandbox, "mattilda", &create(&payment, "rma-1")).ended(6);
    an_hour_later(&journal(&sandbox));
    sandbox.faults().add("mattilda/list:every:status=403".parse().unwrap());
    sandbox.clear_requests();
    let arguments = [create(&payment, "rma-1"), vec!["--wait"]].concat();
    refunds(&sandbox, "mattilda", &arguments).ended(6);
    assert!(sandbox.requests().len() < 10, "{:?}", sandbox.requests());
}
