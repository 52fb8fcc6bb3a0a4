//! Hooks: an account's events, to whoever has subscribed to them.
//! <https://docs.dintero.com/api-reference/subscriptions/create-new-subscription>
//!
//! No time is signed, so a delivery is as good next year as it is today. Whoever repeats one has the
//! payment's refunds read once more, and nothing else.

use refunds_core::{ErrorKind, Notice, Result, WebhookRequest};
use refunds_http::{Digest, is_signed};
use serde::Deserialize;

use super::{DELIVERY, fault, forged, only, payment, transaction};
use crate::{
    DinteroConfig,
    lenient::{Maybe, objects},
};

pub(super) const SIGNATURE: &str = "event-signature";
pub(super) const EVENT: &str = "event";

/// An event, in the envelope that all of them have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct HookEvent {
    account_id: Maybe<String>,
    event: Maybe<String>,
    event_delivery: Maybe<String>,
    transaction: Maybe<Subject>,
    authorization: Maybe<Authorization>,
    order: Maybe<Subject>,
    order_id: Maybe<String>,
}

/// A transaction or an order.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    id: Maybe<String>,
    order_id: Maybe<String>,
    updated_at: Maybe<String>,
}

/// What [`checkout_authorization`] has, where there may be no transaction.
///
/// [`checkout_authorization`]: https://docs.dintero.com/api-reference/example-checkout-events/checkout_authorization
#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorization {
    transaction_id: Maybe<String>,
}

objects!(Subject, Authorization);

/// Verifies a delivery. It is the body that is signed, and so is what it says: not the headers.
pub(super) fn verify(config: &DinteroConfig, request: &WebhookRequest) -> Result<Notice> {
    if config.hook_secrets.is_empty() {
        return Err(fault(ErrorKind::Config, "the setting `hook_secret` is missing"));
    }
    let signature = only(request, SIGNATURE)?;
    if !is_signed(Digest::Sha1, &config.hook_secrets, &[&request.body], signature) {
        return Err(forged("the signature does not fit the body and our secrets"));
    }
    let wire: HookEvent = serde_json::from_slice(&request.body)
        .map_err(|_| fault(ErrorKind::Protocol, "the signed body is no event as documented"))?;
    let Some(event) = wire.event.as_deref() else {
        // A ping's body is the subscription, without an envelope.
        return Err(match request.header(EVENT) {
            Some("ping") => fault(ErrorKind::Unsupported, "the delivery is a ping"),
            _ => fault(ErrorKind::Protocol, "the signed body does not tell its event"),
        });
    };
    match wire.account_id.as_deref() {
        Some(account) if account == config.account_id => {}
        Some(_) => return Err(forged("the event is another account's")),
        None => return Err(fault(ErrorKind::Protocol, "the event does not tell its account")),
    }

    let subject = |of: &Maybe<Subject>| of.as_ref().and_then(|subject| subject.updated_at.cloned());
    let (payment, updated_at) = match event {
        "checkout_transaction" | "checkout_authorization" => {
            (wire.transaction(config, event)?, subject(&wire.transaction))
        }
        "shopping_order_update" | "shopping_order_event_add" => (wire.order()?, subject(&wire.order)),
        _ => return Err(fault(ErrorKind::Unsupported, "the event is about something that has no refunds")),
    };
    let mut notice = Notice::new(crate::NAME, payment);
    notice.event = Some(event.to_owned());
    let delivery = || request.header(DELIVERY).map(str::to_owned);
    notice.delivery_id = wire.event_delivery.cloned().or_else(delivery).filter(|id| !id.is_empty());
    notice.occurred_at = updated_at.and_then(|text| refunds_core::parse_time(&text));
    Ok(notice)
}

impl HookEvent {
    fn transaction(&self, config: &DinteroConfig, event: &str) -> Result<refunds_core::PaymentId> {
        let subject = self.transaction.as_ref().and_then(|transaction| transaction.id.as_deref());
        let authorized = || self.authorization.as_ref().and_then(|wire| wire.transaction_id.as_deref());
        match subject.or_else(authorized) {
            Some(id) => transaction(config, id),
            // The buyer may give up before there is one.
            None if event == "checkout_authorization" => {
                Err(fault(ErrorKind::Unsupported, "the authorization was not that of a transaction"))
            }
            None => Err(fault(ErrorKind::Protocol, "the event does not tell its transaction")),
        }
    }

    /// What these events carry is not documented, only that they are there. It is assumed that the order
    /// is told as the others tell theirs, by an object of its name; or at least by its id.
    fn order(&self) -> Result<refunds_core::PaymentId> {
        let order = self.order.as_ref();
        let id = order.and_then(|order| order.id.as_deref().or(order.order_id.as_deref()));
        match id.or(self.order_id.as_deref()) {
            Some(id) => payment(id),
            None => Err(fault(ErrorKind::Protocol, "the event does not tell its order")),
        }
    }
}
