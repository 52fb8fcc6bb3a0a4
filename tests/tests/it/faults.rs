//! Every fault on every call of a creation, at every provider: the refund is made once or not at all, the
//! result is true, and in the end it is made once.
//!
//! The results are the table in `tests/fault-table.md`; `UPDATE_TABLES=1` writes it again.

use std::{fmt::Write as _, path::Path, time::Duration};

use futures_util::{StreamExt, stream};
use refunds_core::{ErrorKind, Refund, Result};
use refunds_sandbox::{Call, FaultAction, FaultRule};
use refunds_tests::{Shop, VARIANTS, Variant};

const AMOUNT: i64 = 14950;
const REFERENCE: &str = "rma-551";
/// The attempt timeout for faults that never end.
const SHORT: Duration = Duration::from_millis(700);

const HEAD: &str = "\
# Faults and their outcomes

Measured by `cargo test -p refunds-tests --test it faults`; the test fails if this table differs from the
measurement. Each row injects one fault into one call of `RefundClient::create`, at each provider's
sandbox over HTTP. A cell shows the result for the caller and the number of refunds in the ledger; after
the semicolon, the same once the faults have ended and another process has sent the same request with
the same reference.

- *made*: `Ok`. *not made*: an error that promises that nothing was made. *unknown*: an error that
  says that a refund may have been made, with the handle to resolve it.
- *no such call*: a refund at this provider has no such call. A refund of an order is recorded after
  the money has moved.
- \"Key honoured\": the provider honours the idempotency key, and the adapter is configured to rely on it.
- \"Documented fields\": the provider's responses contain no references, as Mattilda documents them.
  Without a key, an existing refund then cannot be distinguished from another one of the same amount:
  the client refuses to guess.
- Two in the ledger: the network delivered one request twice, to a provider that does not honour a key.

| call | fault |";

/// The calls of a creation. The second look-up comes after a submission whose response was lost; only orders
/// are recorded.
const CALLS: [(&str, Call, u32); 6] = [
    ("token", Call::Token, 1),
    ("look-up", Call::List, 1),
    ("payment", Call::Payment, 1),
    ("submit", Call::Submit, 1),
    ("look-up after", Call::List, 2),
    ("record", Call::Record, 1),
];

/// Every action of the sandbox, except those whose outcome depends on their text (`Rewrite`, `DetailBody`,
/// `ErrorBody`). A new action needs a row here.
fn actions() -> Vec<FaultAction> {
    let late = Duration::from_secs(20);
    let mut actions = vec![
        FaultAction::Latency(Duration::from_millis(10)),
        FaultAction::DropBefore,
        FaultAction::ResetBefore,
        FaultAction::Silence,
        FaultAction::ProcessThenDrop,
        FaultAction::ProcessThenReset,
        FaultAction::ProcessThenSilence,
        FaultAction::ProcessLate(late),
        FaultAction::ProcessLateAfter(2),
        FaultAction::TruncatedBody,
        FaultAction::MalformedBody,
        FaultAction::HtmlBody,
        FaultAction::EndlessBody,
        FaultAction::SlowDrip(Duration::from_millis(100)),
        FaultAction::WrongContentType,
        FaultAction::AlteredAmount,
        FaultAction::DuplicateDelivery,
        FaultAction::Unauthorized,
        FaultAction::RateLimited { retry_after: Some(2) },
        FaultAction::RateLimited { retry_after: None },
        FaultAction::Redirect("https://example.com/elsewhere".into()),
    ];
    actions.extend([500, 502, 503, 504].map(FaultAction::ProcessThenStatus));
    actions.extend([400, 403, 404, 408, 409, 500, 503].map(FaultAction::StatusOnly));
    actions
}

/// The network delivers a request twice, and the provider honours no key: no client can prevent two refunds.
fn is_doubled(call: &str, action: &FaultAction, variant: Variant) -> bool {
    call == "submit" && *action == FaultAction::DuplicateDelivery && !variant.key_honoured
}

fn never_ends(action: &FaultAction) -> bool {
    matches!(action, FaultAction::Silence | FaultAction::ProcessThenSilence | FaultAction::SlowDrip(_))
}

/// One row at one provider; returns its cell.
async fn row(variant: Variant, (title, call, nth): (&str, Call, u32), action: FaultAction) -> String {
    if call == Call::Record && !variant.orders {
        return "no such call".into();
    }
    let mut shop = Shop::open_variant(variant, 7).await;
    shop.policy.attempt_timeout = if never_ends(&action) { SHORT } else { Duration::from_secs(20) };
    let payment = shop.captured(44850);
    let request = shop.request(&payment, AMOUNT, REFERENCE);
    let case = format!("{}: {title}: {action}", variant.title);

    shop.sandbox.faults().add(FaultRule::on(call).nth(nth).then(action.clone()));
    if title == "look-up after" {
        shop.sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenDrop));
    }
    let result = shop.client().create(&request).await;
    let made = shop.made(&payment, REFERENCE);

    let doubled = is_doubled(title, &action, variant);
    assert!(made <= 1 || doubled, "{case}: made {made} times, returned {result:?}");
    match &result {
        Ok(refund) => {
            assert!(made >= 1 && refund.amount == shop.money(AMOUNT), "{case}: returned {refund:?}");
        }
        Err(error) if error.may_have_applied() => assert!(error.unresolved().is_some(), "{case}: {error}"),
        Err(error) => assert_eq!(made, 0, "{case}: returned {error}"),
    }

    // The faults end, and another process sends the same request.
    shop.sandbox.faults().clear();
    shop.sandbox.deliver_late();
    shop.policy.attempt_timeout = Duration::from_secs(20);
    shop.let_requests_end();
    let again = shop.client().create(&request).await;
    let in_the_end = shop.made(&payment, REFERENCE);
    assert!(in_the_end == 1 || doubled, "{case}: made {in_the_end} times in the end, returned {again:?}");
    match &again {
        Ok(refund) => assert_eq!(refund.amount, shop.money(AMOUNT), "{case}"),
        // Without references, the refund cannot be distinguished from another one.
        Err(error) => assert!(
            error.kind() == ErrorKind::OutcomeUnknown
                && !variant.references_reported
                && !variant.key_honoured,
            "{case}: again: {error}"
        ),
    }
    format!("{}, {made}; {}, {in_the_end}", cell(&result), cell(&again))
}

fn cell(result: &Result<Refund>) -> String {
    match result {
        Ok(_) => "made".into(),
        Err(error) if error.may_have_applied() => "unknown".into(),
        Err(error) => format!("not made ({})", error.kind()),
    }
}

/// All rows of one provider, concurrently: most of them wait.
async fn column(variant: Variant) -> Vec<String> {
    let mut rows = Vec::new();
    for call in CALLS {
        for action in actions() {
            rows.push(row(variant, call.clone(), action));
        }
    }
    stream::iter(rows).buffered(12).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_on_every_call_ends_in_one_refund_and_a_true_result() {
    let mut columns = Vec::new();
    for variant in VARIANTS {
        columns.push(column(variant).await);
    }
    let mut table = String::from(HEAD);
    for variant in VARIANTS {
        let _ = write!(table, " {} |", variant.title);
    }
    table.push_str("\n|---|---|");
    table.push_str(&"---|".repeat(VARIANTS.len()));
    let rows = CALLS.iter().flat_map(|call| actions().into_iter().map(move |action| (call.0, action)));
    for (index, (call, action)) in rows.enumerate() {
        let _ = write!(table, "\n| {call} | `{action}` |");
        for column in &columns {
            let _ = write!(table, " {} |", column[index]);
        }
    }
    table.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fault-table.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (kept, measured)) in kept.lines().zip(table.lines()).enumerate() {
        assert_eq!(kept, measured, "line {} of the kept table", line + 1);
    }
    assert_eq!(kept.lines().count(), table.lines().count(), "UPDATE_TABLES=1 writes the table");
}
