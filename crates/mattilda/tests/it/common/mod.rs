//! What the tests share: an adapter over a scripted transport, and payloads to vary.

use std::{fs, path::Path, sync::Arc};

use refunds_core::{
    CreateRefund, Currency, Money, PageRequest, PaymentId, Reference, Refund, RefundAmount, RefundId,
    RefundProvider, Result, SubmitRefund,
};
use refunds_http::testing::{Reply, ScriptedTransport};
use refunds_mattilda::{Mattilda, MattildaConfig};
use serde_json::{Value, json};

pub(crate) const PAYMENT: &str = "fe26475d-ec3e-4884-9553-f7356683f7f9";
pub(crate) const REFUND: &str = "8724fd24-5489-4a5d-90fd-0604df7d3b83";

pub(crate) fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

pub(crate) fn payment_id() -> PaymentId {
    PaymentId::new(PAYMENT).unwrap()
}

pub(crate) fn refund_id() -> RefundId {
    RefundId::new(REFUND).unwrap()
}

pub(crate) fn mxn(minor: i64) -> Money {
    Money::new(minor, currency("MXN"))
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

pub(crate) fn script(replies: impl IntoIterator<Item = Reply>) -> Arc<ScriptedTransport> {
    Arc::new(ScriptedTransport::new(replies))
}

pub(crate) fn config(transport: &Arc<ScriptedTransport>) -> MattildaConfig {
    MattildaConfig::from_token("a-token").with_transport(transport.clone())
}

pub(crate) fn adapter(transport: &Arc<ScriptedTransport>) -> Mattilda {
    Mattilda::new(config(transport)).unwrap()
}

/// A refund as Gr4vy returns it, with changes: a member that is set to `"absent"` is left out.
pub(crate) fn refund_json(changes: Value) -> Value {
    let mut refund = json!({
        "type": "refund", "id": REFUND, "transaction_id": PAYMENT, "status": "processing", "currency": "MXN",
        "amount": 1299, "external_identifier": "rma-551", "target_type": "payment-method", "target_id": null,
        "created_at": "2026-11-03T15:20:31.000+00:00", "updated_at": "2026-11-03T15:20:31.000+00:00",
    });
    let members = refund.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value == "absent" {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    refund
}

pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    Reply::json(status, body.to_string())
}

/// What `get_refund` makes of this response.
pub(crate) async fn read(body: &Value) -> Result<Refund> {
    adapter(&script([reply(200, body)])).get_refund(&payment_id(), &refund_id()).await
}

/// What `list_refunds` makes of this response.
pub(crate) async fn read_list(body: &str) -> Result<refunds_core::Page<Refund>> {
    adapter(&script([Reply::json(200, body.to_owned())]))
        .list_refunds(&payment_id(), &PageRequest::first())
        .await
}

pub(crate) fn request(minor: i64) -> CreateRefund {
    CreateRefund::new(payment_id(), RefundAmount::Exact(mxn(minor)), Reference::new("rma-551").unwrap())
}

pub(crate) fn submit(minor: i64) -> SubmitRefund {
    SubmitRefund::new(request(minor), mxn(minor))
}
