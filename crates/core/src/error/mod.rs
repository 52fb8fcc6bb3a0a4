//! One error for every provider. It answers the three questions that a caller has about money.
//!
//! What kind of failure is it ([`Error::kind`])? May the same call be retried unchanged
//! ([`Error::is_retryable`])? May a refund have been made despite the failure ([`Error::may_have_applied`])?

mod kind;
mod refusal;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::kind::{ErrorKind, Operation};
use crate::UnresolvedRefund;

/// A `Result` whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A field that the provider rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The field: a JSON pointer, a parameter's name, or the provider's own notation.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl FieldError {
    /// An error in `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why a call failed, and whether a refund may have been made.
///
/// ```
/// use refunds_core::{Error, ErrorKind};
///
/// // By default, an error is conservative …
/// let lost = Error::new(ErrorKind::Timeout, "no response within 30s");
/// assert!(lost.is_retryable() && lost.may_have_applied());
///
/// // … and an adapter that knows that nothing was sent says so.
/// let refused = Error::new(ErrorKind::Transport, "connection refused").not_applied();
/// assert!(refused.is_retryable() && !refused.may_have_applied());
/// ```
///
/// `Display` is one line and leaves the cause to [`source`](StdError::source). Neither `Display` nor `Debug`
/// contains secrets, card numbers, e-mail addresses or raw bodies, as long as adapters keep them out of
/// messages.
///
/// Clones share the cause.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    provider: Option<String>,
    operation: Option<Operation>,
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    retryable: bool,
    may_have_applied: bool,
    reference_spent: bool,
    details: Vec<FieldError>,
    unresolved: Option<Box<UnresolvedRefund>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`. `message` says in one line what happened and, if possible, what to do.
    ///
    /// [`is_retryable`](Self::is_retryable) and [`may_have_applied`](Self::may_have_applied) start with the
    /// conservative default of the kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            provider: None,
            operation: None,
            code: None,
            request_id: None,
            retry_after: None,
            retryable: kind.retryable(),
            may_have_applied: kind.ambiguous(),
            reference_spent: kind == ErrorKind::Declined,
            details: Vec::new(),
            unresolved: None,
            source: None,
        }))
    }

    /// A missing, unknown or malformed setting: [`ErrorKind::Config`] of [`Operation::Configure`], not
    /// applied. The message names the setting and never shows its value.
    ///
    /// ```
    /// use refunds_core::{Error, ErrorKind};
    ///
    /// let error = Error::config("the setting `account_id` must be eight digits");
    /// assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false));
    /// ```
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message).with_operation(Operation::Configure).not_applied()
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call, unchanged, may succeed later.
    ///
    /// For a write, check [`may_have_applied`](Self::may_have_applied) first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether a refund may have been made although the call failed.
    ///
    /// `false` is a promise: this call made no refund. If it is `true` after a create, look the refund up
    /// before you request it again, or repeat [`RefundClient::create`](crate::RefundClient::create) with the
    /// same reference, which does so.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        self.0.may_have_applied
    }

    /// What happened, in one line, without the context that `Display` adds.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The registry name of the provider.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.0.provider.as_deref()
    }

    /// The operation that failed.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The provider's own code for this failure, unchanged.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the provider asks callers to wait before the next request.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The fields that the provider rejected.
    #[must_use]
    pub fn details(&self) -> &[FieldError] {
        &self.0.details
    }

    /// The handle to find out later whether the refund was made. Present for [`ErrorKind::OutcomeUnknown`].
    #[must_use]
    pub fn unresolved(&self) -> Option<&UnresolvedRefund> {
        self.0.unresolved.as_deref()
    }

    /// The same error with another message, for example one that adds context. Everything else stays.
    ///
    /// ```
    /// use refunds_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Unavailable, "HTTP 503").with_request_id("r-1");
    /// let message = format!("no access token: {}", error.message());
    /// let error = error.with_message(message);
    /// assert_eq!((error.message(), error.request_id()), ("no access token: HTTP 503", Some("r-1")));
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Names the provider.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.0.provider = Some(provider.into());
        self
    }

    /// Names the operation.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Adds the provider's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds the provider's id of the request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = Some(request_id.into());
        self
    }

    /// Adds how long the provider asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Adds a field that the provider rejected.
    #[must_use]
    pub fn with_detail(mut self, detail: FieldError) -> Self {
        self.0.details.push(detail);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Overrides whether a retry may succeed.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// States whether a refund may have been made although the call failed.
    #[must_use]
    pub fn with_may_have_applied(mut self, may_have_applied: bool) -> Self {
        self.0.may_have_applied = may_have_applied;
        self
    }

    /// States that this call certainly made no refund.
    #[must_use]
    pub fn not_applied(mut self) -> Self {
        self.0.may_have_applied = false;
        self
    }

    /// Adds the handle to finish the refund later.
    #[must_use]
    pub fn with_unresolved(mut self, unresolved: UnresolvedRefund) -> Self {
        self.0.unresolved = Some(Box::new(unresolved));
        self
    }

    /// The same error without its cause and its handle, to be reported again later.
    pub(crate) fn without_source(&self) -> Self {
        Self::new(self.kind(), self.message()).quoting(self)
    }

    /// Copies the provider's code and request id from `other`.
    #[must_use]
    pub(crate) fn quoting(mut self, other: &Self) -> Self {
        self.0.code.clone_from(&other.0.code);
        self.0.request_id.clone_from(&other.0.request_id);
        self
    }

    /// Adds provider and operation if the error does not have them yet.
    #[must_use]
    pub fn in_context(mut self, provider: &str, operation: Operation) -> Self {
        self.0.provider.get_or_insert_with(|| provider.to_owned());
        self.0.operation.get_or_insert(operation);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(provider) = &inner.provider {
            write!(f, "{provider}: ")?;
        }
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        write!(f, "{} ({}", inner.message, inner.kind)?;
        if let Some(code) = &inner.code {
            write!(f, ", code {code}")?;
        }
        if let Some(request_id) = &inner.request_id {
            write!(f, ", request {request_id}")?;
        }
        if inner.may_have_applied {
            f.write_str(", a refund may have been made")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("provider", &inner.provider)
            .field("operation", &inner.operation)
            .field("code", &inner.code)
            .field("request_id", &inner.request_id)
            .field("retry_after", &inner.retry_after)
            .field("retryable", &inner.retryable)
            .field("may_have_applied", &inner.may_have_applied)
            .field("reference_spent", &self.is_reference_spent())
            .field("details", &inner.details)
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_json_are_those_of_as_str() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "{kind:?}");
        }
    }

    #[test]
    fn an_error_reads_as_one_line() {
        let error = Error::new(ErrorKind::Timeout, "no response within 30s")
            .with_provider("memory")
            .with_operation(Operation::SubmitRefund)
            .with_request_id("r-1");
        assert_eq!(
            error.to_string(),
            "memory: submit_refund: no response within 30s (timeout, request r-1, \
             a refund may have been made)"
        );
    }
}
