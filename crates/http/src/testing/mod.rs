//! For tests of adapters: a transport that plays a script, so that no socket is needed, and one that
//! fails below HTTP.

mod faulty;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::HeaderName};

pub use self::faulty::FaultyTransport;
use crate::gate::RequestGate;
use crate::signature::Digest;
use crate::transport::{Body, Transport, TransportError, TransportErrorKind};

/// The code with which a provider signs these bytes, in lower case hexadecimal: for the webhooks of a
/// server in tests.
///
/// ```
/// use refunds_http::{Digest, HmacKey, is_signed, testing::sign};
///
/// let message: [&[u8]; 3] = [b"1700000000", b".", b"{}"];
/// let code = sign(Digest::Sha256, "a secret", &message);
/// assert!(is_signed(Digest::Sha256, [HmacKey::text(&"a secret".to_owned().into())], &message, &code));
/// ```
#[must_use]
pub fn sign(digest: Digest, secret: &str, message: &[&[u8]]) -> String {
    crate::signature::code(digest, secret.as_bytes(), message)
}

/// Plays a list of replies, one per request, and keeps the requests. A request that its
/// [gate](RequestGate) keeps back did not arrive, and takes no reply.
///
/// ```
/// use refunds_http::testing::{Reply, ScriptedTransport};
///
/// let transport = ScriptedTransport::new([
///     Reply::json(401, "{}"),
///     Reply::json(200, r#"{"id":"ref_1"}"#).header("x-request-id", "req-1"),
/// ]);
/// assert!(transport.requests().is_empty());
/// ```
#[derive(Debug, Default)]
pub struct ScriptedTransport {
    script: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<RecordedRequest>>,
}

impl ScriptedTransport {
    /// Plays `replies` in their order. A request beyond them fails as one that was never sent.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { script: Mutex::new(replies.into_iter().collect()), requests: Mutex::default() }
    }

    /// Adds a reply to the end.
    pub fn push(&self, reply: Reply) {
        lock(&self.script).push_back(reply);
    }

    /// The requests until now.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.requests).clone()
    }

    /// How many replies are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        lock(&self.script).len()
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        // What fails before it is sent does not ask the gate, and what a closed gate keeps back does not
        // arrive.
        let leaves =
            !matches!(lock(&self.script).front(), None | Some(Reply(Play::Fail { sent: false, .. })));
        if leaves {
            pass(&request)?;
        }
        let (head, body) = request.into_parts();
        let uri = head.uri;
        lock(&self.requests).push(RecordedRequest {
            method: head.method,
            path: uri.path().to_owned(),
            query: uri.query().map(ToOwned::to_owned),
            uri: uri.to_string(),
            headers: head.headers,
            body,
        });
        let reply = lock(&self.script).pop_front();
        let Some(Reply(reply)) = reply else {
            return Err(
                TransportError::unsent(TransportErrorKind::Connect).with_source("the script has ended")
            );
        };
        match reply {
            Play::Response { status, headers, body, cut } => {
                let mut response = http::Response::new(match cut {
                    None => Body::full(body),
                    Some(kind) => Body::from_stream(
                        stream::iter([Ok(body)]).chain(stream::iter([Err(TransportError::sent(kind))])),
                    ),
                });
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                Ok(response)
            }
            Play::Fail { kind, sent: true } => Err(TransportError::sent(kind)),
            Play::Fail { kind, sent: false } => Err(TransportError::unsent(kind)),
            Play::Silence => future::pending().await,
        }
    }

    fn asks_gate(&self) -> bool {
        true
    }
}

/// Asks the gate of a request whose bytes are about to leave.
fn pass(request: &http::Request<Bytes>) -> Result<(), TransportError> {
    match request.extensions().get::<RequestGate>() {
        Some(gate) if !gate.begin() => Err(TransportError::unsent(TransportErrorKind::Expired)),
        _ => Ok(()),
    }
}

/// What a [`ScriptedTransport`] does with one request.
#[derive(Clone)]
pub struct Reply(Play);

#[derive(Clone)]
enum Play {
    Response { status: StatusCode, headers: HeaderMap, body: Bytes, cut: Option<TransportErrorKind> },
    Fail { kind: TransportErrorKind, sent: bool },
    Silence,
}

impl Reply {
    /// Answers with a JSON body.
    ///
    /// # Panics
    ///
    /// If `status` is none.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::bytes(status, body).header("content-type", "application/json")
    }

    /// Answers with any body.
    ///
    /// # Panics
    ///
    /// If `status` is none.
    #[must_use]
    pub fn bytes(status: u16, body: impl Into<Bytes>) -> Self {
        let Ok(status) = StatusCode::from_u16(status) else { panic!("{status} is not a status") };
        Self(Play::Response { status, headers: HeaderMap::new(), body: body.into(), cut: None })
    }

    /// Fails, before or after the request was `sent`.
    #[must_use]
    pub fn fail(kind: TransportErrorKind, sent: bool) -> Self {
        Self(Play::Fail { kind, sent })
    }

    /// Never responds.
    #[must_use]
    pub fn silence() -> Self {
        Self(Play::Silence)
    }

    /// Adds a header to a response.
    ///
    /// # Panics
    ///
    /// If name or value is not valid in HTTP.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let Ok(value) = HeaderValue::from_str(value) else { panic!("no value of a header: {value:?}") };
        if let Play::Response { headers, .. } = &mut self.0 {
            headers.append(HeaderName::from_static(name), value);
        }
        self
    }

    /// Breaks the connection after the body of a response.
    #[must_use]
    pub fn cut(mut self, kind: TransportErrorKind) -> Self {
        if let Play::Response { cut, .. } = &mut self.0 {
            *cut = Some(kind);
        }
        self
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Play::Response { status, .. } => write!(f, "Reply({status})"),
            Play::Fail { kind, sent } => write!(f, "Reply(fail {kind:?}, sent: {sent})"),
            Play::Silence => f.write_str("Reply(silence)"),
        }
    }
}

/// A request as a [`ScriptedTransport`] got it. `Debug` leaves out headers and body.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub uri: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, percent-encoded.
    pub query: Option<String>,
    /// All headers, credentials included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl RecordedRequest {
    /// A header, if it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
