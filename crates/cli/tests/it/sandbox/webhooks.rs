//! Webhooks from the sandbox to a receiver in this process.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{as_text, call, payment, serve_json, written};
use crate::common::PROVIDERS;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// One webhook as it arrived.
struct Arrived {
    head: String,
    body: Vec<u8>,
}

/// A receiver on this machine that accepts everything.
fn receiver() -> (String, Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (send, arrived) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            if send.send(receive(&mut stream.unwrap())).is_err() {
                return;
            }
        }
    });
    (url, arrived)
}

fn receive(stream: &mut TcpStream) -> Arrived {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "half a request: {head}");
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    reader.into_inner().write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").unwrap();
    Arrived { head, body }
}

#[test]
fn webhooks_arrive_signed_as_they_become_due() {
    for provider in PROVIDERS {
        let (url, arrived) = receiver();
        let flag = format!("--{provider}-webhooks");
        let (mut served, ready) = serve_json(&[&flag, &url, "--settle-after", "1ms"]);
        let slow = payment(&ready, provider, "asynchronous");
        let journal = format!("webhooks-{provider}.db");
        call(&ready, &journal, provider, &["create", slow, "--reference", "r-1", "--full"]).ended(0);
        // It begins, and then it ends without any further request.
        for _ in 0..2 {
            let webhook = arrived.recv_timeout(PATIENCE).unwrap();
            let body = written(&format!("{provider}.body"), "");
            fs::write(&body, &webhook.body).unwrap();
            let headers: Vec<&str> = webhook.head.lines().skip(1).filter(|line| !line.is_empty()).collect();
            let headers = written(&format!("{provider}.headers"), &headers.join("\n"));
            let (headers, body) = (as_text(&headers), as_text(&body));
            let verify = ["webhook", "verify", "--url", &url, "--headers-file", headers, "--body", body];
            let notice = call(&ready, &journal, provider, &verify).ended(0).json();
            assert!(notice.to_string().contains(slow), "{notice}");
            fs::write(body, b"{}").unwrap();
            call(&ready, &journal, provider, &verify).ended(4);
        }
        let mut line = String::new();
        BufReader::new(served.child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["webhook"]["url"], &line["webhook"]["status"]), (&json!(url), &json!(204)));
    }
}
