//! `POST /transactions/{id}/refund`: where money moves. It is not idempotent: a second request makes a second refund.

use serde_json::{Map, Value, json};

use super::{
    Dintero,
    document::{Sums, text},
    error,
    refund_body::RefundBody,
    spec::Flow,
    transaction::{Transaction, UnderWay},
};
use crate::{
    ledger::{Entry, EntryState},
    lock::lock,
    provider::Provider,
    wire::{Answer, Incoming, Reply},
};

impl Dintero {
    pub(super) fn refund(&self, request: &Incoming, ids: &[String]) -> Answer {
        let mut state = lock(&self.state);
        let transaction = state.transaction(&ids[0]).ok_or_else(error::not_found)?;
        let needs_items = text(&transaction.document, "payment_product") == "instabank";
        let asked = RefundBody::read(request, needs_items)?;
        may_refund(transaction, asked.amount).map_err(error::bad_request)?;
        let reply = self.make(transaction, asked);
        self.announce(&mut state);
        Ok(reply)
    }

    fn make(&self, transaction: &mut Transaction, asked: RefundBody) -> Reply {
        let common = &self.common;
        let request_id = common.ids.uuid();
        let now = common.now();
        let outcome = transaction.refunds.outcome;
        let asynchronous = transaction.refunds.flow == Flow::Later;
        let line = lock(&common.book).write(Entry {
            provider: Provider::Dintero,
            payment_id: transaction.id.clone(),
            refund_id: request_id.clone(),
            reference: asked.reference.clone(),
            amount: asked.amount,
            currency: text(&transaction.document, "currency").to_owned(),
            state: if asynchronous { EntryState::Pending } else { outcome.entry() },
            at: now,
        });
        let mut event = event_of(&asked);
        let written = transaction.written_id(&request_id);
        if !asynchronous {
            event.insert("request_id".to_owned(), json!(written));
            transaction.push_refund(common, event, outcome);
            return transaction.reply(200);
        }
        let mut initiate = event.clone();
        initiate.insert("event".to_owned(), json!("INITIATE_REFUND"));
        initiate.insert("success".to_owned(), json!(true));
        initiate.insert("request_id".to_owned(), json!(written));
        for member in &transaction.refunds.initiate_hides {
            initiate.remove(member);
        }
        transaction.push_refund_event(common, initiate);
        transaction.under_way.push(UnderWay {
            request_id: request_id.clone(),
            line,
            pending: common.pending(transaction.refunds.settles_after),
            event,
        });
        transaction.reply(202).with("event-request-id", request_id)
    }
}

fn may_refund(transaction: &Transaction, amount: i64) -> Result<(), String> {
    let sums = Sums::of(&transaction.document);
    let status = text(&transaction.document, "status");
    let refundable = matches!(
        status,
        "CAPTURED" | "PARTIALLY_CAPTURED" | "PARTIALLY_REFUNDED" | "PARTIALLY_CAPTURED_REFUNDED"
    );
    if !refundable {
        return Err(format!("A transaction that is {status} cannot be refunded"));
    }
    if amount > sums.left() {
        return Err("The amount exceeds what is left to refund".to_owned());
    }
    Ok(())
}

fn event_of(asked: &RefundBody) -> Map<String, Value> {
    let mut event = Map::new();
    event.insert("amount".to_owned(), json!(asked.amount));
    if let Some(reference) = &asked.reference {
        event.insert("event_reference".to_owned(), json!(reference));
    }
    if !asked.items.is_empty() {
        event.insert("items".to_owned(), json!(asked.items));
    }
    if !asked.metadata.is_empty() {
        event.insert("metadata".to_owned(), json!(asked.metadata));
    }
    event
}
