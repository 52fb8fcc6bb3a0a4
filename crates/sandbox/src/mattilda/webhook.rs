//! Queueing webhooks about refunds.

use serde_json::{Value, json};

use super::{Mattilda, State, model::Refund, options::WebhookShape, render::written};
use crate::{
    lock::lock,
    settle::Outcome,
    webhook::{Message, Scheme, WebhookMode},
};

impl Mattilda {
    pub(crate) fn webhook_secrets(&self) -> Vec<String> {
        lock(&self.state).webhooks.secrets().to_vec()
    }

    /// Queues the webhooks of a new refund.
    pub(super) fn announce_new(&self, state: &State, refund: &Refund) {
        if refund.ended.is_some() && self.common.outbox.has(&WebhookMode::PendingFirst) {
            self.announce(state, &refund.before_its_end());
        }
        self.announce(state, refund);
    }

    /// Queues a webhook with the refund's current state.
    pub(super) fn announce(&self, state: &State, refund: &Refund) {
        let name = match refund.ended {
            None => "refund.pending",
            Some(Outcome::Succeeded) => "refund.succeeded",
            Some(Outcome::Declined) => "refund.declined",
            Some(Outcome::Failed) => "refund.failed",
            Some(Outcome::Voided) => return,
        };
        self.queue(state, refund, name);
    }

    /// Queues a webhook of this name for every subscription, and returns how many there are.
    pub(super) fn queue(&self, state: &State, refund: &Refund, name: &str) -> usize {
        let outbox = &self.common.outbox;
        let now = self.common.now();
        let envelope = state.envelope(refund, name, &outbox.ids.uuid(), &written(now, state.options.fields));
        for url in state.webhooks.urls() {
            let message = Message {
                scheme: Scheme::Gr4vy,
                method: "POST",
                url: url.clone(),
                delivery_id: outbox.ids.uuid(),
                event: name.to_owned(),
                body: envelope.to_string().into(),
            };
            outbox.push(message, now);
        }
        state.webhooks.urls().count()
    }
}

impl State {
    fn envelope(&self, refund: &Refund, name: &str, id: &str, now: &str) -> Value {
        let transaction = self.transactions.get(&refund.transaction_id);
        let mut envelope = json!({
            "type": "event",
            "id": id,
            "created_at": now,
            "merchant_account_id": transaction.map(|found| &found.spec.merchant_account),
            "gr4vy_id": "mattilda",
            "environment": "sandbox",
        });
        match self.options.webhooks {
            WebhookShape::Named => {
                envelope["name"] = json!(name);
                envelope["target"] = self.render(refund);
            }
            WebhookShape::Bare => {
                envelope["target"] = json!({
                    "type": "refund",
                    "id": refund.id,
                    "transaction_id": refund.transaction_id,
                });
            }
        }
        envelope
    }
}
