//! The transport in use unless another is given.

use std::{error::Error as StdError, fmt, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use crate::{
    base_url::is_loopback,
    transport::{Body, Limits, Transport, TransportError, TransportErrorKind as Kind},
};

/// HTTP/1.1 and HTTP/2 over rustls, with the machine's certificates.
///
/// Follows no redirects, repeats nothing and keeps connections for reuse. The machine's proxy
/// settings (`HTTPS_PROXY` and so on) count, except for loopback hosts. What it needs is set up with
/// the first request; plain HTTP needs no certificates.
pub struct ReqwestTransport {
    connect_timeout: Duration,
    /// With or without TLS, to loopback or not.
    clients: [OnceLock<Result<reqwest::Client, Cause>>; 4],
}

impl ReqwestTransport {
    /// A transport that gives up on a connection that is not there after `connect_timeout`: name
    /// look-up and TLS handshake included.
    #[must_use]
    pub fn new(connect_timeout: Duration) -> Self {
        Self { connect_timeout, clients: Default::default() }
    }

    fn client(&self, tls: bool, loopback: bool) -> Result<&reqwest::Client, TransportError> {
        let slot = &self.clients[usize::from(tls) * 2 + usize::from(loopback)];
        let made = slot.get_or_init(|| {
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
            if !tls {
                builder = builder.tls_certs_only([]);
            }
            builder.build().map_err(Cause::new)
        });
        made.as_ref().map_err(|cause| TransportError::unsent(Kind::Setup).with_source(cause.clone()))
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _limits: Limits,
    ) -> Result<http::Response<Body>, TransportError> {
        let uri = request.uri().clone();
        let tls = uri.scheme() != Some(&http::uri::Scheme::HTTP);
        let client = self.client(tls, uri.host().is_some_and(is_loopback))?;
        let request = reqwest::Request::try_from(request).map_err(failure)?;
        if request.url().path() != uri.path() {
            // A path that the URL parser reads in another way than it was meant.
            return Err(TransportError::unsent(Kind::Request));
        }
        let mut response = client.execute(request).await.map_err(failure)?;
        let mut answer = http::Response::new(());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer.map(|()| {
            Body::from_stream(stream::try_unfold(response, |mut response| async {
                let piece =
                    response.chunk().await.map_err(|error| broken(&error).with_source(Cause::new(error)))?;
                Ok(piece.map(|piece| (piece, response)))
            }))
        }))
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    // A connection that was not there in time is both: ask for the connection first.
    let failure = if error.is_builder() {
        TransportError::unsent(Kind::Request)
    } else if error.is_connect() {
        TransportError::unsent(if error.is_timeout() { Kind::Timeout } else { Kind::Connect })
    } else {
        broken(&error)
    };
    failure.with_source(Cause::new(error))
}

fn broken(error: &reqwest::Error) -> TransportError {
    TransportError::sent(if error.is_timeout() { Kind::Timeout } else { Kind::Broken })
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

const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
