//! A request whose gate is closed does not leave, and one whose gate is open leaves whole.

use std::{
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use refunds_core::{Error, ErrorKind, Operation, testing::Fault};
use refunds_http::{
    BaseUrl, HttpClient, Request, SendGate, StaticToken, Token, TokenCache, TokenSource,
    testing::{FaultyTransport, Reply, ScriptedTransport},
};

use crate::common::{
    Act, Server,
    h2::{H2Server, Last, NO_ERROR, REFUSED_STREAM, Step},
    json, process,
    tls::TRUST,
    write,
};

/// Opens for the first `open` times.
#[derive(Debug)]
struct Gate {
    open: usize,
    asked: AtomicUsize,
}

impl Gate {
    fn open_for(open: usize) -> Arc<Self> {
        Arc::new(Self { open, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl SendGate for Gate {
    fn begin(&self) -> bool {
        self.asked.fetch_add(1, SeqCst) < self.open
    }
}

fn assert_unsent(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(!error.may_have_applied(), "{error:?}");
    assert_eq!(error.message(), "the request was not sent in time");
}

fn empty() -> Request {
    Request::post(Operation::SubmitRefund).path("refunds")
}

#[test]
fn with_a_closed_gate_not_one_byte_leaves() {
    for request in [write(), empty()] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
        let gate = Gate::open_for(0);
        process::block_on(async {
            let client = HttpClient::builder("acme", base).build().unwrap();
            assert_unsent(&client.send(request.send_gate(gate.clone())).await.unwrap_err());
        });
        assert_eq!(gate.asked(), 1, "it is not tried again");
        // The runtime has ended, and the connection with it, if there was one.
        listener.set_nonblocking(true).unwrap();
        if let Ok((mut stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            let mut seen = Vec::new();
            let _ = stream.read_to_end(&mut seen);
            assert_eq!(String::from_utf8_lossy(&seen), "");
        }
    }
}

#[tokio::test]
async fn with_an_open_gate_the_request_arrives_whole_and_at_once() {
    let server = Server::saying(&json(200, "{}")).await;
    let gate = Gate::open_for(1);
    server.client().send(write().send_gate(gate.clone())).await.unwrap();
    let [request] = &server.requests()[..] else { panic!() };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"amount":1299}"#);
    assert!(head.contains("content-length: 15") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(server.first_read(), request.len(), "head and body come in one piece");
    assert_eq!(gate.asked(), 1);

    let gate = Gate::open_for(1);
    server.client().send(empty().send_gate(gate.clone())).await.unwrap();
    assert!(server.requests()[1].contains("content-length: 0"));
    assert_eq!(gate.asked(), 1);
}

#[tokio::test]
async fn without_a_connection_the_gate_is_not_asked() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    drop(listener);
    let gate = Gate::open_for(1);
    let client = HttpClient::builder("acme", base).build().unwrap();
    let error = client.send(write().send_gate(gate.clone())).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied(), gate.asked()), (ErrorKind::Transport, false, 0));
}

#[test]
fn over_http_2_a_closed_gate_withholds_the_body() {
    process::alone(over_http_2_a_closed_gate_withholds_the_body, TRUST, async {
        let answer = || vec![Step::Process, Step::Head, Step::Body];
        let server = H2Server::new(move |_| answer()).await;
        let client = HttpClient::builder("acme", server.base()).build().unwrap();
        client.send(write()).await.unwrap();
        let gate = Gate::open_for(0);
        assert_unsent(&client.send(write().send_gate(gate.clone())).await.unwrap_err());
        assert_eq!((server.processed().len(), server.arrived(), gate.asked()), (1, 1, 1));
        // The connection still serves, and the gate of another request is its own.
        let gate = Gate::open_for(1);
        client.send(write().send_gate(gate.clone())).await.unwrap();
        assert_eq!(server.processed(), [r#"{"amount":1299}"#, r#"{"amount":1299}"#]);
    });
}

/// The server refused the first sending, so nothing was processed; the second one comes too late.
#[test]
fn a_gate_that_closes_between_two_sendings_ends_the_call_unsent() {
    process::alone(a_gate_that_closes_between_two_sendings_ends_the_call_unsent, TRUST, async {
        for step in [Step::Reset(REFUSED_STREAM), Step::GoAway(Last::Before, NO_ERROR)] {
            let server = H2Server::new(move |_| vec![step.clone()]).await;
            let client = HttpClient::builder("acme", server.base()).build().unwrap();
            let gate = Gate::open_for(1);
            assert_unsent(&client.send(write().send_gate(gate.clone())).await.unwrap_err());
            assert_eq!((server.arrived(), gate.asked()), (1, 2));
        }
    });
}

#[derive(Debug)]
struct Tokens;

#[async_trait::async_trait]
impl TokenSource for Tokens {
    async fn fetch(&self) -> refunds_core::Result<Token> {
        Ok(Token::new("token".to_owned().into(), None))
    }
}

#[tokio::test]
async fn the_gate_is_asked_again_after_a_401() {
    for (open, sent) in [(2, 2), (1, 1)] {
        let server = Server::new(|request| {
            let first = !request.contains("x-second");
            vec![Act::Write(json(if first { 401 } else { 200 }, "{}").into())]
        })
        .await;
        let cache = TokenCache::new(Tokens, Arc::new(refunds_core::SystemClock));
        let client = server.builder().auth(Arc::new(cache)).build().unwrap();
        let gate = Gate::open_for(open);
        let error = client.send(write().send_gate(gate.clone())).await.unwrap_err();
        if open == 1 {
            assert_unsent(&error);
        } else {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        }
        assert_eq!((server.requests().len(), gate.asked()), (sent, 2));
    }
}

#[tokio::test]
async fn the_transports_for_tests_ask_the_gate_as_well() {
    let base = BaseUrl::parse("https://api.example.com", false).unwrap();
    let script = Arc::new(ScriptedTransport::new([Reply::json(200, "{}")]));
    let client = HttpClient::builder("acme", base.clone())
        .transport(script.clone())
        .auth(Arc::new(StaticToken::new("token".to_owned().into())))
        .build()
        .unwrap();
    assert_unsent(&client.send(write().send_gate(Gate::open_for(0))).await.unwrap_err());
    assert_eq!((script.requests().len(), script.remaining()), (0, 1), "it did not arrive");
    let gate = Gate::open_for(1);
    client.send(write().send_gate(gate.clone())).await.unwrap();
    assert_eq!((script.requests().len(), gate.asked()), (1, 1));
    script.push(Reply::fail(refunds_http::TransportErrorKind::Connect, false));
    let gate = Gate::open_for(1);
    client.send(write().send_gate(gate.clone())).await.unwrap_err();
    assert_eq!(gate.asked(), 0, "without a connection nothing leaves");

    for (cut, asked) in [(Fault::NeverSent, 0), (Fault::NoResponse, 1), (Fault::ResponseLost, 1)] {
        let transport = Arc::new(FaultyTransport::over(ScriptedTransport::new([Reply::json(200, "{}")])));
        let client = HttpClient::builder("acme", base.clone()).transport(transport.clone()).build().unwrap();
        transport.inject(cut, |_| true);
        let gate = Gate::open_for(1);
        let error = client.send(write().send_gate(gate.clone())).await.unwrap_err();
        assert_eq!((error.may_have_applied(), gate.asked()), (asked == 1, asked), "{cut:?}");
        transport.inject(cut, |_| true);
        let error = client.send(write().send_gate(Gate::open_for(0))).await.unwrap_err();
        assert!(!error.may_have_applied(), "{cut:?}: {error:?}");
    }
}
