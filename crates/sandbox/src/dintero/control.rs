//! Controls for tests: the Dintero side.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;

use super::{
    Dintero, OrderSpec,
    spec::{Flow, TransactionSpec},
};
use crate::lock::lock;

/// The Dintero side of a [`Sandbox`](crate::Sandbox).
pub struct DinteroSandbox {
    inner: Arc<Dintero>,
    origin: String,
}

impl DinteroSandbox {
    /// The id of every sandbox's account, a test account. The ids of its transactions begin with it and a dot.
    pub const ACCOUNT_ID: &'static str = "T11223344";

    pub(crate) fn new(inner: Arc<Dintero>, origin: String) -> Self {
        Self { inner, origin }
    }

    /// The base URL of the token and Order Management calls, with `/v1`.
    pub fn api_url(&self) -> String {
        format!("{}/v1", self.origin)
    }

    /// The base URL of the Checkout calls, with `/v1`; here the same as [`api_url`](Self::api_url).
    pub fn checkout_url(&self) -> String {
        self.api_url()
    }

    /// The id of the account, a test account.
    pub fn account_id(&self) -> &str {
        &self.inner.credentials.account_id
    }

    /// The adapter's settings, by key.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let credentials = &self.inner.credentials;
        [
            ("account_id", credentials.account_id.clone()),
            ("client_id", credentials.client_id.clone()),
            ("client_secret", credentials.client_secret.clone()),
            ("api_url", self.api_url()),
            ("checkout_url", self.checkout_url()),
            ("callback_secret", self.inner.callback_secret()),
            ("hook_secret", credentials.hook_secret.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Adds a transaction that is captured in full, and returns its id.
    pub fn captured(&self, amount_minor: i64, currency: &str) -> String {
        self.transaction(TransactionSpec::new(amount_minor, currency))
    }

    /// Adds a transaction, and returns its id.
    pub fn transaction(&self, spec: TransactionSpec) -> String {
        self.inner.add_transaction(spec)
    }

    /// Adds a transaction from its JSON, and returns its `id`. The JSON is served unchanged until a refund adds to it.
    ///
    /// The refundable amount follows from its `status` and `events`. Anything but an object is ignored.
    pub fn insert_transaction_json(&self, document: Value) -> String {
        match document {
            Value::Object(document) => self.inner.add_document(document),
            _ => String::new(),
        }
    }

    /// Adds an order, and returns its id.
    pub fn order(&self, spec: OrderSpec) -> String {
        self.inner.add_order(spec)
    }

    /// Serves these bytes, unchanged, as the refunds of an order, which need not exist.
    pub fn insert_order_refunds_bytes(&self, order_id: &str, body: impl Into<Bytes>) {
        let account = self.account_id();
        let path = format!("/v1/accounts/{account}/shopping/orders/{order_id}/refunds");
        self.serve_bytes(path, body);
    }

    /// Serves these bytes for `GET` of this path, as on the wire. The path must be one of the API.
    pub fn serve_bytes(&self, path: impl Into<String>, body: impl Into<Bytes>) {
        let mut state = lock(&self.inner.state);
        state.canned.insert(path.into(), body.into());
    }

    /// Replaces the refunds recorded on an existing order. Later records are added.
    pub fn set_order_refunds(&self, order_id: &str, refunds: Vec<Value>) {
        self.inner.set_records(order_id, refunds);
    }

    /// The refunds recorded on an order, oldest first. Records move no money, so they are not in the ledger.
    pub fn order_refunds(&self, order_id: &str) -> Vec<Value> {
        self.inner.records(order_id)
    }

    /// A transaction's current document. This does not count as a read.
    pub fn transaction_json(&self, id: &str) -> Option<Value> {
        let mut state = lock(&self.inner.state);
        let transaction = state.transaction(id)?;
        Some(Value::Object(transaction.document.clone()))
    }

    /// Sets the lifetime of tokens issued from now on; the default is four hours.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        lock(&self.inner.state).token_lifetime = lifetime;
    }

    /// Invalidates every issued token.
    pub fn expire_tokens(&self) {
        self.inner.forget_tokens();
    }

    /// Sets the scopes of the API client; the default is `admin:checkout`, `admin:shopping` and
    /// `admin:hooks`.
    pub fn set_scopes<I: Into<String>>(&self, scopes: impl IntoIterator<Item = I>) {
        lock(&self.inner.state).scopes = scopes.into_iter().map(Into::into).collect();
    }

    /// Sets the session's `callback_url` of a transaction, as if it had been created with it.
    ///
    /// The URL's own query selects what is sent. Refunds are reported only with `report_event=REFUND`. `method=POST`
    /// sends a `POST` with the transaction, whose body is not signed; `delay_callback` delays it by up to 60 s;
    /// `includes=session` adds the session to the transaction; `sid_parameter_name` renames `session_id`. Webhooks to
    /// anything but plain HTTP on loopback can be taken from the queue but are never sent.
    pub fn set_callback_url(&self, transaction_id: &str, url: impl Into<String>) {
        let mut state = lock(&self.inner.state);
        if let Some(transaction) = state.transaction(transaction_id) {
            transaction.callback_url = Some(url.into());
        }
    }

    /// Adds a hook subscription for these events, with the settings' `hook_secret`, and returns its id. Unlike
    /// `POST …/hooks/subscriptions`, it sends no ping.
    ///
    /// The sandbox sends `checkout_transaction`, `shopping_order_update` and `shopping_order_event_add`.
    pub fn subscribe<E: Into<String>>(
        &self,
        url: impl Into<String>,
        events: impl IntoIterator<Item = E>,
    ) -> String {
        self.inner.subscribe(url.into(), events.into_iter().map(Into::into).collect())
    }

    /// Whether a hook subscription still exists: it is deleted if deliveries keep failing.
    pub fn is_subscribed(&self, subscription_id: &str) -> bool {
        self.inner.is_subscribed(subscription_id)
    }

    /// Makes the transaction's refunds asynchronous, or synchronous, from now on.
    pub fn set_asynchronous(&self, transaction_id: &str, asynchronous: bool) {
        let mut state = lock(&self.inner.state);
        if let Some(transaction) = state.transaction(transaction_id) {
            transaction.refunds.flow = if asynchronous { Flow::Later } else { Flow::AtOnce };
        }
    }
}

impl fmt::Debug for DinteroSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DinteroSandbox")
            .field("origin", &self.origin)
            .field("account_id", &self.account_id())
            .finish_non_exhaustive()
    }
}
