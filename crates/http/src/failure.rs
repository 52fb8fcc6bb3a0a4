//! From what went wrong in an exchange to the one error.

use std::{borrow::Cow, error::Error as StdError, sync::Arc};

use refunds_core::{Error, ErrorKind, Operation};

/// Something that went wrong, before it is known whose request it was.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// Whether the request, or a part of it, may have reached the provider.
    sent: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// It went wrong before anything was sent.
    pub(crate) fn unsent(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), sent: false, source: None }
    }

    /// It went wrong when the provider may have had the request.
    pub(crate) fn sent(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), sent: true, source: None }
    }

    pub(crate) fn with_source(mut self, source: Option<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = source;
        self
    }
}

/// Whose request it is.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) provider: Arc<str>,
    pub(crate) operation: Operation,
    pub(crate) write: bool,
}

impl Context {
    pub(crate) fn fail(&self, failure: Failure) -> Error {
        let mut error = self.error(failure.kind, failure.message, failure.sent);
        if let Some(source) = failure.source {
            error = error.with_source(source);
        }
        error
    }

    /// The error of a credential that this exchange needed. It is this operation that failed by it,
    /// whatever the exchange for the credential called itself.
    pub(crate) fn without_credential(&self, error: Error) -> Error {
        error.in_context(&self.provider, self.operation).with_operation(self.operation).not_applied()
    }

    /// An error of this exchange; `ambiguous` counts on a write alone.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>, ambiguous: bool) -> Error {
        let error = Error::new(kind, message).with_provider(&*self.provider).with_operation(self.operation);
        if ambiguous && self.write { error.with_may_have_applied(true) } else { error.not_applied() }
    }
}
