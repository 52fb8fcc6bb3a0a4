//! What the tests share: an adapter on the sandbox, and requests.

pub(crate) mod webhook;

use std::sync::Arc;

use refunds_core::{
    CreateRefund, Money, PaymentId, Reference, Refund, RefundAmount, RefundClient, RefundId, RefundLine,
    RefundProvider as _, Result, Settings, SubmitRefund, testing::SkippingClock,
};
use refunds_dintero::{Dintero, DinteroConfig};
use refunds_http::{
    Transport,
    testing::{Reply, ScriptedTransport},
};
use refunds_sandbox::Sandbox;
use serde_json::{Value, json};

pub(crate) fn config(sandbox: &Sandbox) -> DinteroConfig {
    DinteroConfig::from_settings(&sandbox.settings("dintero").into_iter().collect::<Settings>()).unwrap()
}

pub(crate) fn dintero(sandbox: &Sandbox) -> Dintero {
    Dintero::new(config(sandbox)).unwrap()
}

/// A client that does not really wait.
pub(crate) fn client(dintero: Dintero) -> RefundClient {
    RefundClient::new(dintero).with_clock(Arc::new(SkippingClock::new()))
}

/// An adapter whose provider plays a script; the token comes first.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Dintero, Arc<ScriptedTransport>) {
    let token = json!({"access_token": "scripted-token-canary", "expires_in": 14_400}).to_string();
    let transport = Arc::new(ScriptedTransport::new(std::iter::once(Reply::json(200, token)).chain(replies)));
    (on(Arc::clone(&transport) as _), transport)
}

/// What a transaction is before anything is refunded.
pub(crate) fn before() -> Reply {
    Reply::json(200, json!({"id": "T11223344.x", "currency": "NOK", "events": []}).to_string())
}

pub(crate) fn on(transport: Arc<dyn Transport>) -> Dintero {
    let config = DinteroConfig::new("T11223344", "client-id-canary", "client-secret-canary");
    Dintero::new(config.with_transport(transport)).unwrap()
}

pub(crate) fn nok(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

pub(crate) fn payment(id: &str) -> PaymentId {
    PaymentId::new(id).unwrap()
}

pub(crate) fn reference(text: &str) -> Reference {
    Reference::new(text).unwrap()
}

pub(crate) fn asked(id: &str, minor: i64, text: &str) -> CreateRefund {
    CreateRefund::new(payment(id), RefundAmount::Exact(nok(minor)), reference(text))
}

pub(crate) fn line(id: &str, minor: i64) -> RefundLine {
    RefundLine::new(id, nok(minor))
}

pub(crate) async fn submit(dintero: &Dintero, request: CreateRefund) -> Result<Refund> {
    let RefundAmount::Exact(amount) = request.amount else { panic!("an exact amount is needed") };
    dintero.submit_refund(&SubmitRefund::new(request, amount)).await
}

pub(crate) async fn get(dintero: &Dintero, id: &str, refund: &str) -> Result<Refund> {
    dintero.get_refund(&payment(id), &RefundId::new(refund).unwrap()).await
}

pub(crate) async fn list(dintero: &Dintero, id: &str) -> Result<Vec<Refund>> {
    dintero.list_refunds(&payment(id), &refunds_core::PageRequest::first()).await.map(|page| page.items)
}

/// Captured, refunded, pending, refundable.
pub(crate) async fn sums(dintero: &Dintero, id: &str) -> [i64; 4] {
    let sums = dintero.payment(&payment(id)).await.unwrap();
    [sums.captured, sums.refunded, sums.pending, sums.refundable].map(Money::minor_units)
}

/// Changes the events of a transaction.
pub(crate) fn change_events(sandbox: &Sandbox, transaction: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let mut document = sandbox.dintero().transaction_json(transaction).unwrap();
    change(document["events"].as_array_mut().unwrap());
    sandbox.dintero().insert_transaction_json(document);
}

/// What Dintero adds where a bank takes back the last refund.
pub(crate) fn reverse_last(events: &mut Vec<Value>) {
    let mut event = events.last().unwrap().clone();
    event["id"] = json!("reversal");
    event["success"] = json!(false);
    event["correlation_request_id"] = event["request_id"].take();
    event["request_id"] = json!("reversal");
    events.push(event);
}

/// The requests since the log was cleared, tokens left out, as `METHOD last/parts`.
pub(crate) fn log(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let requests = requests.iter().filter(|request| !request.path.ends_with("/token"));
    requests
        .map(|request| {
            let parts: Vec<_> = request.path.split('/').filter(|part| !part.is_empty()).collect();
            let last = parts.last().copied().unwrap_or_default();
            let known = ["refund", "refunds", "captures", "transactions"].contains(&last);
            let kind = if known {
                last
            } else if request.path.contains("/orders/") {
                "order"
            } else {
                "transaction"
            };
            format!("{} {kind}", request.method)
        })
        .collect()
}
