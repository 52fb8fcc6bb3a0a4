//! Orders of Order Management, as they are read.
//!
//! An order holds records: of what was captured and of what was refunded, by whatever moved the money.
//! What moved is known to Checkout, so the transaction that paid the order is read too, and both are
//! [joined](crate::orders::reconcile). Records name no currency; the order does, and that transaction.
//! See <https://docs.dintero.com/docs/order-management/overview>.

pub(crate) mod paying_transaction;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod refund;

use refunds_core::{
    Currency, Error, ErrorKind, Handover, Location, MoneyOverview, Operation, Overview, Payment, PaymentId,
    Reference, Refund, RefundList, RefundStatus, Result,
};
use refunds_http::{Request, Response};
use serde_json::Value;

use crate::{
    NAME,
    checkout::Transaction,
    checkout::lines::{Lines, taken},
    checkout::totals::{captured, succeeded, sum},
    convert::{self, Fault},
    orders::paying_transaction::{LocatedOrder, Paid, payment_id},
    orders::reconcile::ReconciledRefunds,
    provider::{Dintero, PAGE_BYTES},
    wire::{self, IntoOwned as _},
};

/// The responses about an order: itself, its lists and the transaction that paid it.
struct OrderResponses {
    located: LocatedOrder,
    records: Vec<wire::Operation<'static>>,
    /// The order, or why it could not be read.
    order: std::result::Result<wire::Order<'static>, Error>,
    /// The transaction, or why there is none.
    paying_transaction: std::result::Result<(Transaction<'static>, Paid), Error>,
    response: Response,
}

/// An order with its records and the transaction that paid it.
pub(crate) struct Order {
    pub(crate) id: PaymentId,
    pub(crate) currency: Currency,
    pub(crate) captures: Vec<wire::Operation<'static>>,
    pub(crate) refunds: ReconciledRefunds,
    /// Whether all that the transaction took is this order's.
    pub(crate) exclusive: bool,
    /// The transaction, or why there is none.
    pub(crate) paying_transaction: std::result::Result<Transaction<'static>, Error>,
    /// Whether the transaction paid all of it. Else its refunds cannot go through it.
    pub(crate) paid_in_full: bool,
    wire: Option<wire::Order<'static>>,
    response: Response,
}

impl Order {
    pub(crate) fn payment(&self) -> Result<Payment> {
        let fault = |fault| self.response.protocol_error(fault);
        let captured = captured(succeeded(&self.captures), self.currency).map_err(fault)?;
        let holding = |succeeded: bool| {
            let refunds = self.refunds.all().filter(|refund| {
                refund.status.reduces_refundable() && (refund.status == RefundStatus::Succeeded) == succeeded
            });
            sum(self.currency, refunds.map(|refund| refund.amount)).map_err(fault)
        };
        let mut payment = Payment::new(NAME, self.id.clone(), captured, holding(true)?, holding(false)?)?;
        if let Ok(transaction) = &self.paying_transaction {
            let unclear = self.refunds.unclear().iter().filter(|refund| refund.status.reduces_refundable());
            let unclear = sum(self.currency, unclear.map(|refund| refund.amount)).map_err(fault)?;
            let mine = payment.refundable.remaining_after(unclear)?;
            let all = transaction.refundable().map_err(fault)?;
            payment.refundable = if mine.minor_units() < all.minor_units() { mine } else { all };
        }
        if let Some(wire) = &self.wire {
            payment.provider_status = wire.status.to_text();
            convert::keep(&mut payment.extra, "payment_status", wire.payment_status.as_deref());
        }
        Ok(payment.with_refundable_lines(self.lines_left(None).refundable(self.currency)))
    }

    /// What refunds leave of the captured lines; the one with the reference `except` does not count.
    pub(crate) fn lines_left(&self, except: Option<&Reference>) -> Lines<'_> {
        let captured = succeeded(&self.captures).into_iter().map(|capture| capture.items.list());
        let counts = |refund: &&Refund| except.is_none() || refund.reference.as_ref() != except;
        Lines::of(captured, taken(self.refunds.all().filter(counts)))
    }

    pub(crate) fn into_overview(self, record_only: bool) -> Result<Overview> {
        let refunds = self.refunds.all().cloned().collect();
        let mut overview = Overview::new(self.payment()?, RefundList::whole(refunds));
        if let Ok(transaction) = &self.paying_transaction {
            let left = transaction.refundable().map_err(|fault| self.response.protocol_error(fault))?;
            let money = MoneyOverview::new(transaction.id.canonical(), left, transaction.refunds().to_vec());
            overview = overview.with_money(money);
        }
        if let (Err(why_not), false) = (&self.paying_transaction, record_only) {
            overview = overview.with_refusal(why_not.clone());
        }
        Ok(overview.with_handover(Handover::new(self)))
    }
}

impl Dintero {
    /// The order, its captures, its refunds and the transaction behind it. What was `located` before is not
    /// read again.
    pub(crate) async fn order(
        &self,
        id: &PaymentId,
        located: Option<&LocatedOrder>,
        operation: Operation,
    ) -> Result<Order> {
        let responses = self.read_order(id, located, operation).await?;
        self.joined(responses, operation).await
    }

    /// As [`order`](Self::order), without reading again what its location holds.
    pub(crate) async fn located_order(
        &self,
        id: &PaymentId,
        location: &Location,
        operation: Operation,
    ) -> Result<Order> {
        let located = location.handover.as_ref().and_then(Handover::get::<LocatedOrder>);
        self.order(id, located.filter(|located| located.id == *id), operation).await
    }

    /// The currency of an order: its own, which one request tells, or that of what paid it.
    pub(crate) async fn currency_of_order(&self, id: &PaymentId, operation: Operation) -> Result<Currency> {
        let order = tolerate_refusal(self.order_itself(id, operation)).await?;
        match order.ok().and_then(|order| convert::currency(order.currency.as_deref()).ok()) {
            Some(currency) => Ok(currency),
            None => Ok(self.order(id, None, operation).await?.currency),
        }
    }

    /// The refunds of an order.
    pub(crate) async fn order_refunds(
        &self,
        id: &PaymentId,
        operation: Operation,
    ) -> Result<ReconciledRefunds> {
        let responses = self.read_order(id, None, operation).await?;
        // Without either, nothing needs a currency.
        if responses.records.is_empty() && responses.located.captures.is_empty() {
            return Ok(ReconciledRefunds::default());
        }
        Ok(self.joined(responses, operation).await?.refunds)
    }

    /// The order, its lists and the transaction, read side by side as far as one does not name the other.
    async fn read_order(
        &self,
        id: &PaymentId,
        located: Option<&LocatedOrder>,
        operation: Operation,
    ) -> Result<OrderResponses> {
        let transaction = async {
            let located = match located {
                Some(located) => located.clone(),
                None => self.locate_order(id, operation).await?,
            };
            let transaction = self.paying_transaction(&located, operation).await?;
            Ok((located, transaction))
        };
        let (response, order, (located, paying_transaction)) = tokio::try_join!(
            self.order_list(id, "refunds", operation),
            tolerate_refusal(self.order_itself(id, operation)),
            transaction,
        )?;
        let wire::Refunds { refunds: records } = response.json()?;
        let records = records.into_owned();
        Ok(OrderResponses { located, records, order, paying_transaction, response })
    }

    async fn joined(&self, responses: OrderResponses, operation: Operation) -> Result<Order> {
        let OrderResponses { located, records, order, paying_transaction, response } = responses;
        let LocatedOrder { id, captures, .. } = located;
        let named = order.as_ref().is_ok_and(|order| order.currency.is_some());
        let currency = match &paying_transaction {
            Ok((transaction, _)) if !named => transaction.currency,
            _ => self.order_currency(&order, records.iter().chain(&captures), &response, operation).await?,
        };
        let recorded = self.recorded_refunds(&response, &records, &id, currency)?;
        let (exclusive, paid_in_full) = match &paying_transaction {
            Ok((transaction, paid)) => shares(transaction, *paid, &captures, currency)
                .map_err(|fault| response.protocol_error(fault))?,
            Err(_) => (false, false),
        };
        let paying_transaction = paying_transaction.map(|(transaction, _)| transaction);
        let refunds = match &paying_transaction {
            Ok(transaction) => ReconciledRefunds::of(recorded, transaction, &id, exclusive),
            Err(_) => ReconciledRefunds::records(recorded),
        };
        Ok(Order {
            id,
            currency,
            captures,
            refunds,
            exclusive,
            paying_transaction,
            paid_in_full,
            wire: order.ok(),
            response,
        })
    }

    fn recorded_refunds(
        &self,
        response: &Response,
        records: &[wire::Operation<'_>],
        order: &PaymentId,
        currency: Currency,
    ) -> Result<Vec<Refund>> {
        let refunds: std::result::Result<Vec<_>, _> =
            records.iter().map(|record| record::refund(record, order, currency)).collect();
        let refunds = refunds.map_err(|fault| response.protocol_error(fault))?;
        if !self.keep_raw() {
            return Ok(refunds);
        }
        let raw: Value = response.json()?;
        let raw = raw.get("refunds").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(refunds.into_iter().zip(raw).map(|(refund, raw)| refund.with_raw(raw)).collect())
    }

    pub(crate) async fn order_list(
        &self,
        id: &PaymentId,
        list: &str,
        operation: Operation,
    ) -> Result<Response> {
        let request = Request::get(operation)
            .paths(["accounts", self.account_id(), "shopping", "orders", id.as_str(), list])
            .body_limit(PAGE_BYTES);
        self.api().send(request).await
    }

    async fn order_itself(&self, id: &PaymentId, operation: Operation) -> Result<wire::Order<'static>> {
        let request =
            Request::get(operation).paths(["accounts", self.account_id(), "shopping", "orders", id.as_str()]);
        let response = self.api().send(request).await?;
        let order: wire::Order<'_> = response.json()?;
        Ok(order.into_owned())
    }

    /// The order's currency: its own, or that of the transaction that its records name.
    async fn order_currency<'a>(
        &self,
        order: &std::result::Result<wire::Order<'_>, Error>,
        records: impl IntoIterator<Item = &'a wire::Operation<'a>>,
        response: &Response,
        operation: Operation,
    ) -> Result<Currency> {
        if let Ok(order) = order
            && order.currency.is_some()
        {
            return convert::currency(order.currency.as_deref())
                .map_err(|fault| response.protocol_error(fault));
        }
        let named = records
            .into_iter()
            .filter_map(|record| record.payment_details.as_ref()?.payment_id.as_deref())
            .find(|id| self.is_transaction(id));
        let Some(Ok(transaction)) = named.map(PaymentId::new) else {
            let why = order.as_ref().err().map(|error| format!(" ({})", error.message()));
            return Err(response.protocol_error(format!(
                "the order does not name its currency{}, and no refund of it names a transaction",
                why.unwrap_or_default()
            )));
        };
        Ok(self.transaction(&transaction, operation).await?.currency)
    }
}

/// Whether all that the transaction took is the order's, and whether all that the order took is the
/// transaction's.
fn shares(
    transaction: &Transaction<'_>,
    paid: Paid,
    captures: &[wire::Operation<'_>],
    currency: Currency,
) -> std::result::Result<(bool, bool), Fault> {
    let named = |capture: &&wire::Operation<'_>| payment_id(capture) == Some(transaction.id.as_str());
    let counts = |capture: &&wire::Operation<'_>| paid != Paid::NamedBySome || named(capture);
    let order = captured(succeeded(captures).into_iter().filter(counts), currency)?;
    let taken = transaction.captured();
    let (less, more) =
        (taken.minor_units() <= order.minor_units(), taken.minor_units() >= order.minor_units());
    let comparable = transaction.currency == currency;
    Ok(match paid {
        Paid::Named => (taken == order, true),
        Paid::NamedBySome => (taken == order, false),
        Paid::Found => (comparable && less, comparable && more),
    })
}

/// The response, or the refusal. Reading a single order is not documented, so a refusal is not a
/// reason to fail yet; a transient error is.
async fn tolerate_refusal<T>(read: impl Future<Output = Result<T>>) -> Result<std::result::Result<T, Error>> {
    match read.await {
        Err(error) if error.is_retryable() || error.kind() == ErrorKind::Unauthenticated => Err(error),
        outcome => Ok(outcome),
    }
}
