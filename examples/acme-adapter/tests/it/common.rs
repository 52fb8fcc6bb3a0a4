//! A provider over a script of responses, without a socket, and what the tests send through it.

use std::sync::Arc;

use acme_adapter::{Acme, AcmeConfig};
use refunds_core::{
    CreateRefund, Money, PaymentId, Reference, RefundAmount, RefundId, SubmitRefund,
    serde_json::{Value, json},
};
use refunds_http::{
    BaseUrl,
    testing::{Reply, ScriptedTransport},
};

const TOKEN: &str = r#"{"token": "sk_1", "valid_seconds": 900}"#;

/// A provider whose first request gets a token, and whose others get `replies`.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Acme, Arc<ScriptedTransport>) {
    let script = [Reply::json(200, TOKEN)].into_iter().chain(replies);
    let transport = Arc::new(ScriptedTransport::new(script));
    let base = BaseUrl::parse("https://api.acme.example/v2", false).unwrap();
    let config = AcmeConfig::new(base, "shop-7", "a-secret").with_transport(transport.clone());
    (Acme::new(config).unwrap(), transport)
}

pub(crate) fn payment() -> PaymentId {
    PaymentId::new("pp/7").unwrap()
}

pub(crate) fn refund() -> RefundId {
    RefundId::new("ret_1").unwrap()
}

pub(crate) fn request(reference: &str) -> CreateRefund {
    let amount = Money::new(14950, "NOK".parse().unwrap());
    CreateRefund::new(payment(), RefundAmount::Exact(amount), Reference::new(reference).unwrap())
}

pub(crate) fn submission() -> SubmitRefund {
    let request = request("rma-551").with_reason("arrived broken").with_metadata("desk", "7");
    SubmitRefund::new(request, Money::new(14950, "NOK".parse().unwrap()))
}

/// A return with only the fields that Acme always sends.
pub(crate) fn minimal_return(state: &str) -> Value {
    json!({ "id": "ret_1", "payment": "pp/7", "state": state, "amount": { "units": "14950", "currency": "NOK" } })
}

/// The same with one more field, or another value of it.
pub(crate) fn return_with(field: &str, value: Value) -> Value {
    let mut body = minimal_return("paid");
    body[field] = value;
    body
}

pub(crate) fn one(body: &Value) -> String {
    json!({ "return": body }).to_string()
}
