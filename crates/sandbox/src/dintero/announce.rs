//! Queueing webhooks: a transaction's callback, and the account's hooks.

use std::mem;

use serde_json::{Map, Value, json};

use super::{Dintero, State, callback::callback, subscription::Hooks, transaction::Transaction};

/// The hook about a transaction.
pub(super) const CHECKOUT_TRANSACTION: &str = "checkout_transaction";
/// The only members of a transaction in its webhook.
const ANNOUNCED: [&str; 6] = ["id", "session_id", "merchant_reference", "created_at", "updated_at", "status"];

impl Dintero {
    /// Queues webhooks for all events of refunds that are not announced yet.
    pub(super) fn announce(&self, state: &mut State) {
        let State { transactions, hooks, .. } = state;
        for transaction in transactions {
            for event in mem::take(&mut transaction.unannounced) {
                self.call_back(transaction, &event);
                self.publish_transaction(hooks, transaction);
            }
        }
    }

    /// Queues the callback about an event, if the transaction has one that reports it.
    pub(super) fn call_back(&self, transaction: &Transaction, event: &Value) -> usize {
        let outbox = &self.common.outbox;
        let Some(url) = &transaction.callback_url else {
            return 0;
        };
        let queued = callback(url, &transaction.document, event, outbox.ids.uuid(), self.common.now());
        let Some((message, due)) = queued else {
            return 0;
        };
        outbox.push(message, due);
        1
    }

    /// Queues the hooks about a transaction, and returns how many there are.
    pub(super) fn publish_transaction(&self, hooks: &Hooks, transaction: &Transaction) -> usize {
        let document = &transaction.document;
        let announced: Map<String, Value> = ANNOUNCED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), document.get(*name)?.clone())))
            .collect();
        self.publish(hooks, CHECKOUT_TRANSACTION, &json!({"transaction": announced}))
    }

    /// Queues webhooks for a refund recorded on an order. Only the names of these events are documented, not their
    /// content: the sandbox sends the order and the kind of the event.
    pub(super) fn announce_record(&self, state: &mut State, order: &Value, refund: &Value) {
        let order = json!({
            "id": order.get("id"),
            "currency": order.get("currency"),
            "status": order.get("status"),
            "payment_status": order.get("payment_status"),
            "created_at": order.get("created_at"),
            "updated_at": refund.get("created_at"),
        });
        let event = json!({
            "id": refund.get("id"),
            "event": "refund",
            "success": refund.get("success"),
            "created_at": refund.get("created_at"),
        });
        self.publish(
            &state.hooks,
            "shopping_order_event_add",
            &json!({"order": order, "order_event": event}),
        );
        self.publish(&state.hooks, "shopping_order_update", &json!({"order": order}));
    }
}
