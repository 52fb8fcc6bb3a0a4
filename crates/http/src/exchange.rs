//! One call of [`HttpClient::send`](crate::HttpClient::send): credential, exchange, response.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http::{
    HeaderMap, HeaderName,
    header::{AUTHORIZATION, CONTENT_LENGTH},
};
use refunds_core::{BoxFuture, Clock, Error, ErrorKind, Result};
use tracing::{Instrument as _, Span, field::Empty};

use crate::{
    auth::{Authorizer, Credential},
    base_url::BaseUrl,
    failure::{Context, Failure},
    gate::RequestGate,
    provider_error::{Decoder, ErrorBody, response_error},
    request::Request,
    request_id::{RequestId, SentSecrets},
    response::Response,
    transport::{Body, TARGET, Transport, TransportError, TransportErrorKind},
};

const MAX_ERROR_BODY: usize = 64 << 10;
/// How much space is reserved because a response announces it.
const MAX_TRUSTED_LEN: usize = 1 << 20;

/// What a client is made of.
#[derive(Clone)]
pub(crate) struct ClientState {
    pub(crate) provider: Arc<str>,
    pub(crate) base: BaseUrl,
    pub(crate) headers: HeaderMap,
    pub(crate) auth: Option<Arc<dyn Authorizer>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) timeout: Duration,
    pub(crate) request_id_header: Option<HeaderName>,
    pub(crate) decoder: Option<Arc<Decoder>>,
}

pub(crate) async fn send(client: &ClientState, request: &Request) -> Result<Response> {
    let context = Context {
        provider: client.provider.clone(),
        operation: request.operation(),
        write: request.is_write(),
    };
    let call = Call { client, request, context: &context };
    let wire = call.prepare()?;
    let mut deadline = client.clock.limit(request.time_limit(client.timeout));

    let first = call.credential(&mut deadline).await?;
    match call.traced(wire, first.as_ref(), true, &mut deadline).await? {
        Outcome::Response(response) => Ok(response),
        Outcome::Refused => {
            let second = call.credential(&mut deadline).await?;
            match call.traced(call.prepare()?, second.as_ref(), false, &mut deadline).await? {
                Outcome::Response(response) => Ok(response),
                Outcome::Refused => {
                    Err(context.error(ErrorKind::Unauthenticated, "HTTP 401 Unauthorized", false))
                }
            }
        }
    }
}

struct Call<'a> {
    client: &'a ClientState,
    request: &'a Request,
    context: &'a Context,
}

#[expect(clippy::large_enum_variant, reason = "the small one is rare")]
enum Outcome {
    Response(Response),
    /// The credential was refused, and there is another one to try.
    Refused,
}

/// A request that the transport has.
struct Sent<'a> {
    gate: Option<RequestGate>,
    request_id: RequestId,
    response: BoxFuture<'a, Result<http::Response<Body>, TransportError>>,
}

type Deadline = BoxFuture<'static, ()>;

impl Call<'_> {
    /// The credential to send now. Whatever goes wrong, the request was not sent.
    async fn credential(&self, deadline: &mut Deadline) -> Result<Option<Credential>> {
        let Some(auth) = &self.client.auth else { return Ok(None) };
        match within(deadline, auth.credential()).await {
            Some(Ok(credential)) => Ok(Some(credential)),
            Some(Err(error)) => Err(self.context.without_credential(error)),
            None => Err(self.context.fail(Failure::unsent(ErrorKind::Timeout, "no credential in time"))),
        }
    }

    fn prepare(&self) -> Result<http::Request<Bytes>> {
        self.request.prepare(&self.client.base, &self.client.headers).map_err(|fault| self.fail(fault))
    }

    /// One exchange, in a span that shows nothing of what was exchanged.
    async fn traced(
        &self,
        wire: http::Request<Bytes>,
        credential: Option<&Credential>,
        renewable: bool,
        deadline: &mut Deadline,
    ) -> Result<Outcome> {
        let span = tracing::debug_span!(
            target: TARGET,
            "http.exchange",
            provider = &*self.context.provider,
            operation = self.context.operation.as_str(),
            method = self.request.method().as_str(),
            status = Empty,
            request_id = Empty,
            elapsed_ms = Empty,
        );
        let is_watched = !span.is_none();
        let started = is_watched.then(|| self.client.clock.monotonic());
        let outcome = match span.in_scope(|| self.begin(wire, credential)) {
            Ok(sent) => {
                self.finish(sent, credential, renewable, deadline, &span).instrument(span.clone()).await
            }
            Err(error) => Err(error),
        };
        if let Some(started) = started {
            let elapsed = self.client.clock.monotonic().saturating_sub(started);
            span.record("elapsed_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        }
        span.in_scope(|| match &outcome {
            Ok(Outcome::Response(_)) => tracing::debug!(target: TARGET, "response received"),
            Ok(Outcome::Refused) => {
                tracing::debug!(target: TARGET, "credential refused, another one is tried");
            }
            Err(error) => tracing::debug!(
                target: TARGET,
                kind = error.kind().as_str(),
                may_have_applied = error.may_have_applied(),
                "exchange failed"
            ),
        });
        outcome
    }

    /// Hands the request to the transport, which sends it while [`finish`](Self::finish) waits.
    fn begin(&self, mut wire: http::Request<Bytes>, credential: Option<&Credential>) -> Result<Sent<'_>> {
        if let Some(credential) = credential {
            // A token that was fetched is well-formed: this one is from the settings.
            let value = credential.header().ok_or_else(|| {
                let message = "the credential is empty or not a valid header value";
                self.fail(Failure::unsent(ErrorKind::Config, message))
            })?;
            wire.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        let secrets = SentSecrets::of(wire.headers());
        let gate = wire.extensions().get::<RequestGate>().cloned();
        let asked_by_us = gate.as_ref().filter(|_| !self.client.transport.asks_gate());
        if asked_by_us.is_some_and(|gate| !gate.begin()) {
            return Err(self.fail(TransportError::unsent(TransportErrorKind::Expired)));
        }
        Ok(Sent {
            gate,
            request_id: RequestId::new(self.client.request_id_header.as_ref(), secrets),
            response: self.client.transport.send(wire),
        })
    }

    async fn finish(
        &self,
        sent: Sent<'_>,
        credential: Option<&Credential>,
        renewable: bool,
        deadline: &mut Deadline,
        span: &Span,
    ) -> Result<Outcome> {
        let Sent { gate, request_id, response } = sent;
        let (head, body) = match within(deadline, response).await {
            Some(Ok(response)) => response.into_parts(),
            Some(Err(error)) => return Err(self.fail(error)),
            // The transport was dropped just now. It may have noted that nothing left by then.
            None if gate.is_some_and(|gate| gate.is_unsent()) => {
                return Err(self.fail(TransportError::unsent(TransportErrorKind::Expired)));
            }
            None => return Err(self.fail(late())),
        };
        let limit = self.request.limit();
        let named = |error: Error| match request_id.in_headers(&head.headers) {
            Some(id) => error.with_request_id(id),
            None => error,
        };
        let record_id = || {
            if !span.is_none() {
                record_id(span, request_id.in_headers(&head.headers));
            }
        };
        span.record("status", head.status.as_u16());

        if head.status.is_success() {
            record_id();
            let announced = announced(&head.headers);
            if announced.is_some_and(|bytes| bytes > limit) {
                return Err(named(self.fail(too_long(limit))));
            }
            let read = within(deadline, read(body, limit, announced)).await.unwrap_or_else(|| Err(late()));
            return match read {
                Ok(body) => Ok(Outcome::Response(Response {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body,
                    request_id,
                    context: self.context.clone(),
                })),
                Err(failure) => Err(named(self.fail(failure))),
            };
        }

        if let (401, true, Some(auth), Some(credential)) =
            (head.status.as_u16(), renewable, &self.client.auth, credential)
            && auth.refused(credential)
        {
            record_id();
            return Ok(Outcome::Refused);
        }
        // The status has decided already: a body that is late, cut off or too long only takes away
        // the provider's words.
        let limit = limit.min(MAX_ERROR_BODY);
        let body = match within(deadline, read(body, limit, None)).await {
            Some(Ok(body)) => body,
            Some(Err(_)) | None => Bytes::new(),
        };
        let id = request_id.in_headers(&head.headers).map(ToOwned::to_owned);
        let response = ErrorBody {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            write: self.context.write,
        };
        let decoder = self.client.decoder.as_deref();
        let error =
            response_error(self.context, &response, id, decoder, &*self.client.clock, &request_id.secrets());
        self::record_id(span, error.request_id());
        Err(error)
    }

    fn fail(&self, failure: impl Into<Failure>) -> Error {
        self.context.fail(failure.into())
    }
}

/// Records the provider's id of the request in the span of its exchange.
fn record_id(span: &Span, request_id: Option<&str>) {
    if let Some(id) = request_id {
        span.record("request_id", id);
    }
}

/// What `work` returns, or nothing if the deadline passes first.
async fn within<T>(deadline: &mut Deadline, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), deadline).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// The whole body. Almost all are announced, and many come in one piece, which need not be copied.
async fn read(mut body: Body, limit: usize, announced: Option<usize>) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut read = BytesMut::new();
    while let Some(piece) = body.piece().await {
        let piece = piece?;
        if piece.len() > limit - first.len().max(read.len()) {
            return Err(too_long(limit));
        }
        if first.is_empty() && read.is_empty() {
            first = piece;
            continue;
        }
        if read.is_empty() {
            read.reserve(announced.unwrap_or_default().min(MAX_TRUSTED_LEN).max(first.len() + piece.len()));
            read.extend_from_slice(&std::mem::take(&mut first));
        }
        read.extend_from_slice(&piece);
    }
    Ok(if read.is_empty() { first } else { read.freeze() })
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn late() -> Failure {
    Failure::sent(ErrorKind::Timeout, "no complete response in time")
}

fn too_long(limit: usize) -> Failure {
    Failure::sent(ErrorKind::Protocol, format!("the response is longer than {limit} bytes"))
}
