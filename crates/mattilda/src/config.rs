//! How the adapter is configured.

use std::{fmt, sync::Arc, time::Duration};

use refunds_core::{Certainty, Clock, Error, Operation, Result, SettingSpec, Settings, SystemClock};
use refunds_http::{
    Authorities, Authorizer, BaseUrl, HmacKey, HttpClient, StaticToken, TokenCache, Transport,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    auth::TokenSigner,
    error::{self, in_context},
    key::{SigningKey, read_key},
};

const DEFAULT_API_URL: &str = "https://api.mattildapayments.com";
const DEFAULT_ACCOUNT: &str = "default";
const MERCHANT_ACCOUNT_HEADER: &str = "x-gr4vy-merchant-account-id";
const USER_AGENT: &str = concat!("refunds-mattilda/", env!("CARGO_PKG_VERSION"));

const API_URL: &str = "api_url";
const MERCHANT_ACCOUNT_ID: &str = "merchant_account_id";
const PRIVATE_KEY: &str = "private_key";
const PRIVATE_KEY_FILE: &str = "private_key_file";
const TOKEN: &str = "token";
const WEBHOOK_SECRET: &str = "webhook_secret";
const WEBHOOK_SECRET_PREVIOUS: &str = "webhook_secret_previous";
const ALLOW_HTTP: &str = "allow_http";
const IDEMPOTENCY_KEY: &str = "idempotency_key";
const KEEP_RAW: &str = "keep_raw";
const TIMEOUT: &str = "timeout";
const CA_FILE: &str = "ca_file";

/// None of them is required by itself: one of the first three is.
pub(crate) const SETTINGS: [SettingSpec; 12] = [
    SettingSpec::optional(PRIVATE_KEY, "private key that signs tokens, PEM, P-521").multiline(),
    SettingSpec::optional(PRIVATE_KEY_FILE, "path of a file that holds the private key"),
    SettingSpec::optional(TOKEN, "existing bearer token, instead of a private key"),
    SettingSpec::optional(API_URL, "base URL, default https://api.mattildapayments.com"),
    SettingSpec::optional(MERCHANT_ACCOUNT_ID, "merchant account, if not the default one"),
    SettingSpec::optional(WEBHOOK_SECRET, "secret of the webhook subscription"),
    SettingSpec::optional(WEBHOOK_SECRET_PREVIOUS, "previous webhook secret, while it is being replaced"),
    SettingSpec::optional(ALLOW_HTTP, "true allows http:// on hosts that are not loopback"),
    SettingSpec::optional(IDEMPOTENCY_KEY, "best_effort (default) or honoured"),
    SettingSpec::optional(TIMEOUT, "time that one HTTP exchange may take, default 25s"),
    SettingSpec::optional(CA_FILE, "PEM file with certificates of authorities to trust as well"),
    SettingSpec::optional(KEEP_RAW, "true keeps each refund's payload"),
];

/// What a [`Mattilda`](crate::Mattilda) is built from: a private key or a token, and what differs from the defaults.
///
/// ```
/// use refunds_core::Settings;
/// use refunds_mattilda::{Mattilda, MattildaConfig};
///
/// let config = MattildaConfig::from_token("a-ready-token")
///     .with_api_url("https://api.sandbox.mattildapayments.com")
///     .with_merchant_account_id("default");
/// let provider = Mattilda::new(config)?;
///
/// // The same from settings, whose keys are those of the variables behind `MATTILDA_`.
/// let settings = Settings::from_iter([("token", "a-ready-token"), ("merchant_account_id", "default")]);
/// let provider = Mattilda::new(MattildaConfig::from_settings(&settings)?)?;
/// # Ok::<(), refunds_core::Error>(())
/// ```
///
/// `Debug` shows no secret.
#[derive(Clone)]
#[must_use = "a configuration does nothing until a `Mattilda` is built from it"]
pub struct MattildaConfig {
    credentials: Credentials,
    api_url: String,
    merchant_account_id: Option<String>,
    webhook_secrets: Vec<SecretString>,
    allow_http: bool,
    idempotency: Certainty,
    keep_raw: bool,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    timeout: Option<Duration>,
    authorities: Option<Authorities>,
}

#[derive(Clone)]
enum Credentials {
    PrivateKey(SecretString),
    Token(SecretString),
}

impl MattildaConfig {
    /// Signs its own tokens, each valid for five minutes, with the merchant's private key: PEM text as issued
    /// by [the dashboard](https://mattilda.mintlify.app/guides/api/jwts), PKCS#8 or SEC1, on the curve P-521.
    /// Its line breaks may be written as `\n`, as in an environment variable.
    pub fn from_private_key(pem: impl Into<SecretString>) -> Self {
        Self::new(Credentials::PrivateKey(pem.into()))
    }

    /// Sends an existing bearer token. It is never renewed. It must have the scopes
    /// `transactions.read` and `transactions.write`.
    pub fn from_token(token: impl Into<SecretString>) -> Self {
        Self::new(Credentials::Token(token.into()))
    }

    /// Reads the settings that [`MattildaFactory`](crate::MattildaFactory) lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config), naming the setting that is unknown,
    /// missing or malformed, or that of a file that cannot be read. No value is repeated.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        Self::read(settings).map_err(in_context(Operation::Configure))
    }

    fn read(settings: &Settings) -> Result<Self> {
        settings.check(crate::NAME, &SETTINGS)?;
        let (pem, path) = (settings.secret(PRIVATE_KEY)?, settings.get(PRIVATE_KEY_FILE));
        let mut config = match (pem, path, settings.secret(TOKEN)?) {
            (Some(pem), None, None) => Self::from_private_key(pem),
            (None, Some(path), None) => Self::from_private_key(read_key(PRIVATE_KEY_FILE, path)?),
            (None, None, Some(token)) => Self::from_token(token),
            _ => return Err(one_credential()),
        };
        if let Some(url) = settings.get(API_URL) {
            url.clone_into(&mut config.api_url);
        }
        config.merchant_account_id = settings.get(MERCHANT_ACCOUNT_ID).map(ToOwned::to_owned);
        config.webhook_secrets = settings.secrets(WEBHOOK_SECRET)?;
        config.allow_http = settings.flag(ALLOW_HTTP)?;
        config.keep_raw = settings.flag(KEEP_RAW)?;
        config.timeout = settings.duration(TIMEOUT)?;
        config.authorities =
            settings.get(CA_FILE).map(|path| Authorities::from_file(CA_FILE, path)).transpose()?;
        config.idempotency = match settings.get(IDEMPOTENCY_KEY) {
            None | Some("best_effort") => Certainty::BestEffort,
            Some("honoured") => Certainty::Guaranteed,
            Some(_) => {
                return Err(Error::config(format!(
                    "the setting `{IDEMPOTENCY_KEY}` must be `best_effort` or `honoured`"
                )));
            }
        };
        Ok(config)
    }

    /// Calls another instance or environment than `https://api.mattildapayments.com`, such as
    /// `https://api.sandbox.mattildapayments.com` or any Gr4vy instance's
    /// `https://api.example.gr4vy.app`.
    pub fn with_api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = url.into();
        self
    }

    /// Names the merchant account to use, in the header `X-GR4VY-MERCHANT-ACCOUNT-ID`. Without it the
    /// provider uses its default account; under another account than its own, a payment is
    /// [`NotFound`](refunds_core::ErrorKind::NotFound).
    pub fn with_merchant_account_id(mut self, id: impl Into<String>) -> Self {
        self.merchant_account_id = Some(id.into());
        self
    }

    /// Accepts webhooks signed with this secret, the one of the webhook subscription. Call it once more
    /// with the previous secret while one is replaced by another.
    pub fn with_webhook_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.webhook_secrets.push(secret.into());
        self
    }

    /// Lets a plain `http://` URL through on a host that is not loopback.
    pub fn with_allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// How certain it is that this instance honours the `Idempotency-Key` of refunds. The key is always sent;
    /// [`Certainty::Guaranteed`] makes core rely on it and repeat the request after a lost response.
    ///
    /// [`Certainty::BestEffort`] unless set: [Gr4vy](https://docs.gr4vy.com/guides/api/idempotent-requests)
    /// has documented the key for refunds since 2026, Mattilda's pages do not show it.
    pub fn with_idempotency(mut self, certainty: Certainty) -> Self {
        self.idempotency = certainty;
        self
    }

    /// Keeps each refund's payload, for [`Refund::raw`](refunds_core::Refund::raw). It may hold
    /// personal data of dashboard users.
    pub fn with_keep_raw(mut self, keep: bool) -> Self {
        self.keep_raw = keep;
        self
    }

    /// Takes the time from `clock`; from [`SystemClock`] unless set.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sends requests through `transport`: to share connections, or to test without a socket.
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// How long one request may take altogether; `refunds_http`'s default unless set.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Trusts these authorities beside the machine's, unless a transport is given.
    pub fn with_authorities(mut self, authorities: Authorities) -> Self {
        self.authorities = Some(authorities);
        self
    }

    fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            api_url: DEFAULT_API_URL.to_owned(),
            merchant_account_id: None,
            webhook_secrets: Vec::new(),
            allow_http: false,
            idempotency: Certainty::BestEffort,
            keep_raw: false,
            clock: Arc::new(SystemClock),
            transport: None,
            timeout: None,
            authorities: None,
        }
    }

    pub(crate) fn idempotency(&self) -> Certainty {
        self.idempotency
    }

    pub(crate) fn webhook_keys(&self) -> Vec<HmacKey> {
        self.webhook_secrets.iter().map(HmacKey::text).collect()
    }

    /// The merchant account that is used. Without a setting it is the provider's default one, whose id is
    /// `default`: <https://docs.gr4vy.com/guides/api/resources/merchant-accounts>.
    pub(crate) fn account(&self) -> &str {
        self.merchant_account_id.as_deref().unwrap_or(DEFAULT_ACCOUNT)
    }

    pub(crate) fn keep_raw(&self) -> bool {
        self.keep_raw
    }

    /// The client that this describes. Nothing is sent.
    pub(crate) fn http_client(&self) -> Result<HttpClient> {
        for secret in &self.webhook_secrets {
            Settings::check_secret(WEBHOOK_SECRET, secret)?;
        }
        let base = BaseUrl::parse_setting(API_URL, &self.api_url, self.allow_http)?;
        let mut builder = HttpClient::builder(crate::NAME, base)
            .user_agent(USER_AGENT)
            .clock(Arc::clone(&self.clock))
            .auth(self.authorizer()?)
            .error_decoder(|response| Some(error::decode(response)));
        if let Some(id) = &self.merchant_account_id {
            if !is_word(id) {
                return Err(Error::config(format!(
                    "the setting `{MERCHANT_ACCOUNT_ID}` may hold visible ASCII characters only"
                )));
            }
            builder = builder.default_header(MERCHANT_ACCOUNT_HEADER, id);
        }
        if let Some(transport) = &self.transport {
            builder = builder.transport(Arc::clone(transport));
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(authorities) = &self.authorities {
            builder = builder.authorities(authorities.clone());
        }
        builder.build()
    }

    fn authorizer(&self) -> Result<Arc<dyn Authorizer>> {
        match &self.credentials {
            Credentials::PrivateKey(pem) => {
                let signer = TokenSigner::new(SigningKey::from_pem(pem)?, Arc::clone(&self.clock));
                Ok(Arc::new(TokenCache::new(signer, Arc::clone(&self.clock))))
            }
            Credentials::Token(token) => {
                let token = token.expose_secret().trim();
                if !is_word(token) {
                    return Err(Error::config(format!(
                        "the setting `{TOKEN}` is not a bearer token: visible ASCII characters, without `Bearer`"
                    )));
                }
                Ok(Arc::new(StaticToken::new(token.into())))
            }
        }
    }
}

impl fmt::Debug for MattildaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MattildaConfig")
            .field(
                "credentials",
                &match self.credentials {
                    Credentials::PrivateKey(_) => PRIVATE_KEY,
                    Credentials::Token(_) => TOKEN,
                },
            )
            .field("merchant_account_id", &self.merchant_account_id)
            .field("webhook_secrets", &self.webhook_secrets.len())
            .field("allow_http", &self.allow_http)
            .field("idempotency", &self.idempotency)
            .field("keep_raw", &self.keep_raw)
            .field("timeout", &self.timeout)
            // A URL that was not checked yet may hold a password.
            .finish_non_exhaustive()
    }
}

fn one_credential() -> Error {
    Error::config(format!("exactly one of `{PRIVATE_KEY}`, `{PRIVATE_KEY_FILE}` and `{TOKEN}` must be set"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
