//! The provider: each call of the trait is one exchange. And the factory for a registry.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Capabilities, Certainty, CreateRefund, ErrorKind, FinalStatus, Idempotency, IdempotencyKey, Notice,
    Operation, Page, PageRequest, Payment, PaymentId, ProviderFactory, Refund, RefundId, RefundProvider,
    Replay, Result, SettingSpec, Settings, SubmitRefund, WebhookRequest, async_trait,
};
use refunds_http::{HmacKey, HttpClient, Request, Response};

use crate::{AcmeConfig, config::SETTINGS, convert, validate, webhook, wire};

const MAX_KEY: u16 = 128;
const KEY_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
const MAX_PAGE: u16 = 50;

/// Refunds at Acme. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acme {
    http: HttpClient,
    webhook_keys: Vec<HmacKey>,
}

impl Acme {
    /// Builds the provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the configuration is not valid.
    pub fn new(config: AcmeConfig) -> Result<Self> {
        let webhook_keys = config.webhook_secrets.iter().map(HmacKey::text).collect();
        Ok(Self { http: config.http_client()?, webhook_keys })
    }
}

/// What `PROVIDER.md` promises; webhooks only with a secret to verify them.
fn capabilities(webhooks: bool) -> Capabilities {
    let key = IdempotencyKey::new(MAX_KEY, KEY_RETENTION, Replay::CurrentState, Certainty::Guaranteed)
        .with_conflict_in_flight();
    let mut capabilities = Capabilities::default();
    capabilities.partial = true;
    capabilities.multiple = true;
    capabilities.metadata = true;
    capabilities.webhooks = webhooks;
    capabilities.idempotency = Idempotency::Key(key);
    capabilities.send_window = true;
    capabilities.final_status = FinalStatus::by(true, true, webhooks);
    capabilities
}

#[async_trait]
impl RefundProvider for Acme {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(!self.webhook_keys.is_empty())
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        let request = Request::get(Operation::Payment).paths(["payments", payment.as_str()]);
        let response = self.http.send(request).await?;
        let body: wire::PaymentResponse = response.json()?;
        convert::payment(body.payment, payment).map_err(|defect| response.protocol_error(defect))
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let mut request = Request::get(Operation::ListRefunds)
            .paths(["payments", payment.as_str(), "returns"])
            .query("size", page.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE));
        if let Some(cursor) = &page.cursor {
            request = request.query("after", cursor);
        }
        let response = self.http.send(request).await?;
        convert::page(response.json()?, payment).map_err(|defect| response.protocol_error(defect))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let request = Request::get(Operation::GetRefund).paths(["returns", refund.as_str()]);
        let response = self.http.send(request).await?;
        let found = decode_return(&response)?;
        if found.id != *refund {
            return Err(response.protocol_error("the response is about another return"));
        }
        // Acme looks it up by its id alone.
        if found.payment_id != *payment {
            return Err(response.error(ErrorKind::NotFound, "this return belongs to another payment"));
        }
        Ok(found)
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let SubmitRefund { request, amount, .. } = submit;
        self.validate(request)?;
        let exchange = Request::post(Operation::SubmitRefund)
            .paths(["payments", request.payment_id.as_str(), "returns"])
            .header("idempotency-key", &submit.idempotency_key())
            .json(&wire::NewReturn {
                merchant_ref: request.reference.as_str(),
                amount: wire::Amount {
                    units: convert::units(*amount)?.to_string(),
                    currency: amount.currency().code().to_owned(),
                },
                note: request.reason.as_deref(),
                labels: &request.metadata,
            })
            .send_window(submit.window.as_ref());
        // 200, 201 or 202: the state is in the body. The client checks that the refund is the one requested.
        decode_return(&self.http.send(exchange).await?)
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        validate::validate(request)
    }

    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        webhook::verify(&self.webhook_keys, request)
    }
}

/// Builds an [`Acme`] for a [`Registry`](refunds_core::Registry), under the name `acme`.
///
/// | setting | variable | |
/// |---|---|---|
/// | `client_id` | `ACME_CLIENT_ID` | the API client |
/// | `client_secret` | `ACME_CLIENT_SECRET` | secret of the API client |
/// | `api_url` | `ACME_API_URL` | base URL, default `https://api.acme.example/v2` |
/// | `allow_http` | `ACME_ALLOW_HTTP` | `true` allows `http://` on hosts that are not loopback |
/// | `webhook_secret` | `ACME_WEBHOOK_SECRET` | secret of the webhooks |
/// | `webhook_secret_previous` | `ACME_WEBHOOK_SECRET_PREVIOUS` | previous webhook secret, during rotation |
#[derive(Clone, Copy, Debug, Default)]
pub struct AcmeFactory;

impl ProviderFactory for AcmeFactory {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn settings(&self) -> &[SettingSpec] {
        &SETTINGS
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(false)
    }

    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(Acme::new(AcmeConfig::from_settings(settings)?)?))
    }
}

fn decode_return(response: &Response) -> Result<Refund> {
    let body: wire::ReturnResponse = response.json()?;
    convert::refund(body.r#return).map_err(|defect| response.protocol_error(defect))
}
