//! The listening side of the admin port.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use super::{
    api::serve,
    desk::Desk,
    guard::check,
    reply::{Body, Refusal},
};

/// Far more than any request of this API needs.
const MAX_BODY: usize = 64 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Owns its connections: aborting it aborts them.
pub(super) async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&desk)));
            }
            // For example out of file handles, which may be free again in a moment.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, desk: Arc<Desk>) {
    // Without it, a head and a body in two segments cost 40 ms. A socket that refuses it is slow, but works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(Arc::clone(&desk), request));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // What is wrong with a connection concerns its client alone.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(answer(&desk, request).await.unwrap_or_else(Refusal::into_response))
}

async fn answer(desk: &Desk, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    check(&head, desk.port)?;
    let body = read(body).await?;
    serve(desk, &head, &body).await
}

async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(413, format!("the body has more than {MAX_BODY} bytes")))
        }
        Err(_) => Err(Refusal::new(400, "the body broke off")),
    }
}
