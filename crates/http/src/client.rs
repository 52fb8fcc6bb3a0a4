//! The client that adapters hold.

use std::{fmt, sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, USER_AGENT},
};
use refunds_core::{Clock, Error, Result, SystemClock};
use serde::de::DeserializeOwned;

use crate::{
    auth::Authorizer,
    authorities::Authorities,
    base_url::BaseUrl,
    exchange::{self, ClientState},
    provider_error::{Decoder, ErrorBody, ProviderError},
    request::{Request, header, header_name},
    reqwest_transport::ReqwestTransport,
    response::Response,
    transport::Transport,
};

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(25);
const DEFAULT_USER_AGENT: &str = concat!("refunds-http/", env!("CARGO_PKG_VERSION"));

/// Makes HTTP exchanges with one provider: each once, within limits, with a credential, and with an
/// [`Error`] that says what became of a write. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Arc<ClientState>);

impl HttpClient {
    /// Starts building a client of `provider`, by its registry name, at `base`.
    pub fn builder(provider: impl Into<String>, base: BaseUrl) -> HttpClientBuilder {
        HttpClientBuilder {
            provider: provider.into(),
            base,
            headers: vec![(USER_AGENT.to_string(), DEFAULT_USER_AGENT.to_owned(), false)],
            auth: None,
            clock: Arc::new(SystemClock),
            transport: None,
            authorities: None,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            timeout: DEFAULT_TIMEOUT,
            request_id_header: None,
            decoder: None,
        }
    }

    /// The same client at another base URL of the same provider: same transport, headers, error
    /// decoder **and credentials**.
    #[must_use]
    pub fn at(&self, base: BaseUrl) -> Self {
        Self(Arc::new(ClientState { base, ..(*self.0).clone() }))
    }

    /// The same client with another credential, and the same transport, base URL,
    /// headers and error decoder.
    ///
    /// One client calls the token endpoint, without a credential or with its own; the other client uses the
    /// tokens:
    ///
    /// ```
    /// # use refunds_core::{Result, SystemClock, async_trait};
    /// # use refunds_http::{BaseUrl, HttpClient, Token, TokenCache, TokenSource};
    /// # use std::sync::Arc;
    /// # #[derive(Debug)]
    /// # struct TokenEndpoint(HttpClient);
    /// # #[async_trait]
    /// # impl TokenSource for TokenEndpoint {
    /// #     async fn fetch(&self) -> Result<Token> {
    /// #         Ok(Token::new("token".to_owned().into(), None))
    /// #     }
    /// # }
    /// let base = BaseUrl::parse("https://api.example.com/v1", false)?;
    /// let plain = HttpClient::builder("acme", base).build()?;
    /// let tokens = TokenCache::new(TokenEndpoint(plain.clone()), Arc::new(SystemClock));
    /// let client = plain.with_auth(Arc::new(tokens));
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_auth(&self, auth: Arc<dyn Authorizer>) -> Self {
        Self(Arc::new(ClientState { auth: Some(auth), ..(*self.0).clone() }))
    }

    /// Where it sends requests to.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.0.base
    }

    /// Sends `request` and returns the response, if it is a success (2xx).
    ///
    /// The request is processed at most once. It is sent again only in two cases, in which it was not
    /// processed: if the provider refuses the credential with a 401 and the [`Authorizer`] has another one,
    /// and if the [`Transport`] knows that the provider did not take the request. The time limit covers
    /// everything: fetching a token, the connections, the exchanges, the bodies.
    ///
    /// # Errors
    ///
    /// Any other status, as [`classify_status`](crate::classify_status) and the error decoder say;
    /// [`ErrorKind::InvalidRequest`] if the request is malformed, [`ErrorKind::Transport`],
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Protocol`] if no complete response came back.
    /// `may_have_applied` is `false` for a read and whenever nothing can have been sent.
    ///
    /// [`ErrorKind::InvalidRequest`]: refunds_core::ErrorKind::InvalidRequest
    /// [`ErrorKind::Transport`]: refunds_core::ErrorKind::Transport
    /// [`ErrorKind::Timeout`]: refunds_core::ErrorKind::Timeout
    /// [`ErrorKind::Protocol`]: refunds_core::ErrorKind::Protocol
    pub async fn send(&self, request: Request) -> Result<Response> {
        exchange::send(&self.0, &request).await
    }

    /// Sends `request` and reads the response's JSON.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send) and [`Response::json`].
    pub async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("provider", &self.0.provider)
            .field("base", &self.0.base)
            .field("transport", &self.0.transport)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// Builds an [`HttpClient`].
#[must_use = "a builder does nothing until it is built"]
pub struct HttpClientBuilder {
    provider: String,
    base: BaseUrl,
    headers: Vec<(String, String, bool)>,
    auth: Option<Arc<dyn Authorizer>>,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    authorities: Option<Authorities>,
    connect_timeout: Duration,
    timeout: Duration,
    request_id_header: Option<String>,
    decoder: Option<Arc<Decoder>>,
}

impl HttpClientBuilder {
    /// Sends a header with every request, unless a request sets it itself.
    pub fn default_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned(), false));
        self
    }

    /// Sends a header whose value is a secret with every request.
    pub fn sensitive_default_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned(), true));
        self
    }

    /// Names the caller to the provider.
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.default_header(USER_AGENT.as_str(), user_agent)
    }

    /// Gives every request a credential.
    pub fn auth(mut self, auth: Arc<dyn Authorizer>) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Takes the time from `clock`; from [`SystemClock`], unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sends requests through `transport`, for example a shared one. It has its own time limit for
    /// connections: [`connect_timeout`](Self::connect_timeout) does not apply to it.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Trusts these authorities beside the machine's. This, too, does not apply to a transport that is given.
    pub fn authorities(mut self, authorities: Authorities) -> Self {
        self.authorities = Some(authorities);
        self
    }

    /// How long making a connection may take. Default 5 s, and always less than [`timeout`](Self::timeout):
    /// otherwise it would not be known that nothing was sent.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a call of [`HttpClient::send`] may take altogether. Default 25 s: less than the attempt
    /// limit in core's policy, so that this error, which is more precise, comes first. One request
    /// may have [less](Request::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The header in which this provider reports its request ids. It is read first, then the usual ones,
    /// such as `request-id` and `x-request-id`. For an id in the body of errors, see
    /// [`ProviderError::with_request_id`].
    pub fn request_id_header(mut self, name: &str) -> Self {
        self.request_id_header = Some(name.to_owned());
        self
    }

    /// Reads what the provider says in error responses. It must not panic, whatever the
    /// bytes.
    pub fn error_decoder(
        mut self,
        decoder: impl Fn(&ErrorBody) -> Option<ProviderError> + Send + Sync + 'static,
    ) -> Self {
        self.decoder = Some(Arc::new(decoder));
        self
    }

    /// Builds the client. Nothing is opened or read yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) where a header's name or value is malformed.
    pub fn build(self) -> Result<HttpClient> {
        let refuse = |fault| Error::config(fault).with_provider(&*self.provider);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value, sensitive) in &self.headers {
            let (name, value) = header(name, value, *sensitive).map_err(refuse)?;
            headers.insert(name, value);
        }
        if self.auth.is_some() {
            // A place for the credential, which is set for each request: to make one then takes longer.
            headers.insert(AUTHORIZATION, HeaderValue::from_static(""));
        }
        let request_id_header =
            self.request_id_header.as_deref().map(header_name).transpose().map_err(refuse)?;
        // A connection that never comes must be reported as that, before the whole exchange is merely late.
        let connect = self.connect_timeout.min(self.timeout / 5 * 4);
        let transport = self.transport.unwrap_or_else(|| {
            let transport = ReqwestTransport::new(connect);
            Arc::new(match self.authorities {
                Some(authorities) => transport.with_authorities(authorities),
                None => transport,
            })
        });
        Ok(HttpClient(Arc::new(ClientState {
            provider: self.provider.into(),
            base: self.base,
            headers,
            auth: self.auth,
            clock: self.clock,
            transport,
            timeout: self.timeout,
            request_id_header,
            decoder: self.decoder,
        })))
    }
}

impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientBuilder")
            .field("provider", &self.provider)
            .field("base", &self.base)
            .field("transport", &self.transport)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
