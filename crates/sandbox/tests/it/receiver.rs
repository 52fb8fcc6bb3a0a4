//! A shop's end of webhooks, as small as it can be, and the providers' documents on signatures in its own words.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_lc_rs::hmac::{self, Algorithm};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the receiver does with one request.
#[derive(Clone, Copy)]
pub(crate) enum Respond {
    Status(u16),
    Hangup,
    Silence,
}

#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) struct Receiver {
    /// Without a path.
    pub(crate) origin: String,
    got: Arc<Mutex<Vec<Got>>>,
    responses: Arc<Mutex<VecDeque<Respond>>>,
    accepting: JoinHandle<()>,
}

impl Receiver {
    /// Responds like this, and with 200 after that.
    pub(crate) async fn responding(responses: impl IntoIterator<Item = Respond>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let responses = Arc::new(Mutex::new(responses.into_iter().collect()));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&got), Arc::clone(&responses)));
        Self { origin, got, responses, accepting }
    }

    pub(crate) async fn start() -> Self {
        Self::responding([]).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn will(&self, responses: impl IntoIterator<Item = Respond>) {
        self.responses.lock().unwrap().extend(responses);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, got: Arc<Mutex<Vec<Got>>>, responses: Arc<Mutex<VecDeque<Respond>>>) {
    let mut silent = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let request = read(&mut stream).await;
        got.lock().unwrap().push(request);
        let response = responses.lock().unwrap().pop_front().unwrap_or(Respond::Status(200));
        match response {
            Respond::Status(status) => {
                let response = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(response.as_bytes()).await.unwrap();
            }
            Respond::Hangup => {}
            Respond::Silence => silent.push(stream),
        }
    }
}

async fn read(stream: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "half a request");
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut got = Got {
        method: first.next().unwrap(),
        target: first.next().unwrap(),
        headers,
        body: bytes[end + 4..].to_vec(),
    };
    let length: usize = got.header("content-length").parse().unwrap_or(0);
    while got.body.len() < length {
        assert_ne!(stream.read_buf(&mut got.body).await.unwrap(), 0, "half a body");
    }
    got
}

/// Whether a signature in lower-case hexadecimal is right.
pub(crate) fn is_signed(algorithm: Algorithm, secret: &str, message: &[u8], signature: &str) -> bool {
    let tag: Vec<u8> = (0..signature.len() / 2)
        .map(|at| u8::from_str_radix(&signature[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    assert_eq!(signature, signature.to_lowercase());
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), message, &tag).is_ok()
}
