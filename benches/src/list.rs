//! Reading lists from a server on loopback: the CPU of the client alone, beside calls written by hand.

use futures_util::TryStreamExt as _;
use refunds_core::{PageRequest, PaymentId, RefundClient, RefundProvider};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    bodies::{DINTERO_TRANSACTION, payment_of},
    clients::{dintero, mattilda, runtime},
    compare::{Run, rounds, side_by_side},
    hand_client::HandClient,
    process::Cost,
    remote::Remote,
    table::{Table, at_most, bytes, number, ratio, time},
};

const PAGES: usize = 100;
const ROUNDS: u32 = 8;

/// Name, and the largest ratio to the row that follows it. A row without one is a twin.
const ONE: [(&str, Option<f64>); 6] = [
    ("Mattilda, one page", Some(1.0)),
    ("by hand", None),
    ("Dintero, one transaction", Some(1.2)),
    ("by hand", None),
    ("Mattilda, one page, HTTP/2 and TLS", Some(1.0)),
    ("by hand", None),
];
const MANY: [(&str, Option<f64>); 4] = [
    ("Mattilda, 100 pages", Some(1.0)),
    ("by hand", None),
    ("Mattilda, 100 pages, HTTP/2 and TLS", Some(1.0)),
    ("by hand", None),
];

pub(crate) fn section() -> String {
    let mut server = Remote::canned();
    let (plain, secure) = (server.text("http").to_owned(), server.text("https").to_owned());
    let runtime = runtime();
    let columns = ["per call", "CPU", "wall", "requests", "received", "allocations", "by hand", "goal"];
    let mut table = Table::new(&columns);

    let mut one = [
        page(runtime, mattilda(&plain), payment_of(1)),
        page_by_hand(runtime, &plain),
        page(runtime, dintero(&plain), DINTERO_TRANSACTION.to_owned()),
        transaction_by_hand(runtime, &plain),
        page(runtime, mattilda(&secure), payment_of(1)),
        page_by_hand(runtime, &secure),
    ];
    let costs = side_by_side(&mut one);
    rows(&mut table, &mut server, &ONE, &mut one, &costs);

    let mut many = [
        pages(runtime, mattilda(&plain)),
        pages_by_hand(runtime, &plain),
        pages(runtime, mattilda(&secure)),
        pages_by_hand(runtime, &secure),
    ];
    let costs = rounds(&mut many, ROUNDS);
    rows(&mut table, &mut server, &MANY, &mut many, &costs);
    table.finish()
}

fn rows(
    table: &mut Table,
    server: &mut Remote,
    names: &[(&str, Option<f64>)],
    measurements: &mut [Run],
    costs: &[Cost],
) {
    for (at, ((name, goal), one)) in names.iter().zip(measurements).enumerate() {
        server.ask(json!({}));
        one();
        let counts = server.ask(json!({}));
        let count = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(count("connections"), 0, "{name}: the connection is reused");
        let [multiple, verdict] = match goal {
            Some(goal) => at_most(ratio(costs[at].cpu, costs[at + 1].cpu), *goal),
            None => [String::new(), String::new()],
        };
        table.row([
            (*name).to_owned(),
            time(costs[at].cpu),
            time(costs[at].wall),
            number(count("requests")),
            bytes(count("sent")),
            number(costs[at].allocations),
            multiple,
            verdict,
        ]);
    }
}

fn page(runtime: &'static Runtime, provider: impl RefundProvider + 'static, payment: String) -> Run {
    let (client, payment) = (RefundClient::new(provider), PaymentId::new(payment).unwrap());
    Box::new(move || {
        let page = runtime.block_on(client.list_page(&payment, &PageRequest::default())).unwrap();
        assert_eq!(page.items.len(), 100);
    })
}

fn page_by_hand(runtime: &'static Runtime, url: &str) -> Run {
    let (client, payment) = (HandClient::new(url), payment_of(1));
    Box::new(move || {
        assert_eq!(runtime.block_on(client.mattilda_page(&payment, None)).items.len(), 100);
    })
}

fn transaction_by_hand(runtime: &'static Runtime, url: &str) -> Run {
    let client = HandClient::new(url);
    Box::new(move || {
        assert_eq!(runtime.block_on(client.dintero_transaction()).events.len(), 102);
    })
}

fn pages(runtime: &'static Runtime, provider: impl RefundProvider + 'static) -> Run {
    let (client, payment) = (RefundClient::new(provider), PaymentId::new(payment_of(PAGES)).unwrap());
    Box::new(move || {
        let list = client.list(&payment);
        let count = runtime.block_on(list.try_fold(0, async |count, _| Ok(count + 1))).unwrap();
        assert_eq!(count, 100 * PAGES);
    })
}

fn pages_by_hand(runtime: &'static Runtime, url: &str) -> Run {
    let (client, payment) = (HandClient::new(url), payment_of(PAGES));
    Box::new(move || {
        assert_eq!(runtime.block_on(client.mattilda_count(&payment)), 100 * PAGES);
    })
}
