//! The provider: each call of the trait as one exchange.

use std::time::Duration;

use refunds_core::{
    Capabilities, Certainty, CreateRefund, Error, ErrorKind, FinalStatus, Idempotency, IdempotencyKey,
    Operation, Page, PageRequest, Payment, PaymentId, Refund, RefundAmount, RefundId, RefundProvider, Replay,
    Result, SubmitRefund, TargetKind, async_trait,
};
use refunds_http::{HttpClient, Request, Response};

use crate::{AcmeConfig, convert, wire};

/// Refunds at Acme. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acme {
    http: HttpClient,
}

impl Acme {
    /// Builds the provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the configuration can not be used.
    pub fn new(config: AcmeConfig) -> Result<Self> {
        Ok(Self { http: config.http_client()? })
    }
}

#[async_trait]
impl RefundProvider for Acme {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        let request = Request::get(Operation::Payment).paths(["payments", payment.as_str()]);
        let answer = self.http.send(request).await?;
        let wire: wire::PaymentAnswer = answer.json()?;
        convert::payment(wire.payment, payment).map_err(|fault| answer.protocol_error(fault))
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let mut request = Request::get(Operation::ListRefunds)
            .paths(["payments", payment.as_str(), "returns"])
            .query("size", page.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE));
        if let Some(cursor) = &page.cursor {
            request = request.query("after", cursor);
        }
        let answer = self.http.send(request).await?;
        convert::page(answer.json()?, payment).map_err(|fault| answer.protocol_error(fault))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let request = Request::get(Operation::GetRefund).paths(["returns", refund.as_str()]);
        let answer = self.http.send(request).await?;
        let found = told(&answer)?;
        if found.id != *refund {
            return Err(answer.protocol_error("the answer is about another return"));
        }
        // The provider finds it whichever payment it belongs to.
        if found.payment_id != *payment {
            return Err(answer.error(ErrorKind::NotFound, "this return is of another payment"));
        }
        Ok(found)
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let SubmitRefund { request, amount, .. } = submit;
        self.validate(request)?;
        let http = Request::post(Operation::SubmitRefund)
            .paths(["payments", request.payment_id.as_str(), "returns"])
            .header("idempotency-key", request.reference.as_str())
            .json(&wire::NewReturn {
                merchant_ref: request.reference.as_str(),
                amount: (*amount).into(),
                note: request.reason.as_deref(),
            });
        // 200, 201 or 202: the state in the answer says what it is, core checks that it is ours.
        told(&self.http.send(http).await?)
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        let refuse = |kind, what: &str| Err(Error::new(kind, what));
        if matches!(request.amount, RefundAmount::Exact(amount) if amount.minor_units() > MAX_UNITS) {
            return refuse(ErrorKind::InvalidRequest, "an amount has at most 12 digits at this provider");
        }
        if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_NOTE) {
            return refuse(ErrorKind::InvalidRequest, "a reason has at most 140 characters at this provider");
        }
        if request.reference.as_str().len() > usize::from(MAX_KEY) {
            return refuse(
                ErrorKind::InvalidRequest,
                "a reference has at most 128 characters at this provider",
            );
        }
        if request.target.as_ref().is_some_and(|target| target.kind != TargetKind::PaymentMethod) {
            return refuse(ErrorKind::Unsupported, "money goes back to the payment method at this provider");
        }
        Ok(())
    }
}

/// What the provider can do, as `PROVIDER.md` promises it.
pub(crate) fn capabilities() -> Capabilities {
    let key = IdempotencyKey::new(MAX_KEY, KEY_RETENTION, Replay::CurrentState, Certainty::Guaranteed)
        .with_conflict_in_flight();
    let mut capabilities = Capabilities::default();
    capabilities.partial = true;
    capabilities.multiple = true;
    capabilities.idempotency = Idempotency::Key(key);
    capabilities.final_status = FinalStatus::by(true, true, false);
    capabilities
}

/// The refund that an answer tells.
fn told(answer: &Response) -> Result<Refund> {
    let wire: wire::ReturnAnswer = answer.json()?;
    convert::refund(wire.r#return).map_err(|fault| answer.protocol_error(fault))
}

const MAX_KEY: u16 = 128;
const MAX_NOTE: usize = 140;
const MAX_PAGE: u16 = 50;
const MAX_UNITS: i64 = 999_999_999_999;
const KEY_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
