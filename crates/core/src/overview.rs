//! What an adapter reads before a refund is submitted.

use std::{any::Any, fmt, sync::Arc};

use crate::{Error, Money, Payment, PaymentId, Refund, RefundList};

/// A payment together with its refunds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Overview {
    /// The sums.
    pub payment: Payment,
    /// The refunds.
    pub refunds: RefundList,
    /// What is true of the [money](RefundProvider::money), where other payments take from it, too.
    pub money: Option<MoneyOverview>,
    /// Why no refund of the payment can be made now, where that is known: it is refused before anything is
    /// journalled or sent.
    pub refusal: Option<Error>,
    /// What the adapter read, for its own [`submit_refund`](RefundProvider::submit_refund).
    pub handover: Option<Handover>,
}

impl Overview {
    /// A payment and its refunds.
    #[must_use]
    pub fn new(payment: Payment, refunds: RefundList) -> Self {
        Self { payment, refunds, money: None, refusal: None, handover: None }
    }

    /// Adds what is true of the money that other payments take from, too.
    #[must_use]
    pub fn with_money(mut self, money: MoneyOverview) -> Self {
        self.money = Some(money);
        self
    }

    /// Refuses new refunds of the payment; those that it has are returned all the same.
    #[must_use]
    pub fn with_refusal(mut self, why: Error) -> Self {
        self.refusal = Some(why);
        self
    }

    /// Hands what was read to the submission that follows, so that it need not be read again.
    #[must_use]
    pub fn with_handover(mut self, handover: Handover) -> Self {
        self.handover = Some(handover);
        self
    }
}

/// The money that several payments take from: what is left of it, and its refunds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MoneyOverview {
    /// Its canonical id, as [`RefundProvider::money`] answers.
    pub id: PaymentId,
    /// What is left to refund of it.
    pub refundable: Money,
    /// Its refunds, whichever payment they were made for.
    pub refunds: Vec<Refund>,
}

impl MoneyOverview {
    /// The money `id`, of which `refundable` is left, and its refunds.
    #[must_use]
    pub fn new(id: PaymentId, refundable: Money, refunds: Vec<Refund>) -> Self {
        Self { id, refundable, refunds }
    }
}

/// What an adapter hands from a read to the submission that follows it. Only the adapter looks inside.
#[derive(Clone)]
pub struct Handover(Arc<dyn Any + Send + Sync>);

impl Handover {
    /// Wraps what is handed over.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// What was handed over, if it is a `T`.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl PartialEq for Handover {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handover(..)")
    }
}
