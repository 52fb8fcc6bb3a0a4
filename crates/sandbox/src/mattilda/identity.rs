//! The merchant of the sandbox.

use super::key::SigningKey;

/// The merchant's key, accounts and secret.
pub(crate) struct Identity {
    pub(crate) key: SigningKey,
    /// The account that owns transactions by default.
    pub(crate) merchant_account: String,
    /// The account of a request without the header.
    pub(crate) default_account: String,
    /// The initial secret, which may be rotated.
    pub(crate) webhook_secret: String,
}
