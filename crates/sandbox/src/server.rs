//! The listening side: an accept loop per provider, and connections that can be cut at any moment.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{body::Incoming as IncomingBody, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::{
    body::WireBody,
    lock::lock,
    log::RecordedRequest,
    provider::Provider,
    respond::respond,
    response::{Hangup, into_response},
    socket::{Line, Socket},
    wire::Incoming,
    world::World,
};

/// Far more than any request of these APIs needs.
const MAX_REQUEST_BODY: usize = 1024 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))
}

/// One provider's port.
pub(crate) struct Server {
    provider: Provider,
    address: SocketAddr,
    world: Arc<World>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    pub(crate) fn run(provider: Provider, listener: TcpListener, world: Arc<World>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, provider, Arc::clone(&world)));
        Ok(Self { provider, address, world, accepting: Mutex::new(Some(accepting)) })
    }

    /// Closes the port and every connection. When it returns, new connections are refused.
    pub(crate) async fn stop(&self) {
        let accepting = lock(&self.accepting).take();
        if let Some(accepting) = accepting {
            accepting.abort();
            // An aborted task returns an error; what matters is that it and its listener are gone.
            let _ = accepting.await;
        }
    }

    /// Opens the same port again.
    pub(crate) async fn resume(&self) -> io::Result<()> {
        if lock(&self.accepting).is_some() {
            return Ok(());
        }
        let listener = bind(self.address.port()).await?;
        let accepting = tokio::spawn(accept(listener, self.provider, Arc::clone(&self.world)));
        *lock(&self.accepting) = Some(accepting);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(accepting) = lock(&self.accepting).take() {
            accepting.abort();
        }
    }
}

/// Owns its connections: aborting it aborts them.
async fn accept(listener: TcpListener, provider: Provider, world: Arc<World>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, provider, Arc::clone(&world)));
            }
            // For example out of file handles, which may be free again in a moment.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, provider: Provider, world: Arc<World>) {
    // Without it, a head and a body in two segments cost 40 ms. A socket that refuses it is slow, but works.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::default());
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&line)));
    let service = service_fn(|request| {
        line.read_request();
        serve(Arc::clone(&world), provider, Arc::clone(&line), request)
    });
    let served = http1::Builder::new().serve_connection(socket, service).await;
    if served.is_err_and(|error| error.is_parse()) {
        record_malformed(&world, provider, &line);
    }
}

async fn serve(
    world: Arc<World>,
    provider: Provider,
    line: Arc<Line>,
    request: Request<IncomingBody>,
) -> Result<Response<WireBody>, Hangup> {
    let (head, body) = request.into_parts();
    let request = RecordedRequest {
        provider,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        status: None,
        fault: None,
    };
    let ticket = world.log.arrived(request, &head.headers);
    let body = match Limited::new(body, MAX_REQUEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            let status = if error.is::<LengthLimitError>() { 413 } else { 400 };
            world.log.responded(ticket, status);
            return into_response(world.api(provider).error(status));
        }
    };
    world.log.read(ticket, &head.headers, &body);
    let request = Incoming {
        number: ticket.number(),
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
    };
    respond(&world, provider, &line, ticket, request).await
}

fn record_malformed(world: &World, provider: Provider, line: &Line) {
    let (method, target) = line.first_request_line().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target, None),
    };
    let request = RecordedRequest { provider, method, path, query, status: Some(400), fault: None };
    world.log.arrived(request, &HeaderMap::new());
}
