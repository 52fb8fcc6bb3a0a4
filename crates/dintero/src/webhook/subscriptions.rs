//! Hook subscriptions: where Dintero reports what happens in an account.

use refunds_core::{Error, ErrorKind, Operation, Result};
use refunds_http::{BaseUrl, Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    Dintero,
    error::{in_context, refused},
    provider::PAGE_BYTES,
    wire::{HookBody, HookConfig, HookSecret, HookSubscriptionResponse},
};

/// The events about refunds: a transaction that changed, and a refund that was recorded on an
/// order. There is [none](https://docs.dintero.com/docs/checkout/checkout-webhooks) for refunds alone.
pub const REFUND_EVENTS: [&str; 2] = ["checkout_transaction", "shopping_order_event_add"];

/// Setting up is the nearest of core's operations.
const OPERATION: Operation = Operation::Configure;
const SECRET_TYPE: &str = "HMAC-SHA1";
const PAGE: usize = 100;

/// A [subscription](https://docs.dintero.com/api-reference/subscriptions/subscription-details) of hooks.
/// The secret is not in it: Dintero accepts it and never shows it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HookSubscription {
    /// Dintero's id of it.
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// The events that are delivered.
    pub events: Vec<String>,
    /// Whether deliveries are made, where Dintero says so.
    pub active: Option<bool>,
    /// How they are signed. Only those of type `HMAC-SHA1` can be
    /// [verified](refunds_core::RefundProvider::verify_webhook); without one, nothing is signed.
    pub secret_type: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub updated_at: Option<OffsetDateTime>,
}

/// Hook subscriptions. The API client needs the scope `admin:hooks` (or `read:hooks` and
/// `write:hooks`), which one for Checkout alone may not have.
impl Dintero {
    /// [Subscribes](https://docs.dintero.com/api-reference/subscriptions/create-new-subscription) `url` to
    /// `events`, such as [`REFUND_EVENTS`]. Dintero signs with `secret`, which the application makes up,
    /// keeps and [accepts](crate::DinteroConfig::with_hook_secret); and it sends a ping at once.
    ///
    /// A second request creates a second subscription: where a response was lost,
    /// [look](Self::hook_subscriptions) before you repeat it. Dintero **deletes** a subscription whose
    /// deliveries keep failing, so look now and then as well.
    ///
    /// ```no_run
    /// # async fn example(dintero: refunds_dintero::Dintero) -> refunds_core::Result<()> {
    /// use refunds_dintero::REFUND_EVENTS;
    ///
    /// let secret = std::env::var("DINTERO_HOOK_SECRET").unwrap_or_default();
    /// let url = "https://shop.example/webhooks/dintero";
    /// let subscription = dintero.create_hook_subscription(url, &REFUND_EVENTS, secret).await?;
    /// println!("{} is subscribed as {}", subscription.url, subscription.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`], before anything is sent, without events and for a URL that is not
    /// `https://` (`http://` on a loopback host), or that holds a password or a fragment;
    /// [`ErrorKind::Config`] without a secret; [`ErrorKind::PermissionDenied`] without the scope.
    pub async fn create_hook_subscription(
        &self,
        url: &str,
        events: &[&str],
        secret: impl Into<SecretString>,
    ) -> Result<HookSubscription> {
        let secret = secret.into();
        check_url(url)?;
        if events.is_empty() || events.iter().any(|event| event.is_empty()) {
            return Err(invalid("a subscription is for at least one event, and each has a name"));
        }
        if secret.expose_secret().is_empty() {
            let message = "without a secret, deliveries are not signed and none could be believed";
            return Err(refused(ErrorKind::Config, message).with_operation(OPERATION));
        }
        let secret = HookSecret { kind: SECRET_TYPE, value: secret.expose_secret() };
        let config = HookConfig { url, content_type: "application/json", secret, insecure_ssl: 0 };
        let request = self.hooks(Request::post(OPERATION)).json(&HookBody { config, events, active: true });
        let response = self.exchange(request).await?;
        subscription(&response, response.json()?)
    }

    /// [All](https://docs.dintero.com/webhooks-api.html) subscriptions of the
    /// account, including those made elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`] without the scope; [`ErrorKind::Protocol`] where the response cannot
    /// be read.
    pub async fn hook_subscriptions(&self) -> Result<Vec<HookSubscription>> {
        let mut all: Vec<HookSubscription> = Vec::new();
        loop {
            let mut request = self.hooks(Request::get(OPERATION)).query("limit", PAGE).body_limit(PAGE_BYTES);
            if let Some(last) = all.last() {
                request = request.query("starting_after", &last.id);
            }
            let response = self.exchange(request).await?;
            let page: Vec<HookSubscriptionResponse> = response.json()?;
            let (known, is_full) = (all.len(), page.len() >= PAGE);
            for wire in page {
                let subscription = subscription(&response, wire)?;
                if all[..known].iter().all(|before| before.id != subscription.id) {
                    all.push(subscription);
                }
            }
            // A page that brings nothing new: the cursor is not understood.
            if !is_full || all.len() == known {
                return Ok(all);
            }
        }
    }

    /// Has Dintero send a
    /// [ping](https://docs.dintero.com/api-reference/subscription-deliveries/subscription-ping), an event
    /// about nothing, to a subscription's URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] where no subscription has this id; [`ErrorKind::InvalidRequest`] where it is not
    /// a valid id.
    pub async fn ping_hook_subscription(&self, id: &str) -> Result<()> {
        self.exchange(self.hooks(Request::post(OPERATION)).paths([id, "ping"])).await.map(drop)
    }

    /// [Deletes](https://docs.dintero.com/webhooks-api.html) a subscription.
    ///
    /// # Errors
    ///
    /// As [`ping_hook_subscription`](Self::ping_hook_subscription).
    pub async fn delete_hook_subscription(&self, id: &str) -> Result<()> {
        self.exchange(self.hooks(Request::delete(OPERATION)).path(id)).await.map(drop)
    }

    /// No money moves by any of these.
    fn hooks(&self, request: Request) -> Request {
        request.read().paths(["accounts", self.account_id(), "hooks", "subscriptions"])
    }

    async fn exchange(&self, request: Request) -> Result<Response> {
        self.api().send(request).await.map_err(in_context(OPERATION))
    }
}

fn subscription(response: &Response, wire: HookSubscriptionResponse) -> Result<HookSubscription> {
    let missing = |name| response.protocol_error(format!("a subscription has no `{name}`"));
    let config = wire.config.into_option().unwrap_or_default();
    let secret = config.secret.into_option().unwrap_or_default();
    let time = |text: Option<String>| text.and_then(|text| refunds_core::parse_time(&text));
    Ok(HookSubscription {
        id: wire.id.into_option().filter(|id| !id.is_empty()).ok_or_else(|| missing("id"))?,
        url: config.url.into_option().ok_or_else(|| missing("config.url"))?,
        events: wire.events.into_option().unwrap_or_default(),
        active: wire.active.into_option(),
        secret_type: secret.kind.into_option(),
        created_at: time(wire.created_at.into_option()),
        updated_at: time(wire.updated_at.into_option()),
    })
}

/// A subscription's URL is held to the rules of a base URL, but may have a query.
fn check_url(text: &str) -> Result<()> {
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    if query.contains(|c: char| c == '#' || c.is_control() || c.is_whitespace()) {
        return Err(invalid("the query of the subscription's URL is malformed or has a fragment"));
    }
    BaseUrl::parse(place, false).map(drop).map_err(|error| {
        let message = error.message().replace("the base URL", "the URL of the subscription");
        invalid(&message).with_source(error)
    })
}

fn invalid(message: &str) -> Error {
    refused(ErrorKind::InvalidRequest, message).with_operation(OPERATION)
}
