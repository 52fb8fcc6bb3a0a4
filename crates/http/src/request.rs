//! One exchange to make.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use refunds_core::{ErrorKind, Operation, SendWindow};
use serde::Serialize;
use url::form_urlencoded;

use crate::{
    base_url::BaseUrl,
    failure::Failure,
    gate::{RequestGate, SendGate},
};

const DEFAULT_BODY_LIMIT: usize = 1 << 20;
const MAX_SEGMENT_LEN: usize = 1024;
const USUAL_PATH: usize = 128;

/// All but RFC 3986's unreserved characters is encoded, in paths and queries.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One HTTP exchange to make, relative to the client's [`BaseUrl`].
///
/// ```
/// use refunds_core::Operation;
/// use refunds_http::Request;
///
/// let request = Request::post(Operation::SubmitRefund)
///     .paths(["transactions", "fe26475d", "refunds"])
///     .header("idempotency-key", "rma-551")
///     .json(&serde_json::json!({ "amount": 1299 }));
/// ```
///
/// An invalid part is reported when the request is sent, before anything leaves the machine.
/// `Debug` shows neither path, query, header values nor body.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: Method,
    operation: Operation,
    write: bool,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    body_limit: usize,
    timeout: Option<Duration>,
    gate: Option<Arc<dyn SendGate>>,
    fault: Option<&'static str>,
}

impl Request {
    /// A `GET`; a read.
    pub fn get(operation: Operation) -> Self {
        Self::new(Method::GET, operation)
    }

    /// A `POST`; a write, unless [`read`](Self::read) says otherwise.
    pub fn post(operation: Operation) -> Self {
        Self::new(Method::POST, operation)
    }

    /// A `DELETE`; a write, unless [`read`](Self::read) says otherwise.
    pub fn delete(operation: Operation) -> Self {
        Self::new(Method::DELETE, operation)
    }

    fn new(method: Method, operation: Operation) -> Self {
        Self {
            write: method != Method::GET,
            method,
            operation,
            path: String::new(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            body_limit: DEFAULT_BODY_LIMIT,
            timeout: None,
            gate: None,
            fault: None,
        }
    }

    /// Appends one segment of the path, whatever it holds: slashes and the like are encoded.
    ///
    /// Sending fails, before anything is sent, if it is empty, `.`, `..`, over-long or holds control
    /// characters.
    pub fn path(self, segment: &str) -> Self {
        self.paths([segment])
    }

    /// Appends several segments of the path, each as [`path`](Self::path) does.
    pub fn paths<'a>(mut self, segments: impl IntoIterator<Item = &'a str>) -> Self {
        if self.path.is_empty() {
            self.path.reserve(USUAL_PATH);
        }
        for segment in segments {
            if let Err(fault) = push_segment(&mut self.path, segment) {
                self.fault.get_or_insert(fault);
            }
        }
        self
    }

    /// Adds a parameter to the query; name and value are encoded.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.extend(utf8_percent_encode(name, RESERVED));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(&value.to_string(), RESERVED));
        self
    }

    /// Sets a header. Its name is in lower case.
    ///
    /// Sending fails, before anything is sent, if the value holds anything but visible ASCII
    /// characters and blanks.
    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.set_header(name, value, false)
    }

    /// Sets a header whose value is a secret: marked as such for the layers below, and taken out of
    /// error messages if the provider repeats it.
    pub fn sensitive_header(self, name: &'static str, value: &str) -> Self {
        self.set_header(name, value, true)
    }

    /// Sets the body, as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        let Ok(body) = serde_json::to_vec(body) else {
            return self.faulty("the body cannot be written as JSON");
        };
        self.body = body.into();
        self.header("content-type", "application/json")
    }

    /// Sets the body, as a form (`application/x-www-form-urlencoded`): names and values in their order,
    /// encoded. A name may appear more than once; without pairs there is no body.
    ///
    /// ```
    /// use refunds_core::Operation;
    /// use refunds_http::Request;
    ///
    /// let request = Request::post(Operation::SubmitRefund)
    ///     .path("refunds")
    ///     .form([("amount", "1299"), ("metadata[order]", "42 & 43")]);
    /// ```
    pub fn form(mut self, pairs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> Self {
        self.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sets the body, as it is.
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// How many bytes the response's body may have; one MiB, unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long this call may take altogether, from the credential to the last byte of the response. It
    /// only shortens the [client's limit](crate::HttpClientBuilder::timeout), and it never lengthens it.
    ///
    /// It ends in [`ErrorKind::Timeout`]. A write that had left by then may have been applied. With a limit
    /// shorter than the one of the connection, this can be said of a write that never left, too.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Asks `gate` right before the request leaves, each time that it is sent. If the gate is closed,
    /// nothing leaves, and the call fails with [`ErrorKind::Timeout`], not applied.
    pub fn send_gate(mut self, gate: Arc<dyn SendGate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Lets the request leave only within `window`. Set it on the request that moves money, to the
    /// [window](refunds_core::SubmitRefund::window) of the submission. `None` lets it leave at any time.
    pub fn send_window(self, window: Option<&SendWindow>) -> Self {
        match window {
            Some(window) => self.send_gate(Arc::new(window.clone())),
            None => self,
        }
    }

    /// States that it moves no money, such as the call for a token: whatever happens, nothing was
    /// applied.
    pub fn read(mut self) -> Self {
        self.write = false;
        self
    }

    /// What is being done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Whether it moves money.
    pub fn is_write(&self) -> bool {
        self.write
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn limit(&self) -> usize {
        self.body_limit
    }

    /// How long it may take at a client with this limit.
    pub(crate) fn time_limit(&self, client: Duration) -> Duration {
        self.timeout.map_or(client, |own| own.min(client))
    }

    /// The exchange as it goes over the wire, without credentials.
    pub(crate) fn prepare(
        &self,
        base: &BaseUrl,
        defaults: &HeaderMap,
    ) -> Result<http::Request<Bytes>, Failure> {
        if let Some(fault) = self.fault {
            return Err(Failure::unsent(ErrorKind::InvalidRequest, fault));
        }
        let uri = [base.as_str(), &self.path, &self.query].concat();
        let uri = Uri::from_maybe_shared(Bytes::from(uri)).map_err(|_| {
            Failure::unsent(ErrorKind::InvalidRequest, "the address is too long or malformed")
        })?;
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let gate = self.gate.clone().map_or_else(RequestGate::open, RequestGate::new);
        request.extensions_mut().insert(gate.with_read(!self.write));
        let headers = request.headers_mut();
        headers.clone_from(defaults);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if self.body.is_empty() {
            headers.remove(CONTENT_TYPE);
            if self.method == Method::POST {
                // Some servers refuse a body without a stated length, even if it is empty.
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
        }
        Ok(request)
    }

    fn set_header(mut self, name: &'static str, value: &str, sensitive: bool) -> Self {
        match header(name, value, sensitive) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
                self
            }
            Err(fault) => self.faulty(fault),
        }
    }

    fn faulty(mut self, fault: &'static str) -> Self {
        self.fault.get_or_insert(fault);
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("operation", &self.operation)
            .field("write", &self.write)
            .field("body_limit", &self.body_limit)
            .field("timeout", &self.timeout)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

fn push_segment(path: &mut String, segment: &str) -> Result<(), &'static str> {
    if is_unreserved(segment) && segment.len() <= MAX_SEGMENT_LEN {
        path.push('/');
        path.push_str(segment);
        return Ok(());
    }
    if segment.is_empty() || segment == "." || segment == ".." {
        return Err("a part of the path is empty, `.` or `..`");
    }
    if segment.len() > MAX_SEGMENT_LEN {
        return Err("a part of the path is too long");
    }
    if segment.chars().any(char::is_control) {
        return Err("a part of the path contains control characters");
    }
    path.push('/');
    path.extend(utf8_percent_encode(segment, RESERVED));
    Ok(())
}

/// Whether a part of a path is sent as it is.
fn is_unreserved(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
}

/// A checked header, marked where it is a secret.
pub(crate) fn header(
    name: &str,
    value: &str,
    sensitive: bool,
) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = header_name(name)?;
    if !is_header_text(value) {
        return Err("a header's value holds control or non-ASCII characters");
    }
    let mut value: HeaderValue = value.parse().map_err(|_| "a header's value is malformed")?;
    value.set_sensitive(sensitive || name == AUTHORIZATION);
    Ok((name, value))
}

/// Whether a text has nothing but visible ASCII characters and blanks.
pub(crate) fn is_header_text(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

pub(crate) fn header_name(name: &str) -> Result<HeaderName, &'static str> {
    name.parse().map_err(|_| "a header's name is malformed")
}
