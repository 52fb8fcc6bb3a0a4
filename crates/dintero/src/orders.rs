//! Orders of Order Management, as they are read.
//!
//! An order holds records: of what was captured and of what was refunded, by whatever moved the money.
//! Neither names a currency, so the order is asked for it at the same time, and where it does not tell,
//! the transaction that the records name.
//! See <https://docs.dintero.com/docs/order-management/overview>.

use refunds_core::{
    Currency, Error, ErrorKind, Listing, Operation, Overview, Payment, PaymentId, Refund, Result,
};
use refunds_http::{Request, Response};
use serde_json::Value;

use crate::{
    NAME, convert,
    provider::{Dintero, PAGE_BYTES},
    record,
    totals::recorded,
    wire,
};

/// An order with its records.
pub(crate) struct Order {
    pub(crate) id: PaymentId,
    pub(crate) currency: Currency,
    pub(crate) captures: Vec<wire::Operation>,
    pub(crate) records: Vec<wire::Operation>,
    pub(crate) refunds: Vec<Refund>,
    told: Option<wire::Order>,
    response: Response,
}

impl Order {
    pub(crate) fn payment(&self) -> Result<Payment> {
        let sums = |operations, what| {
            recorded(operations, self.currency, what).map_err(|fault| self.response.protocol_error(fault))
        };
        let (captured, _) = sums(&self.captures, "capture")?;
        let (refunded, unknown) = sums(&self.records, "refund")?;
        let mut payment = Payment::new(NAME, self.id.clone(), captured, refunded, unknown)?;
        if let Some(told) = &self.told {
            payment.provider_status = told.status.cloned();
            convert::keep(&mut payment.extra, "payment_status", told.payment_status.as_ref());
        }
        Ok(payment)
    }

    pub(crate) fn into_overview(self) -> Result<Overview> {
        Ok(Overview::new(self.payment()?, Listing::whole(self.refunds)))
    }
}

impl Dintero {
    /// The order, its captures and its refunds, read side by side.
    pub(crate) async fn order(&self, id: &PaymentId, operation: Operation) -> Result<Order> {
        let (refunds, captures, told) = tokio::try_join!(
            self.order_list(id, "refunds", operation),
            self.order_list(id, "captures", operation),
            self.order_itself(id, operation),
        )?;
        let wire::Captures { captures } = captures.json()?;
        let wire::Refunds { refunds: records } = refunds.json()?;
        let currency =
            self.order_currency(&told, records.iter().chain(&captures), &refunds, operation).await?;
        let normalized = self.recorded_refunds(&refunds, &records, id, currency)?;
        Ok(Order {
            id: id.clone(),
            currency,
            captures,
            records,
            refunds: normalized,
            told: told.ok(),
            response: refunds,
        })
    }

    /// The refunds of an order, and its currency, read side by side.
    pub(crate) async fn order_refunds(&self, id: &PaymentId, operation: Operation) -> Result<Vec<Refund>> {
        let (response, told) =
            tokio::try_join!(self.order_list(id, "refunds", operation), self.order_itself(id, operation))?;
        let wire::Refunds { refunds: records } = response.json()?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let currency = self.order_currency(&told, &records, &response, operation).await?;
        self.recorded_refunds(&response, &records, id, currency)
    }

    /// The captures of an order.
    pub(crate) async fn captures(
        &self,
        id: &PaymentId,
        operation: Operation,
    ) -> Result<Vec<wire::Operation>> {
        let wire::Captures { captures } = self.order_list(id, "captures", operation).await?.json()?;
        Ok(captures)
    }

    fn recorded_refunds(
        &self,
        response: &Response,
        records: &[wire::Operation],
        order: &PaymentId,
        currency: Currency,
    ) -> Result<Vec<Refund>> {
        let refunds: std::result::Result<Vec<_>, _> =
            records.iter().map(|told| record::refund(told, order, currency)).collect();
        let refunds = refunds.map_err(|fault| response.protocol_error(fault))?;
        if !self.keep_raw() {
            return Ok(refunds);
        }
        let raw: Value = response.json()?;
        let raw = raw.get("refunds").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(refunds.into_iter().zip(raw).map(|(refund, raw)| refund.with_raw(raw)).collect())
    }

    async fn order_list(&self, id: &PaymentId, list: &str, operation: Operation) -> Result<Response> {
        let request = Request::get(operation)
            .paths(["accounts", self.account_id(), "shopping", "orders", id.as_str(), list])
            .body_limit(PAGE_BYTES);
        self.api().send(request).await
    }

    /// The order, or why it is not told. That a single order can be read is not documented, so a
    /// refusal is no reason to fail yet; what may pass is.
    async fn order_itself(
        &self,
        id: &PaymentId,
        operation: Operation,
    ) -> Result<std::result::Result<wire::Order, Error>> {
        let request =
            Request::get(operation).paths(["accounts", self.account_id(), "shopping", "orders", id.as_str()]);
        match self.api().json(request).await {
            Err(error) if error.is_retryable() || error.kind() == ErrorKind::Unauthenticated => Err(error),
            answer => Ok(answer),
        }
    }

    /// The order's currency: its own, or that of the transaction that its records name.
    async fn order_currency<'a>(
        &self,
        told: &std::result::Result<wire::Order, Error>,
        records: impl IntoIterator<Item = &'a wire::Operation>,
        response: &Response,
        operation: Operation,
    ) -> Result<Currency> {
        if let Ok(order) = told
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
            let why = told.as_ref().err().map(|error| format!(" ({})", error.message()));
            return Err(response.protocol_error(format!(
                "the order does not tell its currency{}, and no refund of it names a transaction",
                why.unwrap_or_default()
            )));
        };
        Ok(self.transaction(&transaction, operation).await?.currency)
    }
}
