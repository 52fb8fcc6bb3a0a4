//! What no client can go below: parsing, an exchange, a signature, a write to the disk.

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair},
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use refunds_core::{PageRequest, PaymentId, RefundClient};
use serde::de::IgnoredAny;
use tokio::{net::TcpStream, runtime::Runtime};

use crate::{
    bodies,
    clients::{mattilda, runtime},
    compare::{Run, side_by_side},
    machine::root,
    operations::operation,
    process::Cost,
    remote::Remote,
    table::{Table, time},
};

pub(crate) fn section() -> String {
    let server = Remote::canned();
    let url = server.text("http");
    let mut measurements =
        [parse(), exchange(runtime(), url), sign(), sync(), operation("mattilda 100"), page(url)];
    let costs = side_by_side(&mut measurements);
    let [parse, exchange, sign, sync, decode, page] = costs[..] else { unreachable!() };
    let length = bodies::mattilda_list(100).len() as f64;
    let rate = |cost: &Cost| format!("{:.2} GB/s", length / 1e9 / cost.cpu.as_secs_f64());

    let mut limits = Table::new(&["limit", "CPU", "wall", "rate"]);
    let mut row = |name: &str, cost: &Cost, rate: String| {
        limits.row([name.to_owned(), time(cost.cpu), time(cost.wall), rate]);
    };
    row("serde_json skips a list of 100", &parse, rate(&parse));
    row("hyper, one small exchange on loopback", &exchange, String::new());
    row("one ES512 signature", &sign, String::new());
    row("4 KiB written and synchronized to the disk", &sync, String::new());

    let mut distance = Table::new(&["ours", "CPU", "the limit", "multiple of it"]);
    let mut row = |name: &str, ours: Duration, limit: Duration| {
        let multiple = ours.as_secs_f64() / limit.as_secs_f64();
        distance.row([name.to_owned(), time(ours), time(limit), format!("{multiple:.1}")]);
    };
    row("decode and normalize a list of 100", decode.cpu, parse.cpu);
    row("read a list of 100 on loopback", page.cpu, parse.cpu + exchange.cpu);
    format!("{}\n{}", limits.finish(), distance.finish())
}

/// Reads the JSON and keeps nothing.
fn parse() -> Run {
    let body = bodies::mattilda_list(100);
    Box::new(move || {
        serde_json::from_slice::<IgnoredAny>(&body).unwrap();
    })
}

/// A request and a response of two bytes on an open connection, without a pool.
fn exchange(runtime: &'static Runtime, url: &str) -> Run {
    let address = url.trim_start_matches("http://").to_owned();
    let host = address.clone();
    let mut sender = runtime.block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    });
    Box::new(move || {
        runtime.block_on(async {
            let request = Request::get("/small").header("host", &host).body(Empty::new()).unwrap();
            sender.ready().await.unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 2);
        });
    })
}

fn sign() -> Run {
    let algorithm = &ECDSA_P521_SHA512_FIXED_SIGNING;
    let key = EcdsaKeyPair::generate(algorithm).unwrap();
    let random = SystemRandom::new();
    Box::new(move || {
        assert_eq!(key.sign(&random, &[7; 400]).unwrap().as_ref().len(), 132);
    })
}

fn sync() -> Run {
    let mut file: File = tempfile::tempfile_in(root().join("target")).unwrap();
    Box::new(move || {
        file.rewind().unwrap();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    })
}

fn page(url: &str) -> Run {
    let (runtime, client) = (runtime(), RefundClient::new(mattilda(url)));
    let payment = PaymentId::new(bodies::payment_of(1)).unwrap();
    Box::new(move || {
        let page = runtime.block_on(client.list_page(&payment, &PageRequest::default())).unwrap();
        assert_eq!(page.items.len(), 100);
    })
}
