//! Refunding a transaction: where money moves.
//!
//! One attempt is one `POST …/refund`. Some products need lines, and lines that differ from the
//! captured ones make a wrong invoice; so where lines are named or the product needs them, the transaction is
//! needed: the one that the overview handed over, or else a `GET` of it comes first.
//! What that read shows is used: a refund with the same reference is returned instead of made again, and
//! a refund in another currency, which Checkout could not notice, is refused.
//! See <https://docs.dintero.com/docs/integrations/support/refunds>.

use std::collections::BTreeMap;

use refunds_core::{Error, ErrorKind, Handover, Operation, PaymentId, Refund, Result, SubmitRefund};
use refunds_http::{Request, Response};

use crate::{
    checkout::Transaction,
    checkout::lines::needs_lines,
    convert::{ORDER_KEY, metadata_key},
    error::refused,
    orders::reconcile::{Ownership, ownership},
    provider::{Dintero, PAGE_BYTES},
    wire::{RefundBody, RefundItem},
};

const OPERATION: Operation = Operation::SubmitRefund;

/// What became of a refund, and the transaction that shows it.
pub(crate) struct Refunded {
    pub(crate) transaction: Transaction<'static>,
    pub(crate) refund: Refund,
}

impl Dintero {
    pub(crate) async fn refund_transaction(&self, submit: &SubmitRefund) -> Result<Refund> {
        let id = &submit.request.payment_id;
        if can_skip_read(submit) {
            return Ok(self.post_refund(id, submit, Vec::new(), None).await?.refund);
        }
        let read;
        let transaction = match submit.handover.as_ref().and_then(Handover::get::<Transaction<'static>>) {
            Some(transaction) if transaction.id == *id => transaction,
            _ => {
                read = self.transaction(id, OPERATION).await.map_err(Error::not_applied)?;
                &read
            }
        };
        if let Some(refund) = already_made(transaction, submit, |_| true)? {
            return Ok(refund);
        }
        let items = transaction.refund_items(&submit.request.lines, submit.amount)?;
        Ok(self.post_refund(id, submit, items, None).await?.refund)
    }

    /// Requests the refund once and finds it in the response. The request names the order, if any, whose
    /// transaction was just read.
    pub(crate) async fn post_refund(
        &self,
        transaction: &PaymentId,
        submit: &SubmitRefund,
        items: Vec<RefundItem>,
        order: Option<(&PaymentId, &Transaction<'_>)>,
    ) -> Result<Refunded> {
        if submit.completing.is_some() {
            let message =
                "Checkout does not show the refund that was made; the step that is left of it waits";
            return Err(refused(ErrorKind::Unavailable, message).with_retryable(true));
        }
        let asked = &submit.request;
        let mut metadata: BTreeMap<String, &str> =
            asked.metadata.iter().map(|(key, value)| (metadata_key(key), value.as_str())).collect();
        metadata.extend(order.map(|(order, _)| (ORDER_KEY.to_owned(), order.as_str())));
        let body = RefundBody {
            amount: submit.amount.minor_units(),
            reason: asked.reason.as_deref(),
            refund_reference: asked.reference.as_str(),
            items,
            metadata,
        };
        let request = Request::post(OPERATION)
            .paths(["transactions", transaction.as_str(), "refund"])
            .body_limit(PAGE_BYTES)
            .json(&body)
            .send_window(submit.window.as_ref());
        let response = self.checkout().send(request).await?;
        let transaction = Transaction::read(&response, transaction, self.keep_raw())?;
        let refund = refund_in_response(&response, &transaction, submit, |refund| {
            order.is_none_or(|(order, before)| {
                let new = !before.refunds().iter().any(|known| known.id == refund.id);
                match ownership(refund, order, false) {
                    Ownership::Ours => true,
                    Ownership::Theirs => false,
                    Ownership::Unknown => new,
                }
            })
        })?;
        Ok(Refunded { transaction: transaction.into_owned(), refund })
    }
}

/// Whether what the caller just read of the payment saves reading it again: no line is named and the
/// product needs none.
fn can_skip_read(submit: &SubmitRefund) -> bool {
    submit.request.lines.is_empty()
        && submit.payment.as_ref().is_some_and(|payment| {
            payment.id == submit.request.payment_id
                && payment.currency() == submit.amount.currency()
                && !needs_lines(payment)
        })
}

/// The refund that a `200` or `202` is about: the event of the request that was accepted, else the
/// newest one with our reference that may be `ours`.
fn refund_in_response(
    response: &Response,
    transaction: &Transaction<'_>,
    submit: &SubmitRefund,
    ours: impl Fn(&Refund) -> bool,
) -> Result<Refund> {
    let accepted = response.header("event-request-id").and_then(|id| transaction.refund_called(id));
    let reference = Some(&submit.request.reference);
    let mut newest = transaction.refunds().iter().rev();
    accepted
        .or_else(|| newest.find(|refund| refund.reference.as_ref() == reference && ours(refund)))
        .cloned()
        .ok_or_else(|| response.protocol_error("the response has no event of the requested refund"))
}

/// A refund that has our reference already, of those that are `ours`.
///
/// # Errors
///
/// `Conflict` where it has another amount or currency.
pub(crate) fn already_made(
    transaction: &Transaction<'_>,
    submit: &SubmitRefund,
    ours: impl Fn(&Refund) -> bool,
) -> Result<Option<Refund>> {
    let reference = Some(&submit.request.reference);
    if submit.amount.currency() != transaction.currency {
        return Err(refused(
            ErrorKind::InvalidRequest,
            format!("the payment is in {}, the refund in {}", transaction.currency, submit.amount.currency()),
        ));
    }
    let mut newest = transaction.refunds().iter().rev();
    let made = newest.find(|refund| refund.reference.as_ref() == reference && ours(refund));
    made.map(|refund| with_requested_amount(refund, submit)).transpose()
}

/// The existing refund with the requested reference, if it has the requested amount too.
///
/// # Errors
///
/// `Conflict` otherwise.
pub(crate) fn with_requested_amount(refund: &Refund, submit: &SubmitRefund) -> Result<Refund> {
    if refund.amount == submit.amount {
        return Ok(refund.clone());
    }
    let message = format!(
        "the reference belongs to a refund of {} of {}, but {} was requested",
        refund.amount, refund.payment_id, submit.amount
    );
    Err(refused(ErrorKind::Conflict, message).with_reference_spent())
}
