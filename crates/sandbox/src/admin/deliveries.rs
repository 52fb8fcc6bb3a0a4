//! Webhooks, each with its attempts.

use serde::Serialize;

use super::desk::Desk;
use crate::{
    clock::millis_z,
    webhook::{Attempt, Delivery, Queued},
};

/// A webhook. Its signature and body are never shown.
#[derive(Debug, Serialize)]
pub(super) struct Webhook {
    id: String,
    provider: &'static str,
    event: String,
    url: String,
    attempts: Vec<Tried>,
    state: State,
    /// When it is sent, or sent again.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Tried {
    attempt: u32,
    at: String,
    status: Option<u16>,
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Queued,
    Delivered,
    GivenUp,
}

/// Every webhook that is queued or was attempted lately, oldest first.
pub(super) fn list(desk: &Desk) -> Vec<Webhook> {
    let outbox = &desk.world.common.outbox;
    // In this order, one that is sent meanwhile is not missing.
    let queued = outbox.queued();
    let mut webhooks: Vec<Webhook> = Vec::new();
    for Attempt { at, delivery } in outbox.attempts() {
        let url = shown(desk, &delivery.url);
        let webhook = entry(&mut webhooks, &delivery.delivery_id, || Webhook::of(&delivery, url));
        webhook.state = if delivery.is_accepted() { State::Delivered } else { State::GivenUp };
        webhook.attempts.push(Tried {
            attempt: delivery.attempt,
            at: millis_z(at),
            status: delivery.status,
            error: delivery.error,
        });
    }
    for Queued { provider, delivery_id, event, url, due } in queued {
        let url = shown(desk, &url);
        let webhook = entry(&mut webhooks, &delivery_id, || Webhook {
            id: delivery_id.clone(),
            provider: provider.as_str(),
            event,
            url,
            attempts: Vec::new(),
            state: State::Queued,
            next: None,
        });
        webhook.state = State::Queued;
        webhook.next = Some(millis_z(due));
    }
    webhooks
}

impl Webhook {
    fn of(delivery: &Delivery, url: String) -> Self {
        Self {
            id: delivery.delivery_id.clone(),
            provider: delivery.provider.as_str(),
            event: delivery.event.clone(),
            url,
            attempts: Vec::new(),
            state: State::Queued,
            next: None,
        }
    }
}

fn entry<'a>(webhooks: &'a mut Vec<Webhook>, id: &str, new: impl FnOnce() -> Webhook) -> &'a mut Webhook {
    let at = webhooks.iter().position(|webhook| webhook.id == id).unwrap_or_else(|| {
        webhooks.push(new());
        webhooks.len() - 1
    });
    &mut webhooks[at]
}

/// A receiver's URL, in whose query a shop may have put anything.
fn shown(desk: &Desk, url: &str) -> String {
    desk.world.log.redacted_url(url)
}
