//! An HTTP/2 server, frame by frame: it ends connections and refuses requests as a test wants.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use refunds_http::BaseUrl;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};

use super::tls::{Acceptor, GOOD};

pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const MAX_CONCURRENT_STREAMS: u8 = 3;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What the server does when a request is there as a whole.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Processes the request: from here on, a refund would be made.
    Process,
    /// Answers with a status of 200.
    Head,
    /// Ends the response with an empty JSON object.
    Body,
    /// Announces the end of the connection: the last stream that it may process, and why.
    GoAway(Last, u32),
    /// Resets the request's stream.
    Reset(u32),
    /// Writes a frame of this type on this stream, 0 being the connection.
    Frame(u8, u32, Vec<u8>),
    /// Writes a head without a status, which no client can take.
    NoStatus,
    /// Closes the connection.
    Close,
}

/// Which stream a GOAWAY names, seen from the request at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Last {
    Before,
    This,
    Any,
}

#[derive(Debug)]
pub(crate) struct H2Server {
    address: SocketAddr,
    processed: Arc<Mutex<Vec<String>>>,
    arrived: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl H2Server {
    /// Takes the given steps for each request, by its number on its connection.
    pub(crate) async fn new(steps: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::limited(usize::MAX, &[], steps).await
    }

    /// Takes one request at a time on each connection.
    pub(crate) async fn one_at_a_time(steps: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::limited(usize::MAX, &[0, MAX_CONCURRENT_STREAMS, 0, 0, 0, 1], steps).await
    }

    /// As nginx does with `keepalive_requests`: when a connection's last request begins, the server
    /// announces the end, and ignores all that comes after it.
    pub(crate) async fn closing_after(requests: usize) -> Self {
        Self::limited(requests, &[], |_| vec![Step::Process, Step::Head, Step::Body]).await
    }

    async fn limited(
        limit: usize,
        settings: &'static [u8],
        steps: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            processed: Arc::default(),
            arrived: Arc::default(),
            connections: Arc::default(),
        };
        let (processed, arrived, connections) =
            (server.processed.clone(), server.arrived.clone(), server.connections.clone());
        let (acceptor, steps) = (Acceptor::new(GOOD, &["h2"]), Arc::new(steps));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, steps) = (acceptor.clone(), steps.clone());
                let (processed, arrived) = (processed.clone(), arrived.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    let mut connection = Connection {
                        stream,
                        limit,
                        settings,
                        begun: 0,
                        last: u32::MAX,
                        bodies: BTreeMap::new(),
                        processed,
                        arrived,
                    };
                    connection.serve(&*steps).await
                });
            }
        });
        server
    }

    pub(crate) fn base(&self) -> BaseUrl {
        BaseUrl::parse(&format!("https://{}/v1", self.address), false).unwrap()
    }

    /// The bodies of the requests that were processed.
    pub(crate) fn processed(&self) -> Vec<String> {
        self.processed.lock().unwrap().clone()
    }

    /// How many requests came as a whole, whatever became of them.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

struct Connection<S> {
    stream: S,
    limit: usize,
    settings: &'static [u8],
    /// How many requests began on it.
    begun: usize,
    /// The last stream that it promised to look at.
    last: u32,
    bodies: BTreeMap<u32, (usize, Vec<u8>)>,
    processed: Arc<Mutex<Vec<String>>>,
    arrived: Arc<AtomicUsize>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn serve(&mut self, steps: &(dyn Fn(usize) -> Vec<Step> + Send + Sync)) -> io::Result<()> {
        self.stream.read_exact(&mut [0; PREFACE.len()]).await?;
        self.write(SETTINGS, 0, 0, self.settings).await?;
        if self.limit == 0 {
            self.go_away(0, NO_ERROR).await?;
        }
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await?;
            let [_, a, b, c, ..] = [0, head[0], head[1], head[2]];
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload).await?;
            let (kind, flags) = (head[3], head[4]);
            let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match kind {
                SETTINGS if flags & ACK == 0 => self.write(SETTINGS, ACK, 0, &[]).await?,
                PING if flags & ACK == 0 => self.write(PING, ACK, 0, &payload).await?,
                HEADERS | DATA if id > self.last => {}
                HEADERS => {
                    assert!(flags & END_HEADERS != 0, "no test has a head this long");
                    self.begun += 1;
                    self.bodies.insert(id, (self.begun, Vec::new()));
                    if self.begun == self.limit {
                        self.go_away(id, NO_ERROR).await?;
                    }
                }
                DATA => {
                    if let Some((_, body)) = self.bodies.get_mut(&id) {
                        body.extend(payload);
                    }
                }
                RESET => {
                    self.bodies.remove(&id);
                }
                _ => {}
            }
            if matches!(kind, HEADERS | DATA)
                && flags & END_STREAM != 0
                && let Some((number, body)) = self.bodies.remove(&id)
            {
                self.arrived.fetch_add(1, Ordering::SeqCst);
                for step in steps(number) {
                    self.perform(step, id, &body).await?;
                }
            }
        }
    }

    async fn perform(&mut self, step: Step, id: u32, body: &[u8]) -> io::Result<()> {
        match step {
            Step::Process => {
                self.processed.lock().unwrap().push(String::from_utf8_lossy(body).into_owned());
                Ok(())
            }
            // The second number is the eighth entry of HPACK's static table: `:status: 200`.
            Step::Head => self.write(HEADERS, END_HEADERS, id, &[0x88]).await,
            Step::NoStatus => self.write(HEADERS, END_HEADERS, id, &[]).await,
            Step::Body => self.write(DATA, END_STREAM, id, b"{}").await,
            Step::GoAway(Last::Before, code) => self.go_away(id - 1, code).await,
            Step::GoAway(Last::This, code) => self.go_away(id, code).await,
            Step::GoAway(Last::Any, code) => self.go_away(u32::MAX >> 1, code).await,
            Step::Reset(code) => self.write(RESET, 0, id, &code.to_be_bytes()).await,
            Step::Frame(kind, id, payload) => self.write(kind, 0, id, &payload).await,
            Step::Close => {
                self.stream.shutdown().await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    async fn go_away(&mut self, last: u32, code: u32) -> io::Result<()> {
        self.last = last;
        self.write(GO_AWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat()).await
    }

    async fn write(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &id.to_be_bytes()].concat();
        self.stream.write_all(&[&head, payload].concat()).await?;
        self.stream.flush().await
    }
}
