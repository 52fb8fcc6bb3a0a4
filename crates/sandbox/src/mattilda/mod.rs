//! Mattilda Payments, which is Gr4vy's API: signed tokens, refunds as objects, idempotency keys.

mod auth;
mod control;
mod create;
mod create_body;
mod error;
mod idempotency;
mod identity;
mod key;
mod list;
mod model;
mod operate;
mod options;
mod render;
mod route;
mod settle;
mod spec;
mod state;
mod subscriptions;
mod sums;
mod webhook;

pub use control::MattildaSandbox;
pub(crate) use identity::Identity;
pub(crate) use key::SigningKey;
pub use options::{CursorMode, ErrorShape, FieldSet, IdempotencyMode, WebhookShape};
pub use spec::{Failure, TransactionSpec};
pub(crate) use state::stored_identity;

use std::{
    collections::{HashMap, HashSet},
    convert::identity,
    sync::{Arc, Mutex},
};

use bytes::Bytes;

use self::{
    idempotency::Keys,
    model::{GiftCard, Refund, Transaction},
    options::Options,
    route::{EVERY_INSTRUMENT, check_ids},
    subscriptions::Subscriptions,
};
use crate::{
    api::{Api, Grant},
    changes::Change,
    common::Common,
    fault::Call,
    lock::lock,
    route::{Route, Row},
    wire::{Answer, Incoming, Reply},
};

/// The last argument is the merchant account.
type Handler = fn(&Mattilda, &mut State, &Incoming, &[String], &str) -> Answer;

const ROUTES: [Row<Handler>; 6] = [
    ("GET", "transactions/{transaction_id}", Mattilda::read_transaction, &[Call::Payment]),
    ("POST", "transactions/{transaction_id}/refunds", Mattilda::create, &[Call::Submit]),
    ("GET", "transactions/{transaction_id}/refunds", Mattilda::list_refunds, &[Call::List]),
    ("POST", EVERY_INSTRUMENT, Mattilda::create_all, &[Call::Submit]),
    ("GET", "transactions/{transaction_id}/refunds/{refund_id}", Mattilda::read_refund, &[Call::Get]),
    ("GET", "refunds/{refund_id}", Mattilda::read_refund, &[Call::Get]),
];

pub(crate) struct Mattilda {
    common: Arc<Common>,
    identity: Identity,
    state: Mutex<State>,
}

struct State {
    transactions: HashMap<String, Transaction>,
    /// Oldest first.
    refunds: Vec<Refund>,
    /// Bodies served unchanged, by path.
    canned: HashMap<String, Bytes>,
    merchant_accounts: HashSet<String>,
    keys: Keys,
    options: Options,
    webhooks: Subscriptions,
}

impl Mattilda {
    pub(crate) fn new(common: Arc<Common>, identity: Identity) -> Self {
        let merchant_accounts = HashSet::from([identity.merchant_account.clone()]);
        let webhooks = Subscriptions::new(identity.webhook_secret.clone());
        Self {
            common,
            identity,
            state: Mutex::new(State {
                transactions: HashMap::new(),
                refunds: Vec::new(),
                canned: HashMap::new(),
                merchant_accounts,
                keys: Keys::default(),
                options: Options::default(),
                webhooks,
            }),
        }
    }

    fn add_transaction(&self, mut spec: TransactionSpec) -> String {
        let ids = &self.common.ids;
        let id = spec.id.clone().unwrap_or_else(|| ids.uuid());
        if spec.merchant_account.is_empty() {
            spec.merchant_account.clone_from(&self.identity.merchant_account);
        }
        let gift_cards = spec.gift_cards.iter().map(|amount| GiftCard { id: ids.uuid(), amount: *amount });
        let transaction = Transaction {
            id: id.clone(),
            payment_method_id: spec.stored_instrument.then(|| ids.uuid()),
            gift_cards: gift_cards.collect(),
            created_at: self.common.now(),
            spec,
        };
        let mut state = lock(&self.state);
        let account = transaction.spec.merchant_account.clone();
        state.merchant_accounts.insert(account);
        state.transactions.insert(id.clone(), transaction);
        self.common.changes.mark(Change::Payments);
        id
    }

    fn route(request: &Incoming) -> Result<Route<Handler>, Reply> {
        Route::of(&ROUTES, &request.method, &request.segments(), error::of_status)
    }

    fn dispatch(&self, state: &mut State, request: &Incoming, grant: &Grant) -> Answer {
        let Route { row, ids } = Self::route(request)?;
        if request.method == "GET"
            && let Some(body) = state.canned.get(&request.path)
        {
            return Ok(Reply::raw(200, "application/json", body.clone()));
        }
        check_ids(row.1, &ids, state.options.errors)?;
        (row.2)(self, state, request, &ids, &grant.merchant_account)
    }

    fn read_transaction(&self, state: &mut State, _: &Incoming, ids: &[String], account: &str) -> Answer {
        let transaction = state.owned(&ids[0], account)?;
        Ok(Reply::json(200, &state.render_transaction(transaction, self.common.now())))
    }

    /// The last id is the refund's; the one before it, if any, must be its transaction's.
    fn read_refund(&self, state: &mut State, _: &Incoming, ids: &[String], account: &str) -> Answer {
        let is_meant = |refund: &Refund| {
            ids.last() == Some(&refund.id) && (ids.len() == 1 || ids[0] == refund.transaction_id)
        };
        let at = state.refunds.iter().position(is_meant).ok_or_else(error::not_found)?;
        let refund = &state.refunds[at];
        state.owned(&refund.transaction_id, account)?;
        let seen = refund.seen(self.common.now()).ok_or_else(error::not_found)?;
        let reply = Reply::json(200, &state.render(&seen));
        self.count_reads(state, &[at]);
        Ok(reply)
    }
}

impl State {
    /// A transaction of this merchant account.
    fn owned(&self, id: &str, account: &str) -> Result<&Transaction, Reply> {
        let found = self.transactions.get(id);
        found.filter(|found| found.spec.merchant_account == account).ok_or_else(error::not_found)
    }
}

impl Api for Mattilda {
    fn calls(&self, request: &Incoming) -> Vec<Call> {
        Self::route(request).map(|route| route.row.3.to_vec()).unwrap_or_default()
    }

    fn admit(&self, request: &Incoming) -> Result<Grant, Reply> {
        let Route { row, ids } = Self::route(request)?;
        self.check_access(request, row.1, &ids)
    }

    fn process(&self, request: &Incoming, grant: &Grant) -> Reply {
        let mut state = lock(&self.state);
        if let Some(reply) = state.keys.known_reply(request, grant, self.common.now()) {
            return reply;
        }
        let reply = self.dispatch(&mut state, request, grant).unwrap_or_else(identity);
        let now = self.common.now();
        state.keys.keep(request, grant, &reply, now);
        reply
    }

    fn error(&self, status: u16) -> Reply {
        error::of_status(status)
    }

    fn settle_due(&self) {
        let now = self.common.now();
        self.settle_where(&mut lock(&self.state), None, |_, refund| {
            refund.pending.as_ref().is_some_and(|pending| pending.is_due(now))
        });
    }

    fn begin(&self, request: &Incoming, grant: &Grant) -> bool {
        lock(&self.state).keys.begin(request, grant)
    }

    fn end(&self, request: &Incoming, grant: &Grant) {
        lock(&self.state).keys.end(request, grant);
    }
}
