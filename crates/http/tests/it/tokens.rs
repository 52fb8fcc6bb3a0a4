//! Tokens are fetched once, renewed in time, and never make a write ambiguous.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{Error, ErrorKind, Operation, Result, testing::ManualClock};
use refunds_http::{
    Authorizer, BaseUrl, HttpClient, HttpClientBuilder, StaticToken, Token, TokenCache, TokenSource,
    TransportErrorKind,
    testing::{Reply, ScriptedTransport},
};
use secrecy::ExposeSecret as _;
use tokio::sync::Notify;

use crate::common::{all_of, read, write};

/// Gives `token-canary-1`, `-2` and so on; fails where the script says so.
#[derive(Debug, Default)]
struct Source {
    fetches: AtomicU32,
    life: Option<Duration>,
    failures: Mutex<VecDeque<bool>>,
    /// Fetches wait for it, where it is there.
    gate: Option<Notify>,
}

impl Source {
    fn living(seconds: u64) -> Self {
        Self { life: Some(Duration::from_secs(seconds)), ..Self::default() }
    }

    fn gated() -> Self {
        Self { gate: Some(Notify::new()), ..Self::default() }
    }

    fn failing(failures: impl Into<VecDeque<bool>>) -> Self {
        Self { failures: Mutex::new(failures.into()), ..Self::default() }
    }

    fn fetches(&self) -> u32 {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenSource for Source {
    async fn fetch(&self) -> Result<Token> {
        let count = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        if self.failures.lock().unwrap().pop_front().unwrap_or_default() {
            // As a careless source would say it: this may have applied.
            return Err(Error::new(ErrorKind::Unavailable, format!("token endpoint down {count}")));
        }
        Ok(Token::new(format!("token-canary-{count}").into(), self.life))
    }
}

fn cache(source: Source) -> (Arc<TokenCache<Arc<Source>>>, Arc<Source>, ManualClock) {
    let (source, clock) = (Arc::new(source), ManualClock::new());
    (Arc::new(TokenCache::new(source.clone(), clock.shared())), source, clock)
}

async fn token(cache: &TokenCache<Arc<Source>>) -> String {
    cache.token().await.unwrap().expose_secret().to_owned()
}

fn builder(transport: &Arc<ScriptedTransport>) -> HttpClientBuilder {
    let base = BaseUrl::parse("https://api.example.com", false).unwrap();
    HttpClient::builder("acme", base).transport(transport.clone())
}

fn sent(transport: &ScriptedTransport) -> Vec<String> {
    let requests = transport.requests();
    requests.iter().map(|request| request.header("authorization").unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_a_time_fetch_one_token() {
    let (cache, source, _) = cache(Source::gated());
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { token(&cache).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    source.gate.as_ref().unwrap().notify_one();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "token-canary-1");
    }
    assert_eq!(source.fetches(), 1);
}

#[tokio::test]
async fn those_who_wait_share_a_failure_and_the_next_one_tries_anew() {
    let (cache, source, _) = cache(Source { failures: Mutex::new([true].into()), ..Source::gated() });
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.token().await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    source.gate.as_ref().unwrap().notify_one();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap_err().message(), "token endpoint down 1");
    }
    source.gate.as_ref().unwrap().notify_one();
    assert_eq!(token(&cache).await, "token-canary-2");
}

#[tokio::test]
async fn a_fetch_that_was_dropped_blocks_no_other() {
    let (cache, source, _) = cache(Source::gated());
    let dropped = tokio::time::timeout(Duration::from_millis(10), cache.token()).await;
    assert!(dropped.is_err());
    source.gate.as_ref().unwrap().notify_one();
    assert_eq!(token(&cache).await, "token-canary-2");
}

#[tokio::test]
async fn tokens_are_renewed_before_their_end() {
    for (life, useful) in [(86_400, 86_100), (3600, 3300), (600, 300), (400, 200), (60, 30), (2, 1)] {
        let (cache, source, clock) = cache(Source::living(life));
        token(&cache).await;
        clock.advance(Duration::from_secs(useful - 1));
        token(&cache).await;
        assert_eq!(source.fetches(), 1, "a token of {life} s after {} s", useful - 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(token(&cache).await, "token-canary-2", "a token of {life} s after {useful} s");
    }
    let (cache, source, clock) = cache(Source::default());
    token(&cache).await;
    clock.advance(Duration::from_secs(1_000_000_000));
    token(&cache).await;
    assert_eq!(source.fetches(), 1, "no end reported");
    let (forever, _, _) = self::cache(Source::living(u64::MAX));
    token(&forever).await;
}

#[tokio::test]
async fn only_the_current_token_is_dropped_after_a_refusal() {
    let (cache, source, _) = cache(Source::default());
    let first = Authorizer::credential(&*cache).await.unwrap();
    Authorizer::refused(&*cache, &first);
    token(&cache).await;
    Authorizer::refused(&*cache, &first);
    assert_eq!((token(&cache).await.as_str(), source.fetches()), ("token-canary-2", 2));
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_request_repeated_once() {
    let (cache, _, _) = cache(Source::default());
    let transport = Arc::new(ScriptedTransport::new([
        Reply::json(401, "{}"),
        Reply::json(201, "{}"),
        Reply::json(200, "{}"),
    ]));
    let client = builder(&transport).auth(cache).build().unwrap();
    client.send(write()).await.unwrap();
    client.send(read()).await.unwrap();
    assert_eq!(sent(&transport), ["Bearer token-canary-1", "Bearer token-canary-2", "Bearer token-canary-2"]);
    let [first, second, _] = &transport.requests()[..] else { panic!() };
    assert_eq!((&first.method, &first.uri, &first.body), (&second.method, &second.uri, &second.body));
    assert!(first.headers["authorization"].is_sensitive());
}

#[tokio::test]
async fn refused_twice_is_unauthenticated_and_not_applied() {
    let (cache, source, _) = cache(Source::default());
    let echo = r#"{"message":"bad token token-canary-2"}"#;
    let transport = Arc::new(ScriptedTransport::new([Reply::json(401, "{}"), Reply::json(401, echo)]));
    let client = builder(&transport)
        .auth(cache)
        .error_decoder(|answer| {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            Some(refunds_http::ProviderError::new().with_message(body))
        })
        .build()
        .unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unauthenticated, false), "{error:?}");
    assert_eq!((source.fetches(), transport.remaining()), (2, 0));
    assert!(!all_of(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn a_write_lost_after_the_renewal_may_have_been_applied() {
    let (cache, _, _) = cache(Source::default());
    let broken = Reply::fail(TransportErrorKind::Broken, true);
    let transport = Arc::new(ScriptedTransport::new([Reply::json(401, "{}"), broken]));
    let error = builder(&transport).auth(cache).build().unwrap().send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Transport, true));
}

#[tokio::test]
async fn a_static_token_is_not_tried_twice() {
    let transport = Arc::new(ScriptedTransport::new([Reply::json(401, "{}"), Reply::json(200, "{}")]));
    let client =
        builder(&transport).auth(Arc::new(StaticToken::new("canary".to_owned().into()))).build().unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unauthenticated, false));
    assert_eq!((sent(&transport), transport.remaining()), (vec!["Bearer canary".to_owned()], 1));
}

#[tokio::test]
async fn a_client_with_another_credential_shares_all_the_rest() {
    let transport = Arc::new(ScriptedTransport::new([Reply::json(200, "{}"), Reply::json(200, "{}")]));
    let plain = builder(&transport).default_header("x-a", "1").build().unwrap();
    let client = plain.with_auth(Arc::new(StaticToken::new("canary".to_owned().into())));
    client.send(read()).await.unwrap();
    plain.send(read()).await.unwrap();
    assert_eq!(sent(&transport), ["Bearer canary", ""]);
    assert!(transport.requests().iter().all(|request| request.header("x-a") == Some("1")));
}

/// The caller of a refund sees that the refund failed, not the configuration.
#[tokio::test]
async fn a_token_that_does_not_come_is_the_failure_of_what_it_was_for() {
    #[derive(Debug)]
    struct Endpoint(HttpClient);

    #[async_trait]
    impl TokenSource for Endpoint {
        async fn fetch(&self) -> Result<Token> {
            self.0.json::<()>(write().read()).await?;
            unreachable!("the script says no")
        }
    }

    let reply = Reply::json(503, "{}").header("request-id", "r-1").header("retry-after", "3");
    let plain = builder(&Arc::new(ScriptedTransport::new([reply]))).build().unwrap();
    let clock = ManualClock::new().shared();
    let client = plain.with_auth(Arc::new(TokenCache::new(Endpoint(plain.clone()), clock)));
    let error = client.send(read()).await.unwrap_err();
    assert_eq!((error.operation(), error.request_id()), (Some(Operation::ListRefunds), Some("r-1")));
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Unavailable, Some(Duration::from_secs(3))));
}

#[tokio::test]
async fn basic_credentials_are_those_of_rfc_7617() {
    let transport = Arc::new(ScriptedTransport::new([Reply::json(200, "{}")]));
    let basic = StaticToken::basic("Aladdin", &"open sesame".to_owned().into());
    builder(&transport).auth(Arc::new(basic)).build().unwrap().send(write().read()).await.unwrap();
    assert_eq!(sent(&transport), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
}

/// Gives these tokens, one after the other.
#[derive(Debug)]
struct Said(Mutex<VecDeque<&'static str>>);

#[async_trait]
impl TokenSource for Said {
    async fn fetch(&self) -> Result<Token> {
        let said = self.0.lock().unwrap().pop_front().unwrap();
        Ok(Token::new(said.to_owned().into(), Some(Duration::from_secs(3600))))
    }
}

#[tokio::test]
async fn a_malformed_token_is_the_providers_fault_and_not_kept() {
    for malformed in ["", "  ", "canary\r\nx: y", "canary\n", "canary\u{e9}", "canary\0"] {
        let transport = Arc::new(ScriptedTransport::new([Reply::json(200, "{}")]));
        let said = Said(Mutex::new([malformed, "token"].into()));
        let cache = Arc::new(TokenCache::new(said, ManualClock::new().shared()));
        let client = builder(&transport).auth(cache).build().unwrap();
        let error = client.send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, false), "{error:?}");
        assert_eq!(error.message(), "the provider's token is empty or not a valid header value");
        assert_eq!((error.provider(), error.operation()), (Some("acme"), Some(Operation::SubmitRefund)));
        assert!(!all_of(&error).contains("canary"), "{error:?}");
        assert!(transport.requests().is_empty());
        client.send(write()).await.unwrap();
        assert_eq!(sent(&transport), ["Bearer token"], "{malformed:?} is not kept");
    }
}

#[tokio::test]
async fn a_malformed_token_in_the_settings_is_a_fault_of_the_settings() {
    for malformed in ["", " ", "canary\r\nx: y", "canary\u{e9}"] {
        let transport = Arc::new(ScriptedTransport::new([]));
        let token = StaticToken::new(malformed.to_owned().into());
        let error =
            builder(&transport).auth(Arc::new(token)).build().unwrap().send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{error:?}");
        assert_eq!(error.message(), "the credential is empty or not a valid header value");
        assert!(!all_of(&error).contains("canary"), "{error:?}");
        assert!(transport.requests().is_empty());
    }
}

/// A careless endpoint calls its fetch a write, so that it may have been applied.
#[tokio::test]
async fn a_token_endpoint_that_returns_nonsense_is_a_protocol_error_and_nothing_was_applied() {
    #[derive(Debug)]
    struct Endpoint(HttpClient, bool);

    #[async_trait]
    impl TokenSource for Endpoint {
        async fn fetch(&self) -> Result<Token> {
            let request = if self.1 { write() } else { write().read() };
            let secret: String = self.0.json(request).await?;
            Ok(Token::new(secret.into(), None))
        }
    }

    for careless in [true, false] {
        for (nonsense, kind) in [
            (Reply::bytes(200, "<html>canary</html>"), ErrorKind::Protocol),
            (Reply::json(200, ""), ErrorKind::Protocol),
            (Reply::json(200, r#"{"error":"canary"}"#), ErrorKind::Protocol),
            (Reply::json(302, ""), ErrorKind::Protocol),
            (Reply::json(200, "").cut(TransportErrorKind::Broken), ErrorKind::Transport),
            (Reply::json(503, ""), ErrorKind::Unavailable),
        ] {
            let transport = Arc::new(ScriptedTransport::new([nonsense.clone(), nonsense]));
            let plain = builder(&transport).build().unwrap();
            let cache = TokenCache::new(Endpoint(plain.clone(), careless), ManualClock::new().shared());
            let client = plain.with_auth(Arc::new(cache));
            for request in [write(), read()] {
                let operation = request.operation();
                let error = client.send(request).await.unwrap_err();
                assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{error:?}");
                assert_eq!((error.provider(), error.operation()), (Some("acme"), Some(operation)));
                assert!(!all_of(&error).contains("canary"), "{error:?}");
            }
            assert_eq!((transport.requests().len(), transport.remaining()), (2, 0), "no write left");
        }
    }
}

#[tokio::test]
async fn a_nonsense_response_after_the_token_was_renewed_is_a_protocol_error() {
    for (request, ambiguous) in [(write(), true), (read(), false)] {
        let (cache, ..) = cache(Source::default());
        let transport =
            Arc::new(ScriptedTransport::new([Reply::json(401, "{}"), Reply::bytes(200, "<html></html>")]));
        let client = builder(&transport).auth(cache).build().unwrap();
        let error = client.json::<serde_json::Value>(request).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, ambiguous), "{error:?}");
    }
}

/// Whatever a source says of itself: the write that the token was for was never sent.
#[tokio::test]
async fn a_write_without_a_token_is_certainly_not_applied() {
    let transport = Arc::new(ScriptedTransport::new([]));
    let (cache, _, _) = cache(Source::failing([true]));
    let client = builder(&transport).auth(cache).build().unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unavailable, false), "{error:?}");
    assert_eq!(error.provider(), Some("acme"));

    let (cache, _, _) = self::cache(Source::gated());
    let client = builder(&transport).auth(cache).timeout(Duration::from_millis(30)).build().unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Timeout, false), "{error:?}");

    let client = builder(&transport)
        .auth(Arc::new(StaticToken::new("canary\r\nx: y".to_owned().into())))
        .build()
        .unwrap();
    let error = client.send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{error:?}");
    assert!(!all_of(&error).contains("canary"));
    assert!(transport.requests().is_empty());

    let refusing = Arc::new(ScriptedTransport::new([Reply::json(401, "{}")]));
    let (cache, _, _) = self::cache(Source::failing([false, true]));
    let error = builder(&refusing).auth(cache).build().unwrap().send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unavailable, false), "{error:?}");
}
