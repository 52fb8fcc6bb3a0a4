//! The trait of a provider's side of the sandbox.

use crate::{
    fault::Call,
    wire::{Incoming, Reply},
};

/// What a request with valid credentials may act for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    /// Mattilda's merchant account.
    pub(crate) merchant_account: String,
}

/// One provider's API. Everything here is synchronous: no lock is ever held over an `await`.
pub(crate) trait Api: Send + Sync {
    /// Which calls this request may be, for faults to match.
    fn calls(&self, request: &Incoming) -> Vec<Call>;

    /// Checks route, credentials and scope.
    fn admit(&self, request: &Incoming) -> Result<Grant, Reply>;

    /// Processes the request.
    fn process(&self, request: &Incoming, grant: &Grant) -> Reply;

    /// An error in the provider's own envelope.
    fn error(&self, status: u16) -> Reply;

    /// Settles what the clock has made due.
    fn settle_due(&self);

    /// Marks the request's idempotency key as in flight; false if it already is.
    fn begin(&self, _request: &Incoming, _grant: &Grant) -> bool {
        false
    }

    /// The key is no longer in flight.
    fn end(&self, _request: &Incoming, _grant: &Grant) {}
}
