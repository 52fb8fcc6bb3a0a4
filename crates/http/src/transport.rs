//! The seam below which bytes travel.

use std::{
    borrow::Cow,
    error::Error as StdError,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use refunds_core::ErrorKind;

use crate::failure::Failure;

/// The target of this crate's spans and events.
pub(crate) const TARGET: &str = "refunds_http";

/// Carries one request to the provider and its response back.
///
/// [`ReqwestTransport`](crate::ReqwestTransport) is used unless another transport is given. A replacement
/// makes **one** attempt: it follows no redirects and repeats nothing, with one exception. It may send a
/// request again if the server certainly did not process it: over HTTP/2, if the server refused the stream,
/// or left it out when it closed the connection without an error (RFC 9113, sections 6.8 and 8.7).
/// [`TransportError::is_sent`] must be exact: it decides whether a refund is treated as lost or safely
/// repeated.
///
/// The caller limits the time and the length of the body.
///
/// A request may have a gate, which a transport asks right before its bytes leave: see
/// [`RequestGate`](crate::RequestGate).
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    label = "this does not implement `Transport`",
    note = "`ReqwestTransport` is one, and `testing::ScriptedTransport` in tests; to wrap one or to write one, see `refunds_http::Transport`"
)]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends the request and returns as soon as the response's head has arrived.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if no complete response head came back.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError>;

    /// Whether it asks the [`RequestGate`](crate::RequestGate) of a request right before bytes leave. A
    /// transport that wraps another one forwards this call.
    ///
    /// If it does not ask, the client asks the gate before it calls [`send`](Self::send): a slow connection
    /// may then let a request leave late.
    fn asks_gate(&self) -> bool {
        false
    }
}

/// A response's body, as it arrives.
pub struct Body(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>);

impl Body {
    /// A body that arrives in pieces.
    pub fn from_stream(pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Box::pin(pieces))
    }

    /// A body that is there already.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::from_stream(stream::iter([Ok(bytes)]))
    }

    pub(crate) async fn piece(&mut self) -> Option<Result<Bytes, TransportError>> {
        self.0.next().await
    }
}

/// For transports that wrap another one: to count, record or alter what passes.
impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

/// How an exchange failed below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The transport cannot work with the current settings: there are no certificates, one is not trusted,
    /// or the proxy setting cannot be read. Trying again does not help.
    Setup,
    /// The request cannot be sent in its present form.
    Request,
    /// No connection: name look-up, connection or TLS handshake failed.
    Connect,
    /// A time limit was exceeded.
    Timeout,
    /// The request did not leave in time: its [gate](crate::RequestGate) was closed when it was about to
    /// leave, or it was never its turn.
    Expired,
    /// The connection broke, or the response was cut off.
    Broken,
}

impl TransportErrorKind {
    fn describe(self) -> (ErrorKind, &'static str) {
        match self {
            Self::Setup => {
                (ErrorKind::Config, "TLS could not be set up; are the system's CA certificates installed?")
            }
            Self::Request => (ErrorKind::InvalidRequest, "the request could not be put on the wire"),
            Self::Connect => (ErrorKind::Transport, "no connection to the provider"),
            Self::Timeout => (ErrorKind::Timeout, "no response in time"),
            Self::Expired => (ErrorKind::Timeout, "the request was not sent in time"),
            Self::Broken => (ErrorKind::Transport, "the connection broke before the response was complete"),
        }
    }
}

/// An exchange that failed below HTTP.
///
/// Neither its message nor its source may contain the request's URL, headers or body.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    sent: bool,
    message: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failure after which the provider certainly has not processed the request and never will: the
    /// connection was never made, or the provider said that it did not take the request.
    #[must_use]
    pub fn unsent(kind: TransportErrorKind) -> Self {
        Self { kind, sent: false, message: None, source: None }
    }

    /// A failure after the request, or a part of it, may have left. The careful choice.
    #[must_use]
    pub fn sent(kind: TransportErrorKind) -> Self {
        Self { kind, sent: true, message: None, source: None }
    }

    /// Says more exactly what went wrong than the kind does.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// In which way it failed.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the provider may have processed the request, or may still do so.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.sent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = &self.message {
            return f.write_str(message);
        }
        f.write_str(match (self.kind, self.sent) {
            (TransportErrorKind::Timeout, false) => "no connection to the provider in time",
            (TransportErrorKind::Broken, false) => {
                "the connection ended before the provider took the request"
            }
            (kind, _) => kind.describe().1,
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        let message = error.to_string();
        let (kind, _) = error.kind.describe();
        let failure = if error.sent { Self::sent(kind, message) } else { Self::unsent(kind, message) };
        failure.with_source(error.source)
    }
}
