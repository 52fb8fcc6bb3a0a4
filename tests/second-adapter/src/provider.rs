//! The provider: each call as one exchange, and the charge's currency where the answer lacks it.

use std::time::Duration;

use refunds_core::{
    Capabilities, Certainty, CreateRefund, Currency, Error, ErrorKind, FinalStatus, Idempotency,
    IdempotencyKey, Notice, Operation, Page, PageRequest, Payment, PaymentId, References, Refund, RefundId,
    RefundProvider, Replay, Result, SubmitRefund, TargetKind, WebhookRequest, async_trait,
};
use refunds_http::{HttpClient, Request, Response};

use crate::NAME;
use crate::convert::{self, Position};
use crate::webhook::Webhooks;
use crate::wire::{Charge, NewReversal, Reversal};

/// The longest `external_id`, and with it the longest reference.
const EXTERNAL_ID: u16 = 64;
const NOTE: usize = 140;
const LABELS: usize = 10;
const LABEL_KEY: usize = 20;
const LABEL_VALUE: usize = 100;

/// A page of a hundred reversals, each with all its labels full of escapes.
const LIST_BYTES: usize = 4 << 20;

/// Refunds at Quillpay. Built by [`QuillpayConfig`](crate::QuillpayConfig).
#[derive(Clone, Debug)]
pub struct Quillpay {
    http: HttpClient,
    webhooks: Webhooks,
}

/// What Quillpay promises; webhooks only where there is a secret to verify them.
pub(crate) fn capabilities(webhooks: bool) -> Capabilities {
    // Within a charge an `external_id` is never free again.
    let key = IdempotencyKey::new(EXTERNAL_ID, Duration::MAX, Replay::Refused, Certainty::Guaranteed);
    let mut can = Capabilities::default();
    can.partial = true;
    can.several = true;
    can.metadata = true;
    can.webhooks = webhooks;
    can.idempotency = Idempotency::Key(key.with_conflict_in_flight());
    can.references = References::Shown;
    can.send_window = true;
    can.final_status = FinalStatus::by(true, true, webhooks);
    can
}

impl Quillpay {
    pub(crate) fn new(http: HttpClient, webhooks: Webhooks) -> Self {
        Self { http, webhooks }
    }

    async fn charge(&self, operation: Operation, id: &PaymentId) -> Result<(Response, Charge)> {
        let answer = self.http.send(Request::get(operation).paths(["charges", id.as_str()])).await?;
        let charge: Charge = answer.json()?;
        if charge.id != id.as_str() {
            return Err(answer.protocol_error("`id` is not the one that was asked for"));
        }
        Ok((answer, charge))
    }

    async fn currency(&self, operation: Operation, id: &PaymentId) -> Result<Currency> {
        let (answer, charge) = self.charge(operation, id).await?;
        convert::currency(&answer, &charge)
    }
}

#[async_trait]
impl RefundProvider for Quillpay {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(self.webhooks.is_on())
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        let (answer, charge) = self.charge(Operation::Payment, payment).await?;
        convert::payment(&answer, charge)
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let position = match &page.cursor {
            Some(cursor) => Position::read(cursor)?,
            None => Position::first(page.limit),
        };
        let currency = self.currency(Operation::ListRefunds, payment).await?;
        let request = Request::get(Operation::ListRefunds)
            .paths(["charges", payment.as_str(), "reversals"])
            .query("page", position.page)
            .query("per_page", position.per_page)
            .body_limit(LIST_BYTES);
        let answer = self.http.send(request).await?;
        convert::page(&answer, answer.json()?, position, currency)
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let request = Request::get(Operation::GetRefund).paths(["reversals", refund.as_str()]);
        let answer = self.http.send(request).await?;
        let wire: Reversal = answer.json()?;
        if wire.id != refund.as_str() {
            return Err(answer.protocol_error("`id` is not the one that was asked for"));
        }
        if wire.charge != payment.as_str() {
            return Err(answer.error(ErrorKind::NotFound, "the charge has no such reversal"));
        }
        let currency = self.currency(Operation::GetRefund, payment).await?;
        convert::refund(&answer, wire, currency)
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let SubmitRefund { request, amount, payment, .. } = submit;
        self.validate(request)?;
        let currency = match payment {
            Some(payment) => payment.currency(),
            None => self.currency(Operation::SubmitRefund, &request.payment_id).await?,
        };
        // The request has no place for a currency: 5 EUR would become 5 NOK.
        if amount.currency() != currency {
            return Err(Error::new(ErrorKind::InvalidRequest, "the charge is in another currency"));
        }
        let body = NewReversal {
            amount: amount.to_major(),
            external_id: request.reference.as_str(),
            note: request.reason.as_deref(),
            labels: &request.metadata,
        };
        let exchange = Request::post(Operation::SubmitRefund)
            .paths(["charges", request.payment_id.as_str(), "reversals"])
            .json(&body)
            .send_window(submit.window.as_ref());
        let answer = self.http.send(exchange).await?;
        convert::refund(&answer, answer.json()?, currency)
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        let refuse = |kind, message: &str| Err(Error::new(kind, message));
        if request.target.as_ref().is_some_and(|target| target.kind != TargetKind::PaymentMethod) {
            return refuse(ErrorKind::Unsupported, "money goes back to where it came from");
        }
        if !request.lines.is_empty() {
            return refuse(ErrorKind::Unsupported, "reversals have no order lines");
        }
        if request.reference.as_str().len() > usize::from(EXTERNAL_ID) {
            return refuse(ErrorKind::InvalidRequest, "the reference is longer than 64 characters");
        }
        if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > NOTE) {
            return refuse(ErrorKind::InvalidRequest, "the reason is longer than 140 characters");
        }
        if request.metadata.len() > LABELS {
            return refuse(ErrorKind::InvalidRequest, "there are more than 10 pieces of metadata");
        }
        let fits = |(key, value): (&String, &String)| {
            key.chars().count() <= LABEL_KEY && value.chars().count() <= LABEL_VALUE
        };
        if !request.metadata.iter().all(fits) {
            let limits = "metadata has keys of at most 20 and values of at most 100 characters";
            return refuse(ErrorKind::InvalidRequest, limits);
        }
        Ok(())
    }

    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        self.webhooks.verify(request)
    }
}
