//! What arrived on the wire. Headers and bodies are kept for the admin port only, and redacted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::HeaderMap;

use crate::{
    changes::{Change, Changes},
    clock::{Clock, millis_z},
    lock::lock,
    provider::Provider,
    redact::{Redactor, Shown, shortened},
    traffic::{self, Answer, Ending, Exchange, Traffic},
};

/// One request as it arrived, without headers and body.
///
/// `GET /api/requests` at the [admin port](crate::SandboxBuilder::admin_port) has both, redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The provider whose port it came to.
    pub provider: Provider,
    /// The method; empty if the request could not be parsed.
    pub method: String,
    /// The path exactly as on the wire, with its percent-encoding; empty if it could not be parsed.
    pub path: String,
    /// What followed the `?`, as on the wire.
    pub query: Option<String>,
    /// The status of the response; `None` if none was sent (yet).
    pub status: Option<u16>,
    /// The fault that was injected, in the textual form of [`FaultRule`](crate::FaultRule).
    pub fault: Option<String>,
}

/// The log of a sandbox.
#[derive(Debug)]
pub(crate) struct Log {
    clock: Arc<Clock>,
    changes: Arc<Changes>,
    /// Present if headers and bodies are recorded.
    redactor: Option<Redactor>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    requests: Vec<(u64, RecordedRequest)>,
    traffic: Traffic,
}

/// A request's place in the log, which survives a `clear`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// The number of the request, counted from 1.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl Log {
    /// With a redactor, headers and bodies are recorded too.
    pub(crate) fn new(clock: Arc<Clock>, changes: Arc<Changes>, redactor: Option<Redactor>) -> Self {
        Self { clock, changes, redactor, inner: Mutex::default() }
    }

    pub(crate) fn arrived(&self, request: RecordedRequest, headers: &HeaderMap) -> Ticket {
        let exchange = self.redactor.as_ref().map(|redactor| self.exchange(redactor, &request, headers));
        let mut inner = lock(&self.inner);
        inner.last += 1;
        let number = inner.last;
        inner.requests.push((number, request));
        if let Some(exchange) = exchange {
            inner.traffic.push(Exchange { number, ..exchange });
        }
        drop(inner);
        self.changes.mark(Change::Requests);
        Ticket(number)
    }

    /// The body has arrived.
    pub(crate) fn read(&self, ticket: Ticket, headers: &HeaderMap, body: &Bytes) {
        if let Some(redactor) = &self.redactor {
            let shown = traffic::body(redactor, headers, body);
            lock(&self.inner).traffic.update(ticket.0, |exchange| exchange.body = shown);
        }
    }

    pub(crate) fn faulted(&self, ticket: Ticket, fault: String) {
        self.update(
            ticket,
            |request| request.fault = Some(fault.clone()),
            |seen| seen.answer.fault = Some(fault.clone()),
        );
    }

    pub(crate) fn responded(&self, ticket: Ticket, status: u16) {
        self.update(
            ticket,
            |request| request.status = Some(status),
            |seen| {
                (seen.answer.status, seen.answer.ending) = (Some(status), Ending::Answered);
            },
        );
    }

    /// The connection was closed without a response.
    pub(crate) fn hung_up(&self, ticket: Ticket) {
        self.update(ticket, |_| {}, |seen| seen.answer.ending = Ending::Dropped);
    }

    pub(crate) fn snapshot(&self) -> Vec<RecordedRequest> {
        let inner = lock(&self.inner);
        inner.requests.iter().map(|(_, kept)| kept.clone()).collect()
    }

    /// The redacted requests after this number, oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<Exchange> {
        lock(&self.inner).traffic.after(number)
    }

    /// How the newest requests were answered, by number.
    pub(crate) fn answers(&self) -> HashMap<u64, Answer> {
        lock(&self.inner).traffic.answers()
    }

    /// The URL of a receiver, with what may be shown of its query.
    pub(crate) fn redacted_url(&self, url: &str) -> String {
        self.redactor.as_ref().map_or_else(String::new, |redactor| redactor.url(url))
    }

    pub(crate) fn clear(&self) {
        let mut inner = lock(&self.inner);
        inner.requests.clear();
        inner.traffic.clear();
        drop(inner);
        self.changes.mark(Change::Requests);
    }

    fn update(
        &self,
        ticket: Ticket,
        change: impl FnOnce(&mut RecordedRequest),
        show: impl FnOnce(&mut Exchange),
    ) {
        let mut inner = lock(&self.inner);
        if let Ok(at) = inner.requests.binary_search_by_key(&ticket.0, |(id, _)| *id)
            && let Some((_, request)) = inner.requests.get_mut(at)
        {
            change(request);
        }
        inner.traffic.update(ticket.0, show);
        drop(inner);
        self.changes.mark(Change::Requests);
    }

    /// The request as it is shown; its number follows.
    fn exchange(&self, redactor: &Redactor, request: &RecordedRequest, headers: &HeaderMap) -> Exchange {
        Exchange {
            number: 0,
            at: millis_z(self.clock.now()),
            provider: request.provider.as_str(),
            method: redactor.text(&request.method),
            path: shortened(redactor.path(&request.path)),
            query: request.query.as_deref().map(|query| shortened(redactor.form(query))),
            answer: Answer {
                ending: if request.status.is_some() { Ending::Answered } else { Ending::Open },
                status: request.status,
                fault: request.fault.clone(),
            },
            headers: traffic::headers(redactor, headers),
            body: Shown::default(),
        }
    }
}
