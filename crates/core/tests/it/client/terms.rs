//! The terms of a refund: what only some providers support, and references that are spent on other terms.

use std::sync::Arc;

use refunds_core::{
    CreateRefund, Error, ErrorKind, Journal as _, MemoryJournal, RefundLine, UnresolvedRefund,
    journal::Query, testing::SkippingClock,
};

use crate::client::scripted::{Scripted, Step, nok, request};

fn line(minor: i64) -> RefundLine {
    RefundLine::new("1", nok(minor))
}

#[tokio::test(start_paused = true)]
async fn an_option_that_the_provider_does_not_name_is_refused_before_anything_is_sent() {
    for (named, message) in [
        (&[][..], "unknown option instnat; this provider accepts no options"),
        (&["instant"][..], "unknown option instnat; expected one of: instant"),
        (&["instant", "source"][..], "unknown option instnat; expected one of: instant, source"),
    ] {
        let provider = Scripted::new();
        provider.offers(|able| able.options = named);
        let payment = provider.memory.captured(nok(1000));
        let misspelled = request(&payment, 100, "a").with_option("instnat", "true");
        let error = provider.client().create(&misspelled).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false));
        assert_eq!(error.message(), message);
        assert!(provider.script(|script| script.calls.is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_supported_is_dropped_where_the_request_says_so() {
    for (lines, metadata) in [(true, true), (true, false), (false, true), (false, false)] {
        let provider = Scripted::new();
        provider.offers(|able| (able.lines, able.metadata) = (lines, metadata));
        let payment = provider.memory.captured(nok(1000));
        let journal = MemoryJournal::new();
        let wanted = request(&payment, 100, "a")
            .with_line_if_supported(line(100))
            .with_metadata_if_supported("clerk", "7");
        let client = provider.client().with_journal(journal.clone());
        let refund = client.create(&wanted).await.unwrap();
        assert_eq!((refund.lines.is_empty(), refund.metadata.is_empty()), (!lines, !metadata));
        let seen = provider.script(|script| script.requests.clone());
        assert!(seen.len() > 1, "checked and sent");
        for seen in seen {
            assert_eq!((seen.lines.is_empty(), seen.metadata.is_empty()), (!lines, !metadata), "{seen:?}");
        }
        let entries = journal.entries(&Query::all()).await.unwrap();
        assert_eq!(entries[0].request.as_ref(), Some(&wanted), "the journal has what the caller asked for");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_required_is_not_dropped_and_lines_add_up_in_any_case() {
    let provider = Scripted::new();
    provider.offers(|able| (able.lines, able.metadata) = (false, false));
    let payment = provider.memory.captured(nok(1000));
    let asked = || request(&payment, 100, "a");
    for (what, request, kind) in [
        ("a required line", asked().with_line(line(100)), ErrorKind::Unsupported),
        (
            "a required line beside another",
            asked().with_line_if_supported(line(99)).with_line(RefundLine::new("2", nok(1))),
            ErrorKind::Unsupported,
        ),
        (
            "required metadata beside other",
            asked().with_metadata_if_supported("clerk", "7").with_metadata("order", "42"),
            ErrorKind::Unsupported,
        ),
        ("lines that do not add up", asked().with_line_if_supported(line(99)), ErrorKind::InvalidRequest),
    ] {
        let error = provider.client().create(&request).await.expect_err(what);
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{what}: {error}");
    }
    assert!(provider.script(|script| script.calls.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_lost_refund_is_finished_on_its_own_terms_by_whatever_configuration() {
    let provider = Scripted::new();
    provider.offers(|able| (able.lines, able.options) = (false, &["instant"]));
    let payment = provider.memory.captured(nok(1000));
    let wanted = request(&payment, 100, "a").with_line_if_supported(line(100)).with_option("instant", "true");
    let clock = SkippingClock::new();
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    let error = client.create(&wanted).await.unwrap_err();
    let handle = serde_json::to_string(error.unresolved().unwrap()).unwrap();
    let handle: UnresolvedRefund = serde_json::from_str(&handle).unwrap();
    assert_eq!(handle.request, wanted);

    clock.advance(std::time::Duration::from_secs(700));
    provider.offers(|able| able.lines = true);
    let refund = client.resolve(&handle).await.unwrap();
    assert_eq!(refund.lines, [line(100)], "now the provider supports lines");
    assert_eq!(refund.extra.get("options").unwrap()["instant"], "true");
    assert_eq!(provider.memory.moved(&payment), 100);
}

#[tokio::test(start_paused = true)]
async fn a_line_with_too_little_left_is_refused_with_the_lines_there_are() {
    let provider = Scripted::new();
    let client = provider.client();
    let payment = provider.memory.captured_lines(vec![line(300), RefundLine::new("2", nok(200))]);
    client.create(&request(&payment, 100, "a").with_line(line(100))).await.unwrap();
    let there_are = "the lines that can be refunded are `1` (2.00 NOK left), `2` (2.00 NOK left)";
    for (line, kind) in
        [(line(250), ErrorKind::NotRefundable), (RefundLine::new("9", nok(250)), ErrorKind::InvalidRequest)]
    {
        let error = client.create(&request(&payment, 250, "b").with_line(line)).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{error}");
        assert!(error.message().ends_with(there_are), "{error}");
    }
    let left = [line(200), RefundLine::new("2", nok(200))];
    assert_eq!(client.payment(&payment).await.unwrap().refundable_lines, left);
    client.create(&request(&payment, 400, "c")).await.unwrap();
    assert_eq!(client.payment(&payment).await.unwrap().refundable_lines, [], "all of it is refunded");
}

/// What happens to the first request of a reference, what is requested under it then, and whether the error
/// says that the reference is spent.
struct Row {
    what: &'static str,
    first: Option<Step>,
    then: fn(CreateRefund) -> CreateRefund,
    same_journal: bool,
    kind: ErrorKind,
    spent: bool,
}

#[tokio::test(start_paused = true)]
async fn which_errors_say_that_the_reference_is_spent() {
    let fail = |kind| Some(Step::Fail(Error::new(kind, "no").not_applied()));
    let another = |mut request: CreateRefund| {
        request.amount = refunds_core::RefundAmount::Exact(nok(101));
        request
    };
    let same = |request| request;
    let row = |what, first, then, kind, spent| Row { what, first, then, same_journal: true, kind, spent };
    for row in [
        row("another amount", Some(Step::Pass), another, ErrorKind::Conflict, true),
        Row {
            same_journal: false,
            ..row("another amount, elsewhere", Some(Step::Pass), another, ErrorKind::Conflict, true)
        },
        row(
            "another amount after a refusal",
            fail(ErrorKind::NotRefundable),
            another,
            ErrorKind::Conflict,
            true,
        ),
        row("a decline", None, same, ErrorKind::Declined, true),
        row("a refusal", None, same, ErrorKind::NotRefundable, false),
        row("an invalid request", None, same, ErrorKind::InvalidRequest, false),
        row("too many requests", None, same, ErrorKind::RateLimited, false),
        row("a lost response", None, same, ErrorKind::OutcomeUnknown, false),
        row("another amount than requested", None, same, ErrorKind::Protocol, false),
        row(
            "the amount that was made, after another one was requested",
            Some(Step::Alter(|refund| refund.amount = nok(101))),
            another,
            ErrorKind::Protocol,
            false,
        ),
        // Under the reference, something else may still be made.
        row(
            "another amount after a lost response",
            Some(Step::Fail(Error::new(ErrorKind::Timeout, "no response"))),
            another,
            ErrorKind::OutcomeUnknown,
            false,
        ),
    ] {
        let Row { what, first, then, same_journal, kind, spent } = row;
        let provider = Scripted::new();
        let payment = provider.memory.captured(nok(1000));
        let asked = request(&payment, 100, "a");
        let client = provider.client();
        if let Some(step) = first {
            provider.write(step);
            let _ = client.create(&asked).await;
        } else {
            for _ in 0..9 {
                provider.write(match kind {
                    ErrorKind::OutcomeUnknown => Step::Fail(Error::new(ErrorKind::Timeout, "no response")),
                    ErrorKind::Protocol => Step::Alter(|refund| refund.amount = nok(99)),
                    kind => Step::Fail(Error::new(kind, "no").not_applied()),
                });
            }
        }
        let client = if same_journal { client } else { provider.client() };
        let error = client.create(&then(asked)).await.expect_err(what);
        assert_eq!((error.kind(), error.is_reference_spent()), (kind, spent), "{what}: {error}");
        assert!(!spent || !error.may_have_applied(), "{what}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_another_amount_does_not_settle_a_handle_that_the_journal_does_not_know() {
    let provider = Scripted::new();
    let payment = provider.memory.captured(nok(1000));
    provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    let lost = provider.client().create(&request(&payment, 100, "a")).await.unwrap_err();

    let elsewhere = provider.client();
    elsewhere.create(&request(&payment, 90, "a")).await.unwrap();
    let error = elsewhere.resolve(lost.unresolved().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_reference_spent()), (ErrorKind::OutcomeUnknown, false), "{error}");
    assert!(error.may_have_applied());
}
