//! Whatever an id holds, the request goes where it was meant to.

use proptest::prelude::*;
use refunds_core::{ErrorKind, Operation};
use refunds_http::{
    HttpClient, Request,
    testing::{Reply, ScriptedTransport},
};
use std::sync::Arc;

use crate::common::{Server, all_of, json, read};

#[tokio::test]
async fn hostile_segments_stay_one_segment_on_the_wire() {
    let server = Server::saying(&json(200, "{}")).await;
    let client = server.client();
    for (segment, want) in [
        ("../x", "..%2Fx"),
        ("a/b", "a%2Fb"),
        ("%2e%2e", "%252e%252e"),
        ("..%2f", "..%252f"),
        ("x?y=1", "x%3Fy%3D1"),
        ("x#y", "x%23y"),
        ("x;y", "x%3By"),
        ("a b", "a%20b"),
        ("a\\b", "a%5Cb"),
        ("...", "..."),
        ("kari@example.com", "kari%40example.com"),
        ("ærlig", "%C3%A6rlig"),
        ("T11223344.9rQ2xW-_~", "T11223344.9rQ2xW-_~"),
    ] {
        client.send(Request::get(Operation::Payment).paths(["p", segment, "end"])).await.unwrap();
        let request = server.requests().pop().unwrap();
        let line = request.lines().next().unwrap().to_owned();
        assert_eq!(line, format!("GET /v1/p/{want}/end HTTP/1.1"), "{segment:?}");
    }
}

#[tokio::test]
async fn impossible_parts_are_refused_before_anything_is_sent() {
    let server = Server::saying(&json(200, "{}")).await;
    let client = server.client();
    let long = "x".repeat(1025);
    let segments = ["", ".", "..", "a\nb", "a\r\nHost: evil", "\0", "\u{7f}", "\u{85}", &long];
    let mut requests: Vec<_> =
        segments.iter().map(|segment| Request::post(Operation::SubmitRefund).path(segment)).collect();
    requests.push(read().header("x-a", "a\r\nx-b: c"));
    requests.push(read().header("x-a", "ærlig"));
    requests.push(read().header("not a name", "a"));
    requests.push(read().sensitive_header("x-a", "canary\n"));
    for request in requests {
        let debug = format!("{request:?}");
        let error = client.send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::InvalidRequest, false), "{debug}");
        assert!(!all_of(&error).contains("canary"));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn queries_are_encoded_and_headers_reach_the_wire() {
    let server = Server::saying(&json(200, "{}")).await;
    let client = server
        .builder()
        .default_header("x-default", "one")
        .default_header("x-both", "default")
        .user_agent("acme-refunds/1")
        .build()
        .unwrap();
    let request = read().query("cursor", "a+b/=&c d#").query("limit", 100).header("x-both", "own");
    client.send(request).await.unwrap();
    let seen = server.requests().pop().unwrap();
    assert!(
        seen.starts_with("GET /v1/refunds?cursor=a%2Bb%2F%3D%26c%20d%23&limit=100 HTTP/1.1\r\n"),
        "{seen}"
    );
    for header in ["x-default: one", "x-both: own", "user-agent: acme-refunds/1", "accept: application/json"]
    {
        assert_eq!(seen.matches(header).count(), 1, "{header}: {seen}");
    }
    assert!(!seen.contains("content-type"), "{seen}");
}

/// Some servers refuse a write without a length with 411.
#[tokio::test]
async fn a_write_without_a_body_states_its_length() {
    let server = Server::saying(&json(200, "{}")).await;
    server.client().send(Request::post(Operation::SubmitRefund)).await.unwrap();
    let seen = server.requests().pop().unwrap();
    assert!(seen.contains("content-length: 0\r\n"), "{seen}");
}

#[tokio::test]
async fn what_is_a_write() {
    use Operation::Payment as P;
    for (request, write) in [
        (Request::get(P), false),
        (Request::post(P), true),
        (Request::post(P).read(), false),
        (Request::delete(P), true),
    ] {
        assert_eq!(request.is_write(), write, "{request:?}");
    }
}

proptest! {
    #[test]
    fn any_segment_is_one_segment_or_refused(segment in any::<String>()) {
        let transport = Arc::new(ScriptedTransport::new([Reply::json(200, "{}")]));
        let base = refunds_http::BaseUrl::parse("https://api.example.com/v1", false).unwrap();
        let client = HttpClient::builder("acme", base).transport(transport.clone()).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let sent = runtime.block_on(client.send(Request::get(Operation::Payment).paths(["p", &segment, "end"])));
        let Some(request) = transport.requests().pop() else {
            prop_assert_eq!(sent.unwrap_err().kind(), ErrorKind::InvalidRequest);
            return Ok(());
        };
        prop_assert!(sent.is_ok());
        prop_assert!(request.uri.starts_with("https://api.example.com/v1/p/"));
        let parts: Vec<_> = request.path.split('/').collect();
        prop_assert_eq!(parts.len(), 5);
        let decoded = percent_encoding::percent_decode_str(parts[3]).decode_utf8().unwrap();
        prop_assert_eq!(decoded, segment);
        prop_assert_eq!(request.query, None);
    }
}
