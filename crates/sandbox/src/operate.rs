//! The trait of a provider's side of the sandbox for people and programs that operate it from outside.

use crate::{ledger::Entry, settle::Outcome};

/// One provider's payments and webhooks, whatever its API looks like.
pub(crate) trait Operate: Send + Sync {
    /// Every payment, oldest first.
    fn payments(&self) -> Vec<PaymentSums>;

    /// Adds a payment, and returns its id.
    fn add_payment(&self, payment: NewPayment) -> String;

    /// An amount and a currency that fit the provider.
    fn usual_payment(&self) -> (i64, &'static str);

    /// The provider's own word for the status of a refund, if it says more than the ledger.
    fn status(&self, _refund_id: &str) -> Option<&'static str> {
        None
    }

    /// Ends a pending refund; false if it is not one.
    fn end_refund(&self, refund_id: &str, outcome: Outcome) -> bool;

    /// The names of the webhooks about refunds.
    fn events(&self) -> &'static [&'static str];

    /// Queues a webhook of this name about a refund for every receiver of it, and returns how many.
    fn trigger(&self, event: &str, refund: &Entry) -> usize;
}

/// What happened to the money of a payment, in minor units.
#[derive(Debug)]
pub(crate) struct PaymentSums {
    pub(crate) id: String,
    pub(crate) currency: String,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) pending: i64,
    pub(crate) left: i64,
}

/// A payment to add.
#[derive(Debug)]
pub(crate) struct NewPayment {
    pub(crate) amount: i64,
    pub(crate) captured: i64,
    pub(crate) currency: String,
    /// The merchant's own reference.
    pub(crate) reference: Option<String>,
    /// Whether refunds are pending first.
    pub(crate) asynchronous: bool,
    /// How its refunds end.
    pub(crate) outcome: Outcome,
}
