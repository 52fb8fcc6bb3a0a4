//! What adapters share when they verify webhooks.

use refunds_core::{
    DEFAULT_WEBHOOK_TOLERANCE, Error, ErrorKind, Operation, Result, WebhookRequest, time::OffsetDateTime,
};

/// A webhook delivery that an adapter verifies. Its errors name the provider and the operation, and are
/// not applied.
///
/// ```
/// use refunds_core::{ErrorKind, WebhookRequest};
/// use refunds_http::Delivery;
///
/// fn signed_at(request: &WebhookRequest) -> refunds_core::Result<()> {
///     let delivery = Delivery::new("acme", request);
///     let signed_at = delivery.signed_at("Acme-Timestamp", delivery.header("Acme-Timestamp")?)?;
///     // Here the signature is checked, with `is_signed`.
///     delivery.check_time(signed_at)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    provider: &'static str,
    request: &'a WebhookRequest,
}

impl<'a> Delivery<'a> {
    /// A delivery from `provider`.
    #[must_use]
    pub fn new(provider: &'static str, request: &'a WebhookRequest) -> Self {
        Self { provider, request }
    }

    /// The only header of that name. With two of them, a proxy and the adapter could believe different
    /// ones.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] where the header is missing or appears more than once.
    pub fn header(&self, name: &str) -> Result<&'a str> {
        let mut values = self.request.headers_named(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(self.forged(format!("the header {name} is missing"))),
            (Some(_), Some(_)) => Err(self.forged(format!("the header {name} appears more than once"))),
        }
    }

    /// The time in `seconds`, a Unix time in decimal that the header `name` holds. The text is signed, so
    /// only the one usual spelling of that time is accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] for anything else.
    pub fn signed_at(&self, name: &str, seconds: &str) -> Result<OffsetDateTime> {
        let unix = seconds.parse().ok().filter(|unix: &i64| unix.to_string() == seconds);
        unix.and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())
            .ok_or_else(|| self.forged(format!("the time in the header {name} is not in Unix seconds")))
    }

    /// Checks that the delivery was signed at a time near its receipt, by
    /// [`DEFAULT_WEBHOOK_TOLERANCE`].
    ///
    /// # Errors
    ///
    /// As [`WebhookRequest::check_time`].
    pub fn check_time(&self, signed_at: OffsetDateTime) -> Result<()> {
        self.request.check_time(signed_at, DEFAULT_WEBHOOK_TOLERANCE).map_err(|error| self.named(error))
    }

    /// The error of a delivery that cannot be trusted.
    #[must_use]
    pub fn forged(&self, message: impl Into<String>) -> Error {
        self.error(ErrorKind::Unauthenticated, message)
    }

    /// An error of this verification.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.named(Error::new(kind, message)).not_applied()
    }

    fn named(&self, error: Error) -> Error {
        error.with_provider(self.provider).with_operation(Operation::VerifyWebhook)
    }
}
