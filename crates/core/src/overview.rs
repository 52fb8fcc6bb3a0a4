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
    /// The [money](crate::RefundProvider::money), if other payments share it.
    pub money: Option<MoneyOverview>,
    /// Why the payment cannot be refunded now, if that is known. A new refund is refused with it before
    /// anything is journalled or sent.
    pub refusal: Option<Error>,
    /// What the adapter read, for its own [`submit_refund`](crate::RefundProvider::submit_refund).
    pub handover: Option<Handover>,
}

impl Overview {
    /// A payment and its refunds.
    #[must_use]
    pub fn new(payment: Payment, refunds: RefundList) -> Self {
        Self { payment, refunds, money: None, refusal: None, handover: None }
    }

    /// Adds the money that other payments share.
    #[must_use]
    pub fn with_money(mut self, money: MoneyOverview) -> Self {
        self.money = Some(money);
        self
    }

    /// Refuses new refunds of the payment. Existing ones are still returned.
    #[must_use]
    pub fn with_refusal(mut self, why: Error) -> Self {
        self.refusal = Some(why);
        self
    }

    /// Passes what was read to the submission that follows, so that it need not be read again.
    #[must_use]
    pub fn with_handover(mut self, handover: Handover) -> Self {
        self.handover = Some(handover);
        self
    }
}

/// Money that multiple payments share: what is left of it, and its refunds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MoneyOverview {
    /// Its canonical id, as [`RefundProvider::money`](crate::RefundProvider::money) returns it.
    pub id: PaymentId,
    /// The amount that can still be refunded.
    pub refundable: Money,
    /// Its refunds, for any payment.
    pub refunds: Vec<Refund>,
}

impl MoneyOverview {
    /// The money `id` with `refundable` left, and its refunds.
    #[must_use]
    pub fn new(id: PaymentId, refundable: Money, refunds: Vec<Refund>) -> Self {
        Self { id, refundable, refunds }
    }
}

/// Where the money of a payment is, and what was read to find it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Location {
    /// The canonical id of the money, as [`RefundProvider::money`](crate::RefundProvider::money) returns it.
    pub money: PaymentId,
    /// What the adapter read, for its own [`overview_of`](crate::RefundProvider::overview_of).
    pub handover: Option<Handover>,
}

impl Location {
    /// The money `money`, for which nothing was read.
    #[must_use]
    pub fn new(money: PaymentId) -> Self {
        Self { money, handover: None }
    }

    /// Passes what was read to the overview that follows, so that it need not be read again.
    #[must_use]
    pub fn with_handover(mut self, handover: Handover) -> Self {
        self.handover = Some(handover);
        self
    }
}

/// Data that an adapter passes from a read to the call that follows it. Only the adapter looks inside.
#[derive(Clone)]
pub struct Handover(Arc<dyn Any + Send + Sync>);

impl Handover {
    /// Wraps a value.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The value, if it is a `T`.
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
