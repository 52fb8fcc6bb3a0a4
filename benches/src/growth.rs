//! Whether the cost of a page or of a look-up grows with the number of refunds.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use refunds_core::{CreateRefund, Money, PaymentId, Reference, RefundAmount, RefundClient};
use serde_json::json;

use crate::{
    bodies::payment_of,
    clients::{mattilda, runtime},
    process::{cpu_time, spent},
    remote::Remote,
    table::{Table, number, time},
};

const PAGES: usize = 1_000;
/// The pages whose medians are compared.
const RANGES: [(usize, usize); 4] = [(1, 10), (11, 100), (101, 500), (501, PAGES)];
const LOOK_UPS: [usize; 4] = [1, 10, 100, PAGES];
const ROUNDS: usize = 5;

pub(crate) fn section() -> String {
    let mut server = Remote::canned();
    format!("{}\n{}", stream(&server), look_up(&mut server))
}

/// The lowest cost of each page in several runs; a range's figure is the median of its pages.
fn stream(server: &Remote) -> String {
    let client = RefundClient::new(mattilda(server.text("http")));
    let mut best = vec![Duration::MAX; PAGES];
    for _ in 0..ROUNDS {
        for (best, now) in best.iter_mut().zip(pages(&client)) {
            *best = now.min(*best);
        }
    }
    let mut table = Table::new(&["pages of one stream", "CPU per page"]);
    for (first, last) in RANGES {
        let range = &mut best[first - 1..last];
        range.sort();
        table.row([format!("{first} to {last}"), time(range[range.len() / 2])]);
    }
    table.finish()
}

/// The CPU time of each page of a stream.
fn pages(client: &RefundClient) -> Vec<Duration> {
    let payment = PaymentId::new(payment_of(PAGES)).unwrap();
    let mut list = client.list(&payment);
    runtime().block_on(async {
        let mut costs = Vec::with_capacity(PAGES);
        let mut before = cpu_time();
        let mut count = 0;
        while list.try_next().await.unwrap().is_some() {
            count += 1;
            if count % 100 == 0 {
                let now = cpu_time();
                costs.push(now.saturating_sub(before));
                before = now;
            }
        }
        assert_eq!(costs.len(), PAGES);
        costs
    })
}

/// A `create` whose reference is the last one in the list: it finds the refund and sends no other.
fn look_up(server: &mut Remote) -> String {
    let columns = ["`create` that finds its reference among", "CPU", "CPU per refund", "requests"];
    let mut table = Table::new(&columns);
    for pages in LOOK_UPS {
        let client = RefundClient::new(mattilda(server.text("http")));
        let payment = PaymentId::new(payment_of(pages)).unwrap();
        let reference = Reference::new(format!("rf-{pages:04}-000099")).unwrap();
        let amount = Money::new(4299, "MXN".parse().unwrap());
        let request = CreateRefund::new(payment, RefundAmount::Exact(amount), reference.clone());
        server.ask(json!({}));
        let (refund, cost) = spent(|| runtime().block_on(client.create(&request)).unwrap());
        assert_eq!(refund.reference.as_ref(), Some(&reference));
        let requests = server.ask(json!({}))["requests"].as_u64().unwrap();
        let count = u32::try_from(100 * pages).unwrap();
        table.row([number(count.into()), time(cost.cpu), time(cost.cpu / count), number(requests)]);
    }
    table.finish()
}
