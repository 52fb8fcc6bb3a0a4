//! The members that the public schemas require, against what the sandbox serves.
//!
//! Sources: Gr4vy's specification of 2026-08-20 (`Transaction`, `Refund`, `Refunds`, `GiftCardRedemption`,
//! `TransactionGiftCard`, `TransactionPaymentMethod`, `Error…`), which its official SDKs demand to the letter; Dintero's
//! payments specification (`Transaction`, `TransactionEvent`, `Error`) and its pages on tokens and order operations.

use std::time::Duration;

use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Provider, RateLimit, Sandbox,
    dintero::{self, ErrorType, OrderSpec},
    mattilda::{self, IdempotencyMode},
};
use serde_json::{Value, json};

use crate::common::{Dintero, Mattilda, header, read, start};

/// The kinds of values.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Boolean,
    List,
    Time,
    Uuid,
    /// One of these words.
    OneOf(&'static [&'static str]),
}
use Kind::{Boolean, Integer, List, OneOf, Text, Time, Uuid};

type Members = &'static [(&'static str, Kind)];

const TRANSACTION: Members = &[
    ("type", OneOf(&["transaction"])),
    ("id", Uuid),
    ("reconciliation_id", Text),
    ("merchant_account_id", Text),
    ("currency", Text),
    ("amount", Integer),
    ("status", OneOf(&["authorization_succeeded", "capture_succeeded"])),
    ("authorized_amount", Integer),
    ("captured_amount", Integer),
    ("refunded_amount", Integer),
    ("settled_amount", Integer),
    ("settled", Boolean),
    ("intent", OneOf(&["authorize", "capture"])),
    ("intent_outcome", OneOf(&["pending", "succeeded", "failed"])),
    ("gift_card_redemptions", List),
    ("created_at", Time),
    ("updated_at", Time),
    ("disputed", Boolean),
    ("payment_source", OneOf(&["ecommerce", "moto", "recurring", "installment", "card_on_file"])),
    ("merchant_initiated", Boolean),
    ("is_subsequent_payment", Boolean),
    ("multi_tender", Boolean),
    ("account_funding_transaction", Boolean),
];
const PAYMENT_METHOD: Members = &[("type", OneOf(&["payment-method"])), ("method", OneOf(&["card"]))];
const REDEMPTION: Members = &[
    ("type", OneOf(&["gift-card-redemption"])),
    ("id", Uuid),
    ("status", OneOf(&["created", "succeeded", "failed", "skipped"])),
    ("amount", Integer),
    ("refunded_amount", Integer),
];
const GIFT_CARD: Members =
    &[("type", OneOf(&["gift-card"])), ("bin", Text), ("sub_bin", Text), ("last4", Text)];
const REFUND: Members = &[
    ("type", OneOf(&["refund"])),
    ("id", Uuid),
    ("transaction_id", Uuid),
    ("status", OneOf(&["processing", "succeeded", "failed", "declined", "voided"])),
    ("currency", Text),
    ("amount", Integer),
    ("target_type", OneOf(&["payment-method", "gift-card-redemption"])),
    ("reconciliation_id", Text),
    ("transaction_reconciliation_id", Text),
    ("created_at", Time),
    ("updated_at", Time),
    ("settled", Boolean),
];
const REFUNDS: Members = &[("items", List), ("limit", Integer)];
const ERROR: Members =
    &[("type", OneOf(&["error"])), ("code", Text), ("status", Integer), ("message", Text), ("details", List)];
const DETAIL: Members = &[
    ("location", OneOf(&["query", "body", "path", "header", "unknown"])),
    ("pointer", Text),
    ("message", Text),
    ("type", Text),
];

const TOKEN: Members = &[("access_token", Text), ("token_type", OneOf(&["Bearer"])), ("expires_in", Integer)];
const CHECKOUT: Members = &[
    ("id", Text),
    ("payment_product", OneOf(&["dintero_psp"])),
    ("payment_product_type", OneOf(&["dintero_psp.creditcard"])),
    ("amount", Integer),
    ("currency", Text),
];
const ITEM: Members = &[("line_id", Text), ("amount", Integer)];
const CORRECTION: Members = &[
    ("status", Text),
    ("remaining_capture_amount", Integer),
    ("remaining_refund_amount", Integer),
    ("remaining_void_amount", Integer),
];
const EVENT_ERROR: Members = &[("message", Text), ("type", List)];
const DINTERO_ERROR: Members = &[("message", Text)];
const RECORD: Members = &[
    ("id", Text),
    ("amount", Integer),
    ("success", Boolean),
    ("items", List),
    ("processed_at", Time),
    ("processed_by", Text),
    ("created_at", Time),
    ("created_by", Text),
    ("_links", List),
];

/// Checks every object at this place; `*` is every element of a list.
#[track_caller]
fn has(what: &str, body: &Value, place: &str, members: Members) {
    let found = at(body, place);
    assert!(!found.is_empty(), "{what}: nothing at {place:?} in {body}");
    for object in found {
        for (member, kind) in members {
            let fits = object.get(*member).is_some_and(|value| is(value, *kind));
            assert!(fits, "{what}: {place}/{member} must be {kind:?}: {object}");
        }
    }
}

fn at<'a>(body: &'a Value, place: &str) -> Vec<&'a Value> {
    let mut found = vec![body];
    for step in place.split('/').filter(|step| !step.is_empty()) {
        found = match step {
            "*" => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            _ => found.into_iter().filter_map(|value| value.get(step)).collect(),
        };
    }
    found
}

fn is(value: &Value, kind: Kind) -> bool {
    let text = value.as_str();
    match kind {
        Text => text.is_some_and(|text| !text.is_empty()),
        Integer => value.is_i64() || value.is_u64(),
        Boolean => value.is_boolean(),
        List => value.is_array(),
        // 2026-09-20T10:00:00, then fractional digits and an offset.
        Time => text.is_some_and(|text| {
            text.len() >= 20 && text.as_bytes()[10] == b'T' && (text.ends_with('Z') || text.contains('+'))
        }),
        Uuid => text.is_some_and(|text| text.len() == 36 && text.matches('-').count() == 4),
        OneOf(words) => text.is_some_and(|text| words.contains(&text)),
    }
}

#[tokio::test]
async fn gr4vys_transactions_have_every_required_member() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let spec = || mattilda::TransactionSpec::new(129_900, "MXN");
    for (what, spec, tenders) in [
        ("captured", spec(), 1),
        ("authorized only", spec().authorized_only(), 1),
        ("with gift cards", spec().gift_card(5_000).gift_card(100), 3),
    ] {
        let id = sandbox.mattilda().transaction(spec);
        let (_, transaction) = read(mattilda.get(&format!("/transactions/{id}"))).await;
        has(what, &transaction, "", TRANSACTION);
        has(what, &transaction, "payment_method", PAYMENT_METHOD);
        assert_eq!(transaction["multi_tender"], tenders > 1, "{what}");
        if tenders > 1 {
            has(what, &transaction, "gift_card_redemptions/*", REDEMPTION);
            has(what, &transaction, "gift_card_redemptions/*/gift_card", GIFT_CARD);
        }
    }
}

#[tokio::test]
async fn gr4vys_refunds_have_every_required_member_in_every_response() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let spec = || mattilda::TransactionSpec::new(129_900, "MXN").gift_card(5_000);
    for (what, spec) in [
        ("at once", spec()),
        ("asynchronous", spec().asynchronous(Outcome::Succeeded)),
        ("declined", spec().ends(Outcome::Declined)),
        ("failed", spec().ends(Outcome::Failed)),
        ("voided", spec().ends(Outcome::Voided)),
    ] {
        let id = sandbox.mattilda().transaction(spec);
        let (_, made) = read(mattilda.refund(&id, &json!({"amount": 100}))).await;
        has(what, &made, "", REFUND);
        let refund = made["id"].as_str().unwrap();
        for path in [format!("/refunds/{refund}"), format!("/transactions/{id}/refunds/{refund}")] {
            has(what, &read(mattilda.get(&path)).await.1, "", REFUND);
        }
        let (_, all) = read(mattilda.post(&format!("/transactions/{id}/refunds/all"), &json!({}))).await;
        let (_, list) = read(mattilda.get(&format!("/transactions/{id}/refunds"))).await;
        for list in [all, list] {
            has(what, &list, "", REFUNDS);
            has(what, &list, "items/*", REFUND);
        }
    }
}

/// Status, code and message are the defaults in the specification's error schemas.
#[tokio::test]
async fn gr4vys_errors_are_those_of_the_specification() {
    for (status, code, message) in [
        (400, "bad_request", "Generic error"),
        (401, "unauthorized", "No valid API authentication found"),
        (403, "forbidden", "Generic error"),
        (404, "not_found", "The resource could not be found"),
        (405, "method_not_allowed", "Method Not Allowed"),
        (409, "duplicate_record", "Generic error"),
        (425, "too_early", "Generic error"),
        (429, "too_many_requests", "Generic error"),
        (500, "server_error", "Request could not be processed"),
        (502, "bad_gateway", "Request could not be processed"),
        (504, "gateway_timeout", "Request could not be processed"),
    ] {
        let sandbox = start().await;
        let payment = sandbox.mattilda().captured(100, "MXN");
        sandbox.faults().add(FaultRule::on(Call::Any).then(FaultAction::StatusOnly(status)));
        let (actual, body) = read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
        has("error", &body, "", ERROR);
        assert_eq!((actual, &body["status"]), (status, &json!(status)));
        assert_eq!((&body["code"], &body["message"]), (&json!(code), &json!(message)), "{status}");
        assert_eq!(body.get("resource_id").is_some(), status == 409, "{status}");
    }
}

#[tokio::test]
async fn gr4vys_validation_names_the_place_of_each_error() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    sandbox.mattilda().set_idempotency(IdempotencyMode::Honoured);
    let payment = sandbox.mattilda().captured(100, "MXN");
    let list = format!("/transactions/{payment}/refunds");
    let long_key = mattilda.refund(&payment, &json!({})).header("idempotency-key", "k".repeat(256));
    for (what, request, location, pointer) in [
        ("body", mattilda.refund(&payment, &json!({"amount": "1"})), "body", "/amount"),
        ("limit 0", mattilda.get(&format!("{list}?limit=0")), "query", "/limit"),
        ("limit 101", mattilda.get(&format!("{list}?limit=101")), "query", "/limit"),
        ("path", mattilda.get("/refunds/1"), "path", "/refund_id"),
        ("header", long_key, "header", "/idempotency-key"),
    ] {
        let (status, body) = read(request).await;
        assert_eq!((status, &body["message"]), (400, &json!("Request failed validation")), "{what}");
        has(what, &body, "details/*", DETAIL);
        let detail = &body["details"][0];
        assert_eq!((&detail["location"], &detail["pointer"]), (&json!(location), &json!(pointer)), "{what}");
    }
    for limit in [1, 100] {
        let (_, page) = read(mattilda.get(&format!("{list}?limit={limit}"))).await;
        assert_eq!(page["limit"], limit);
    }
    assert_eq!(read(mattilda.get(&list)).await.1["limit"], 20, "the documented default");
}

#[tokio::test]
async fn dinteros_responses_have_every_required_member() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    has("token", &read(dintero.token_request()).await.1, "", TOKEN);
    let spec = || dintero::TransactionSpec::new(44_850, "NOK").line("1", 44_850);
    let declining = || spec().declines(dintero::Decline::default()).with_corrections();
    for (what, spec) in [
        ("at once", spec()),
        ("asynchronous", spec().asynchronous(Outcome::Succeeded)),
        ("declined", declining()),
    ] {
        let id = sandbox.dintero().transaction(spec);
        let refund = json!({"amount": 100, "items": [{"line_id": "1", "amount": 100}]});
        let (_, refunded) = read(dintero.refund(&id, &refund)).await;
        let (_, found) = read(dintero.get(&format!("/transactions?id={id}"))).await;
        for transaction in [&refunded, &found[0], &dintero.transaction(&id).await] {
            has(what, transaction, "", CHECKOUT);
            has(what, transaction, "items/*", ITEM);
            has(what, transaction, "events/*/items/*", ITEM);
            assert_eq!(transaction["card"]["expiry_date"], "12/2030", "MM/YYYY");
            if what == "declined" {
                has(what, transaction, "events/*/correction", CORRECTION);
                has(what, transaction, "events/*/error", EVENT_ERROR);
            }
        }
    }
    let paid = sandbox.dintero().captured(44_850, "NOK");
    let order = sandbox.dintero().order(OrderSpec::new("NOK").line(1, 44_850).captured_by(paid));
    let path = dintero.order(&order);
    let record = json!({"items": [{"line_id": 1, "amount": 100}]});
    has("record", &read(dintero.post(&format!("{path}/refunds"), &record)).await.1, "", RECORD);
    for list in ["authorizations", "captures", "refunds"] {
        let (_, body) = read(dintero.get(&format!("{path}/{list}"))).await;
        has(list, &body, &format!("{list}/*"), RECORD);
    }
}

#[tokio::test]
async fn dinteros_events_carry_each_documented_error_type() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    for kind in ErrorType::all() {
        let decline = dintero::Decline::new(kind);
        let spec = dintero::TransactionSpec::new(100, "NOK").declines(decline);
        let payment = sandbox.dintero().transaction(spec);
        let (_, body) = read(dintero.refund(&payment, &json!({"amount": 10}))).await;
        assert_eq!(
            body["events"].as_array().unwrap().last().unwrap()["error"]["type"],
            json!([kind.as_str()])
        );
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!("DO_NOT_RETRY".parse::<ErrorType>().is_err());
}

#[tokio::test]
async fn dinteros_errors_have_the_documented_envelope() {
    for status in [400, 401, 403, 404, 405, 409, 429, 500, 503] {
        let sandbox = start().await;
        let dintero = Dintero::of(&sandbox).await;
        sandbox.faults().add(FaultRule::on(Call::Any).then(FaultAction::StatusOnly(status)));
        let (actual, body) = read(dintero.get("/transactions")).await;
        assert_eq!(actual, status);
        has("error", &body, "error", DINTERO_ERROR);
    }
}

#[tokio::test]
async fn dinteros_lists_have_the_documented_limits() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    for _ in 0..11 {
        sandbox.dintero().captured(100, "NOK");
    }
    for (query, status, count) in [
        ("", 200, 10),
        ("?limit=1", 200, 1),
        ("?limit=100", 200, 11),
        ("?limit=0", 400, 0),
        ("?limit=101", 400, 0),
    ] {
        let (actual, body) = read(dintero.get(&format!("/transactions{query}"))).await;
        assert_eq!((actual, body.as_array().map_or(0, Vec::len)), (status, count), "{query}");
    }
}

/// Dintero documents `Retry-After` for the token call alone, Gr4vy for no call.
#[tokio::test]
async fn requests_above_a_rate_limit_have_no_effect() {
    let sandbox = start().await;
    let (dintero, mattilda) = (Dintero::of(&sandbox).await, Mattilda::of(&sandbox));
    let payment = sandbox.mattilda().captured(300, "MXN");
    let paid = sandbox.dintero().captured(300, "NOK");
    let minute = Duration::from_secs(60);
    for provider in [Provider::Dintero, Provider::Mattilda] {
        sandbox.set_rate_limit(provider, Some(RateLimit::new(1, minute)));
    }
    let asked = json!({"amount": 100});
    assert_eq!(read(mattilda.refund(&payment, &asked)).await.0, 201);
    let refused = mattilda.refund(&payment, &asked).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, ""));
    assert_eq!(read(dintero.refund(&paid, &asked)).await.0, 200);
    let refused = dintero.token_request().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!((moved(&sandbox, &payment), moved(&sandbox, &paid)), (100, 100));
    assert_eq!(sandbox.requests().last().unwrap().status, Some(429));

    sandbox.advance(Duration::from_secs(wait));
    assert_eq!(read(mattilda.refund(&payment, &asked)).await.0, 201);
    sandbox.set_rate_limit(Provider::Mattilda, None);
    assert_eq!(read(mattilda.refund(&payment, &asked)).await.0, 201);
    assert_eq!(moved(&sandbox, &payment), 300);
}

fn moved(sandbox: &Sandbox, payment: &str) -> i64 {
    sandbox.ledger().total_refunded(payment)
}
