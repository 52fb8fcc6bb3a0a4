//! `refunds resolve --not-made`, `--made`, `--not-this-one`: a person's statement.

use refunds_sandbox::{Sandbox, mattilda::FieldSet};

use crate::common::{
    PROVIDERS, an_hour_later, captured, command, create, journal, number, refunds, run, submissions,
    unsettled,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_state_that_it_was_not_made() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = unsettled(&sandbox, provider, false);
        let intent = number(&sandbox, provider);
        let note = "asked their support, case 4711";
        let statement = ["resolve", "--not-made", &intent, "--note", note, "--by", "ada", "--output", "json"];
        sandbox.clear_requests();
        let early = refunds(&sandbox, provider, &statement).ended(3).error();
        assert_eq!(early["kind"], "conflict");
        assert!(early["message"].as_str().unwrap().contains("may still be in progress until "), "{early}");
        assert!(early["retry_after"].as_u64().unwrap() > 0, "{early}");

        an_hour_later(&journal(&sandbox));
        // Where the provider cannot be read, the statement is refused.
        sandbox.faults().add(format!("{provider}/read:every:status=503").parse().unwrap());
        refunds(&sandbox, provider, &statement).ended(6);
        sandbox.faults().clear();
        let decided = refunds(&sandbox, provider, &statement).ended(0).json();
        assert_eq!((&decided["state"], &decided["unsettled"]), (&"not_made".into(), &false.into()));
        assert_eq!(decided["decision"]["by"], "ada");
        assert_eq!(decided["decision"]["note"], note);
        assert_eq!(submissions(&sandbox), 0);
        // It is settled, once.
        assert_eq!(refunds(&sandbox, provider, &statement).ended(3).error()["kind"], "conflict");

        refunds(&sandbox, provider, &create(&payment, &payment)).ended(0);
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_the_provider_contradicts_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = unsettled(&sandbox, provider, true);
        sandbox.deliver_late();
        let intent = number(&sandbox, provider);
        an_hour_later(&journal(&sandbox));
        let statement = ["resolve", "--not-made", &intent, "--note", "n", "--by", "ada", "--output", "json"];
        let error = refunds(&sandbox, provider, &statement).ended(3).error();
        assert_eq!(error["kind"], "conflict");
        assert!(error["message"].as_str().unwrap().contains("it was made"), "{error}");
        let again = refunds(&sandbox, provider, &create(&payment, &payment)).ended(0).json();
        assert_eq!(again["reference"], payment.as_str());
        assert_eq!(sandbox.ledger().total_refunded(&payment), 14_950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_state_which_refund_it_is() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let payment = captured(&sandbox, provider);
        let mut other = create(&payment, "other");
        other[5] = "1.00";
        let other = refunds(&sandbox, provider, &other).ended(0).json();
        sandbox.faults().add(format!("{provider}/submit:1:process-late=1h").parse().unwrap());
        refunds(&sandbox, provider, &create(&payment, &payment)).ended(6);
        sandbox.faults().clear();
        let intent = number(&sandbox, provider);
        let made = |id: &str| {
            let statement = ["resolve", "--made", id, &intent, "--by", "ada", "--output", "json"];
            refunds(&sandbox, provider, &statement)
        };
        let error = made(other["id"].as_str().unwrap()).ended(3).error();
        assert!(error["message"].as_str().unwrap().contains("it is another refund"), "{error}");
        made("00000000-0000-4000-8000-000000000000").ended(3);

        sandbox.deliver_late();
        let mut list = command(&sandbox, provider, &["list", &payment, "--output", "json"]);
        // Without the journal, since a list that shows a refund settles it.
        let list = run(list.env("REFUNDS_JOURNAL", "memory")).ended(0).json();
        let mut list = list.as_array().unwrap().iter();
        let id = list.find(|refund| refund["amount"]["minor_units"] == 14_950).unwrap();
        let id = id["id"].as_str().unwrap().to_owned();
        let decided = made(&id).ended(0).json();
        assert_eq!((&decided["state"], &decided["unsettled"]), (&"made".into(), &false.into()));
        assert_eq!(decided["refund"]["id"], id);
        sandbox.clear_requests();
        let again = refunds(&sandbox, provider, &create(&payment, &payment)).ended(0).json();
        assert_eq!(again["id"], id);
        assert_eq!(submissions(&sandbox), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let payment = unsettled(&sandbox, "dintero", false);
    let intent = number(&sandbox, "dintero");
    sandbox.clear_requests();
    for (arguments, status) in [
        (&["--not-made", &intent][..], 2),
        (&["--not-made", &intent, "--note", " ", "--by", "ada"], 2),
        (&["--not-made", &intent, "--note", "n"], 2),
        (&["--not-made", "one", "--note", "n", "--by", "ada"], 2),
        (&["--not-made", &intent, "--note", "a\nb", "--by", "ada"], 2),
        (&["--not-made", &intent, "--note", "n", "--yes"], 2),
        (&["--not-made", &intent, "--made", "r", &intent, "--note", "n"], 2),
        (&["--made", "r"], 2),
        (&["--made", "r", "x", "--by", "ada"], 2),
        (&["--note", "n"], 2),
        (&["--look-only", "--yes"], 2),
        (&["file", "--not-made", &intent, "--note", "n"], 2),
        (&["--not-made", "4711", "--note", "n", "--by", "ada"], 3),
    ] {
        let arguments = [&["resolve"], arguments, &["--output", "json"]].concat();
        refunds(&sandbox, "dintero", &arguments).ended(status).error();
    }
    assert_eq!(sandbox.requests(), []);
    // An intent of another account is named as such.
    let statement = ["resolve", "--not-made", &intent, "--note", "n", "--by", "ada", "--output", "json"];
    let error = refunds(&sandbox, "mattilda", &statement).ended(2).error();
    assert!(error["message"].as_str().unwrap().contains("is of dintero"), "{error}");
    // The system knows who it is.
    an_hour_later(&journal(&sandbox));
    let statement = ["resolve", "--not-made", &intent, "--note", "n", "--output", "json"];
    let decided = run(command(&sandbox, "dintero", &statement).env("USER", "grace")).ended(0).json();
    assert_eq!(
        (&decided["decision"]["by"], &decided["payment_id"]),
        (&"grace".into(), &payment.as_str().into())
    );
}

/// Where references are hidden, two new refunds of the amount may both be it.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_chooses_between_two_possible_matches() {
    for names_the_other in [true, false] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.mattilda().set_fields(FieldSet::Documented);
        let payment = unsettled(&sandbox, "mattilda", true);
        let list = |journal: &str| {
            let mut list = command(&sandbox, "mattilda", &["list", &payment, "--output", "json"]);
            let list = run(list.env("REFUNDS_JOURNAL", journal)).ended(0).json();
            let ids = list.as_array().unwrap().iter().map(|refund| refund["id"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        };
        // Another system makes an equal refund before the late one shows.
        let mut foreign = command(&sandbox, "mattilda", &create(&payment, "foreign"));
        run(foreign.env("REFUNDS_JOURNAL", "memory")).ended(0);
        let foreign = list("memory").remove(0);
        sandbox.deliver_late();
        let ours = list("memory").into_iter().find(|id| *id != foreign).unwrap();

        let intent = number(&sandbox, "mattilda");
        an_hour_later(&journal(&sandbox));
        let unclear = refunds(&sandbox, "mattilda", &["resolve", "--yes", "-o", "json"]).ended(6).json();
        let message = unclear[0]["error"]["message"].as_str().unwrap();
        assert!(message.contains(&ours) && message.contains(&foreign), "{message}");
        let statement = |flags: &[&str]| {
            let rest = ["--by", "ada", "--note", "n", "--output", "json"];
            refunds(&sandbox, "mattilda", &[&["resolve"], flags, &rest].concat())
        };
        let refused = statement(&["--not-made", &intent]).ended(3).error();
        assert!(refused["message"].as_str().unwrap().contains("--made or --not-this-one"), "{refused}");
        if names_the_other {
            statement(&["--not-this-one", &foreign, &intent]).ended(0);
            refunds(&sandbox, "mattilda", &["resolve", "--yes"]).ended(0);
        } else {
            let decided = statement(&["--made", &ours, &intent]).ended(0).json();
            assert_eq!(
                (&decided["refund"]["evidence"], &decided["decision"]["by"]),
                (&"person".into(), &"ada".into())
            );
        }
        let again = refunds(&sandbox, "mattilda", &create(&payment, &payment)).ended(0).json();
        assert_eq!(again["id"], ours);
        assert_eq!(submissions(&sandbox), 2, "one of each system");
    }
}
