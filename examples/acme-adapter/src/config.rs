//! The settings.

use std::sync::Arc;

use refunds_core::{Clock, Result, SettingSpec, Settings, SystemClock, secrecy::SecretString};
use refunds_http::{BaseUrl, HttpClient, StaticToken, TokenCache, Transport};

use crate::{auth::TokenEndpoint, error};

const DEFAULT_API_URL: &str = "https://api.acme.example/v2";
const USER_AGENT: &str = concat!("acme-adapter/", env!("CARGO_PKG_VERSION"));

const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET: &str = "client_secret";
const API_URL: &str = "api_url";
const ALLOW_HTTP: &str = "allow_http";
const WEBHOOK_SECRET: &str = "webhook_secret";

pub(crate) const SETTINGS: [SettingSpec; 6] = [
    SettingSpec::required(CLIENT_ID, "API client"),
    SettingSpec::required(CLIENT_SECRET, "secret of the API client"),
    SettingSpec::optional(API_URL, "base URL, default https://api.acme.example/v2"),
    SettingSpec::optional(ALLOW_HTTP, "true allows http:// on hosts that are not loopback"),
    SettingSpec::optional(WEBHOOK_SECRET, "secret of the webhooks"),
    SettingSpec::optional("webhook_secret_previous", "previous webhook secret, during rotation"),
];

/// Everything that an [`Acme`](crate::Acme) is built from. `Debug` shows no secret: each one is a [`SecretString`].
///
/// ```
/// use refunds_core::RefundClient;
/// use acme_adapter::{Acme, AcmeConfig};
/// use refunds_http::BaseUrl;
///
/// let base = BaseUrl::parse("https://api.acme.example/v2", false)?;
/// let config = AcmeConfig::new(base, "shop-7", "a-secret");
/// let client = RefundClient::new(Acme::new(config)?);
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a configuration does nothing until an `Acme` is built from it"]
pub struct AcmeConfig {
    base: BaseUrl,
    client_id: String,
    client_secret: SecretString,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    pub(crate) webhook_secrets: Vec<SecretString>,
}

impl AcmeConfig {
    /// The API client `client_id` at `base`, without webhooks.
    pub fn new(base: BaseUrl, client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self {
            base,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            clock: Arc::new(SystemClock),
            transport: None,
            webhook_secrets: Vec::new(),
        }
    }

    /// Reads the settings that [`AcmeFactory`](crate::AcmeFactory) lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config), which names the setting that is unknown,
    /// missing or malformed, but never its value.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        settings.check(crate::NAME, &SETTINGS)?;
        let base = BaseUrl::from_settings(settings, API_URL, DEFAULT_API_URL, settings.flag(ALLOW_HTTP)?)?;
        let mut config = Self::new(base, settings.require(CLIENT_ID)?, settings.require(CLIENT_SECRET)?);
        config.webhook_secrets = settings.secrets(WEBHOOK_SECRET)?;
        Ok(config)
    }

    /// Uses `clock` to decide when a token has expired.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sends requests through `transport`, to share connections or in tests.
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Adds a secret that webhooks are signed with.
    pub fn with_webhook_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.webhook_secrets.push(secret.into());
        self
    }

    /// Two clients over one transport: one fetches tokens, the other uses them.
    pub(crate) fn http_client(self) -> Result<HttpClient> {
        let mut builder = HttpClient::builder(crate::NAME, self.base)
            .user_agent(USER_AGENT)
            .clock(Arc::clone(&self.clock))
            .auth(Arc::new(StaticToken::basic(&self.client_id, &self.client_secret)))
            .error_decoder(error::decode);
        if let Some(transport) = self.transport {
            builder = builder.transport(transport);
        }
        let http = builder.build()?;
        let tokens = TokenCache::new(TokenEndpoint { http: http.clone() }, self.clock);
        Ok(http.with_auth(Arc::new(tokens)))
    }
}
