//! What is left to find out after a response was lost.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{CreateRefund, Money, RefundId, Scope, journal::IntentToken};

/// A refund that may or may not have been made: all that is needed to find out and finish later, in any
/// process, by [`RefundClient::resolve`](crate::RefundClient::resolve).
///
/// A durable [journal](crate::journal) holds the same and more; this is for callers that have none, and
/// for people. It serializes to JSON and holds what the caller requested and no secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedRefund {
    /// The provider that was asked.
    pub provider: String,
    /// The account that was asked; a handle of an earlier version may lack it.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// What was requested, with the caller's reference.
    pub request: CreateRefund,
    /// The amount that was submitted, or was about to be; known once the payment was read.
    #[serde(default)]
    pub amount: Option<Money>,
    /// From when on the refund may be submitted again, if it has not shown by then, where the provider
    /// honours no idempotency key. Looking for it is free at any time.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub resubmit_from: Option<OffsetDateTime>,
    /// Refunds without a reference that were there before the first attempt, and so are not it.
    #[serde(default)]
    pub known_before: Vec<RefundId>,
    /// Refunds of the right amount that carry no reference: any of them may be this one.
    #[serde(default)]
    pub suspects: Vec<RefundId>,
    /// The intents of the requests that may have made it, as the journal that holds them knows them.
    #[serde(default)]
    pub intents: Vec<IntentToken>,
}

impl UnresolvedRefund {
    /// What was requested from the account `scope`; the rest are public fields to fill in.
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

    /// The token of the intent that a journal without an entry for this refund stores for it: the same
    /// for the same handle.
    pub(crate) fn token(&self) -> IntentToken {
        let text = serde_json::to_vec(self).unwrap_or_default();
        IntentToken(Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).into_bytes())
    }
}
