//! The merchant of the sandbox.

use super::key::SigningKey;

/// Who the sandbox's merchant is.
pub(crate) struct Identity {
    pub(crate) key: SigningKey,
    /// The account that owns transactions unless they say otherwise.
    pub(crate) merchant_account: String,
    /// The account of a request without the header.
    pub(crate) default_account: String,
    /// The first one: it may be rotated.
    pub(crate) webhook_secret: String,
}
