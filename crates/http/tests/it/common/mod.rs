//! A server that says and does exactly what a test wants, byte by byte.

pub(crate) mod h2;
pub(crate) mod process;
pub(crate) mod tls;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use refunds_core::{Error, Operation};
use refunds_http::{BaseUrl, HttpClient, HttpClientBuilder, Request};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What the server does after it read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one by one, this long apart.
    Drip(Vec<u8>, Duration),
    /// Writes this over and over, until the client goes.
    Endless(Vec<u8>),
    /// Does nothing for this long.
    Wait(Duration),
    /// Takes the next request from the same connection.
    KeepAlive,
    /// Ends the connection with a reset instead of an end.
    Reset,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    first_read: Arc<AtomicUsize>,
}

impl Server {
    /// Does the same for every request, and closes the connection after it.
    pub(crate) async fn doing(acts: Vec<Act>) -> Self {
        Self::new(move |_| acts.clone()).await
    }

    /// Writes the same for every request.
    pub(crate) async fn saying(answer: &str) -> Self {
        Self::doing(vec![Act::Write(answer.into())]).await
    }

    pub(crate) async fn new(acts: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let connections = Arc::<AtomicUsize>::default();
        let first_read = Arc::<AtomicUsize>::default();
        let (seen, count, acts) = (requests.clone(), connections.clone(), Arc::new(acts));
        let first = first_read.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (seen, acts, first) = (seen.clone(), acts.clone(), first.clone());
                tokio::spawn(async move {
                    let _ = serve(stream, &seen, &first, &*acts).await;
                });
            }
        });
        Self { address, requests, connections, first_read }
    }

    pub(crate) fn base(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}/v1", self.address), false).unwrap()
    }

    pub(crate) fn builder(&self) -> HttpClientBuilder {
        HttpClient::builder("acme", self.base()).timeout(Duration::from_secs(5))
    }

    pub(crate) fn client(&self) -> HttpClient {
        self.builder().build().unwrap()
    }

    /// The requests as they came, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How many bytes of the last request came with its first ones.
    pub(crate) fn first_read(&self) -> usize {
        self.first_read.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    first: &AtomicUsize,
    acts: &(dyn Fn(&str) -> Vec<Act> + Send + Sync),
) -> std::io::Result<()> {
    loop {
        let request = read_request(&mut stream, first).await?;
        seen.lock().unwrap().push(request.clone());
        if !perform(&mut stream, acts(&request)).await? {
            return Ok(());
        }
    }
}

/// Whether the connection stays.
async fn perform(stream: &mut TcpStream, acts: Vec<Act>) -> std::io::Result<bool> {
    for act in acts {
        match act {
            Act::KeepAlive => return Ok(true),
            Act::Write(bytes) => stream.write_all(&bytes).await?,
            Act::Drip(bytes, pause) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await?;
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Endless(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
            Act::Wait(pause) => tokio::time::sleep(pause).await,
            Act::Reset => stream.set_zero_linger()?,
        }
    }
    Ok(false)
}

async fn read_request(stream: &mut TcpStream, first: &AtomicUsize) -> std::io::Result<String> {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if read.is_empty() {
            first.store(count, Ordering::SeqCst);
        }
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.parse().unwrap() {
            return Ok(text);
        }
    }
}

/// A response with its length, which ends the connection.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn json(status: u16, body: &str) -> String {
    answer(status, "content-type: application/json\r\n", body)
}

pub(crate) fn write() -> Request {
    Request::post(Operation::SubmitRefund).path("refunds").json(&serde_json::json!({ "amount": 1299 }))
}

pub(crate) fn read() -> Request {
    Request::get(Operation::ListRefunds).path("refunds")
}

/// An error with its sources, as logs print it and as debuggers do.
pub(crate) fn all_of(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text} {cause} {cause:?}");
        source = cause.source();
    }
    text
}
