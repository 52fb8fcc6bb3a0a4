//! The settings of the adapter.

use std::{fmt, sync::Arc, time::Duration};

use refunds_core::{Clock, Error, Operation, Result, SettingSpec, Settings, SystemClock};
use refunds_http::{Authorities, BaseUrl, Transport};
use secrecy::SecretString;

use crate::{NAME, error::in_context};

const DEFAULT_API_URL: &str = "https://api.dintero.com/v1";
const DEFAULT_CHECKOUT_URL: &str = "https://checkout.dintero.com/v1";
const DEFAULT_SYSTEM_NAME: &str = "refunds-rs";

pub(crate) const SETTINGS: &[SettingSpec] = &[
    SettingSpec::required("account_id", "the account, T (test) or P (production) and eight digits"),
    SettingSpec::required("client_id", "the id of the API client"),
    SettingSpec::required("client_secret", "the secret of the API client"),
    SettingSpec::optional("api_url", "URL of tokens and orders, default https://api.dintero.com/v1"),
    SettingSpec::optional("checkout_url", "URL of transactions, default https://checkout.dintero.com/v1"),
    SettingSpec::optional("callback_secret", "secret of session callbacks"),
    SettingSpec::optional("callback_secret_previous", "previous callback secret, while it is being replaced"),
    SettingSpec::optional("hook_secret", "secret of hook subscriptions"),
    SettingSpec::optional("hook_secret_previous", "previous hook secret, while it is being replaced"),
    SettingSpec::optional("allow_http", "true allows http:// on hosts that are not loopback"),
    SettingSpec::optional("record_only", "true only records refunds of orders: no money moves"),
    SettingSpec::optional("timeout", "time that one HTTP exchange may take, default 25s"),
    SettingSpec::optional("ca_file", "PEM file with certificates of authorities to trust as well"),
    SettingSpec::optional("keep_raw", "true keeps the provider's own JSON with each refund"),
];

/// The account, credentials and addresses with which to call Dintero.
///
/// ```
/// use refunds_dintero::{Dintero, DinteroConfig};
///
/// let config = DinteroConfig::new("T11223344", "client-id", "client-secret");
/// let dintero = Dintero::new(config)?;
/// # Ok::<(), refunds_core::Error>(())
/// ```
///
/// `T…` accounts are for tests and `P…` accounts for production, on the same hosts. The API client
/// needs the scope `admin:checkout` (or `read:checkout` and `write:checkout`), and `admin:shopping`
/// where orders are refunded: <https://docs.dintero.com/docs/order-management/checkout-orders>.
#[derive(Clone)]
#[must_use = "a configuration does nothing until a provider is built from it"]
pub struct DinteroConfig {
    pub(crate) account_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    pub(crate) api_url: String,
    pub(crate) checkout_url: String,
    pub(crate) allow_http: bool,
    pub(crate) callback_secrets: Vec<SecretString>,
    pub(crate) hook_secrets: Vec<SecretString>,
    pub(crate) record_only: bool,
    pub(crate) keep_raw: bool,
    pub(crate) system_name: String,
    pub(crate) system_version: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) authorities: Option<Authorities>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) transport: Option<Arc<dyn Transport>>,
}

impl DinteroConfig {
    /// An account (`T` or `P` and eight digits) and one of its API clients.
    pub fn new(
        account_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        Self {
            account_id: account_id.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            api_url: DEFAULT_API_URL.to_owned(),
            checkout_url: DEFAULT_CHECKOUT_URL.to_owned(),
            allow_http: false,
            callback_secrets: Vec::new(),
            hook_secrets: Vec::new(),
            record_only: false,
            keep_raw: false,
            system_name: DEFAULT_SYSTEM_NAME.to_owned(),
            system_version: env!("CARGO_PKG_VERSION").to_owned(),
            timeout: None,
            authorities: None,
            clock: Arc::new(SystemClock),
            transport: None,
        }
    }

    /// Reads the settings that [`DinteroFactory`](crate::DinteroFactory) lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) if a setting is unknown or malformed, or a
    /// required one is missing.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        Self::read(settings).map_err(in_context(Operation::Configure))
    }

    fn read(settings: &Settings) -> Result<Self> {
        settings.check(NAME, SETTINGS)?;
        let mut config = Self::new(
            settings.require("account_id")?,
            settings.require("client_id")?,
            settings.require("client_secret")?,
        )
        .with_allow_http(settings.flag("allow_http")?)
        .with_record_only(settings.flag("record_only")?)
        .with_keep_raw(settings.flag("keep_raw")?);
        config.timeout = settings.duration("timeout")?;
        config.authorities =
            settings.get("ca_file").map(|path| Authorities::from_file("ca_file", path)).transpose()?;
        if let Some(url) = settings.get("api_url") {
            config = config.with_api_url(url);
        }
        if let Some(url) = settings.get("checkout_url") {
            config = config.with_checkout_url(url);
        }
        config.callback_secrets = settings.secrets("callback_secret")?;
        config.hook_secrets = settings.secrets("hook_secret")?;
        Ok(config)
    }

    /// The base URL for tokens and orders. Default `https://api.dintero.com/v1`.
    pub fn with_api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = url.into();
        self
    }

    /// The base URL for transactions. Default `https://checkout.dintero.com/v1`. The one under the account,
    /// `https://api.dintero.com/v1/accounts/{account}/payments`, works as well.
    pub fn with_checkout_url(mut self, url: impl Into<String>) -> Self {
        self.checkout_url = url.into();
        self
    }

    /// Lets plain `http://` through on hosts that are not loopback.
    pub fn with_allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Accepts [callbacks](https://docs.dintero.com/docs/checkout/validating-callbacks) signed with this
    /// secret. An account has [one](https://docs.dintero.com/checkout-api/secrets/admin_signature_post) such
    /// secret. While it is being replaced, call this once more with the previous one.
    pub fn with_callback_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.callback_secrets.push(secret.into());
        self
    }

    /// Accepts [hooks](https://docs.dintero.com/docs/checkout/webhooks) signed with this secret, the one
    /// of the subscription. Call it once more with the previous secret while one is replaced by another.
    pub fn with_hook_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.hook_secrets.push(secret.into());
        self
    }

    /// Makes a refund of an order a mere record of a refund that was made elsewhere: **no money
    /// moves**. Without it, an order that Checkout did not pay is refused.
    pub fn with_record_only(mut self, record_only: bool) -> Self {
        self.record_only = record_only;
        self
    }

    /// Keeps Dintero's own JSON with each refund, for [`Refund::raw`](refunds_core::Refund::raw).
    pub fn with_keep_raw(mut self, keep: bool) -> Self {
        self.keep_raw = keep;
        self
    }

    /// Names your system to Dintero, in the headers `Dintero-System-Name` and `Dintero-System-Version`
    /// that its support looks at; `refunds-rs` and this crate's version, unless set.
    pub fn with_system(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.system_name = name.into();
        self.system_version = version.into();
        self
    }

    /// How long one HTTP exchange may take; see
    /// [`HttpClientBuilder::timeout`](refunds_http::HttpClientBuilder::timeout).
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Trusts these authorities beside the machine's, unless a transport is given.
    pub fn with_authorities(mut self, authorities: Authorities) -> Self {
        self.authorities = Some(authorities);
        self
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sends requests through `transport`.
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Checks what no type does, and gives the bases of the API and of Checkout.
    pub(crate) fn check(&self) -> Result<(BaseUrl, BaseUrl)> {
        if !is_account_id(&self.account_id) {
            return Err(Error::config("the setting `account_id` must be T or P and eight digits"));
        }
        if self.client_id.is_empty() || self.client_id.contains(|c: char| c == ':' || c.is_control()) {
            let message = "the setting `client_id` is empty, or contains a colon or a control character";
            return Err(Error::config(message));
        }
        let secrets = [&self.client_secret].into_iter().map(|secret| ("client_secret", secret));
        let secrets = secrets.chain(self.callback_secrets.iter().map(|secret| ("callback_secret", secret)));
        for (key, secret) in secrets.chain(self.hook_secrets.iter().map(|secret| ("hook_secret", secret))) {
            Settings::check_secret(key, secret)?;
        }
        let base = |setting, url: &str| BaseUrl::parse_setting(setting, url, self.allow_http);
        Ok((base("api_url", &self.api_url)?, base("checkout_url", &self.checkout_url)?))
    }
}

/// Names what is set and shows no secret.
impl fmt::Debug for DinteroConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DinteroConfig")
            .field("account_id", &self.account_id)
            .field("callback_secrets", &self.callback_secrets.len())
            .field("hook_secrets", &self.hook_secrets.len())
            .field("record_only", &self.record_only)
            .field("keep_raw", &self.keep_raw)
            .finish_non_exhaustive()
    }
}

fn is_account_id(text: &str) -> bool {
    let digits = text.strip_prefix(['P', 'T']).unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
