//! The provider: each call of the trait as one exchange, or two that belong together.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, Certainty, CreateRefund, Currency, Error, ErrorKind, FinalStatus, Idempotency,
    IdempotencyKey, Mode, Notice, Operation, Overview, Page, PageRequest, Payment, PaymentId,
    ProviderFactory, References, Refund, RefundId, RefundProvider, Replay, Result, Scope, SettingSpec,
    Settings, SubmitRefund, WebhookRequest, all_refunds,
};
use refunds_http::{HmacKey, HttpClient, Request, Response};

use crate::{
    config::{MattildaConfig, SETTINGS},
    convert::{self, is_same_id},
    error::in_context,
    list::{MAX_PAGE_LIMIT, RefundsOf},
    totals::Totals,
    validate::{MAX_REFERENCE_CHARS, target, validate},
    webhook, wire,
};

const KEY_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_PAGE_BYTES: usize = 16 << 20;

/// Refunds of transactions at Mattilda Payments, or at any other Gr4vy instance. Cheap to clone.
///
/// ```
/// use refunds_core::{RefundClient, RefundProvider};
/// use refunds_mattilda::{Mattilda, MattildaConfig};
///
/// let provider = Mattilda::new(MattildaConfig::from_token("a-ready-token"))?;
/// assert!(provider.capabilities().gift_cards);
/// let client = RefundClient::new(provider);
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mattilda(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: HttpClient,
    idempotency: Certainty,
    keep_raw: bool,
    webhook_keys: Vec<HmacKey>,
    account: String,
}

impl Mattilda {
    /// Builds the provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the URL, the key, the token or the merchant account cannot be
    /// used; the value is not repeated.
    pub fn new(config: MattildaConfig) -> Result<Self> {
        let http = config.http_client().map_err(in_context(Operation::Configure))?;
        Ok(Self(Arc::new(Inner {
            http,
            idempotency: config.idempotency(),
            keep_raw: config.keep_raw(),
            webhook_keys: config.webhook_keys(),
            account: config.account().to_owned(),
        })))
    }

    async fn totals(&self, payment: &PaymentId) -> Result<Totals> {
        let request = Request::get(Operation::Payment).paths(["transactions", payment.as_str()]);
        let response = self.0.http.send(request).await?;
        Totals::new(response.json()?, payment).map_err(|fault| response.protocol_error(fault))
    }

    /// The refund in a response.
    fn refund(&self, response: &Response, asked: &PaymentId) -> Result<Refund> {
        let refund =
            convert::refund(response.json()?, asked).map_err(|fault| response.protocol_error(fault))?;
        Ok(if self.0.keep_raw { refund.with_raw(response.json()?) } else { refund })
    }

    /// A refund by its own id, wherever this instance has it: Mattilda documents the first path, Gr4vy
    /// both.
    async fn find(&self, payment: &PaymentId, refund: &RefundId) -> Result<Response> {
        let get =
            |path: &[&str]| self.0.http.send(Request::get(Operation::GetRefund).paths(path.iter().copied()));
        let error = match get(&["refunds", refund.as_str()]).await {
            Err(error) if is_elsewhere(&error) => error,
            outcome => return outcome,
        };
        match get(&["transactions", payment.as_str(), "refunds", refund.as_str()]).await {
            // This instance does not have the second path: the first one's response counts.
            Err(second) if second.kind() == ErrorKind::Unsupported => Err(error),
            outcome => outcome,
        }
    }
}

/// The hosts of instances. Those of test instances have `sandbox` in their names.
const HOSTS: [&str; 2] = [".mattildapayments.com", ".gr4vy.app"];

/// Whether the API at this origin is live. Of another host, a tunnel on this machine included, nothing is known.
fn mode(origin: &str) -> Mode {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if !HOSTS.iter().any(|known| host.ends_with(known)) {
        Mode::Unknown
    } else if host.split('.').any(|part| part == "sandbox") {
        Mode::Test
    } else {
        Mode::Live
    }
}

#[async_trait]
impl RefundProvider for Mattilda {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(self.0.idempotency)
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        Ok(self.overview(payment).await?.payment)
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let mut request = Request::get(Operation::ListRefunds)
            .paths(["transactions", payment.as_str(), "refunds"])
            .body_limit(MAX_PAGE_BYTES);
        if let Some(cursor) = &page.cursor {
            request = request.query("cursor", cursor);
        }
        if let Some(limit) = page.limit {
            request = request.query("limit", limit.clamp(1, MAX_PAGE_LIMIT));
        }
        let response = self.0.http.send(request).await?;
        let list = response.json_with(&RefundsOf::new(payment, response.bytes().len()))?;
        let fault = |fault| response.protocol_error(fault);

        let mut refunds = list.refunds.map_err(fault)?;
        if refunds.iter().any(|refund| refund.payment_id != *payment) {
            return Err(fault("the response lists a refund of another transaction"));
        }
        if self.0.keep_raw {
            let raw: wire::RawList = response.json()?;
            refunds = refunds.into_iter().zip(raw.items).map(|(refund, raw)| refund.with_raw(raw)).collect();
        }
        let next = convert::next(list.next_cursor).map_err(fault)?;
        Ok(Page::new(refunds, next, convert::limit(list.limit.as_ref())))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        let response = self.find(payment, refund).await?;
        let found = self.refund(&response, payment)?;
        if !is_same_id(found.id.as_str(), refund.as_str()) {
            return Err(response.protocol_error("the response is about another refund"));
        }
        if found.payment_id != *payment {
            return Err(response.error(ErrorKind::NotFound, "this refund is of another payment"));
        }
        Ok(found)
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let SubmitRefund { request, amount, .. } = submit;
        validate(request, Some(*amount))
            .and_then(|()| submit.check_currency())
            .map_err(in_context(Operation::SubmitRefund))?;
        let (target_type, target_id) = target(request.target.as_ref())?;
        let http = Request::post(Operation::SubmitRefund)
            .paths(["transactions", request.payment_id.as_str(), "refunds"])
            .header("idempotency-key", &submit.idempotency_key())
            .send_window(submit.window.as_ref())
            .json(&wire::NewRefund {
                amount: amount.minor_units(),
                external_identifier: request.reference.as_str(),
                reason: request.reason.as_deref(),
                target_type,
                target_id,
            });
        let response = self.0.http.send(http).await?;
        self.refund(&response, &request.payment_id)
    }

    fn scope(&self) -> Scope {
        Scope::new(crate::NAME, self.0.account.as_str(), self.0.http.base_url().origin())
    }

    fn mode(&self) -> Mode {
        mode(self.0.http.base_url().origin())
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        validate(request, None)
    }

    async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
        Ok(self.totals(payment).await?.currency())
    }

    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        let (totals, refunds) = tokio::try_join!(self.totals(payment), all_refunds(self, payment))?;
        Ok(Overview::new(totals.with_refunds(payment, &refunds)?, refunds))
    }

    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        webhook::verify(&self.0.webhook_keys, request)
    }
}

/// Builds [`Mattilda`]s for a [`Registry`](refunds_core::Registry), under the name `mattilda`.
///
/// | setting | meaning |
/// |---|---|
/// | `private_key` | the private key, PEM, P-521 |
/// | `private_key_file` | the path of a regular file that holds it, of at most 64 KiB |
/// | `token` | instead of a key, a ready bearer token |
/// | `api_url` | instead of `https://api.mattildapayments.com` |
/// | `merchant_account_id` | the merchant account, if not the default one |
/// | `webhook_secret` | the secret of the webhook subscription |
/// | `webhook_secret_previous` | the secret before it, accepted as well while it is replaced |
/// | `allow_http` | `true` allows plain `http://` on hosts that are not loopback |
/// | `idempotency_key` | `best_effort` (default) or `honoured`: see [`MattildaConfig::with_idempotency`] |
/// | `timeout` | how long one HTTP exchange may take, such as `40s`; 25 seconds, unless set |
/// | `keep_raw` | `true` keeps each refund's payload: see [`MattildaConfig::with_keep_raw`] |
///
/// Exactly one of the first three is needed. In the environment they are in capitals behind
/// `MATTILDA_`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MattildaFactory;

impl ProviderFactory for MattildaFactory {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn settings(&self) -> &[SettingSpec] {
        &SETTINGS
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(Certainty::BestEffort)
    }

    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(Mattilda::new(MattildaConfig::from_settings(settings)?)?))
    }
}

/// What the provider can do. `certainty` is that of its idempotency key.
fn capabilities(certainty: Certainty) -> Capabilities {
    let key = IdempotencyKey::new(MAX_REFERENCE_CHARS, KEY_RETENTION, Replay::FirstAnswer, certainty)
        .with_conflict_in_flight();
    let mut capabilities = Capabilities::default();
    capabilities.partial = true;
    capabilities.multiple = true;
    capabilities.gift_cards = true;
    capabilities.webhooks = true;
    capabilities.idempotency = Idempotency::Key(key);
    capabilities.final_status = FinalStatus::by(true, true, true);
    // Mattilda's documented refund has no reference, Gr4vy's has.
    capabilities.references = References::MayBeUnreported;
    capabilities.send_window = true;
    capabilities
}

/// Whether the refund may be found at another path.
fn is_elsewhere(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_says_whether_money_is_real() {
        for (origin, want) in [
            ("https://api.mattildapayments.com", Mode::Live),
            ("https://api.sandbox.mattildapayments.com", Mode::Test),
            ("https://api.example.gr4vy.app", Mode::Live),
            ("https://api.sandbox.example.gr4vy.app:443", Mode::Test),
            ("https://sandbox.example.com", Mode::Unknown),
            ("http://127.0.0.1:8080", Mode::Unknown),
            ("http://[::1]:8080", Mode::Unknown),
        ] {
            assert_eq!(mode(origin), want, "{origin}");
        }
    }
}
