//! Controls for tests: the Mattilda side.

use std::{collections::BTreeMap, fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::json;

use super::{
    Mattilda, TransactionSpec,
    options::{CursorMode, ErrorShape, FieldSet, IdempotencyMode, WebhookShape},
};
use crate::lock::lock;

/// Long enough for every test, short enough for a valid date.
const STATIC_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The Mattilda side of a [`Sandbox`](crate::Sandbox).
pub struct MattildaSandbox {
    inner: Arc<Mattilda>,
    origin: String,
    static_token: String,
}

impl MattildaSandbox {
    pub(crate) fn new(inner: Arc<Mattilda>, origin: String) -> io::Result<Self> {
        let mut sandbox = Self { inner, origin, static_token: String::new() };
        let scopes = ["*.read", "*.write"];
        sandbox.static_token = sandbox.token(&scopes, STATIC_TOKEN_LIFETIME)?;
        Ok(sandbox)
    }

    /// The base URL of all calls.
    pub fn api_url(&self) -> &str {
        &self.origin
    }

    /// The adapter's settings, by key, with the newest webhook secret. `merchant_account_id` is set only if the builder
    /// set it.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let identity = &self.inner.identity;
        let mut settings = BTreeMap::from([
            ("api_url".to_owned(), self.origin.clone()),
            ("private_key".to_owned(), identity.key.pem().to_owned()),
            ("webhook_secret".to_owned(), lock(&self.inner.state).webhooks.newest_secret()),
        ]);
        if identity.merchant_account != identity.default_account {
            let account = identity.merchant_account.clone();
            settings.insert("merchant_account_id".to_owned(), account);
        }
        settings
    }

    /// A bearer token with every scope, valid for years on the sandbox's clock.
    pub fn static_token(&self) -> &str {
        &self.static_token
    }

    /// A bearer token with these scopes, valid for this long on the sandbox's clock.
    ///
    /// # Errors
    ///
    /// The token cannot be signed.
    pub fn token(&self, scopes: &[&str], lifetime: Duration) -> io::Result<String> {
        let now = self.inner.common.now().unix_timestamp();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.inner.identity.key.sign(&json!({
            "iss": "refunds-sandbox",
            "iat": now,
            "nbf": now.saturating_sub(5),
            "exp": now.saturating_add(lifetime),
            "jti": self.inner.common.ids.uuid(),
            "scopes": scopes,
        }))
    }

    /// The id of the key pair: the RFC 7638 thumbprint of its public key.
    pub fn key_id(&self) -> &str {
        self.inner.identity.key.kid()
    }

    /// Adds a transaction that is captured in full, and returns its id.
    pub fn captured(&self, amount_minor: i64, currency: &str) -> String {
        self.transaction(TransactionSpec::new(amount_minor, currency))
    }

    /// Adds a transaction, and returns its id.
    pub fn transaction(&self, spec: TransactionSpec) -> String {
        self.inner.add_transaction(spec)
    }

    /// The ids of a transaction's gift card redemptions, in the order of the specification.
    pub fn gift_card_redemptions(&self, transaction_id: &str) -> Vec<String> {
        let state = lock(&self.inner.state);
        let transaction = state.transactions.get(transaction_id);
        let cards = transaction.into_iter().flat_map(|found| &found.gift_cards);
        cards.map(|card| card.id.clone()).collect()
    }

    /// Serves these bytes, unchanged, as the refunds of a transaction, which need not exist.
    pub fn insert_refunds_page_bytes(&self, transaction_id: &str, body: impl Into<Bytes>) {
        self.serve_bytes(format!("/transactions/{transaction_id}/refunds"), body);
    }

    /// Serves these bytes for `GET` of this path, as on the wire. The path must be one of the API.
    pub fn serve_bytes(&self, path: impl Into<String>, body: impl Into<Bytes>) {
        let mut state = lock(&self.inner.state);
        state.canned.insert(path.into(), body.into());
    }

    /// Sets whether idempotency keys are honoured, from now on.
    pub fn set_idempotency(&self, mode: IdempotencyMode) {
        lock(&self.inner.state).keys.mode = mode;
    }

    /// Sets what the list of refunds does with `limit` and `cursor`, from now on.
    pub fn set_cursors(&self, mode: CursorMode) {
        lock(&self.inner.state).options.cursors = mode;
    }

    /// Sets which members bodies have, from now on.
    pub fn set_fields(&self, fields: FieldSet) {
        lock(&self.inner.state).options.fields = fields;
    }

    /// Sets how failed validation is reported, from now on.
    pub fn set_error_shape(&self, shape: ErrorShape) {
        lock(&self.inner.state).options.errors = shape;
    }

    /// Sets the size of a page requested without `limit`, from now on: 1 to 100; the default is 20.
    pub fn set_page_size(&self, size: usize) {
        lock(&self.inner.state).options.page_size = size.clamp(1, 100);
    }

    /// Subscribes this URL to `refund.pending`, `refund.succeeded`, `refund.failed` and `refund.declined`, and returns the
    /// subscription's id. A refund that ends voided is not reported: there is no such event.
    ///
    /// Webhooks to anything but plain HTTP on loopback can be taken from the queue but are never sent.
    pub fn subscribe(&self, url: impl Into<String>) -> String {
        let id = self.inner.common.outbox.ids.uuid();
        lock(&self.inner.state).webhooks.add(id.clone(), url.into());
        id
    }

    /// Ends a subscription. Webhooks that are already queued are still delivered.
    pub fn unsubscribe(&self, subscription_id: &str) {
        lock(&self.inner.state).webhooks.remove(subscription_id);
    }

    /// Adds a webhook secret and returns it. The previous secrets stay active: everything is signed with each of them,
    /// oldest first, until [`retire_webhook_secrets`](Self::retire_webhook_secrets).
    pub fn rotate_webhook_secret(&self) -> String {
        lock(&self.inner.state).webhooks.rotate()
    }

    /// Ends a rotation: only the newest webhook secret stays active.
    pub fn retire_webhook_secrets(&self) {
        lock(&self.inner.state).webhooks.retire();
    }

    /// Sets what webhooks carry, from now on.
    pub fn set_webhook_shape(&self, shape: WebhookShape) {
        lock(&self.inner.state).options.webhooks = shape;
    }
}

impl fmt::Debug for MattildaSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MattildaSandbox").field("origin", &self.origin).finish_non_exhaustive()
    }
}
