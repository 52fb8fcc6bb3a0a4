//! The provider: which call of the trait is which of Dintero's.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, CreateRefund, Currency, ErrorKind, FinalStatus, Idempotency, Location, Mode, Notice,
    Operation, Overview, Page, PageRequest, Payment, PaymentId, ProviderFactory, References, Refund,
    RefundAmount, RefundId, RefundProvider, Result, Scope, SettingSpec, Settings, SubmitRefund,
    WebhookRequest,
};
use refunds_http::{BaseUrl, HttpClient, Request, StaticToken, TokenCache};

use crate::{
    NAME,
    auth::TokenEndpoint,
    checkout::Transaction,
    config::{DinteroConfig, SETTINGS},
    error::{decode, in_context, refused},
    validate::validate,
    webhook,
};

/// A transaction holds all its events, a list all its refunds.
pub(crate) const PAGE_BYTES: usize = 16 << 20;

const USER_AGENT: &str = concat!("refunds-dintero/", env!("CARGO_PKG_VERSION"));

/// Refunds at [Dintero](https://docs.dintero.com/docs/integrations/support/refunds). Cheap to clone.
///
/// What a payment is follows from its id. One that begins with the account's id and a dot is a
/// **Checkout transaction**: refunding it moves money. Any other is an **order** of Order Management,
/// whose refunds are records: refunding it refunds the transaction behind it, then records that.
///
/// ```no_run
/// use refunds_core::{CreateRefund, Money, PaymentId, Reference, RefundAmount, RefundClient};
/// use refunds_dintero::{Dintero, DinteroConfig};
///
/// # async fn example() -> refunds_core::Result<()> {
/// let dintero = Dintero::new(DinteroConfig::new("T11223344", "client-id", "client-secret"))?;
/// let client = RefundClient::new(dintero);
/// let refund = client
///     .create(&CreateRefund::new(
///         PaymentId::new("T11223344.9rQ2xW")?,
///         RefundAmount::Exact(Money::new(14950, "NOK".parse()?)),
///         Reference::derive("shop.example/returns", ["order-42", "rma-551"]),
///     ))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dintero(Arc<Inner>);

struct Inner {
    config: DinteroConfig,
    api: HttpClient,
    checkout: HttpClient,
    /// What the ids of this account's transactions begin with.
    prefix: String,
}

impl Dintero {
    /// A provider for one account. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the account's id, a base URL or a header is malformed.
    pub fn new(config: DinteroConfig) -> Result<Self> {
        let (api_base, checkout_base) = config.check().map_err(in_context(Operation::Configure))?;
        let login = StaticToken::basic(&config.client_id, &config.client_secret);
        let plain = plain_client(api_base, &config)?;
        let endpoint = TokenEndpoint::new(plain.with_auth(Arc::new(login)), &config.account_id);
        let tokens = TokenCache::new(endpoint, Arc::clone(&config.clock));
        let api = plain.with_auth(Arc::new(tokens));
        let checkout = api.at(checkout_base);
        let prefix = format!("{}.", config.account_id);
        Ok(Self(Arc::new(Inner { config, api, checkout, prefix })))
    }

    pub(crate) fn api(&self) -> &HttpClient {
        &self.0.api
    }

    pub(crate) fn checkout(&self) -> &HttpClient {
        &self.0.checkout
    }

    pub(crate) fn account_id(&self) -> &str {
        &self.0.config.account_id
    }

    pub(crate) fn system_name(&self) -> &str {
        &self.0.config.system_name
    }

    pub(crate) fn record_only(&self) -> bool {
        self.0.config.record_only
    }

    pub(crate) fn keep_raw(&self) -> bool {
        self.0.config.keep_raw
    }

    /// Whether the id is that of a transaction of this account.
    pub(crate) fn is_transaction(&self, id: &str) -> bool {
        id.starts_with(&self.0.prefix)
    }

    pub(crate) async fn transaction(
        &self,
        id: &PaymentId,
        operation: Operation,
    ) -> Result<Transaction<'static>> {
        self.read_transaction(id, operation, |transaction| Ok(transaction.into_owned())).await
    }

    /// What `read` makes of the transaction, which borrows from the response.
    pub(crate) async fn read_transaction<T>(
        &self,
        id: &PaymentId,
        operation: Operation,
        read: impl FnOnce(Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let request = Request::get(operation).paths(["transactions", id.as_str()]).body_limit(PAGE_BYTES);
        let response = self.checkout().send(request).await?;
        read(Transaction::read(&response, id, self.keep_raw())?)
    }
}

/// A client without a credential.
fn plain_client(base: BaseUrl, config: &DinteroConfig) -> Result<HttpClient> {
    let mut builder = HttpClient::builder(NAME, base)
        .clock(Arc::clone(&config.clock))
        .user_agent(USER_AGENT)
        .default_header("dintero-system-name", &config.system_name)
        .default_header("dintero-system-version", &config.system_version)
        .error_decoder(decode);
    if let Some(limit) = config.timeout {
        builder = builder.timeout(limit);
    }
    if let Some(authorities) = &config.authorities {
        builder = builder.authorities(authorities.clone());
    }
    if let Some(transport) = &config.transport {
        builder = builder.transport(Arc::clone(transport));
    }
    builder.build()
}

#[async_trait]
impl RefundProvider for Dintero {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        const OPERATION: Operation = Operation::Payment;
        let read = async {
            if self.is_transaction(payment.as_str()) {
                self.read_transaction(payment, OPERATION, |transaction| transaction.payment()).await
            } else {
                self.order(payment, None, OPERATION).await?.payment()
            }
        };
        read.await.map_err(in_context(OPERATION))
    }

    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        const OPERATION: Operation = Operation::ListRefunds;
        let read = async {
            if page.cursor.is_some() {
                return Err(refused(
                    ErrorKind::InvalidRequest,
                    "refunds come on one page, so there is nothing at a cursor",
                ));
            }
            if self.is_transaction(payment.as_str()) {
                self.read_transaction(payment, OPERATION, |transaction| Ok(transaction.into_refunds())).await
            } else {
                Ok(self.order_refunds(payment, OPERATION).await?.into_all())
            }
        };
        read.await.map(Page::whole).map_err(in_context(OPERATION))
    }

    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        const OPERATION: Operation = Operation::GetRefund;
        let read = async {
            let found = if self.is_transaction(payment.as_str()) {
                let found =
                    |transaction: Transaction<'_>| Ok(transaction.refund_called(refund.as_str()).cloned());
                self.read_transaction(payment, OPERATION, found).await?
            } else {
                self.order_refunds(payment, OPERATION).await?.called(refund).cloned()
            };
            found.ok_or_else(|| refused(ErrorKind::NotFound, "the payment has no refund with this id"))
        };
        read.await.map_err(in_context(OPERATION))
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let payment = &submit.request.payment_id;
        let write = async {
            let mut exact = submit.request.clone();
            exact.amount = RefundAmount::Exact(submit.amount);
            exact.validate()?;
            self.validate(&exact)?;
            if self.is_transaction(payment.as_str()) {
                self.refund_transaction(submit).await
            } else {
                self.refund_order(submit).await
            }
        };
        write.await.map_err(in_context(Operation::SubmitRefund))
    }

    fn scope(&self) -> Scope {
        Scope::new(NAME, self.account_id(), self.checkout().base_url().origin())
    }

    /// The ids of test accounts begin with `T`, those of live ones with `P`; the hosts are the same.
    fn mode(&self) -> Mode {
        match self.account_id().chars().next() {
            Some('T') => Mode::Test,
            Some('P') => Mode::Live,
            _ => Mode::Unknown,
        }
    }

    /// The money of an order is that of the transaction that paid it, if one did.
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        self.locate(payment).await.map(|location| location.money)
    }

    /// To find the money of an order takes its captures, which the overview needs too.
    async fn locate(&self, payment: &PaymentId) -> Result<Location> {
        if self.is_transaction(payment.as_str()) || self.record_only() {
            return Ok(Location::new(payment.canonical()));
        }
        self.location_of_order(payment, Operation::Payment).await.map_err(in_context(Operation::Payment))
    }

    async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
        const OPERATION: Operation = Operation::Payment;
        let read = async {
            if self.is_transaction(payment.as_str()) {
                self.read_transaction(payment, OPERATION, |transaction| Ok(transaction.currency)).await
            } else {
                self.currency_of_order(payment, OPERATION).await
            }
        };
        read.await.map_err(in_context(OPERATION))
    }

    fn validate(&self, request: &CreateRefund) -> Result<()> {
        validate(request, self.is_transaction(request.payment_id.as_str()))
    }

    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        self.overview_of(payment, &Location::new(payment.canonical())).await
    }

    async fn overview_of(&self, payment: &PaymentId, location: &Location) -> Result<Overview> {
        const OPERATION: Operation = Operation::Payment;
        let read = async {
            if self.is_transaction(payment.as_str()) {
                self.transaction(payment, OPERATION).await?.into_overview()
            } else {
                self.located_order(payment, location, OPERATION).await?.into_overview(self.record_only())
            }
        };
        read.await.map_err(in_context(OPERATION))
    }

    /// Verifies [callbacks](https://docs.dintero.com/docs/checkout/validating-callbacks) and
    /// [hooks](https://docs.dintero.com/docs/checkout/webhooks), distinguished by their headers.
    fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
        webhook::verify(&self.0.config, request)
    }
}

/// Shows no secret.
impl fmt::Debug for Dintero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dintero")
            .field("config", &self.0.config)
            .field("api", self.api().base_url())
            .field("checkout", self.checkout().base_url())
            .finish()
    }
}

/// Builds [`Dintero`] from settings, for a [`Registry`](refunds_core::Registry).
///
/// ```
/// use refunds_core::{Registry, Settings};
/// use refunds_dintero::DinteroFactory;
///
/// let registry = Registry::new().with(DinteroFactory);
/// let settings =
///     Settings::from_iter([("account_id", "T11223344"), ("client_id", "id"), ("client_secret", "secret")]);
/// assert_eq!(registry.build("dintero", &settings)?.name(), "dintero");
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DinteroFactory;

impl ProviderFactory for DinteroFactory {
    fn name(&self) -> &str {
        NAME
    }

    fn settings(&self) -> &[SettingSpec] {
        SETTINGS
    }

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(Dintero::new(DinteroConfig::from_settings(settings)?)?))
    }
}

/// What Dintero can do. It knows no idempotency key for refunds: `refund_reference` is kept, shown on
/// settlement reports, and not required to be unique.
fn capabilities() -> Capabilities {
    let mut can = Capabilities::default();
    can.partial = true;
    can.multiple = true;
    can.lines = true;
    can.metadata = true;
    can.idempotency = Idempotency::None;
    can.final_status = FinalStatus::by(true, true, true);
    // Whether an event that initiates a refund carries the reference is not documented.
    can.references = References::MayBeUnreported;
    can.send_window = true;
    can.webhooks = true;
    can
}
