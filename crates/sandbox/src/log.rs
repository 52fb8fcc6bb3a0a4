//! What arrived on the wire. No header and no body is ever recorded.

use std::sync::Mutex;

use crate::{lock::lock, provider::Provider};

/// One request as it arrived.
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

#[derive(Debug, Default)]
pub(crate) struct Log {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    requests: Vec<(u64, RecordedRequest)>,
}

/// A request's place in the log, which survives a `clear`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Log {
    pub(crate) fn arrived(&self, request: RecordedRequest) -> Ticket {
        let mut inner = lock(&self.inner);
        let ticket = inner.next;
        inner.next += 1;
        inner.requests.push((ticket, request));
        Ticket(ticket)
    }

    pub(crate) fn faulted(&self, ticket: Ticket, fault: String) {
        self.update(ticket, |request| request.fault = Some(fault));
    }

    pub(crate) fn responded(&self, ticket: Ticket, status: u16) {
        self.update(ticket, |request| request.status = Some(status));
    }

    pub(crate) fn snapshot(&self) -> Vec<RecordedRequest> {
        let inner = lock(&self.inner);
        inner.requests.iter().map(|(_, kept)| kept.clone()).collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.inner).requests.clear();
    }

    fn update(&self, ticket: Ticket, change: impl FnOnce(&mut RecordedRequest)) {
        let mut inner = lock(&self.inner);
        if let Ok(at) = inner.requests.binary_search_by_key(&ticket.0, |(id, _)| *id)
            && let Some((_, request)) = inner.requests.get_mut(at)
        {
            change(request);
        }
    }
}
