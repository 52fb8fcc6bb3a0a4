//! Settings, and the factory for a registry.

use std::sync::Arc;

use refunds_core::secrecy::{ExposeSecret, SecretString};
use refunds_core::{Capabilities, ProviderFactory, RefundProvider, Result, SettingSpec, Settings};
use refunds_http::{BaseUrl, HttpClient, Transport};

use crate::provider::{self, Quillpay};
use crate::webhook::Webhooks;
use crate::{NAME, error};

const LIVE: &str = "https://api.quillpay.example/v2";

const SETTINGS: [SettingSpec; 5] = [
    SettingSpec::required("api_key", "key of the API, made in the dashboard: qk_…"),
    SettingSpec::optional("api_url", "base URL, default https://api.quillpay.example/v2"),
    SettingSpec::optional("webhook_secret", "secret of the webhooks"),
    SettingSpec::optional("webhook_secret_previous", "secret before it, while it is replaced"),
    SettingSpec::optional("allow_http", "true lets api_url be plain http:// beyond this machine"),
];

/// All that a [`Quillpay`] is built from. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct QuillpayConfig {
    api_key: SecretString,
    api_url: BaseUrl,
    webhook_secrets: Vec<SecretString>,
    transport: Option<Arc<dyn Transport>>,
}

impl QuillpayConfig {
    /// With a key of the API, at the live system, without webhooks.
    ///
    /// # Errors
    ///
    /// None as long as the live system's address can be read.
    pub fn new(api_key: SecretString) -> Result<Self> {
        let api_url = BaseUrl::parse(LIVE, false)?;
        Ok(Self { api_key, api_url, webhook_secrets: Vec::new(), transport: None })
    }

    /// From the settings that [`QuillpayFactory`] lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) for a setting that is unknown, missing or
    /// malformed.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        settings.check(NAME, &SETTINGS)?;
        let api_url = BaseUrl::from_settings(settings, "api_url", LIVE, settings.flag("allow_http")?)?;
        let api_key = SecretString::from(settings.require("api_key")?);
        let webhook_secrets = settings.secrets("webhook_secret")?;
        Ok(Self { api_key, api_url, webhook_secrets, transport: None })
    }

    /// At another address, such as the sandbox's.
    #[must_use]
    pub fn with_api_url(mut self, api_url: BaseUrl) -> Self {
        self.api_url = api_url;
        self
    }

    /// Adds a secret under which webhooks are signed.
    #[must_use]
    pub fn with_webhook_secret(mut self, secret: SecretString) -> Self {
        self.webhook_secrets.push(secret);
        self
    }

    /// Sends requests through another transport.
    #[must_use]
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) where the key can not stand in a header.
    pub fn build(self) -> Result<Quillpay> {
        let mut http = HttpClient::builder(NAME, self.api_url)
            .sensitive_default_header("api-key", self.api_key.expose_secret())
            .user_agent(concat!("refunds-quillpay/", env!("CARGO_PKG_VERSION")))
            .error_decoder(error::decode);
        if let Some(transport) = self.transport {
            http = http.transport(transport);
        }
        let http = http.build().map_err(|error| error.with_message("the setting `api_key` is no key"))?;
        Ok(Quillpay::new(http, Webhooks::new(self.webhook_secrets)))
    }
}

/// Builds a [`Quillpay`] for a registry, under the name `quillpay`.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuillpayFactory;

impl ProviderFactory for QuillpayFactory {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self) -> &[SettingSpec] {
        &SETTINGS
    }

    fn capabilities(&self) -> Capabilities {
        provider::capabilities(false)
    }

    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(QuillpayConfig::from_settings(settings)?.build()?))
    }
}
