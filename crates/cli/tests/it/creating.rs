//! `create` and `wait`: money, to the minor unit, by the ledger.

use refunds_sandbox::{Outcome, Sandbox, dintero};

use crate::common::{CAPTURED, PROVIDERS, asynchronous, captured, create, currency, declining, refunds};

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_requested_twice_is_made_once() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        let first = refunds(&sandbox, provider, &create(&payment, "rma-551")).ended(0);
        let again = refunds(&sandbox, provider, &create(&payment, "rma-551")).ended(0);
        assert_eq!(first.json()["id"], again.json()["id"]);
        assert_eq!(first.json()["reference"], "rma-551");
        assert_eq!(sandbox.ledger().by_reference(&payment, "rma-551"), 1);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
        // The same reference for another amount is another refund, and there is only one.
        let other = ["create", &payment, "--reference", "rma-551", "--minor-units", "14951"];
        let conflict = refunds(&sandbox, provider, &other).ended(3);
        assert_eq!(conflict.error()["kind"], "conflict");
        let text = refunds(&sandbox, provider, &[&other[..], &["--output", "table"]].concat()).ended(3);
        assert!(text.stderr.contains("another refund needs another reference"), "{}", text.stderr);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_left_can_be_refunded_but_not_a_minor_unit_more() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        refunds(&sandbox, provider, &["create", &payment, "--reference", "a", "--minor-units", "1"]).ended(0);
        let rest = refunds(&sandbox, provider, &["create", &payment, "--reference", "b", "--full"]).ended(0);
        assert_eq!(rest.json()["amount"]["minor_units"], CAPTURED - 1);
        assert_eq!(sandbox.ledger().total_refunded(&payment), CAPTURED);
        let more = refunds(&sandbox, provider, &["create", &payment, "--reference", "c", "--amount", "0.01"])
            .ended(3);
        assert_eq!(more.stdout, "");
        let error = more.error();
        assert_eq!(error["kind"], "not_refundable");
        assert_eq!(error["outcome"], "not_applied");
        assert_eq!(error["provider"], provider);
        assert_eq!(error["operation"], "create_refund");
        assert_eq!(error["retryable"], false);
        assert!(error["message"].as_str().unwrap().starts_with("0.00 "), "{error}");
        assert_eq!(sandbox.ledger().total_refunded(&payment), CAPTURED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_refund_to_its_end() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        for (outcome, status, exit) in
            [(Outcome::Succeeded, "succeeded", 0), (Outcome::Failed, "failed", 3), (Outcome::Declined, "", 3)]
        {
            let payment = asynchronous(&sandbox, provider, outcome);
            // A reference is unique over all payments.
            let mut arguments = create(&payment, &payment);
            arguments.push("--wait");
            let ended = refunds(&sandbox, provider, &arguments).ended(exit);
            if !status.is_empty() && provider == "mattilda" {
                assert_eq!(ended.json()["status"], status);
            }
            assert_eq!(ended.stderr, "");
            let moved = if exit == 0 { 14_950 } else { 0 };
            assert_eq!(sandbox.ledger().total_refunded(&payment), moved, "{provider} {outcome}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_refund_of_an_order_ends_with_its_record() {
    let sandbox = Sandbox::start().await.unwrap();
    let side = sandbox.dintero();
    let slow = dintero::TransactionSpec::new(CAPTURED, "NOK").asynchronous(Outcome::Succeeded);
    let order = dintero::OrderSpec::new("NOK").line(1, CAPTURED).captured_by(side.transaction(slow));
    let order = side.order(order);
    let arguments = ["create", &order, "--full", "--reference", "rma-1", "--wait", "--timeout", "20s"];
    let refund = refunds(&sandbox, "dintero", &arguments).ended(0).json();
    let recorded = side.order_refunds(&order);
    assert_eq!((&refund["status"], &refund["id"]), (&"succeeded".into(), &recorded[0]["id"]));
    assert_eq!(recorded.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_a_pending_refund_is_fine() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = asynchronous(&sandbox, provider, Outcome::Succeeded);
        let begun = refunds(&sandbox, provider, &create(&payment, "r-1")).ended(0).json();
        assert_eq!(begun["status"], "pending");
        let id = begun["id"].as_str().unwrap();
        let ended = refunds(&sandbox, provider, &["wait", &payment, id, "--timeout", "20s"]).ended(0);
        assert_eq!(ended.json()["status"], "succeeded");
        assert_eq!(ended.json()["id"], id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_before_the_final_status_is_reported() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    for provider in PROVIDERS {
        let payment = asynchronous(&sandbox, provider, Outcome::Succeeded);
        let mut arguments = create(&payment, "r-1");
        arguments.extend(["--wait", "--timeout", "1s"]);
        let open = refunds(&sandbox, provider, &arguments).ended(6);
        assert_eq!(open.json()["status"], "pending");
        assert_eq!(open.error()["kind"], "timeout");
        assert_eq!(open.error()["outcome"], "unknown");
        let id = open.json()["id"].as_str().unwrap().to_owned();
        let wait = refunds(&sandbox, provider, &["wait", &payment, &id, "--timeout", "1s"]).ended(6);
        assert_eq!(wait.json()["status"], "pending");
        assert_eq!(sandbox.ledger().by_reference(&payment, "r-1"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_was_made_is_not_forgotten_when_following_it_fails() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    let payment = asynchronous(&sandbox, "mattilda", Outcome::Succeeded);
    sandbox.faults().add("mattilda/get:every:status=404".parse().unwrap());
    let mut arguments = create(&payment, "r-1");
    arguments.push("--wait");
    let lost = refunds(&sandbox, "mattilda", &arguments).ended(6);
    assert_eq!(lost.json()["status"], "pending");
    assert_eq!(lost.error()["kind"], "not_found");
    assert_eq!(lost.error()["outcome"], "unknown");
    assert!(lost.error()["message"].as_str().unwrap().contains("was made"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_refund_is_shown_as_a_failure() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = declining(&sandbox, provider);
        let ran = refunds(&sandbox, provider, &create(&payment, "r-1")).ended(3);
        assert_eq!(ran.json()["status"], "declined", "{provider}");
        assert_eq!(ran.json()["amount"]["minor_units"], 14_950);
        assert_eq!(ran.stderr, "", "it is an answer, not an error");
        // The reference is spent: the same answer, and nothing new.
        let again = refunds(&sandbox, provider, &create(&payment, "r-1")).ended(3);
        assert_eq!(again.json()["id"], ran.json()["id"]);
        assert_eq!(sandbox.ledger().by_reference(&payment, "r-1"), 1);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 0);
        // Reading it is not a failure.
        let id = ran.json()["id"].as_str().unwrap().to_owned();
        refunds(&sandbox, provider, &["get", &payment, &id]).ended(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_expected_currency_must_be_the_payments() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        for how_much in [&["--amount", "1.50"][..], &["--minor-units", "150"], &["--full"]] {
            let mut arguments = vec!["create", &payment, "--reference", "r-1", "--currency", "SEK"];
            arguments.extend(how_much);
            let error = refunds(&sandbox, provider, &arguments).ended(3).error();
            assert_eq!(error["kind"], "invalid_request", "{how_much:?}");
            assert_eq!(error["outcome"], "not_applied");
        }
        assert_eq!(sandbox.ledger().of(&payment).count(), 0);
        let right =
            ["create", &payment, "--reference", "r-1", "--amount", "1.50", "--currency", currency(provider)];
        refunds(&sandbox, provider, &right).ended(0);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 150);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn major_units_follow_the_currency() {
    let sandbox = Sandbox::start().await.unwrap();
    let yen = sandbox.mattilda().captured(5000, "JPY");
    let refund = refunds(&sandbox, "mattilda", &["create", &yen, "--reference", "a", "--amount", "150"]);
    assert_eq!(refund.ended(0).json()["amount"]["minor_units"], 150);
    let cents = refunds(&sandbox, "mattilda", &["create", &yen, "--reference", "b", "--amount", "1.50"]);
    assert!(cents.ended(2).error()["message"].as_str().unwrap().contains("no decimals"));
    assert_eq!(sandbox.ledger().total_refunded(&yen), 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_and_the_reason_go_along() {
    let sandbox = Sandbox::start().await.unwrap();
    let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").line("1", 29_900).line("2", 14_950);
    let payment = sandbox.dintero().transaction(spec);
    let lines = ["--line", "1=100.00", "--line", "2=49.50", "--reason", "one of two came back"];
    let mut arguments = create(&payment, "r-1");
    arguments.extend(lines);
    let refund = refunds(&sandbox, "dintero", &arguments).ended(0).json();
    assert_eq!(refund["lines"][0]["id"], "1", "{refund}");
    assert_eq!(refund["lines"][0]["amount"]["minor_units"], 10_000);
    assert_eq!(refund["lines"][1]["amount"]["minor_units"], 4950);

    let in_minor = ["create", &payment, "--reference", "r-2", "--minor-units", "100", "--line", "1=100"];
    refunds(&sandbox, "dintero", &in_minor).ended(0);
    let off = ["create", &payment, "--reference", "r-3", "--minor-units", "100", "--line", "1=99"];
    let error = refunds(&sandbox, "dintero", &off).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("the lines add up to 0.99 NOK"), "{error}");
    assert_eq!(sandbox.ledger().total_refunded(&payment), 15_050);

    let metadata = ["create", &payment, "--reference", "r-4", "--amount", "1", "--metadata", "a=b=c"];
    let refund = refunds(&sandbox, "dintero", &metadata).ended(0).json();
    assert_eq!(refund["metadata"]["a"], "b=c");
    let elsewhere = captured(&sandbox, "mattilda");
    let metadata = ["create", &elsewhere, "--reference", "r-4", "--amount", "1", "--metadata", "a=b"];
    assert_eq!(refunds(&sandbox, "mattilda", &metadata).ended(3).error()["kind"], "unsupported");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_option_that_the_provider_does_not_have_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        sandbox.clear_requests();
        for (option, exit, message) in [
            ("instant=a=b", 3, "unknown option instant; this provider accepts no options"),
            ("instant", 2, "option must be KEY=VALUE"),
        ] {
            let arguments = ["create", &payment, "--reference", "r-1", "--amount", "1", "--option", option];
            let error = refunds(&sandbox, provider, &arguments).ended(exit).error();
            assert_eq!((&error["message"], &error["outcome"]), (&message.into(), &"not_applied".into()));
        }
        assert!(sandbox.requests().is_empty(), "{provider}");
    }
}
