//! Hook subscriptions: managing them, sending to them, and recording deliveries.

use serde_json::{Map, Value, json};

use super::{
    Dintero, error,
    hook_body::HookBody,
    page::PageQuery,
    subscription::{Hooks, Subscription},
};
use crate::{
    clock::seconds_z,
    lock::lock,
    webhook::{Message, Scheme, SignedRequest},
    wire::{Answer, Incoming, Reply},
};

/// A subscription is deleted after this many failed attempts in a row, the last of them exhausting its delivery.
const FAILURES: u32 = 5;

impl Dintero {
    pub(super) fn create_hook(&self, request: &Incoming, _: &[String]) -> Answer {
        let subscription = self.new_hook(HookBody::read(request)?);
        // A delivery must not find the ping before its subscription.
        let mut state = lock(&self.state);
        self.ping(&subscription);
        let reply = Reply::json(200, &subscription.document);
        state.hooks.subscriptions.push(subscription);
        Ok(reply)
    }

    /// A bare array, oldest first, a page at a time.
    pub(super) fn list_hooks(&self, request: &Incoming, _: &[String]) -> Answer {
        let query = PageQuery::read(request)?;
        let with_deleted = query.last("include_deleted") == Some("true");
        let state = lock(&self.state);
        let subscriptions = state.hooks.subscriptions.iter();
        let found: Vec<_> = subscriptions.filter(|found| with_deleted || !found.is_deleted).collect();
        let page = query.page(found, |found| &found.id)?;
        Ok(Reply::json(200, &page.into_iter().map(|found| found.document.clone()).collect()))
    }

    pub(super) fn read_hook(&self, _: &Incoming, ids: &[String]) -> Answer {
        self.on_hook(ids, |found| Ok(Reply::json(200, &found.document)))
    }

    pub(super) fn delete_hook(&self, _: &Incoming, ids: &[String]) -> Answer {
        self.on_hook(ids, |found| {
            self.delete(found);
            Ok(Reply::json(200, &found.document))
        })
    }

    pub(super) fn ping_hook(&self, _: &Incoming, ids: &[String]) -> Answer {
        self.on_hook(ids, |found| {
            self.ping(found);
            Ok(Reply::raw(204, "", ""))
        })
    }

    pub(super) fn list_deliveries(&self, _: &Incoming, ids: &[String]) -> Answer {
        self.on_hook(ids, |found| Ok(Reply::json(200, &found.attempts.iter().map(shortened).collect())))
    }

    pub(super) fn read_delivery(&self, _: &Incoming, ids: &[String]) -> Answer {
        self.on_hook(ids, |found| {
            let attempt = found.attempts.iter().find(|attempt| attempt["id"] == *ids[2]);
            attempt.map(|attempt| Reply::json(200, attempt)).ok_or_else(error::not_found)
        })
    }

    fn on_hook(&self, ids: &[String], act: impl FnOnce(&mut Subscription) -> Answer) -> Answer {
        act(lock(&self.state).hooks.live(&ids[1]).ok_or_else(error::not_found)?)
    }

    pub(super) fn subscribe(&self, url: String, events: Vec<String>) -> String {
        let secret = Some(self.credentials.hook_secret.clone());
        let subscription = self.new_hook(HookBody { url, secret, insecure_ssl: 0, events, active: true });
        let id = subscription.id.clone();
        lock(&self.state).hooks.subscriptions.push(subscription);
        id
    }

    pub(crate) fn is_subscribed(&self, id: &str) -> bool {
        lock(&self.state).hooks.live(id).is_some()
    }

    /// Records the result of an attempt, and deletes the subscription after too many failures.
    pub(crate) fn hook_attempted(
        &self,
        id: &str,
        request: &SignedRequest,
        status: Option<u16>,
        is_exhausted: bool,
    ) {
        let mut state = lock(&self.state);
        let Some(subscription) = state.hooks.live(id) else {
            return;
        };
        let success = status.is_some_and(|status| (200..300).contains(&status));
        let attempt = self.attempt(request, status, success);
        subscription.attempts.push(attempt);
        // A 400 rejects this delivery, which does not count as a failure.
        match status {
            _ if success => subscription.failures = 0,
            Some(400) => {}
            _ => subscription.failures = subscription.failures.saturating_add(1),
        }
        if is_exhausted && subscription.failures >= FAILURES {
            self.delete(subscription);
        }
    }

    fn new_hook(&self, body: HookBody) -> Subscription {
        let id = self.common.outbox.ids.uuid();
        let now = seconds_z(self.common.now());
        let mut config = json!({
            "url": body.url,
            "content_type": "application/json",
            "insecure_ssl": body.insecure_ssl,
        });
        if body.secret.is_some() {
            config["secret"] = json!({"type": "HMAC-SHA1"});
        }
        let document = json!({
            "id": id,
            "active": body.active,
            "config": config,
            "events": body.events,
            "created_at": now,
            "created_by": self.credentials.client_id,
            "updated_at": now,
        });
        Subscription { id, document, body, is_deleted: false, failures: 0, attempts: Vec::new() }
    }

    fn delete(&self, subscription: &mut Subscription) {
        subscription.is_deleted = true;
        subscription.document["deleted_at"] = json!(seconds_z(self.common.now()));
        self.common.outbox.forget(&subscription.id);
    }

    fn ping(&self, subscription: &Subscription) {
        let delivery_id = self.common.outbox.ids.uuid();
        self.queue(subscription, "ping", &subscription.document, delivery_id);
    }

    fn queue(&self, subscription: &Subscription, event: &str, body: &Value, delivery_id: String) {
        let message = Message {
            scheme: Scheme::Hook {
                subscription: subscription.id.clone(),
                secret: subscription.body.secret.clone(),
            },
            method: "POST",
            url: subscription.body.url.clone(),
            delivery_id,
            event: event.to_owned(),
            body: body.to_string().into(),
        };
        self.common.outbox.push(message, self.common.now());
    }

    /// Queues an event for each active subscription to it, and returns how many there are.
    pub(super) fn publish(&self, hooks: &Hooks, event: &str, payload: &Value) -> usize {
        let mut count = 0;
        for subscription in &hooks.subscriptions {
            let is_subscribed = subscription.body.events.iter().any(|wanted| wanted == event);
            if subscription.is_deleted || !subscription.body.active || !is_subscribed {
                continue;
            }
            let delivery_id = self.common.outbox.ids.uuid();
            let mut body = payload.clone();
            body["account_id"] = json!(self.credentials.account_id);
            body["event"] = json!(event);
            body["event_delivery"] = json!(delivery_id);
            self.queue(subscription, event, &body, delivery_id);
            count += 1;
        }
        count
    }

    fn attempt(&self, request: &SignedRequest, status: Option<u16>, success: bool) -> Value {
        let now = seconds_z(self.common.now());
        let names = ["event", "event-delivery", "event-signature"];
        let headers: Map<String, Value> = names
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), json!(request.header(name)?))))
            .collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut attempt = json!({
            "id": self.common.outbox.ids.uuid(),
            "event_delivery": request.delivery_id,
            "created_at": now,
            "url": request.url,
            "request": {"headers": headers, "body": body},
            "response": {},
            "details": {"delivery_at": now, "delivery_duration": 0, "delivery_success": success},
        });
        if let Some(status) = status {
            attempt["status"] = json!(status);
        }
        attempt
    }
}

fn shortened(attempt: &Value) -> Value {
    let names = ["id", "event_delivery", "created_at", "status"];
    let kept = names.into_iter().filter_map(|name| Some((name.to_owned(), attempt.get(name)?.clone())));
    Value::Object(kept.collect())
}
