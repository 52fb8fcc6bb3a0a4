//! The provider trait of the in-memory provider.

use std::time::Duration;

use async_trait::async_trait;

use super::{Ending, MemoryProvider, PAGE_SIZE, Settling};
use crate::{
    Capabilities, CreateRefund, Cursor, Error, ErrorKind, Money, Notice, Page, PageRequest, Payment,
    PaymentId, Refund, RefundAmount, RefundId, RefundProvider, RefundStatus, Result, SendWindow,
    SubmitRefund, TargetKind, WebhookRequest,
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
            one_more(first)?;
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
            one_more(&mut found)?;
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
            return Err(error(fault));
        }
        self.validate(&submit.request)?;
        // This is where bytes would leave.
        submit.window.as_ref().map_or(Ok(()), SendWindow::check)?;
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
            Some(Fault::OtherAmount) => one_more(&mut refund)?,
            Some(fault) => return Err(error(fault)),
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
}

fn one_more(refund: &mut Refund) -> Result<()> {
    refund.amount = refund.amount.try_add(Money::new(1, refund.amount.currency()))?;
    Ok(())
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
