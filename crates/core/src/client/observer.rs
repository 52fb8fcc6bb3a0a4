//! What a client reports about its calls.

use std::{
    fmt::{self, Debug},
    time::Duration,
};

use time::OffsetDateTime;

use crate::{ErrorKind, Operation, PaymentId, Reference, RefundId, RefundStatus, clock::rounded};

/// Receives reports of what a client's calls do, for metrics and alerts; set by
/// [`RefundClient::with_observer`](crate::RefundClient::with_observer).
///
/// Methods run within the call that they report, so they must return at once. They cannot fail and cannot
/// change what the call does. A call whose future is dropped reports nothing more. New methods are added as
/// provided ones. The same is logged: see [the guide](crate::guide::observing), which has an example.
pub trait Observer: Debug + Send + Sync {
    /// A call starts to wait for a request that may be in flight, or the time until which it waits moved.
    fn waiting(&self, waiting: &Waiting) {
        let _ = waiting;
    }

    /// A wait that was reported by [`waiting`](Self::waiting) ended. Once for each of these reports.
    fn waited(&self, waited: &Waited<'_>) {
        let _ = waited;
    }

    /// An attempt failed, and after a pause the next one begins now. Once for each attempt after the first.
    ///
    /// Looking for a lost refund repeatedly is not a retry, nor is reading one until its status is final.
    fn retried(&self, retried: &Retried<'_>) {
        let _ = retried;
    }

    /// A refund whose request was sent, and whose outcome was not in the journal, was found at the provider:
    /// by a call that looked for it, by a call for another refund of the same money, or by a read.
    ///
    /// Once for each refund; again if the journal could not store it, and perhaps from each of two processes
    /// that find it at the same moment.
    fn recovered(&self, recovered: &Recovered<'_>) {
        let _ = recovered;
    }

    /// [`resolve`](crate::RefundClient::resolve) or
    /// [`resolve_look_only`](crate::RefundClient::resolve_look_only) began with a refund whose outcome was
    /// unknown and ended with its outcome: the refund, or an error after which certainly none was made. Once
    /// for each such call, before [`settled`](Self::settled).
    fn resolved(&self, resolved: &Resolved<'_>) {
        let _ = resolved;
    }

    /// [`create`](crate::RefundClient::create), [`resolve`](crate::RefundClient::resolve) or
    /// [`resolve_look_only`](crate::RefundClient::resolve_look_only) ended. Once for each call, at last.
    fn settled(&self, settled: &Settled<'_>) {
        let _ = settled;
    }
}

/// A call that waits, for [`Observer::waiting`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// The payment.
    pub payment: PaymentId,
    /// The reference of the refund that waits.
    pub reference: Reference,
    /// What it waits for.
    pub what: WaitingFor,
    /// When the wait ends at the latest, by the journal's clock.
    pub until: OffsetDateTime,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.what {
            WaitingFor::SameRefund => "another process may be requesting this refund",
            WaitingFor::OtherRefund => "a request for another refund of this payment may be in progress",
            WaitingFor::LostRequest => "a request for this refund was lost and may still be carried out",
        };
        write!(f, "{why}; waiting until {} at the latest", rounded(self.until))
    }
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// Another call, perhaps of a dead process, may have a request for the same refund in flight.
    SameRefund,
    /// A request for another refund of the same money may be in flight.
    OtherRefund,
    /// A request was lost, and the provider may still carry it out.
    LostRequest,
}

impl WaitingFor {
    /// The name in logs: `same_refund`, `other_refund`, `lost_request`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameRefund => "same_refund",
            Self::OtherRefund => "other_refund",
            Self::LostRequest => "lost_request",
        }
    }
}

/// A wait that ended, for [`Observer::waited`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waited<'a> {
    /// The provider's name in the registry.
    pub provider: &'a str,
    /// The payment.
    pub payment: &'a PaymentId,
    /// The reference of the refund that waited.
    pub reference: &'a Reference,
    /// What it waited for.
    pub what: WaitingFor,
    /// How long it waited, with its lookups, by the client's clock.
    pub elapsed: Duration,
}

/// A failed attempt that is repeated, for [`Observer::retried`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retried<'a> {
    /// The provider's name in the registry.
    pub provider: &'a str,
    /// What is repeated. [`Operation::SubmitRefund`] for a request that moves money, which is repeated only
    /// if that cannot create a second refund; [`Operation::CreateRefund`] for the reads of a call that
    /// creates a refund, but [`Operation::GetRefund`] where it reads a made refund again.
    pub operation: Operation,
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// How it failed.
    pub kind: ErrorKind,
    /// The pause after it.
    pub delay: Duration,
}

/// A refund that was found, for [`Observer::recovered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered<'a> {
    /// The provider's name in the registry.
    pub provider: &'a str,
    /// The payment.
    pub payment: &'a PaymentId,
    /// The refund's reference.
    pub reference: &'a Reference,
    /// The refund.
    pub refund: &'a RefundId,
    /// Its status.
    pub status: RefundStatus,
}

/// A refund that got its outcome later, for [`Observer::resolved`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved<'a> {
    /// The provider's name in the registry.
    pub provider: &'a str,
    /// The payment.
    pub payment: &'a PaymentId,
    /// The refund's reference.
    pub reference: &'a Reference,
    /// How the call ended.
    pub outcome: CallOutcome<'a>,
}

/// A call that ended, for [`Observer::settled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled<'a> {
    /// The provider's name in the registry.
    pub provider: &'a str,
    /// The payment.
    pub payment: &'a PaymentId,
    /// The refund's reference.
    pub reference: &'a Reference,
    /// Whether the call was to resolve a refund, not to create one.
    pub is_resolve: bool,
    /// How it ended.
    pub outcome: CallOutcome<'a>,
    /// How long it took, by the client's clock.
    pub elapsed: Duration,
    /// How many attempts it made to submit the refund or a step that completes it; 0 if the refund was there
    /// already, or was refused before that. An attempt that was not sent in time counts.
    pub attempts: u32,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallOutcome<'a> {
    /// It returned this refund.
    #[non_exhaustive]
    Refund {
        /// The refund.
        id: &'a RefundId,
        /// Its status.
        status: RefundStatus,
    },
    /// It returned an error.
    #[non_exhaustive]
    Error {
        /// The kind of error.
        kind: ErrorKind,
        /// Whether a refund may have been made.
        may_have_applied: bool,
    },
}

impl CallOutcome<'_> {
    /// The refund's status or the kind of error, as in logs: a label for a metric.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Refund { status, .. } => status.as_str(),
            Self::Error { kind, .. } => kind.as_str(),
        }
    }
}
