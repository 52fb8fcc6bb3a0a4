//! Hooks: an account's events, to their subscribers.
//! <https://docs.dintero.com/api-reference/subscriptions/create-new-subscription>
//!
//! No time is signed, so a delivery is as good next year as it is today. Repeating one makes
//! the payment's refunds be read once more, and nothing else.

use refunds_core::{ErrorKind, Notice, Result, WebhookRequest};
use refunds_http::{
    Delivery, Digest, HmacKey, is_signed,
    lenient::{Lenient, LenientObject},
};
use serde::Deserialize;

use super::{DELIVERY, payment, transaction};
use crate::{DinteroConfig, NAME};

pub(super) const SIGNATURE: &str = "event-signature";
pub(super) const EVENT: &str = "event";

/// An event, in the envelope that all of them have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct HookEvent {
    account_id: Lenient<String>,
    event: Lenient<String>,
    event_delivery: Lenient<String>,
    transaction: Lenient<Subject>,
    authorization: Lenient<Authorization>,
    order: Lenient<Subject>,
    order_id: Lenient<String>,
}

/// A transaction or an order.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    id: Lenient<String>,
    order_id: Lenient<String>,
    updated_at: Lenient<String>,
}

/// What [`checkout_authorization`] has, where there may be no transaction.
///
/// [`checkout_authorization`]: https://docs.dintero.com/api-reference/example-checkout-events/checkout_authorization
#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorization {
    transaction_id: Lenient<String>,
}

impl LenientObject<'_> for Subject {}
impl LenientObject<'_> for Authorization {}

/// Verifies a delivery. It is the body that is signed, and so is what it says: not the headers.
pub(super) fn verify(config: &DinteroConfig, request: &WebhookRequest) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    if config.hook_secrets.is_empty() {
        return Err(delivery.error(ErrorKind::Config, "the setting `hook_secret` is missing"));
    }
    let signature = delivery.header(SIGNATURE)?;
    let keys = config.hook_secrets.iter().map(HmacKey::text);
    if !is_signed(Digest::Sha1, keys, &[&request.body], signature) {
        return Err(delivery.forged("the signature does not match the body and the secrets"));
    }
    let wire: HookEvent = serde_json::from_slice(&request.body)
        .map_err(|_| delivery.error(ErrorKind::Protocol, "the signed body is not a documented event"))?;
    let Some(event) = wire.event.as_deref() else {
        // A ping's body is the subscription, without an envelope.
        return Err(match request.header(EVENT) {
            Some("ping") => delivery.error(ErrorKind::Unsupported, "the delivery is a ping"),
            _ => delivery.error(ErrorKind::Protocol, "the signed body does not name its event"),
        });
    };
    match wire.account_id.as_deref() {
        Some(account) if account == config.account_id => {}
        Some(_) => return Err(delivery.forged("the event is another account's")),
        None => return Err(delivery.error(ErrorKind::Protocol, "the event does not name its account")),
    }

    let subject = |of: &Lenient<Subject>| of.as_ref().and_then(|subject| subject.updated_at.cloned());
    let (payment, updated_at) = match event {
        "checkout_transaction" | "checkout_authorization" => {
            (wire.transaction(delivery, config, event)?, subject(&wire.transaction))
        }
        "shopping_order_update" | "shopping_order_event_add" => (wire.order(delivery)?, subject(&wire.order)),
        _ => {
            return Err(
                delivery.error(ErrorKind::Unsupported, "the event is about something that has no refunds")
            );
        }
    };
    let mut notice = Notice::new(NAME, payment);
    notice.event = Some(event.to_owned());
    let sent = || request.header(DELIVERY).map(str::to_owned);
    notice.delivery_id = wire.event_delivery.cloned().or_else(sent).filter(|id| !id.is_empty());
    notice.occurred_at = updated_at.and_then(|text| refunds_core::parse_time(&text));
    Ok(notice)
}

impl HookEvent {
    fn transaction(
        &self,
        delivery: Delivery<'_>,
        config: &DinteroConfig,
        event: &str,
    ) -> Result<refunds_core::PaymentId> {
        let subject = self.transaction.as_ref().and_then(|transaction| transaction.id.as_deref());
        let authorized = || self.authorization.as_ref().and_then(|wire| wire.transaction_id.as_deref());
        match subject.or_else(authorized) {
            Some(id) => transaction(delivery, config, id),
            // The buyer may give up before there is one.
            None if event == "checkout_authorization" => {
                Err(delivery.error(ErrorKind::Unsupported, "the authorization was not that of a transaction"))
            }
            None => Err(delivery.error(ErrorKind::Protocol, "the event does not name its transaction")),
        }
    }

    /// What these events carry is not documented, only that they are there. It is assumed that the order
    /// is reported as in the other events, by an object of its name; or at least by its id.
    fn order(&self, delivery: Delivery<'_>) -> Result<refunds_core::PaymentId> {
        let order = self.order.as_ref();
        let id = order.and_then(|order| order.id.as_deref().or(order.order_id.as_deref()));
        match id.or(self.order_id.as_deref()) {
            Some(id) => payment(delivery, id),
            None => Err(delivery.error(ErrorKind::Protocol, "the event does not name its order")),
        }
    }
}
