//! What a provider says about its own failure.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use refunds_core::{Clock, Error, ErrorKind, FieldError, redact_with};

use crate::{classify::classify_status, failure::Context, request_id::is_request_id};

const MAX_DETAILS: usize = 20;
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// An error response, for an adapter's error decoder to read.
#[derive(Clone)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The status.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The body, any bytes at all; empty where it was too long or cut off.
    pub body: Bytes,
    /// Whether the request moves money.
    pub write: bool,
}

impl ErrorBody {
    /// A response as it came, for tests of a decoder.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), write: true }
    }

    /// The body as JSON, if it is some that `T` can be read from.
    #[must_use]
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorBody").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What an adapter's error decoder read: the provider's words, and what the adapter knows better
/// than the status says.
///
/// Texts may be passed as they came: they are bounded and cleaned of control characters, secrets,
/// card numbers and e-mail addresses before they get into an error.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ProviderError {
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's message.
    pub message: Option<String>,
    /// The provider's id of the request, where the body has it.
    pub request_id: Option<String>,
    /// The fields that it complains about.
    pub details: Vec<FieldError>,
    /// The kind, where it is not the status's.
    pub kind: Option<ErrorKind>,
    /// Whether a repetition may succeed, where that is not the status's.
    pub retryable: Option<bool>,
    /// Whether a write may have been done, where that is not the status's.
    pub may_have_applied: Option<bool>,
}

impl ProviderError {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the provider's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Keeps the provider's message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Keeps the provider's id of the request, for providers that report it in the body. It counts more
    /// than a header's; one that is not a printable word of at most 128 characters is left out.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Adds a field that the provider complains about.
    #[must_use]
    pub fn with_detail(mut self, detail: FieldError) -> Self {
        self.details.push(detail);
        self
    }

    /// Knows the kind better than the status.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Knows better than the status whether a repetition may succeed.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = Some(retryable);
        self
    }

    /// Knows better than the status whether a write may have been done.
    #[must_use]
    pub fn with_may_have_applied(mut self, may_have_applied: bool) -> Self {
        self.may_have_applied = Some(may_have_applied);
        self
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its texts are as they came, not cleaned yet.
        f.debug_struct("ProviderError")
            .field("kind", &self.kind)
            .field("retryable", &self.retryable)
            .field("may_have_applied", &self.may_have_applied)
            .finish_non_exhaustive()
    }
}

/// Reads what a provider says in an error response; `None` where it says nothing that the
/// adapter understands.
pub(crate) type Decoder = dyn Fn(&ErrorBody) -> Option<ProviderError> + Send + Sync;

/// The error of an error response; `request_id` is the one in its headers.
pub(crate) fn response_error(
    context: &Context,
    response: &ErrorBody,
    request_id: Option<String>,
    decoder: Option<&Decoder>,
    clock: &dyn Clock,
    secrets: &[String],
) -> Error {
    let class = classify_status(response.status, context.write);
    let said = decoder.and_then(|decode| decode(response)).unwrap_or_default();
    let kind = said.kind.unwrap_or(class.kind);
    let ambiguous = said.may_have_applied.unwrap_or(class.may_have_applied);
    let message = said.message.map(|text| redact_with(&text, secrets)).filter(|text| !text.is_empty());
    let mut error = context
        .error(kind, describe(response.status, message.as_deref()), ambiguous)
        .with_retryable(said.retryable.unwrap_or(match said.kind {
            Some(kind) if kind != class.kind => Error::new(kind, "").is_retryable(),
            _ => class.retryable,
        }));
    if let Some(code) = said.code.map(|code| redact_with(&code, secrets)).filter(|code| !code.is_empty()) {
        error = error.with_code(code);
    }
    for detail in said.details.into_iter().take(MAX_DETAILS) {
        let field = redact_with(&detail.field, secrets);
        error = error.with_detail(FieldError::new(field, redact_with(&detail.message, secrets)));
    }
    if let Some(id) = said.request_id.filter(|id| is_request_id(id, secrets)).or(request_id) {
        error = error.with_request_id(id);
    }
    if let Some(wait) = retry_after(&response.headers, clock) {
        error = error.with_retry_after(wait);
    }
    error
}

fn describe(status: u16, message: Option<&str>) -> String {
    if let Some(message) = message {
        return format!("HTTP {status}: {message}");
    }
    if (300..=399).contains(&status) {
        return format!("HTTP {status}: redirects are not followed; is the base URL right?");
    }
    let name = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("HTTP {status} {}", name.unwrap_or_default()).trim_end().to_owned()
}

/// How long the provider asks to wait: seconds, or a date by our clock.
fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still "long".
        return Some(text.parse().map_or(MAX_WAIT, Duration::from_secs).min(MAX_WAIT));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let now = SystemTime::from(clock.now());
    Some(date.duration_since(now).unwrap_or_default().min(MAX_WAIT))
}
