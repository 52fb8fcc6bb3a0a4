//! Acme on a loopback socket, as `PROVIDER.md` describes it: it checks tokens and keys, and keeps a ledger.

pub(crate) mod ledger;
mod routes;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::serve::ListenerExt as _;
use refunds_core::testing::{Fault, FaultTarget};
use tokio::net::TcpListener;

use self::ledger::Ledger;

pub(crate) const CLIENT_ID: &str = "shop-7";
pub(crate) const CLIENT_SECRET: &str = "correct-horse-battery";

/// The state that the server shares with the tests.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    ledger: Arc<Mutex<Ledger>>,
    tokens: Arc<Mutex<Tokens>>,
    requests: Arc<Mutex<Vec<String>>>,
    faults: Arc<Mutex<VecDeque<(Fault, FaultTarget)>>>,
    /// The keys of requests in progress.
    in_progress: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Debug, Default)]
struct Tokens {
    valid: Vec<String>,
    issued: Vec<String>,
}

/// Starts the server and returns its base URL. It runs for as long as the runtime does.
pub(crate) async fn start(world: World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Without this, each response waits for an acknowledgement: 40 ms per call.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, routes::router(world)).await.unwrap() });
    format!("http://{address}/v2")
}

impl World {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Every token that was ever issued.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap().issued.clone()
    }

    /// The raw paths and queries of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Makes the next request of this kind go wrong.
    pub(crate) fn add_fault(&self, fault: Fault, target: FaultTarget) {
        self.faults.lock().unwrap().push_back((fault, target));
    }

    pub(crate) fn clear_faults(&self) {
        self.faults.lock().unwrap().clear();
    }

    fn take_fault(&self, target: FaultTarget) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let index = faults.iter().position(|(_, of)| *of == target)?;
        faults.remove(index).map(|(fault, _)| fault)
    }

    /// Whether no other request with this key is in progress.
    fn begin(&self, key: &str) -> bool {
        self.in_progress.lock().unwrap().insert(key.to_owned())
    }

    fn end(&self, key: &str) {
        self.in_progress.lock().unwrap().remove(key);
    }

    fn new_token(&self) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("sk_{:04}_of-this-server", tokens.issued.len() + 1);
        tokens.issued.push(token.clone());
        tokens.valid.push(token.clone());
        token
    }

    fn is_token(&self, token: &str) -> bool {
        self.tokens.lock().unwrap().valid.iter().any(|valid| valid == token)
    }

    fn revoke_tokens(&self) {
        self.tokens.lock().unwrap().valid.clear();
    }

    fn log(&self, path: String) -> usize {
        let mut requests = self.requests.lock().unwrap();
        requests.push(path);
        requests.len()
    }
}
