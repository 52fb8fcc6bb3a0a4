//! A server whose responses are ready: its process is not the one that is measured.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::{bodies, tls};

/// What arrived and what was sent since the last time that the counts were taken.
#[derive(Default)]
pub(crate) struct Counts {
    requests: AtomicU64,
    tokens: AtomicU64,
    connections: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counts {
    /// The counts as JSON; they begin again at zero.
    pub(crate) fn take(&self) -> Value {
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst);
        json!({
            "requests": take(&self.requests), "tokens": take(&self.tokens),
            "connections": take(&self.connections),
            "received": take(&self.received), "sent": take(&self.sent)
        })
    }
}

/// The parts of the responses that need not be made again for each.
struct Bodies {
    mattilda: String,
    dintero: Bytes,
}

/// Listens for HTTP and for HTTP/2 over TLS; returns both base URLs.
pub(crate) async fn listen(counts: Arc<Counts>) -> (String, String) {
    let bodies = Arc::new(Bodies {
        mattilda: String::from_utf8(bodies::mattilda_list(100).to_vec()).unwrap(),
        dintero: bodies::dintero_transaction(100),
    });
    let (plain, secure) = (bind().await, bind().await);
    let address = |listener: &TcpListener| listener.local_addr().unwrap();
    let urls = (format!("http://{}", address(&plain)), format!("https://{}", address(&secure)));
    tokio::spawn(accept(plain, false, Arc::clone(&counts), Arc::clone(&bodies)));
    tokio::spawn(accept(secure, true, counts, bodies));
    urls
}

async fn bind() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

async fn accept(listener: TcpListener, secure: bool, counts: Arc<Counts>, bodies: Arc<Bodies>) {
    let acceptor = tls::acceptor();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        counts.connections.fetch_add(1, Ordering::SeqCst);
        let stream = Counted { stream, counts: Arc::clone(&counts) };
        let (acceptor, counts, bodies) = (acceptor.clone(), Arc::clone(&counts), Arc::clone(&bodies));
        tokio::spawn(async move {
            if secure {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, counts, bodies).await;
                }
            } else {
                serve(stream, counts, bodies).await;
            }
        });
    }
}

async fn serve<S>(stream: S, counts: Arc<Counts>, bodies: Arc<Bodies>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let (counts, bodies) = (Arc::clone(&counts), Arc::clone(&bodies));
        async move {
            let (head, body) = request.into_parts();
            let _ = body.collect().await;
            let body = respond(&head.uri, &counts, &bodies);
            let response = Response::builder().header(CONTENT_TYPE, "application/json");
            Ok::<_, Infallible>(response.body(Full::new(body)).unwrap())
        }
    });
    // A client that goes away ends its connection, and only that.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

fn respond(uri: &http::Uri, counts: &Counts, bodies: &Bodies) -> Bytes {
    if uri.path().ends_with("/auth/token") {
        counts.tokens.fetch_add(1, Ordering::SeqCst);
        return json!({"access_token": "token", "token_type": "Bearer", "expires_in": 86400})
            .to_string()
            .into();
    }
    counts.requests.fetch_add(1, Ordering::SeqCst);
    match uri.path().strip_prefix("/transactions/").unwrap_or_default().split_once('/') {
        Some((payment, "refunds")) => {
            let query = uri.query().unwrap_or_default();
            let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="));
            let page: usize = cursor.map_or(1, |cursor| cursor.parse().unwrap());
            bodies::mattilda_page(&bodies.mattilda, payment, page)
        }
        _ if uri.path().contains(bodies::DINTERO_ACCOUNT) => bodies.dintero.clone(),
        _ if uri.path() == "/small" => Bytes::from_static(b"{}"),
        _ => bodies::mattilda_transaction(uri.path().trim_start_matches("/transactions/")),
    }
}

/// A stream that counts its bytes.
struct Counted {
    stream: TcpStream,
    counts: Arc<Counts>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.counts.received.fetch_add((buffer.filled().len() - before) as u64, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Counted {
    fn wrote(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = &polled {
            self.counts.sent.fetch_add(*count as u64, Ordering::SeqCst);
        }
        polled
    }
}
