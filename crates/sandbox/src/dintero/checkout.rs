//! Checkout transactions: adding, reading and settling them.

use serde_json::{Map, Value, json};

use super::{
    Dintero, State,
    document::text,
    error,
    spec::{Refunds, TransactionSpec},
    transaction::Transaction,
};
use crate::{
    changes::Change,
    clock::millis_z,
    lock::lock,
    settle::Outcome,
    wire::{Answer, Incoming, Reply},
};

impl Dintero {
    pub(super) fn add_transaction(&self, spec: TransactionSpec) -> String {
        let ids = &self.common.ids;
        let account = &self.credentials.account_id;
        let id = spec.id.clone().unwrap_or_else(|| format!("{account}.{}", ids.base62(22)));
        let now = millis_z(self.common.now());
        let items: Vec<Value> = spec.lines.iter().map(item).collect();
        let mut document = json!({
            "id": id,
            "session_id": format!("{account}.{}", ids.base62(22)),
            "amount": spec.amount,
            "currency": spec.currency,
            "payment_product": spec.product,
            "payment_product_type": spec.product_type,
            "settlement_status": "NOT_SETTLED",
            "items": items,
            "events": [],
            "metadata": {},
            "created_at": now,
            "updated_at": now,
        });
        if let Some(reference) = &spec.merchant_reference {
            document["merchant_reference"] = json!(reference);
        }
        if spec.product_type.ends_with("creditcard") {
            document["card"] = json!({
                "brand": "Visa",
                "masked_pan": "411111******1111",
                "type": "Credit",
                "expiry_date": "12/2030",
                "country": "NO",
            });
        }
        let Value::Object(document) = document else {
            return id;
        };
        let mut transaction = Transaction::new(id.clone(), document, spec.refunds);
        transaction.callback_url = spec.callback_url;
        transaction.push_operation(&self.common, "AUTHORIZE", spec.amount, &items);
        if spec.captured > 0 {
            transaction.push_operation(&self.common, "CAPTURE", spec.captured, &items);
        }
        lock(&self.state).replace(transaction);
        self.common.changes.mark(Change::Payments);
        id
    }

    /// Adds a document unchanged. Its refunds are synchronous and succeed.
    pub(super) fn add_document(&self, document: Map<String, Value>) -> String {
        let id = text(&document, "id").to_owned();
        lock(&self.state).replace(Transaction::new(id.clone(), document, Refunds::default()));
        self.common.changes.mark(Change::Payments);
        id
    }

    pub(super) fn transaction(&self, _: &Incoming, ids: &[String]) -> Answer {
        let mut state = lock(&self.state);
        let transaction = state.transaction(&ids[0]).ok_or_else(error::not_found)?;
        let reply = Reply::json(200, &transaction.shown(transaction.seen(self.common.now())));
        let settling = self.common.settling();
        transaction.settle_where(&self.common, None, |refund| refund.pending.was_read(settling));
        self.announce(&mut state);
        Ok(reply)
    }

    pub(crate) fn settle(&self, id: Option<&str>, outcome: Option<Outcome>) {
        let mut state = lock(&self.state);
        let wanted = |transaction: &&mut Transaction| id.is_none_or(|id| id == transaction.id);
        for transaction in state.transactions.iter_mut().filter(wanted) {
            transaction.settle_where(&self.common, outcome, |_| true);
        }
        self.announce(&mut state);
    }
}

impl State {
    pub(super) fn transaction(&mut self, id: &str) -> Option<&mut Transaction> {
        self.transactions.iter_mut().find(|kept| kept.id == id)
    }

    fn replace(&mut self, transaction: Transaction) {
        self.transactions.retain(|kept| kept.id != transaction.id);
        self.transactions.push(transaction);
    }
}

fn item((line_id, amount): &(String, i64)) -> Value {
    json!({
        "line_id": line_id,
        "id": format!("sku-{line_id}"),
        "description": format!("Line {line_id}"),
        "quantity": 1,
        "amount": amount,
    })
}
