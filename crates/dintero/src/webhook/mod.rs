//! Webhooks. Dintero has two unrelated kinds, which their headers distinguish.
//!
//! | | signed by | over | with a time |
//! |---|---|---|---|
//! | [callbacks](https://docs.dintero.com/docs/checkout/validating-callbacks) of a session | `Dintero-Signature`, HMAC-SHA256 | the method and the URL, not the body | yes |
//! | [hooks](https://docs.dintero.com/docs/checkout/webhooks) of the account | `event-signature`, HMAC-SHA1 | the raw body, not the URL | no |
//!
//! Either is trusted for what it is about, never for amounts or a status: those are read.

mod callback;
mod hook;
pub(crate) mod subscriptions;

use refunds_core::{ErrorKind, Notice, PaymentId, Result, WebhookRequest};
use refunds_http::Delivery;

use crate::{DinteroConfig, NAME};

/// Constant over redeliveries, of both kinds. Neither signature covers it.
const DELIVERY: &str = "event-delivery";

/// Verifies a delivery of either kind and says what it is about.
///
/// # Errors
///
/// `Config` without the secret of its kind, or where the request's URL is not one; `Unauthenticated` where a
/// header is missing or malformed, the signature does not match, the time is too far from ours, or it is
/// another account's; `Unsupported` for what is signed and about something that has no refunds; `Protocol`
/// for what is signed and cannot be read.
pub(crate) fn verify(config: &DinteroConfig, request: &WebhookRequest) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    if config.callback_secrets.is_empty() && config.hook_secrets.is_empty() {
        let message = "the settings `callback_secret` and `hook_secret` are missing";
        return Err(delivery.error(ErrorKind::Config, message));
    }
    // A hook may carry both: once there is a secret, Dintero may sign every call.
    if request.header(hook::SIGNATURE).is_some() {
        hook::verify(config, request)
    } else if request.header(callback::SIGNATURE).is_some() {
        callback::verify(config, request)
    } else if request.header(hook::EVENT).is_some() {
        let message =
            "the header event-signature is missing; has the subscription a secret of type HMAC-SHA1?";
        Err(delivery.forged(message))
    } else {
        Err(delivery.forged("neither the header Dintero-Signature nor event-signature is there"))
    }
}

/// The id of the transaction that a delivery must name.
fn transaction(delivery: Delivery<'_>, config: &DinteroConfig, id: &str) -> Result<PaymentId> {
    // Any other would be taken for an order's.
    let ours = id.strip_prefix(&config.account_id).is_some_and(|rest| rest.starts_with('.'));
    if !ours {
        return Err(delivery.error(ErrorKind::Protocol, "the transaction's id is not one of this account"));
    }
    payment(delivery, id)
}

fn payment(delivery: Delivery<'_>, id: &str) -> Result<PaymentId> {
    PaymentId::new(id).map_err(|cause| {
        delivery.error(ErrorKind::Protocol, "its subject has no usable id").with_source(cause)
    })
}
