//! Which transaction paid an order, and whether it paid all of it.
//!
//! A refund goes back to the payment that it came from, so an order is refunded through Checkout only where
//! Checkout took all of its money. What a successful capture names is read from its `payment_details`:
//!
//! - its `payment_id` decides where there is one: a transaction of this account, or another payment;
//! - without one, its `psp` (else its product) and `processed_by` say whether it was Checkout: what they
//!   name begins with `dintero`. Anything else is another payment system, or cash.
//!
//! | the successful captures name | the order is refunded through |
//! |---|---|
//! | one transaction, each of them | that transaction |
//! | no payment and no other system, each of them | the one captured transaction that has the order's id as its `merchant_reference` |
//! | one transaction, but not each of them | nothing: another part may have been paid elsewhere. What the transaction refunded is shown nevertheless |
//! | anything else | nothing |
//!
//! A `merchant_reference` does not say how much of an order a transaction paid. So it is looked for only
//! where the captures say nothing against it, and the transaction that is found has to have captured no less
//! than the order did: else the rest was paid elsewhere.

use std::collections::BTreeSet;

use refunds_core::{Error, ErrorKind, Handover, Location, Operation, PaymentId, Result};
use refunds_http::Request;

use crate::{
    checkout::Transaction,
    checkout::totals::succeeded,
    error::refused,
    provider::{Dintero, PAGE_BYTES},
    wire::{self, IntoOwned as _},
};

/// The largest page of transactions.
const SEARCH_LIMIT: usize = 100;
/// What names of Checkout and of its products begin with.
const CHECKOUT: &str = "dintero";

/// How it is known that a transaction paid an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Every capture names it.
    Named,
    /// Some captures name it: it paid a part.
    NamedBySome,
    /// By its `merchant_reference`.
    Found,
}

/// What the successful captures of an order name.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    /// There are none.
    NoCapture,
    /// No payment, and no other system than Checkout.
    Nothing,
    /// This transaction, all of them.
    One(&'a str),
    /// This transaction, and some of them do not.
    Part(&'a str),
    Several,
    Elsewhere,
}

/// The captures of an order, and which transaction paid them. They show no refund.
#[derive(Clone)]
pub(crate) struct LocatedOrder {
    pub(crate) id: PaymentId,
    pub(crate) captures: Vec<wire::Operation<'static>>,
    /// The transaction, or why there is none through which the order can be refunded.
    paid: std::result::Result<(PaymentId, Paid), Error>,
}

impl LocatedOrder {
    /// The transaction that paid the order, or a part of it.
    fn transaction(&self) -> Option<&PaymentId> {
        self.paid.as_ref().ok().map(|(id, _)| id)
    }
}

impl Dintero {
    /// The captures of the order, and which transaction paid them.
    pub(crate) async fn locate_order(&self, order: &PaymentId, operation: Operation) -> Result<LocatedOrder> {
        let response = self.order_list(order, "captures", operation).await?;
        let wire::Captures { captures } = response.json()?;
        let paid = if self.record_only() {
            Err(unsupported("it is configured to record only"))
        } else {
            match self.find_paying_transaction(order, &captures, operation).await {
                Err(error) if !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotRefundable) => {
                    return Err(error);
                }
                paid => paid,
            }
        };
        Ok(LocatedOrder { id: order.clone(), captures: captures.into_owned(), paid })
    }

    /// The money of the order, with its captures.
    pub(crate) async fn location_of_order(
        &self,
        order: &PaymentId,
        operation: Operation,
    ) -> Result<Location> {
        let located = self.locate_order(order, operation).await?;
        let money = located.transaction().cloned().unwrap_or_else(|| order.canonical());
        Ok(Location::new(money).with_handover(Handover::new(located)))
    }

    /// The transaction that paid the order, read; or why there is none through which it can be refunded.
    pub(crate) async fn paying_transaction(
        &self,
        located: &LocatedOrder,
        operation: Operation,
    ) -> Result<std::result::Result<(Transaction<'static>, Paid), Error>> {
        let (id, paid) = match &located.paid {
            Ok((id, paid)) => (id, *paid),
            Err(why_not) => return Ok(Err(why_not.clone())),
        };
        match self.transaction(id, operation).await {
            // Not to be read as if the order were not there.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(Err(unsupported("Checkout does not know the transaction that its captures name")))
            }
            transaction => transaction.map(|transaction| Ok((transaction, paid))),
        }
    }

    /// The transaction that the order's captures name, or the only one that has the order's id as its
    /// `merchant_reference`; and by which of both it is known.
    ///
    /// # Errors
    ///
    /// `NotRefundable` where nothing is captured; `Unsupported` where something else, or more than one
    /// transaction, paid the order.
    async fn find_paying_transaction(
        &self,
        order: &PaymentId,
        captures: &[wire::Operation<'_>],
        operation: Operation,
    ) -> Result<(PaymentId, Paid)> {
        match named(captures, |id| self.is_transaction(id)) {
            Named::One(id) => Ok((PaymentId::new(id)?, Paid::Named)),
            Named::Part(id) => Ok((PaymentId::new(id)?, Paid::NamedBySome)),
            Named::Nothing => Ok((self.search_by_merchant_reference(order, operation).await?, Paid::Found)),
            Named::NoCapture => Err(refused(ErrorKind::NotRefundable, "nothing of the order is captured")),
            Named::Several => Err(unsupported("several transactions paid it: refund them one by one")),
            Named::Elsewhere => {
                Err(unsupported("its captures name another payment than one of Checkout (see `record_only`)"))
            }
        }
    }

    async fn search_by_merchant_reference(
        &self,
        order: &PaymentId,
        operation: Operation,
    ) -> Result<PaymentId> {
        let request = Request::get(operation)
            .path("transactions")
            .query("merchant_reference", order)
            .query("limit", SEARCH_LIMIT)
            .body_limit(PAGE_BYTES);
        let response = self.checkout().send(request).await?;
        let found: Vec<wire::Transaction<'_>> = response.json()?;
        if found.len() >= SEARCH_LIMIT {
            return Err(unsupported("too many transactions have its id as their merchant_reference"));
        }
        let ours = found.into_iter().filter(|wire| {
            let id = wire.id.as_deref().unwrap_or_default();
            self.is_transaction(id) && wire.merchant_reference.as_deref() == Some(order.as_str())
        });
        let ours: Vec<_> = ours.filter_map(candidate).collect();
        let mut paid = ours.iter().filter(|(_, may_have_paid)| *may_have_paid).map(|(id, _)| id);
        match (paid.next(), paid.next()) {
            (Some(id), None) => Ok(id.clone()),
            (Some(_), Some(_)) => {
                Err(unsupported("several transactions have its id as their merchant_reference"))
            }
            (None, _) if ours.is_empty() => Err(unsupported(
                "its captures name no transaction, and none has its id as merchant_reference",
            )),
            (None, _) => {
                Err(refused(ErrorKind::NotRefundable, "nothing of the order's transaction is captured"))
            }
        }
    }
}

/// A transaction that was found, and whether it may have paid: an attempt that was never captured has
/// not, and shops make a new transaction with the same reference after each of those.
fn candidate(wire: wire::Transaction<'_>) -> Option<(PaymentId, bool)> {
    let id = PaymentId::new(wire.id.as_deref()?).ok()?;
    let tells = wire.events.is_some();
    let captured = Transaction::new(wire, &id).map_or(true, |read| !read.captured().is_zero());
    Some((id, captured || !tells))
}

fn named<'a>(captures: &'a [wire::Operation<'a>], is_transaction: impl Fn(&str) -> bool) -> Named<'a> {
    let captures = succeeded(captures);
    let payments: Vec<_> = captures.iter().map(|capture| payment_id(capture)).collect();
    let transactions: BTreeSet<&str> =
        payments.iter().filter_map(|id| id.filter(|id| is_transaction(id))).collect();
    let mut transactions = transactions.into_iter();
    match (transactions.next(), transactions.next()) {
        _ if captures.is_empty() => Named::NoCapture,
        (Some(_), Some(_)) => Named::Several,
        (Some(id), None) if payments.iter().all(|named| *named == Some(id)) => Named::One(id),
        (Some(id), None) => Named::Part(id),
        (None, _) => {
            let silent =
                captures.iter().all(|capture| payment_id(capture).is_none() && may_be_checkout(capture));
            if silent { Named::Nothing } else { Named::Elsewhere }
        }
    }
}

/// The payment that a capture names.
pub(crate) fn payment_id<'a>(capture: &'a wire::Operation<'_>) -> Option<&'a str> {
    capture.payment_details.as_ref()?.payment_id.as_deref().filter(|id| !id.trim().is_empty())
}

/// Whether a capture without a payment names no other system than Checkout.
fn may_be_checkout(capture: &wire::Operation<'_>) -> bool {
    let details = capture.payment_details.as_ref();
    let text = |member: for<'d> fn(&'d wire::PaymentDetails<'_>) -> Option<&'d str>| details.and_then(member);
    let system = text(|details| details.psp.as_deref())
        .or_else(|| text(|details| details.payment_product.as_deref()))
        .or_else(|| text(|details| details.payment_product_type.as_deref()));
    [system, capture.processed_by.as_deref()].into_iter().flatten().all(is_checkout)
}

/// Whether the name of a payment system is that of Checkout.
pub(crate) fn is_checkout(system: &str) -> bool {
    system.get(..CHECKOUT.len()).is_some_and(|start| start.eq_ignore_ascii_case(CHECKOUT))
}

pub(crate) fn unsupported(why: &str) -> Error {
    refused(ErrorKind::Unsupported, format!("the order cannot be refunded through Checkout: {why}"))
}
