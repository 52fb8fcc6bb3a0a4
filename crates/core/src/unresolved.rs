//! What is left to find out after an answer was lost.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{CreateRefund, Money};

/// A refund that may or may not have been made: all that is needed to find out and finish later,
/// in any process, by [`RefundClient::resolve`](crate::RefundClient::resolve).
///
/// Serializes to JSON; give it to a job queue or to a person. It holds what the caller asked for
/// and no secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedRefund {
    /// The provider that was asked.
    pub provider: String,
    /// What was asked for, with the caller's reference.
    pub request: CreateRefund,
    /// The amount that was submitted, or was about to be; known once the payment was read.
    #[serde(default)]
    pub amount: Option<Money>,
    /// What of the payment was refunded or pending before.
    #[serde(default)]
    pub refunded_before: Option<Money>,
    /// When the first attempt was sent whose outcome is not known; `None` where none was sent.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub submitted_at: Option<OffsetDateTime>,
    /// When the last such attempt ended: the settle time begins here.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub last_submitted_at: Option<OffsetDateTime>,
    /// Refunds without a reference that were there before the first attempt, and so are not it.
    #[serde(default)]
    pub known_before: Vec<crate::RefundId>,
    /// Refunds of the right amount that carry no reference: any of them may be this one.
    #[serde(default)]
    pub suspects: Vec<crate::RefundId>,
}

impl UnresolvedRefund {
    /// What was asked of whom; the rest are public fields to fill in.
    ///
    /// To store before a refund is asked for, use
    /// [`RefundClient::unresolved_before`](crate::RefundClient::unresolved_before).
    pub fn new(provider: impl Into<String>, request: CreateRefund) -> Self {
        Self {
            provider: provider.into(),
            request,
            amount: None,
            refunded_before: None,
            submitted_at: None,
            last_submitted_at: None,
            known_before: Vec::new(),
            suspects: Vec::new(),
        }
    }
}
