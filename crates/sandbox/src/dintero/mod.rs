//! Dintero: Checkout, which moves money, and Order Management, which keeps records.
//!
//! A Checkout transaction *is* its document: its events are the state, so a document that a test inserts behaves like one
//! that was built here.

mod announce;
mod auth;
mod callback;
mod checkout;
mod control;
mod decline;
mod document;
mod error;
mod hook_body;
mod hooks;
mod operate;
mod order;
mod order_management;
mod order_spec;
mod page;
mod refund;
mod refund_body;
mod route;
mod search;
mod signature;
mod spec;
mod state;
mod subscription;
mod transaction;

pub use control::DinteroSandbox;
pub use decline::{Decline, ErrorType, UnknownErrorType};
pub use order_spec::OrderSpec;
pub use spec::TransactionSpec;
pub(crate) use state::stored_credentials;

use std::{
    collections::HashMap,
    convert::identity,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use self::{order::Order, subscription::Hooks, transaction::Transaction};
use crate::{
    api::{Api, Grant},
    common::Common,
    fault::Call,
    lock::lock,
    route::{Route, Row},
    wire::{Answer, Incoming, Reply},
};

type Handler = fn(&Dintero, &Incoming, &[String]) -> Answer;

const ORDER_READ: &[Call] = &[Call::Orders];
const ROUTES: [Row<Handler>; 19] = [
    ("POST", "accounts/{account}/auth/token", Dintero::token, &[Call::Token]),
    ("GET", "transactions", Dintero::search, &[Call::Search]),
    ("GET", "transactions/{id}", Dintero::transaction, &[Call::Payment, Call::List, Call::Get]),
    ("POST", "transactions/{id}/refund", Dintero::refund, &[Call::Submit]),
    ("GET", "accounts/{account}/shopping/orders/{id}", Dintero::order, ORDER_READ),
    ("GET", "accounts/{account}/shopping/orders/{id}/authorizations", Dintero::order_list, ORDER_READ),
    ("GET", "accounts/{account}/shopping/orders/{id}/captures", Dintero::order_list, ORDER_READ),
    (
        "GET",
        "accounts/{account}/shopping/orders/{id}/refunds",
        Dintero::order_list,
        &[Call::Orders, Call::List, Call::Get],
    ),
    (
        "POST",
        "accounts/{account}/shopping/orders/{id}/refunds",
        Dintero::record,
        &[Call::Orders, Call::Record],
    ),
    (
        "GET",
        "accounts/{account}/shopping/orders/{id}/refunds/{refund}",
        Dintero::order_refund,
        &[Call::Orders, Call::Get],
    ),
    ("GET", "admin/signature", Dintero::signature, &[]),
    ("POST", "admin/signature", Dintero::signature, &[]),
    ("POST", "accounts/{account}/hooks/subscriptions", Dintero::create_hook, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions", Dintero::list_hooks, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}", Dintero::read_hook, &[]),
    ("DELETE", "accounts/{account}/hooks/subscriptions/{id}", Dintero::delete_hook, &[]),
    ("POST", "accounts/{account}/hooks/subscriptions/{id}/ping", Dintero::ping_hook, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}/deliveries", Dintero::list_deliveries, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}/deliveries/{delivery}", Dintero::read_delivery, &[]),
];

pub(crate) struct Dintero {
    common: Arc<Common>,
    credentials: Credentials,
    state: Mutex<State>,
}

/// The account and its API client, and the secrets of its webhooks.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) account_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// The initial secret: the API can replace it.
    pub(crate) callback_secret: String,
    pub(crate) hook_secret: String,
}

struct State {
    /// Oldest first.
    transactions: Vec<Transaction>,
    orders: HashMap<String, Order>,
    /// Bodies served unchanged, by path.
    canned: HashMap<String, Bytes>,
    /// Access tokens and when they expire.
    tokens: HashMap<String, OffsetDateTime>,
    token_lifetime: Duration,
    scopes: Vec<String>,
    callback_secret: String,
    hooks: Hooks,
}

impl Dintero {
    pub(crate) fn new(common: Arc<Common>, credentials: Credentials) -> Self {
        let callback_secret = credentials.callback_secret.clone();
        Self {
            common,
            credentials,
            state: Mutex::new(State {
                transactions: Vec::new(),
                orders: HashMap::new(),
                canned: HashMap::new(),
                tokens: HashMap::new(),
                token_lifetime: auth::DEFAULT_LIFETIME,
                scopes: auth::DEFAULT_SCOPES.map(str::to_owned).to_vec(),
                callback_secret,
                hooks: Hooks::default(),
            }),
        }
    }

    fn route(request: &Incoming) -> Result<Route<Handler>, Reply> {
        Route::of(&ROUTES, &request.method, &route::segments(request)?, error::of_status)
    }

    fn dispatch(&self, request: &Incoming) -> Answer {
        let Route { row, ids } = Self::route(request)?;
        if request.method == "GET"
            && let Some(body) = lock(&self.state).canned.get(&request.path)
        {
            return Ok(Reply::raw(200, "application/json", body.clone()));
        }
        (row.2)(self, request, &ids)
    }

    /// Every response of Dintero carries an id of its own.
    fn with_request_id(&self, reply: Reply) -> Reply {
        reply.with("request-id", self.common.ids.uuid())
    }
}

impl Api for Dintero {
    fn calls(&self, request: &Incoming) -> Vec<Call> {
        Self::route(request).map(|route| route.row.3.to_vec()).unwrap_or_default()
    }

    fn admit(&self, request: &Incoming) -> Result<Grant, Reply> {
        let Route { row, ids } = Self::route(request)?;
        self.check_access(request, row.1, &ids)
            .map(|()| Grant::default())
            .map_err(|refused| self.with_request_id(refused))
    }

    fn process(&self, request: &Incoming, _grant: &Grant) -> Reply {
        self.with_request_id(self.dispatch(request).unwrap_or_else(identity))
    }

    fn error(&self, status: u16) -> Reply {
        self.with_request_id(error::of_status(status))
    }

    fn settle_due(&self) {
        let now = self.common.now();
        let mut state = lock(&self.state);
        for transaction in &mut state.transactions {
            transaction.settle_where(&self.common, None, |refund| refund.pending.is_due(now));
        }
        self.announce(&mut state);
    }
}
