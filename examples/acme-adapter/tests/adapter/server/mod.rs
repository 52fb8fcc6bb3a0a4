//! Acme on a loopback socket, as `PROVIDER.md` describes it: it checks tokens and keys, and
//! keeps a ledger.

pub(crate) mod ledger;
mod routes;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use self::ledger::Ledger;

pub(crate) const CLIENT_ID: &str = "shop-7";
pub(crate) const CLIENT_SECRET: &str = "correct-horse-battery";

/// Something that happens to the next request of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// All tokens are void from here on.
    TokenRevoked,
    /// 429.
    TooMany,
    /// 503, and nothing is done.
    DownBefore,
    /// It is done, and answered with a 502.
    DownAfterwards,
    /// It is done, and the answer ends in the middle of its JSON.
    Garbage,
    /// A submission is done, and the answer tells one minor unit more.
    OneMore,
}

/// What the server and those who look behind it share.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    ledger: Arc<Mutex<Ledger>>,
    tokens: Arc<Mutex<Tokens>>,
    requests: Arc<Mutex<Vec<String>>>,
    /// With whether each is for a submission.
    mishaps: Arc<Mutex<VecDeque<(Mishap, bool)>>>,
}

#[derive(Debug, Default)]
struct Tokens {
    valid: Vec<String>,
    issued: Vec<String>,
}

/// Starts it and returns its base URL; it runs for as long as the runtime does.
pub(crate) async fn start(world: World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Without it, each answer waits for an acknowledgement: 40 ms a call.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, routes::router(world)).await.unwrap() });
    format!("http://{address}/v2")
}

impl World {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Every token that was ever given out.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap().issued.clone()
    }

    /// The raw paths, with their queries, of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn add_mishap(&self, mishap: Mishap, submission: bool) {
        self.mishaps.lock().unwrap().push_back((mishap, submission));
    }

    pub(crate) fn clear_mishaps(&self) {
        self.mishaps.lock().unwrap().clear();
    }

    fn mishap(&self, submission: bool) -> Option<Mishap> {
        let mut mishaps = self.mishaps.lock().unwrap();
        let index = mishaps.iter().position(|(_, on)| *on == submission)?;
        mishaps.remove(index).map(|(mishap, _)| mishap)
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
