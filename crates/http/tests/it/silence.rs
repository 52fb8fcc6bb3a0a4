//! No secret and no address gets into a log, an error or a `Debug`, at any level of any layer.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use refunds_core::{Operation, SystemClock};
use refunds_http::{
    Authorizer as _, Credential, ErrorBody, HttpClient, ProviderError, Request, StaticToken, Token,
    TokenCache,
    testing::{Reply, ScriptedTransport},
};

use crate::common::{Act, Server, all_of, answer, json, process};

/// Keeps all that is logged.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(self.clone(), "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// In a process of its own, which alone writes to its log.
#[test]
fn canaries_are_in_no_log_no_error_and_no_debug() {
    process::alone(canaries_are_in_no_log_no_error_and_no_debug, &[], canaries());
}

async fn canaries() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    log::set_boxed_logger(Box::new(log.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);

    let said = r#"{"message":"canary token of kari@example.com 4111111111111111"}"#;
    let mut seen = String::new();
    for acts in [
        vec![Act::Write(json(200, r#"{"id":"canary"}"#).into())],
        vec![Act::Write(answer(400, "x-request-id: req-1\r\nset-cookie: canary\r\n", said).into())],
        vec![Act::Write(answer(307, "location: https://canary.example/\r\n", "").into())],
        vec![Act::Write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"canary".into())],
        vec![Act::Write("canary\r\n\r\n".into())],
        vec![Act::Reset],
        vec![Act::Wait(Duration::from_secs(5))],
    ] {
        let server = Server::doing(acts).await;
        let client = server
            .builder()
            .timeout(Duration::from_millis(500))
            .auth(Arc::new(StaticToken::new("canary-token".to_owned().into())))
            .sensitive_default_header("x-api-key", "canary-key")
            .error_decoder(|response: &ErrorBody| {
                let body: serde_json::Value = response.json()?;
                Some(
                    ProviderError::new()
                        .with_message(body["message"].as_str()?.replace("canary", "canary-token")),
                )
            })
            .build()
            .unwrap();
        let request = Request::post(Operation::SubmitRefund)
            .path("canary-path")
            .query("canary-name", "canary-value")
            .header("x-canary-free", "canary-header")
            .sensitive_header("x-secret", "canary-secret")
            .json("canary-body");
        seen = format!("{seen} {request:?} {client:?} ");
        match client.json::<Vec<u8>>(request).await {
            Ok(_) => panic!("none of these is a readable response"),
            Err(error) => seen += &all_of(&error),
        }
        let sent = server.requests().concat();
        for canary in
            ["/canary-path?canary-name=canary-value", "Bearer canary-token", "canary-key", "canary-secret"]
        {
            assert!(sent.contains(canary), "{canary} did not reach the wire: {sent}");
        }
    }
    // Without a connection, too.
    let gone = Server::saying("").await.base();
    let error = HttpClient::builder("acme", gone).build().unwrap();
    if let Err(error) = error.send(Request::get(Operation::Payment).path("canary-path")).await {
        seen += &all_of(&error);
    }

    // As long as no port can be.
    for leak in ["canary", "kari", "411111"] {
        assert!(!seen.contains(leak), "{leak}: {seen}");
    }
    let logged = log.text();
    for leak in ["canary", "kari", "411111"] {
        let line = logged.lines().find(|line| line.contains(leak));
        assert_eq!(line, None, "{leak}");
    }
    for reported in [
        "http.exchange",
        "provider=\"acme\"",
        "operation=\"submit_refund\"",
        "status=400",
        "request_id=\"req-1\"",
        "elapsed_ms=",
    ] {
        assert!(logged.contains(reported), "{reported}");
    }
    assert!(logged.contains("hyper") || logged.contains("reqwest"), "the layers below are heard as well");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    #[derive(Debug)]
    struct Source;

    #[async_trait::async_trait]
    impl refunds_http::TokenSource for Source {
        async fn fetch(&self) -> refunds_core::Result<Token> {
            Ok(Token::new("canary".to_owned().into(), None))
        }
    }

    let cache = TokenCache::new(Source, Arc::new(SystemClock));
    cache.credential().await.unwrap();
    let secret = "canary".to_owned().into();
    let transport = ScriptedTransport::new([Reply::json(200, "canary").header("x-a", "canary")]);
    let base = refunds_http::BaseUrl::parse("https://api.example.com", false).unwrap();
    let transport = Arc::new(transport);
    let builder = HttpClient::builder("acme", base)
        .transport(transport.clone())
        .sensitive_default_header("x-b", "canary");
    let shown = format!(
        "{cache:?} {:?} {:?} {:?} {:?} {:?} {builder:?} {transport:?}",
        Token::new("canary".to_owned().into(), None),
        StaticToken::basic("user", &secret),
        Credential::bearer(&secret),
        ErrorBody::new(400, "canary"),
        ProviderError::new().with_message("canary").with_code("canary"),
    );
    let response =
        builder.build().unwrap().send(Request::get(Operation::Payment).query("a", "canary")).await.unwrap();
    let shown = format!("{shown} {response:?} {:?}", transport.requests());
    assert!(!shown.contains("canary"), "{shown}");
}
