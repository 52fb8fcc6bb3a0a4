//! Who we are: credentials, and tokens that are fetched once and shared.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, header::AUTHORIZATION};
use refunds_core::{Clock, Error, ErrorKind, Result};
use secrecy::{ExposeSecret as _, SecretString};

use crate::request::{header, is_header_text};

const MARGIN: Duration = Duration::from_secs(5 * 60);

/// Gives the credential of each request.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no credentials",
    label = "this does not implement `Authorizer`",
    note = "`StaticToken` is one, and so is a `TokenCache` over a `TokenSource` of yours; see `refunds_core::guide::over_http`"
)]
pub trait Authorizer: fmt::Debug + Send + Sync {
    /// The credential to send now.
    ///
    /// # Errors
    ///
    /// Whatever prevented the credential from being obtained. The request that needs it is not sent, and
    /// the request's error says that nothing was applied.
    async fn credential(&self) -> Result<Credential>;

    /// Called when the provider has refused `credential` with a 401. Returns whether another credential is
    /// worth trying; if so, the request is repeated once.
    fn refused(&self, credential: &Credential) -> bool {
        let _ = credential;
        false
    }
}

/// The value of an `Authorization` header. `Debug` does not show it.
#[derive(Clone)]
pub struct Credential(Arc<CredentialParts>);

/// What is sent is kept too, so that it is not built for every request. It stays in memory as long as the
/// credential, and only the text is wiped after that.
struct CredentialParts {
    text: SecretString,
    /// As it is sent, if it is well-formed: a valid header value, and more than its scheme.
    header: Option<HeaderValue>,
}

impl Credential {
    /// `Bearer` and a token.
    #[must_use]
    pub fn bearer(token: &SecretString) -> Self {
        Self::new(format!("Bearer {}", token.expose_secret()))
    }

    /// HTTP Basic: a user name (which holds no colon) and a password.
    #[must_use]
    pub fn basic(user: &str, password: &SecretString) -> Self {
        let plain = SecretString::from(format!("{user}:{}", password.expose_secret()));
        Self::new(format!("Basic {}", STANDARD.encode(plain.expose_secret())))
    }

    fn new(text: String) -> Self {
        let is_complete = text.split_once(' ').is_some_and(|(_, secret)| is_well_formed(secret));
        let header = header(AUTHORIZATION.as_str(), &text, true).ok().filter(|_| is_complete);
        Self(Arc::new(CredentialParts { header: header.map(|(_, value)| value), text: text.into() }))
    }

    /// The value of the header; `None` if it is not well-formed.
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.0.header.as_ref()
    }

    /// The token, without the scheme.
    fn secret(&self) -> SecretString {
        self.expose().split_once(' ').map_or("", |(_, secret)| secret).into()
    }

    fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([redacted])")
    }
}

/// A credential that stays the same: a token from the settings, or HTTP Basic. Where the provider
/// refuses it, the request is not repeated.
#[derive(Clone, Debug)]
pub struct StaticToken(Credential);

impl StaticToken {
    /// A bearer token that is never renewed.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(Credential::bearer(&token))
    }

    /// HTTP Basic.
    #[must_use]
    pub fn basic(user: &str, password: &SecretString) -> Self {
        Self(Credential::basic(user, password))
    }
}

#[async_trait]
impl Authorizer for StaticToken {
    async fn credential(&self) -> Result<Credential> {
        Ok(self.0.clone())
    }
}

/// A bearer token and how long it lives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    /// The token itself.
    pub secret: SecretString,
    /// How long it can be used from now on; `None` if the provider does not say. Then it is used until it is
    /// refused.
    pub expires_in: Option<Duration>,
}

impl Token {
    /// A token that lives for `expires_in`.
    #[must_use]
    pub fn new(secret: SecretString, expires_in: Option<Duration>) -> Self {
        Self { secret, expires_in }
    }
}

/// Where tokens come from: a token endpoint, or a key that signs them. A [`TokenCache`] asks it.
///
/// ```
/// use refunds_core::{Operation, Result, SystemClock, async_trait, serde_json::json};
/// use refunds_http::{BaseUrl, HttpClient, Request, StaticToken, Token, TokenCache, TokenSource};
/// use serde::Deserialize;
/// use std::{sync::Arc, time::Duration};
///
/// #[derive(Debug)]
/// struct TokenEndpoint {
///     http: HttpClient,
/// }
///
/// #[async_trait]
/// impl TokenSource for TokenEndpoint {
///     async fn fetch(&self) -> Result<Token> {
///         #[derive(Deserialize)]
///         struct Wire {
///             access_token: String,
///             expires_in: u64,
///         }
///         // It moves no money: `read`.
///         let request = Request::post(Operation::Configure)
///             .paths(["auth", "token"])
///             .json(&json!({ "grant_type": "client_credentials" }))
///             .read();
///         let wire: Wire = self.http.json(request).await?;
///         Ok(Token::new(wire.access_token.into(), Some(Duration::from_secs(wire.expires_in))))
///     }
/// }
///
/// let base = BaseUrl::parse("https://api.example.com/v1", false)?;
/// let basic = StaticToken::basic("client", &"secret".to_owned().into());
/// let http = HttpClient::builder("acme", base).auth(Arc::new(basic)).build()?;
/// let tokens = TokenCache::new(TokenEndpoint { http: http.clone() }, Arc::new(SystemClock));
/// let client = http.with_auth(Arc::new(tokens));
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of tokens",
    label = "this does not implement `TokenSource`",
    note = "a source has one method, that fetches one token; see the example of `refunds_http::TokenSource`, and `refunds_core::guide::over_http`"
)]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// Gets a new token: one attempt, no cache.
    ///
    /// # Errors
    ///
    /// Whatever prevented the token from being obtained.
    async fn fetch(&self) -> Result<Token>;
}

#[async_trait]
impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    async fn fetch(&self) -> Result<Token> {
        (**self).fetch().await
    }
}

/// Keeps the token of a [`TokenSource`] and renews it in time.
///
/// A token is used until five minutes before it expires, or until half of its lifetime is over, whichever is
/// later: a token valid for an hour is used for 55 minutes, one valid for a minute for 30 seconds. However
/// many requests need a new token at the same time, one of them fetches it and the others wait for its token
/// or its failure. A failure is not kept: the next request tries again. A token that is empty or not a valid
/// header value counts as a failure.
#[derive(Debug)]
pub struct TokenCache<S> {
    source: S,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held by the one that fetches. If its future is dropped, the next one that waits fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    failures: u64,
    last_failure: Option<Error>,
}

#[derive(Debug)]
struct Held {
    credential: Credential,
    /// By the clock's monotonic time.
    renew_at: Option<Duration>,
}

impl<S: TokenSource> TokenCache<S> {
    /// An empty cache over `source`.
    pub fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, state: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// A token that can be used now: the kept one, or a new one.
    ///
    /// # Errors
    ///
    /// What the source returns, and [`ErrorKind::Protocol`] for a token that is empty or not a valid
    /// header value.
    pub async fn token(&self) -> Result<SecretString> {
        self.current().await.map(|credential| credential.secret())
    }

    async fn current(&self) -> Result<Credential> {
        let failures = match self.kept() {
            Ok(credential) => return Ok(credential),
            Err(failures) => failures,
        };
        let _fetching = self.fetching.lock().await;
        // Who waited takes what the one before got.
        match self.kept() {
            Ok(credential) => return Ok(credential),
            Err(now) if now != failures => {
                if let Some(failure) = &self.state().last_failure {
                    return Err(failure.clone());
                }
            }
            Err(_) => {}
        }
        // The life of a token is counted from before the call: too short rather than too long.
        let asked_at = self.clock.monotonic();
        let fetched = self.source.fetch().await.and_then(|token| {
            if is_well_formed(token.secret.expose_secret()) {
                return Ok(token);
            }
            let message = "the provider's token is empty or not a valid header value";
            Err(Error::new(ErrorKind::Protocol, message).not_applied())
        });
        let mut state = self.state();
        match fetched {
            Ok(Token { secret, expires_in }) => {
                let renew_at = expires_in.map(|life| asked_at.saturating_add(useful(life)));
                let credential = Credential::bearer(&secret);
                state.held = Some(Held { credential: credential.clone(), renew_at });
                state.last_failure = None;
                Ok(credential)
            }
            Err(failure) => {
                state.failures = state.failures.wrapping_add(1);
                state.last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// The kept token, or how many fetches had failed by now.
    fn kept(&self) -> Result<Credential, u64> {
        let state = self.state();
        match &state.held {
            Some(held) if held.renew_at.is_none_or(|at| self.clock.monotonic() < at) => {
                Ok(held.credential.clone())
            }
            _ => Err(state.failures),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and every state of it is a sound one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<S: TokenSource> Authorizer for TokenCache<S> {
    async fn credential(&self) -> Result<Credential> {
        self.current().await
    }

    fn refused(&self, credential: &Credential) -> bool {
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|held| held.credential.expose() == credential.expose()) {
            state.held = None;
        }
        true
    }
}

/// Whether a token, or what is used as one, can be sent as a part of a header.
fn is_well_formed(secret: &str) -> bool {
    !secret.trim().is_empty() && is_header_text(secret)
}

/// For how much of its life a token is used.
fn useful(life: Duration) -> Duration {
    (life / 2).max(life.saturating_sub(MARGIN))
}
