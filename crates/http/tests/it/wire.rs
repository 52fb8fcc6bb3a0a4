//! What becomes of a request when the other side does not behave.

use std::time::Duration;

use refunds_core::{Error, ErrorKind, Operation};
use refunds_http::{BaseUrl, HttpClient, Request, ReqwestTransport};

use crate::common::{Act, Server, all_of, answer, json, read, write};

const SHORT: Duration = Duration::from_millis(200);

const KEEP: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// Each row: what the server does, and the error that comes of it for a write. For a read the same,
/// but that nothing can have been applied.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn whatever_breaks_after_sending_may_have_been_applied() {
    let text = |text: &str| Act::Write(text.into());
    let wait = Act::Wait(Duration::from_secs(30));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let rows: Vec<(&str, Vec<Act>, ErrorKind)> = vec![
        ("closed without a response", vec![], ErrorKind::Transport),
        ("reset without a response", vec![Act::Reset], ErrorKind::Transport),
        ("closed within the head", vec![text("HTTP/1.1 200 OK\r\ncont")], ErrorKind::Transport),
        ("no HTTP", vec![text("SSH-2.0-OpenSSH_9.6\r\n\r\n")], ErrorKind::Transport),
        ("silence", vec![wait.clone()], ErrorKind::Timeout),
        (
            "silence after the head",
            vec![text(head), text("content-length: 9\r\n\r\n"), wait.clone()],
            ErrorKind::Timeout,
        ),
        (
            "a slow drip of the head",
            vec![Act::Drip(head.into(), Duration::from_millis(20))],
            ErrorKind::Timeout,
        ),
        (
            "a slow drip of the body",
            vec![
                text(head),
                text("content-length: 900\r\n\r\n"),
                Act::Drip(vec![b' '; 900], Duration::from_millis(20)),
            ],
            ErrorKind::Timeout,
        ),
        (
            "a body cut off",
            vec![text(head), text("content-length: 900\r\n\r\n{\"a\":")],
            ErrorKind::Transport,
        ),
        (
            "a body reset",
            vec![text(head), text("content-length: 900\r\n\r\n{\"a\":"), Act::Reset],
            ErrorKind::Transport,
        ),
        (
            "chunks cut off",
            vec![text(head), text("transfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n")],
            ErrorKind::Transport,
        ),
        (
            "a broken chunk",
            vec![text(head), text("transfer-encoding: chunked\r\n\r\nzz\r\n")],
            ErrorKind::Transport,
        ),
        (
            "too long, as announced",
            vec![text(head), text("content-length: 5000\r\n\r\n"), wait.clone()],
            ErrorKind::Protocol,
        ),
        (
            "too long, unannounced",
            vec![text(head), text("\r\n"), Act::Write(vec![b' '; 5000]), wait],
            ErrorKind::Protocol,
        ),
        (
            "an endless body",
            vec![text(head), text("\r\n"), Act::Endless(vec![b' '; 512])],
            ErrorKind::Protocol,
        ),
        (
            "endless chunks",
            vec![
                text(head),
                text("transfer-encoding: chunked\r\n\r\n"),
                Act::Endless(b"1\r\n \r\n".to_vec()),
            ],
            ErrorKind::Protocol,
        ),
        (
            "a moved API",
            vec![text(&answer(302, "location: http://127.0.0.1:1/x\r\n", ""))],
            ErrorKind::Protocol,
        ),
        (
            "an HTML response",
            vec![text(&answer(200, "content-type: text/html\r\n", "<html>canary</html>"))],
            ErrorKind::Protocol,
        ),
        ("half a JSON", vec![text(&json(200, "{\"id\":"))], ErrorKind::Protocol),
        ("an empty body", vec![text(&json(200, ""))], ErrorKind::Protocol),
        (
            "a bad gateway",
            vec![text(&answer(502, "content-type: text/html\r\n", "<html>canary</html>"))],
            ErrorKind::Unavailable,
        ),
        (
            "a bad gateway cut off",
            vec![text("HTTP/1.1 502 X\r\ncontent-length: 99\r\n\r\n<h")],
            ErrorKind::Unavailable,
        ),
        (
            "an endless bad gateway",
            vec![text("HTTP/1.1 502 X\r\n\r\n"), Act::Endless(vec![b' '; 512])],
            ErrorKind::Unavailable,
        ),
        (
            "a bad gateway that stalls",
            vec![text("HTTP/1.1 502 X\r\ncontent-length: 99\r\n\r\n<h"), Act::Wait(Duration::from_secs(30))],
            ErrorKind::Unavailable,
        ),
    ];
    // Shared and warm: setting up takes a while on a busy machine, and is not what is timed here.
    let transport = std::sync::Arc::new(ReqwestTransport::new(Duration::from_secs(5)));
    let warm = Server::saying(&json(200, "{}")).await.builder().transport(transport.clone()).build();
    warm.unwrap().send(read()).await.unwrap();
    let mut tests = Vec::new();
    for (name, acts, kind) in rows {
        let transport = transport.clone();
        tests.push(tokio::spawn(async move {
            let server = Server::doing(acts).await;
            let stalls = kind == ErrorKind::Timeout || name.contains("stalls");
            let limit = if stalls { SHORT } else { Duration::from_secs(30) };
            let client = server.builder().transport(transport).timeout(limit).build().unwrap();
            for (request, ambiguous) in [(write(), true), (read(), false)] {
                let begun = tokio::time::Instant::now();
                let error = client.json::<serde_json::Value>(request.body_limit(1000)).await.unwrap_err();
                assert_eq!(error.kind(), kind, "{name}: {error:?}");
                assert_eq!(error.may_have_applied(), ambiguous, "{name}: {error:?}");
                assert!(begun.elapsed() < Duration::from_secs(10), "{name}: took {:?}", begun.elapsed());
                assert_silent(name, &error, &server);
            }
            assert_eq!(server.requests().len(), 2, "{name}: each is sent once");
        }));
    }
    for test in tests {
        test.await.unwrap();
    }
}

fn assert_silent(name: &str, error: &Error, server: &Server) {
    let all = all_of(error);
    for secret in ["canary", "/v1", "refunds\"", "http://", &server.address.to_string()] {
        assert!(!all.contains(secret), "{name}: {secret} in {all}");
    }
}

#[tokio::test]
async fn a_connection_refused_is_certainly_not_applied() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    drop(listener);
    let error = HttpClient::builder("acme", base).build().unwrap().send(write()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_retryable() && !error.may_have_applied(), "{error:?}");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("refused"), "{error:?}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_certainly_not_applied() {
    let base = BaseUrl::parse("http://refunds.invalid", true).unwrap();
    let error = HttpClient::builder("acme", base).build().unwrap().send(write()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout), "{error:?}");
    assert!(!error.may_have_applied(), "{error:?}");
}

#[tokio::test]
async fn a_failed_tls_handshake_is_certainly_not_applied() {
    for acts in [vec![Act::Write(b"\x15\x03\x03\x00\x02\x02\x28".to_vec())], vec![Act::Reset], vec![]] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 512];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
            for act in acts {
                match act {
                    Act::Write(bytes) => {
                        tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
                    }
                    _ => stream.set_zero_linger().unwrap(),
                }
            }
        });
        let base = BaseUrl::parse(&format!("https://{address}"), false).unwrap();
        let error = HttpClient::builder("acme", base).build().unwrap().send(write()).await.unwrap_err();
        // A machine without CA certificates cannot even begin.
        assert!(matches!(error.kind(), ErrorKind::Transport | ErrorKind::Config), "{error:?}");
        assert!(!error.may_have_applied(), "{error:?}");
    }
}

/// The handshake is a part of the connection: a peer that takes it and says nothing has had no
/// request.
#[tokio::test]
async fn a_connection_not_there_in_time_is_certainly_not_applied() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("https://{}", listener.local_addr().unwrap()), false).unwrap();
    for client in [
        HttpClient::builder("acme", base.clone()).connect_timeout(SHORT),
        HttpClient::builder("acme", base).timeout(2 * SHORT),
    ] {
        let error = client.build().unwrap().send(write()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Config), "{error:?}");
        assert!(!error.may_have_applied(), "{error:?}");
    }
    drop(listener);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Server::saying(&json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: http://{}/canary\r\n", target.address);
        let server = Server::saying(&answer(status, &location, "")).await;
        let error = server.client().send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, true), "{status}");
        assert!(error.message().contains("redirects are not followed"), "{error}");
        assert!(!all_of(&error).contains("canary"), "{error:?}");
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn two_clients_share_a_transport_and_its_connections() {
    let server = Server::doing(vec![Act::Write(KEEP.into()), Act::KeepAlive]).await;
    let transport = std::sync::Arc::new(ReqwestTransport::new(SHORT));
    let first = server.builder().transport(transport.clone()).build().unwrap();
    first.send(read()).await.unwrap();
    let second = server.builder().transport(transport).build().unwrap();
    second.send(read()).await.unwrap();
    first.at(server.base()).send(read()).await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (3, 1));
}

/// The layers below must not repeat a write on their own when a kept connection turns out dead.
#[tokio::test]
async fn a_write_lost_on_a_kept_connection_is_not_sent_again() {
    for last in [vec![], vec![Act::Reset]] {
        let server = Server::new(move |request| {
            if request.starts_with("GET") {
                vec![Act::Write(KEEP.into()), Act::KeepAlive]
            } else {
                last.clone()
            }
        })
        .await;
        let client = server.client();
        client.send(read()).await.unwrap();
        let error = client.send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Transport, true), "{error:?}");
        assert_eq!((server.requests().len(), server.connections()), (2, 1));
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let server = Server::saying(&json(200, &format!("\"{}\"", "x".repeat(998)))).await;
    let text: String = server.client().json(read().body_limit(1000)).await.unwrap();
    assert_eq!(text.len(), 998);
    let error = server.client().send(read().body_limit(999)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Protocol, false));
}

#[tokio::test]
async fn a_form_arrives_encoded_and_in_its_order() {
    let server = Server::saying(&json(200, "{}")).await;
    let post = || Request::post(Operation::SubmitRefund).path("refunds");
    let pairs = [("z", "1299"), ("metadata[a b]", "50% & ø+é=1"), ("z", ""), ("~-._*", "\r\n")];
    server.client().send(post().form(pairs)).await.unwrap();
    server.client().send(post().form(Vec::<(String, String)>::new())).await.unwrap();
    let [form, empty] = &server.requests()[..] else { panic!() };
    let (head, body) = form.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "z=1299&metadata%5Ba+b%5D=50%25+%26+%C3%B8%2B%C3%A9%3D1&z=&%7E-._*=%0D%0A");
    assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"), "{head}");
    assert!(empty.contains("content-length: 0\r\n") && !empty.contains("content-type"), "{empty}");
}

#[tokio::test]
async fn a_requests_own_time_limit_shortens_the_clients_and_never_lengthens_it() {
    const LONG: Duration = Duration::from_secs(30);
    let server = Server::doing(vec![Act::Wait(LONG)]).await;
    for (of_client, of_request) in [(LONG, SHORT), (SHORT, LONG)] {
        let client = server.builder().timeout(of_client).build().unwrap();
        for (request, ambiguous) in [(write(), true), (read(), false)] {
            let begun = tokio::time::Instant::now();
            let error = client.send(request.timeout(of_request)).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Timeout, ambiguous));
            assert!(begun.elapsed() < LONG / 3, "{:?}", begun.elapsed());
        }
    }
    assert_eq!(server.requests().len(), 4);

    // A connection that is still being made then: nothing was sent, and nothing will be.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("https://{}", listener.local_addr().unwrap()), false).unwrap();
    let client = HttpClient::builder("acme", base).timeout(LONG).connect_timeout(LONG).build().unwrap();
    let error = client.send(write().timeout(SHORT)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Config), "{error:?}");
    assert!(!error.may_have_applied(), "{error:?}");
}

#[tokio::test]
async fn a_server_at_an_ipv6_address_is_reached() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        eprintln!("skipped: this machine has no IPv6");
        return;
    };
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        stream.write_all(json(200, "{}").as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).to_ascii_lowercase()
    });
    let client = HttpClient::builder("acme", BaseUrl::parse(&base, false).unwrap()).build().unwrap();
    client.send(read()).await.unwrap();
    let host = base.trim_start_matches("http://").to_owned();
    assert!(serving.await.unwrap().contains(&format!("host: {host}")));
}
