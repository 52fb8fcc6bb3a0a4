//! The provider trait of the in-memory provider.

use std::time::Duration;

use async_trait::async_trait;

use super::{Ending, MemoryProvider, PAGE_SIZE, Settling};
use crate::{
    Capabilities, CreateRefund, Cursor, Error, ErrorKind, Idempotency, Money, Notice, Page, PageRequest,
    Payment, PaymentId, Refund, RefundAmount, RefundId, RefundProvider, RefundStatus, Replay, Result,
    SendWindow, SubmitRefund, TargetKind, WebhookRequest,
    testing::{Fault, FaultTarget},
};

#[async_trait]
impl RefundProvider for MemoryProvider {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        self.able()
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.met(FaultTarget::Read)?;
        self.with(payment, |account| account.payment(payment))
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let fault = self.met(FaultTarget::Read)?;
        let mut refunds = self.reported(self.with(payment, |account| Ok(account.read()))?);
        if let (Some(Fault::OtherAmount), Some(first)) = (fault, refunds.first_mut()) {
            self.one_more(first)?;
        }
        let start = match &page.cursor {
            None => 0,
            Some(cursor) => cursor.as_str().parse().map_err(|_| {
                Error::new(ErrorKind::InvalidRequest, "the cursor does not belong to this list")
            })?,
        };
        let size = self.page_size.unwrap_or(PAGE_SIZE);
        let limit = page.limit.unwrap_or(size).min(size).max(1);
        let end = refunds.len().min(usize::saturating_add(start, limit.into()));
        let next = if end < refunds.len() { Some(Cursor::new(end.to_string())?) } else { None };
        Ok(Page::new(refunds.get(start..end).unwrap_or_default().to_vec(), next, Some(limit)))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let fault = self.met(FaultTarget::Read)?;
        let refunds = self.reported(self.with(payment, |account| Ok(account.read()))?);
        let mut found = refunds
            .into_iter()
            .find(|candidate| candidate.id == *refund)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the payment has no such refund"))?;
        if fault == Some(Fault::OtherAmount) {
            self.one_more(&mut found)?;
        }
        Ok(found)
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        // Other tasks may run before the request and its response arrive, and a
        // future may be dropped there, as on a network.
        tokio::task::yield_now().await;
        let fault = self.fault(FaultTarget::Submit);
        if let Some(fault) = fault.filter(|fault| !fault.is_processed()) {
            if fault != Fault::NeverSent {
                submit.window.as_ref().map_or(Ok(()), SendWindow::check)?;
            }
            self.keep(fault, submit);
            return Err(error(fault));
        }
        self.validate(&submit.request)?;
        submit.amount.to_units(self.decimals(submit.amount.currency()))?;
        // This is where bytes would leave.
        submit.window.as_ref().map_or(Ok(()), SendWindow::check)?;
        let in_flight = self.begin(submit)?;
        if in_flight.is_some() {
            // Repetitions arrive meanwhile.
            tokio::task::yield_now().await;
        }
        if self.repeats_a_failure(submit) {
            return Err(error(Fault::ServerError));
        }
        let ending = match self.settling {
            Settling::AtOnce => None,
            Settling::AfterReads(reads_left) => {
                Some(Ending { reads_left, end: self.end.unwrap_or(RefundStatus::Succeeded) })
            }
        };
        let able = self.able();
        let refund =
            self.with(&submit.request.payment_id, |account| account.refund(submit, &able, ending))?;
        tokio::task::yield_now().await;
        let mut refund = self.reported(vec![refund]).remove(0);
        match fault {
            None => {}
            Some(Fault::OtherAmount) => self.one_more(&mut refund)?,
            Some(fault) => {
                self.keep(fault, submit);
                return Err(error(fault));
            }
        }
        Ok(refund)
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        let refuse = |kind, why: &str| Err(Error::new(kind, why));
        let able = self.able();
        if let (RefundAmount::Exact(amount), Some(maximum)) = (request.amount, self.maximum)
            && amount.minor_units() > maximum
        {
            return refuse(ErrorKind::InvalidRequest, "the amount exceeds the limit for one refund");
        }
        if let (RefundAmount::Exact(amount), Some(decimals)) = (request.amount, self.decimals) {
            amount.to_units(decimals)?;
        }
        if request.target.as_ref().is_some_and(|target| target.kind == TargetKind::GiftCard)
            && !able.gift_cards
        {
            return refuse(ErrorKind::Unsupported, "gift cards are not supported");
        }
        Ok(())
    }

    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        self.verified(request)
    }
}

impl MemoryProvider {
    /// The fault that a read meets, if any.
    fn met(&self, on: FaultTarget) -> Result<Option<Fault>> {
        match self.fault(on) {
            Some(Fault::OtherAmount) => Ok(Some(Fault::OtherAmount)),
            Some(fault) => Err(error(fault)),
            None => Ok(None),
        }
    }

    /// Refunds as this provider reports them.
    fn reported(&self, refunds: Vec<Refund>) -> Vec<Refund> {
        if !self.hidden_references {
            return refunds;
        }
        let hide = |mut refund: Refund| {
            refund.reference = None;
            refund.with_unreported_reference()
        };
        refunds.into_iter().map(hide).collect()
    }

    /// Adds one of this provider's units, as a response would show it.
    fn one_more(&self, refund: &mut Refund) -> Result<()> {
        let currency = refund.amount.currency();
        let decimals = self.decimals(currency);
        let units = refund.amount.to_units(decimals)?.saturating_add(1);
        refund.amount = Money::from_units(units, decimals, currency)?;
        Ok(())
    }

    /// Keeps a server error as the response to a key, where the first response is repeated.
    fn keep(&self, fault: Fault, submit: &SubmitRefund) {
        let first_response =
            self.able().idempotency.honoured().is_some_and(|key| key.replay == Replay::FirstAnswer);
        if first_response && matches!(fault, Fault::ServerError | Fault::ErrorAfterwards) {
            // Without the payment, there is nothing to repeat.
            if let Some(account) = self.lock().payments.get_mut(&submit.request.payment_id) {
                account.fail(submit.idempotency_key());
            }
        }
    }

    fn repeats_a_failure(&self, submit: &SubmitRefund) -> bool {
        let world = self.lock();
        let account = world.payments.get(&submit.request.payment_id);
        account.is_some_and(|account| account.has_failed(&submit.idempotency_key()))
    }

    /// Puts a submission in flight, where its repetition is refused meanwhile.
    fn begin(&self, submit: &SubmitRefund) -> Result<Option<InFlight<'_>>> {
        match self.able().idempotency {
            Idempotency::Key(rules) if rules.conflict_in_flight => {}
            _ => return Ok(None),
        }
        let key = (submit.request.payment_id.clone(), submit.idempotency_key());
        if !self.lock().in_flight.insert(key.clone()) {
            let message = "a request with this key is in flight";
            return Err(Error::new(ErrorKind::Conflict, message).with_retryable(true).not_applied());
        }
        Ok(Some(InFlight { provider: self, key }))
    }
}

/// A submission in flight; it ends when this is dropped.
struct InFlight<'a> {
    provider: &'a MemoryProvider,
    key: (PaymentId, String),
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.provider.lock().in_flight.remove(&self.key);
    }
}

/// The error that a correct adapter returns for a fault.
fn error(fault: Fault) -> Error {
    match fault {
        Fault::NeverSent => Error::new(ErrorKind::Transport, "the connection was refused").not_applied(),
        Fault::NoResponse | Fault::ResponseLost => Error::new(ErrorKind::Timeout, "no response came"),
        Fault::ErrorAfterwards | Fault::ServerError => {
            Error::new(ErrorKind::Unavailable, "the server failed").with_code("500")
        }
        Fault::RateLimited => {
            Error::new(ErrorKind::RateLimited, "too many requests").with_retry_after(Duration::from_secs(1))
        }
        Fault::Unreadable | Fault::OtherAmount => {
            Error::new(ErrorKind::Protocol, "the response cannot be read")
        }
        Fault::Unauthorized => {
            Error::new(ErrorKind::Unauthenticated, "the credentials were not accepted").with_code("401")
        }
    }
}
