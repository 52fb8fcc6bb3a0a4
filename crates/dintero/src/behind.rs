//! Which transaction paid an order.

use std::collections::BTreeSet;

use refunds_core::{Error, ErrorKind, Operation, PaymentId, Result};
use refunds_http::Request;

use crate::{
    error::refused,
    provider::{Dintero, PAGE_BYTES},
    transaction::Transaction,
    wire,
};

/// The largest page of transactions.
const SEARCH_LIMIT: usize = 100;

impl Dintero {
    /// The transaction that paid the order, read; or why there is none through which it can be refunded.
    pub(crate) async fn behind(
        &self,
        order: &PaymentId,
        captures: &[wire::Operation],
        operation: Operation,
    ) -> Result<std::result::Result<Transaction, Error>> {
        if self.record_only() {
            return Ok(Err(unsupported("it is configured to record only")));
        }
        match self.transaction_behind(order, captures, operation).await {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotRefundable) => {
                Ok(Err(error))
            }
            Err(error) => Err(error),
            Ok(id) => match self.transaction(&id, operation).await {
                // Not to be read as if the order were not there.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Ok(Err(unsupported("Checkout does not know the transaction that its captures name")))
                }
                transaction => transaction.map(Ok),
            },
        }
    }

    /// The transaction that the order's captures name, or the only one that has the order's id as its
    /// `merchant_reference`.
    ///
    /// # Errors
    ///
    /// `NotRefundable` where nothing is captured; `Unsupported` where something else, or more than one
    /// transaction, paid the order.
    async fn transaction_behind(
        &self,
        order: &PaymentId,
        captures: &[wire::Operation],
        operation: Operation,
    ) -> Result<PaymentId> {
        let captured: Vec<_> = captures.iter().filter(|capture| *capture.success == Some(true)).collect();
        if captured.is_empty() {
            return Err(refused(ErrorKind::NotRefundable, "nothing of the order is captured"));
        }
        let named: BTreeSet<&str> = captured
            .iter()
            .filter_map(|capture| capture.payment_details.as_ref()?.payment_id.as_deref())
            .collect();
        if named.iter().any(|id| !self.is_transaction(id)) {
            return Err(unsupported("something else than Checkout paid it (see `record_only`)"));
        }
        let mut named = named.into_iter();
        match (named.next(), named.next()) {
            (Some(id), None) => Ok(PaymentId::new(id)?),
            (Some(_), Some(_)) => Err(unsupported("several transactions paid it: refund them one by one")),
            (None, _) => self.transaction_for(order, operation).await,
        }
    }

    async fn transaction_for(&self, order: &PaymentId, operation: Operation) -> Result<PaymentId> {
        let request = Request::get(operation)
            .path("transactions")
            .query("merchant_reference", order)
            .query("limit", SEARCH_LIMIT)
            .body_limit(PAGE_BYTES);
        let found: Vec<wire::Transaction> = self.checkout().json(request).await?;
        if found.len() >= SEARCH_LIMIT {
            return Err(unsupported("too many transactions have its id as their merchant_reference"));
        }
        let ours = found.into_iter().filter(|told| {
            let id = told.id.as_deref().unwrap_or_default();
            self.is_transaction(id) && told.merchant_reference.as_deref() == Some(order.as_str())
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
fn candidate(told: wire::Transaction) -> Option<(PaymentId, bool)> {
    let id = PaymentId::new(told.id.as_deref()?).ok()?;
    let tells = told.events.is_some();
    let captured = Transaction::new(told, &id).map_or(true, |read| !read.captured().is_zero());
    Some((id, captured || !tells))
}

fn unsupported(why: &str) -> Error {
    refused(ErrorKind::Unsupported, format!("the order can not be refunded through Checkout: {why}"))
}
