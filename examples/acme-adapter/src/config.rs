//! How the adapter is configured, and the factory that a registry knows it by.

use std::sync::Arc;

use refunds_core::{
    Capabilities, Clock, ProviderFactory, RefundProvider, Result, SettingSpec, Settings, SystemClock,
    secrecy::SecretString,
};
use refunds_http::{BaseUrl, HttpClient, StaticToken, TokenCache, Transport};

use crate::{Acme, auth::TokenEndpoint, error, provider};

/// What a [`Acme`] is built from. `Debug` shows no secret: each of them is a [`SecretString`].
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
#[must_use = "a configuration does nothing until a `Acme` is built from it"]
pub struct AcmeConfig {
    base: BaseUrl,
    client_id: String,
    client_secret: SecretString,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
}

impl AcmeConfig {
    /// The API client `client_id` at `base`.
    pub fn new(base: BaseUrl, client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self {
            base,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            clock: Arc::new(SystemClock),
            transport: None,
        }
    }

    /// Reads the settings that [`AcmeFactory`] lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config), naming the setting that is unknown,
    /// missing or malformed, never its value.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        settings.check(crate::NAME, &SETTINGS)?;
        let base = BaseUrl::from_settings(settings, API_URL, DEFAULT_API_URL, settings.flag(ALLOW_HTTP)?)?;
        Ok(Self::new(base, settings.require(CLIENT_ID)?, settings.require(CLIENT_SECRET)?))
    }

    /// Takes the time from `clock`, which says when a token is old.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sends requests through `transport`: to share connections, or to test.
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Two clients over one transport: the one that fetches tokens, and the one that uses them.
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

/// Builds [`Acme`]s for a [`Registry`](refunds_core::Registry), under the name `acme`.
///
/// | setting | variable | |
/// |---|---|---|
/// | `client_id` | `ACME_CLIENT_ID` | the API client |
/// | `client_secret` | `ACME_CLIENT_SECRET` | its secret |
/// | `api_url` | `ACME_API_URL` | instead of `https://api.acme.example/v2` |
/// | `allow_http` | `ACME_ALLOW_HTTP` | `true` allows `http://` on hosts that are not loopback |
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
        provider::capabilities()
    }

    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(Acme::new(AcmeConfig::from_settings(settings)?)?))
    }
}

const DEFAULT_API_URL: &str = "https://api.acme.example/v2";
const USER_AGENT: &str = concat!("acme-adapter/", env!("CARGO_PKG_VERSION"));

const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET: &str = "client_secret";
const API_URL: &str = "api_url";
const ALLOW_HTTP: &str = "allow_http";

const SETTINGS: [SettingSpec; 4] = [
    SettingSpec::required(CLIENT_ID, "API client"),
    SettingSpec::required(CLIENT_SECRET, "its secret"),
    SettingSpec::optional(API_URL, "base URL, default https://api.acme.example/v2"),
    SettingSpec::optional(ALLOW_HTTP, "true allows http:// on hosts that are not loopback"),
];
