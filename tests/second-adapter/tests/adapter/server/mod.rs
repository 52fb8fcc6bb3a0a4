//! A server on a loopback socket that plays Quillpay, as its API document describes it.

mod ledger;
mod routes;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use refunds_core::Settings;
use tokio::task::JoinHandle;

pub(crate) use ledger::{Charge, Ledger};

pub(crate) const API_KEY: &str = "qk_only-the-fake-knows-it";
pub(crate) const WEBHOOK_SECRET: &str = "whs-only-the-fake-knows-it";
pub(crate) const OLD_WEBHOOK_SECRET: &str = "whs-the-one-before";

/// Something that the server does to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Turns it away with a status and a code.
    Refuse(u16, &'static str),
    /// Carries it out, and answers with a status that says otherwise.
    Break(u16),
    /// Carries it out, and answers with half a body.
    Garble,
    /// Carries it out, and tells one minor unit more.
    TellMore,
}

/// What the server is, shared with the test.
#[derive(Default)]
pub(crate) struct Inside {
    pub ledger: Ledger,
    /// What goes wrong next: at a request that writes (true), or reads.
    pub faults: Vec<(bool, Fault)>,
    /// Path and query of every request.
    pub requests: Vec<String>,
    /// Paths at which a reversal is being made.
    busy: BTreeSet<String>,
}

impl Inside {
    fn take_fault(&mut self, writes: bool) -> Option<Fault> {
        let at = self.faults.iter().position(|(on_write, _)| *on_write == writes)?;
        Some(self.faults.remove(at).1)
    }
}

/// The server; it stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let inside = Arc::default();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = routes::app(Arc::clone(&inside));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, inside, task }
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// The settings with which the adapter finds it.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new()
            .with("api_key", API_KEY)
            .with("api_url", self.url())
            .with("webhook_secret", WEBHOOK_SECRET)
            .with("webhook_secret_previous", OLD_WEBHOOK_SECRET)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}
