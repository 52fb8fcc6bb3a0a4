//! What becomes of requests over HTTP/2 when the server ends connections and refuses requests.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use refunds_core::{Error, ErrorKind, Operation};
use refunds_http::{HttpClient, Request, ReqwestTransport};
use tokio::task::JoinHandle;

use crate::common::{
    h2::{CANCEL, DATA, ENHANCE_YOUR_CALM, H2Server, INTERNAL_ERROR, Last, NO_ERROR, REFUSED_STREAM, Step},
    process, read,
    tls::TRUST,
    write,
};

fn client(server: &H2Server) -> HttpClient {
    HttpClient::builder("acme", server.base()).timeout(Duration::from_secs(30)).build().unwrap()
}

/// Sends `count` different writes, 16 at a time.
async fn flood(client: &HttpClient, count: usize) -> BTreeMap<String, Result<(), Error>> {
    stream::iter(0..count)
        .map(|index| async move {
            let body = format!("write {index}");
            let request =
                Request::post(Operation::SubmitRefund).path("refunds").body("text/plain", body.clone());
            (body, client.send(request).await.map(drop))
        })
        .buffer_unordered(16)
        .collect()
        .await
}

#[test]
fn connections_that_end_after_some_requests_lose_none_and_repeat_none() {
    process::alone(connections_that_end_after_some_requests_lose_none_and_repeat_none, TRUST, async {
        for (limit, count) in [(100, 600), (7, 200), (1, 100)] {
            let server = H2Server::closing_after(limit).await;
            let results = flood(&client(&server), count).await;
            let failures: Vec<_> = results.values().filter_map(|result| result.as_ref().err()).collect();
            assert!(failures.is_empty(), "{limit} a connection: {} failed: {failures:?}", failures.len());
            let mut processed = server.processed();
            processed.sort();
            let sent: Vec<_> = results.into_keys().collect();
            assert_eq!(processed, sent, "{limit} a connection: each is processed once");
        }
    });
}

/// The server reads each request whole, and then says that it did not process it.
#[test]
fn a_request_that_the_server_did_not_take_is_sent_again_and_then_called_unsent() {
    process::alone(
        a_request_that_the_server_did_not_take_is_sent_again_and_then_called_unsent,
        TRUST,
        async {
            for steps in [
                vec![Step::GoAway(Last::Before, NO_ERROR)],
                vec![Step::GoAway(Last::Any, NO_ERROR), Step::GoAway(Last::Before, NO_ERROR)],
                vec![Step::GoAway(Last::Before, NO_ERROR), Step::Close],
                vec![Step::Reset(REFUSED_STREAM)],
            ] {
                let name = format!("{steps:?}");
                let server = H2Server::new(move |_| steps.clone()).await;
                for request in [write(), read()] {
                    let error = client(&server).send(request).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Transport, "{name}: {error:?}");
                    assert!(error.is_retryable() && !error.may_have_applied(), "{name}: {error:?}");
                }
                assert_eq!(server.arrived(), 8, "{name}: each four times");
                assert_eq!(server.connections(), 8, "{name}: each time on a new connection");
                assert!(server.processed().is_empty());
            }
        },
    );
}

#[test]
fn a_request_that_the_server_may_have_taken_is_ambiguous_and_sent_once() {
    process::alone(a_request_that_the_server_may_have_taken_is_ambiguous_and_sent_once, TRUST, async {
        for steps in [
            // The last stream that the server promises to process is this one, and no response comes.
            vec![Step::GoAway(Last::This, NO_ERROR), Step::Close],
            vec![Step::GoAway(Last::Any, NO_ERROR), Step::Close],
            vec![Step::GoAway(Last::This, INTERNAL_ERROR), Step::Close],
            // A server that is in trouble may not know what it did.
            vec![Step::GoAway(Last::Before, INTERNAL_ERROR)],
            vec![Step::GoAway(Last::Before, ENHANCE_YOUR_CALM), Step::Close],
            vec![Step::Reset(CANCEL)],
            vec![Step::Reset(INTERNAL_ERROR)],
            vec![Step::Reset(NO_ERROR)],
            vec![Step::Close],
            // A head shows that it began.
            vec![Step::Head, Step::Reset(REFUSED_STREAM)],
            vec![Step::Head, Step::GoAway(Last::Before, NO_ERROR), Step::Close],
            // It is we who end the connection or the stream, for a frame that breaks the protocol.
            vec![Step::Frame(DATA, 0, b"x".to_vec())],
            vec![Step::NoStatus],
        ] {
            let name = format!("{steps:?}");
            let server = H2Server::new(move |_| [vec![Step::Process], steps.clone()].concat()).await;
            let error = client(&server).json::<serde_json::Value>(write()).await.unwrap_err();
            assert!(error.may_have_applied(), "{name}: {error:?}");
            // Some ends of a body look like its end; what is read of it then is no JSON.
            let want = if name.contains("Head, GoAway") { ErrorKind::Protocol } else { ErrorKind::Transport };
            assert_eq!(error.kind(), want, "{name}: {error:?}");
            assert_eq!((server.processed().len(), server.arrived()), (1, 1), "{name}");
        }
    });
}

#[test]
fn a_connection_that_ends_before_the_first_request_takes_none() {
    process::alone(a_connection_that_ends_before_the_first_request_takes_none, TRUST, async {
        let server = H2Server::closing_after(0).await;
        for request in [write(), read()] {
            let error = client(&server).send(request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
            assert!(error.is_retryable() && !error.may_have_applied(), "{error:?}");
        }
        assert_eq!((server.processed().len(), server.arrived()), (0, 0));
    });
}

/// A write without a body goes out with its head: a GOAWAY may then be of a request that was taken.
#[test]
fn a_write_without_a_body_is_ambiguous_after_a_goaway() {
    process::alone(a_write_without_a_body_is_ambiguous_after_a_goaway, TRUST, async {
        let empty = || Request::delete(Operation::SubmitRefund).path("refunds");
        let server = H2Server::new(|_| vec![Step::GoAway(Last::Before, NO_ERROR)]).await;
        let error = client(&server).send(empty()).await.unwrap_err();
        assert!(error.may_have_applied(), "{error:?}");
        assert_eq!(server.arrived(), 1);
        // A refusal is of this one stream.
        let server = H2Server::new(|_| vec![Step::Reset(REFUSED_STREAM)]).await;
        let error = client(&server).send(empty()).await.unwrap_err();
        assert!(!error.may_have_applied(), "{error:?}");
        assert_eq!(server.arrived(), 4);
    });
}

/// A connection on which the server serves the first request and keeps the second one, so that a third
/// one has to wait for its turn.
async fn busy_connection(client: &HttpClient, server: &H2Server) -> JoinHandle<()> {
    client.send(read()).await.unwrap();
    let second = client.clone();
    let kept = tokio::spawn(async move {
        let _ = second.send(read()).await;
    });
    while server.arrived() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    kept
}

async fn busy_server() -> H2Server {
    H2Server::one_at_a_time(
        |number| if number == 1 { vec![Step::Process, Step::Head, Step::Body] } else { vec![] },
    )
    .await
}

#[test]
fn a_request_that_does_not_get_its_turn_goes_out_on_another_connection() {
    process::alone(a_request_that_does_not_get_its_turn_goes_out_on_another_connection, TRUST, async {
        let server = busy_server().await;
        let client = HttpClient::builder("acme", server.base()).connect_timeout(Duration::from_secs(1));
        let client = client.timeout(Duration::from_secs(30)).build().unwrap();
        let kept = busy_connection(&client, &server).await;
        client.send(write()).await.unwrap();
        assert_eq!((server.arrived(), server.connections()), (3, 2));
        kept.abort();
    });
}

#[test]
fn a_request_that_does_not_get_its_turn_in_time_is_certainly_not_applied() {
    process::alone(a_request_that_does_not_get_its_turn_in_time_is_certainly_not_applied, TRUST, async {
        let server = busy_server().await;
        let client = HttpClient::builder("acme", server.base());
        let transport = Arc::new(ReqwestTransport::new(Duration::from_secs(5)));
        let patient = client.transport(transport.clone()).build().unwrap();
        let kept = busy_connection(&patient, &server).await;
        let client = HttpClient::builder("acme", server.base()).transport(transport);
        let client = client.timeout(Duration::from_millis(50)).build().unwrap();
        let error = client.send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Timeout, false), "{error:?}");
        assert_eq!(server.arrived(), 2);
        kept.abort();
    });
}

/// A server that refuses while it is busy and takes the request later.
#[test]
fn a_request_that_is_refused_at_first_succeeds_within_one_call() {
    process::alone(a_request_that_is_refused_at_first_succeeds_within_one_call, TRUST, async {
        let busy = AtomicUsize::new(3);
        let server = H2Server::new(move |_| {
            if busy.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                vec![Step::Reset(REFUSED_STREAM)]
            } else {
                vec![Step::Process, Step::Head, Step::Body]
            }
        })
        .await;
        client(&server).send(write()).await.unwrap();
        assert_eq!((server.processed().len(), server.arrived()), (1, 4));
    });
}
