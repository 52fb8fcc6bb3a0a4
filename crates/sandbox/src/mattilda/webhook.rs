//! Webhooks about refunds: who is told, and what.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::common::lock;
use crate::settle::Outcome;
use crate::webhook::{Message, Scheme, WebhookMode};

use super::model::Refund;
use super::options::WebhookShape;
use super::render::written;
use super::{Mattilda, State};

/// Where webhooks go, and the secrets that are active.
pub(super) struct Subscriptions {
    /// Id and URL.
    urls: Vec<(String, String)>,
    /// Oldest first.
    secrets: Vec<String>,
}

impl Subscriptions {
    pub(super) fn new(secret: String) -> Self {
        Self { urls: Vec::new(), secrets: vec![secret] }
    }
}

impl Mattilda {
    pub(super) fn subscribe(&self, url: String) -> String {
        let id = self.common.outbox.ids.uuid();
        lock(&self.state).webhooks.urls.push((id.clone(), url));
        id
    }

    pub(super) fn unsubscribe(&self, id: &str) {
        lock(&self.state).webhooks.urls.retain(|(kept, _)| kept != id);
    }

    pub(super) fn rotate(&self) -> String {
        let secret = Uuid::new_v4().simple().to_string();
        lock(&self.state).webhooks.secrets.push(secret.clone());
        secret
    }

    pub(super) fn retire(&self) {
        let secrets = &mut lock(&self.state).webhooks.secrets;
        let old = secrets.len().saturating_sub(1);
        secrets.drain(..old);
    }

    /// The newest one.
    pub(super) fn webhook_secret(&self) -> String {
        lock(&self.state).webhooks.secrets.last().cloned().unwrap_or_default()
    }

    pub(crate) fn webhook_secrets(&self) -> Vec<String> {
        lock(&self.state).webhooks.secrets.clone()
    }

    /// Queues that this refund was made.
    pub(super) fn tell_new(&self, state: &State, refund: &Refund) {
        if refund.ended.is_some() && self.common.outbox.has(&WebhookMode::PendingFirst) {
            self.tell(state, &refund.before_its_end());
        }
        self.tell(state, refund);
    }

    /// Queues how this refund is.
    pub(super) fn tell(&self, state: &State, refund: &Refund) {
        let name = match refund.ended {
            None => "refund.pending",
            Some(Outcome::Succeeded) => "refund.succeeded",
            Some(Outcome::Declined) => "refund.declined",
            Some(Outcome::Failed) => "refund.failed",
            Some(Outcome::Voided) => return,
        };
        let outbox = &self.common.outbox;
        let now = self.common.now();
        let envelope = state.envelope(refund, name, &outbox.ids.uuid(), &written(now, state.options.fields));
        for (_, url) in &state.webhooks.urls {
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
