//! The handle of a refund whose outcome is unknown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{CreateRefund, Money, RefundId, Scope, journal::IntentToken};

/// A refund that may or may not have been made, with everything that
/// [`RefundClient::resolve`](crate::RefundClient::resolve) needs to finish it later, in any process.
///
/// A durable [journal](crate::journal) contains the same and more; this is for callers without one, and for
/// people. It serializes to JSON. It contains the caller's request and no secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedRefund {
    /// The provider that received the request.
    pub provider: String,
    /// The account that received the request. Handles of earlier versions may lack it.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// What was requested, with the caller's reference.
    pub request: CreateRefund,
    /// The amount that was submitted or about to be; known once the payment was read.
    #[serde(default)]
    pub amount: Option<Money>,
    /// From when the refund may be submitted again if it has not been found, unless the provider honours an
    /// idempotency key. It can be looked up at any time.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub resubmit_from: Option<OffsetDateTime>,
    /// Refunds without a reference that existed before the first attempt, so they are not this refund.
    #[serde(default)]
    pub known_before: Vec<RefundId>,
    /// Refunds of the right amount without a reference. Each of them may be this one.
    #[serde(default)]
    pub suspects: Vec<RefundId>,
    /// The journal's intents of the requests that may have made it.
    #[serde(default)]
    pub intents: Vec<IntentToken>,
}

impl UnresolvedRefund {
    /// A handle for a request to the account `scope`. Set the other fields directly.
    #[must_use]
    pub fn new(scope: Scope, request: CreateRefund) -> Self {
        Self {
            provider: scope.provider().to_owned(),
            scope: Some(scope),
            request,
            amount: None,
            resubmit_from: None,
            known_before: Vec::new(),
            suspects: Vec::new(),
            intents: Vec::new(),
        }
    }

    /// The intent token for a journal that has no entry for this refund. Equal handles have equal tokens.
    pub(crate) fn token(&self) -> IntentToken {
        let text = serde_json::to_vec(self).unwrap_or_default();
        IntentToken(Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).into_bytes())
    }
}
