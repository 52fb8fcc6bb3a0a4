//! The transport in use unless another is given.

use std::{error::Error as StdError, fmt, pin::pin, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{
    future::{Either, select},
    stream,
};
use http::Version;

use crate::{
    authorities::Authorities,
    base_url::is_loopback,
    gate::RequestGate,
    outgoing::{Reached, Sending},
    proxy::ProxyFault,
    tls,
    transport::{Body, TARGET, Transport, TransportError, TransportErrorKind as Kind},
    verdict::{Verdict, verdict},
};

/// More bytes than this do not make an alert of anything.
const MAX_ALERT: usize = 7;
const MAX_RESENDS: usize = 3;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// HTTP/1.1 and HTTP/2 over rustls, with the machine's certificates.
///
/// Follows no redirects and keeps connections for reuse. The machine's proxy settings (`HTTPS_PROXY`
/// and so on) count, except for loopback hosts; a proxy that cannot be read is an error for the requests
/// that would use it. What it needs is set up with the first request; plain HTTP needs no certificates.
///
/// A request that the server certainly did not process is sent again, up to three times and each time
/// on a new connection of its own: one whose stream the server refused, or left out when it ended the
/// connection in good order, as servers do after some number of requests; and one that waits for its
/// turn on a shared connection for longer than a new one may take.
pub struct ReqwestTransport {
    connect_timeout: Duration,
    authorities: Option<Authorities>,
    /// With or without TLS, to loopback or not.
    clients: [OnceLock<Result<Clients, Cause>>; 4],
}

struct Clients {
    /// Keeps connections and shares them between requests.
    shared: reqwest::Client,
    /// Makes a connection for each request. When a shared one ends, all of its requests would meet
    /// again on the next one, and could end it as well.
    single: OnceLock<Option<reqwest::Client>>,
    proxy_fault: Option<ProxyFault>,
}

impl ReqwestTransport {
    /// A transport that gives up on a connection that is not there after `connect_timeout`: name
    /// look-up and TLS handshake included.
    #[must_use]
    pub fn new(connect_timeout: Duration) -> Self {
        Self { connect_timeout, authorities: None, clients: Default::default() }
    }

    /// Trusts these authorities beside the machine's.
    #[must_use]
    pub fn with_authorities(self, authorities: Authorities) -> Self {
        Self { authorities: Some(authorities), ..self }
    }

    fn clients(&self, tls: bool, loopback: bool) -> Result<&Clients, TransportError> {
        let slot = &self.clients[usize::from(tls) * 2 + usize::from(loopback)];
        let made = slot.get_or_init(|| {
            let shared = self.builder(tls, loopback).build().map_err(Cause::new)?;
            let proxy_fault = if loopback { None } else { ProxyFault::find(tls) };
            Ok(Clients { shared, single: OnceLock::new(), proxy_fault })
        });
        made.as_ref().map_err(|cause| {
            let error = TransportError::unsent(Kind::Setup).with_source(cause.clone());
            match tls::no_authorities() {
                Some(message) if tls => error.with_message(message),
                _ => error,
            }
        })
    }

    fn builder(&self, tls: bool, loopback: bool) -> reqwest::ClientBuilder {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(self.connect_timeout)
            // Shorter than servers and balancers keep theirs, or writes get lost on dead ones.
            .pool_idle_timeout(IDLE_TIMEOUT);
        if loopback {
            builder = builder.no_proxy();
        }
        if tls && let Some(authorities) = &self.authorities {
            builder = builder.tls_certs_merge(authorities.certificates());
        }
        if !tls {
            // What is not HTTP counts as HTTP/0.9 then, which `not_http` looks at and refuses.
            builder = builder.tls_certs_only([]).http09_responses();
        }
        builder
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        let uri = request.uri();
        let (tls, loopback) =
            (uri.scheme() != Some(&http::uri::Scheme::HTTP), uri.host().is_some_and(is_loopback));
        let clients = self.clients(tls, loopback)?;
        if let Some(fault) = &clients.proxy_fault
            && fault.concerns(uri)
        {
            return Err(TransportError::unsent(Kind::Setup).with_message(fault.message()));
        }
        let stall = self.connect_timeout * 3 / 2;
        let mut client = &clients.shared;
        for _ in 0..MAX_RESENDS {
            match once(client, &request, stall).await {
                Err(Verdict { again: true, .. }) => {
                    tracing::debug!(target: TARGET, "the server did not take the request, which is sent again");
                    let single = || self.builder(tls, loopback).pool_max_idle_per_host(0).build().ok();
                    client = clients.single.get_or_init(single).as_ref().unwrap_or(client);
                }
                Err(Verdict { error, .. }) => return Err(error),
                Ok(response) => return Ok(response),
            }
        }
        once(client, &request, stall).await.map_err(|verdict| verdict.error)
    }

    fn asks_gate(&self) -> bool {
        true
    }
}

/// Sends the request once. A body that is not requested within `stall` is not sent any more.
async fn once(
    client: &reqwest::Client,
    request: &http::Request<Bytes>,
    stall: Duration,
) -> Result<http::Response<Body>, Verdict> {
    let gate = request.extensions().get().cloned().unwrap_or_else(RequestGate::open);
    let read = gate.is_read();
    let (sending, body) = Sending::new(request.body().clone(), gate).ok_or_else(Verdict::expired)?;
    let judge = |error: reqwest::Error| {
        let mut verdict = verdict(&error, sending.stop(), read);
        verdict.error = verdict.error.with_source(Cause::new(error));
        verdict
    };
    let mut head = http::Request::new(body);
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    let wire = reqwest::Request::try_from(head).map_err(judge)?;
    if wire.url().path() != request.uri().path() {
        // A path that the URL parser reads in another way than it was meant.
        return Err(Verdict { error: TransportError::unsent(Kind::Request), again: false });
    }
    let executed = match select(pin!(client.execute(wire)), pin!(tokio::time::sleep(stall))).await {
        Either::Left((executed, _)) => executed,
        Either::Right(((), _)) if sending.stop() == Reached::Nothing => return Err(Verdict::stalled()),
        Either::Right(((), execution)) => execution.await,
    };
    if sending.is_refused() {
        // Whatever the server made of a head without its body.
        return Err(Verdict::expired());
    }
    let mut received = executed.map_err(judge)?;
    if received.version() == Version::HTTP_09 {
        return Err(Verdict { error: not_http(received).await, again: false });
    }
    let mut response = http::Response::new(());
    *response.status_mut() = received.status();
    *response.version_mut() = received.version();
    *response.headers_mut() = std::mem::take(received.headers_mut());
    Ok(response.map(|()| {
        Body::from_stream(stream::try_unfold(received, |mut received| async {
            let piece = received.chunk().await.map_err(broken)?;
            Ok(piece.map(|piece| (piece, received)))
        }))
    }))
}

/// What a response is that does not begin as one. A server that answers with an alert of TLS has read the
/// request as one, and there was no request in it.
async fn not_http(mut response: reqwest::Response) -> TransportError {
    let mut begin = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        begin.extend_from_slice(&piece);
        if tls::is_alert(&begin) {
            let message = "the server speaks TLS at this port; does the base URL begin with https://?";
            return TransportError::unsent(Kind::Setup).with_message(message);
        }
        if begin.len() >= MAX_ALERT {
            break;
        }
    }
    TransportError::sent(Kind::Broken).with_message("the response is not HTTP")
}

/// What a failure after the response's head means.
fn broken(error: reqwest::Error) -> TransportError {
    TransportError::sent(if error.is_timeout() { Kind::Timeout } else { Kind::Broken })
        .with_source(Cause::new(error))
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

/// What reqwest and the layers below have to say, without the address, which may hold ids.
#[derive(Clone, Debug)]
struct Cause(String);

impl Cause {
    fn new(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // One nested deeper would print its address again.
            if !cause.is::<reqwest::Error>() {
                text.push_str(": ");
                text.push_str(&cause.to_string());
            }
            source = cause.source();
        }
        Self(crate::redact(&text))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Cause {}
