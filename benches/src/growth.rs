//! Whether the cost of a page or of a look-up grows with the number of refunds.

use futures_util::TryStreamExt as _;
use refunds_core::{CreateRefund, Money, PaymentId, Reference, RefundAmount, RefundClient};
use serde_json::json;

use crate::{
    bodies::payment_of,
    clients::{mattilda, runtime},
    process::{Cost, spent},
    remote::Remote,
    table::{Table, bytes, number, time},
};

const PAGES: [usize; 4] = [1, 10, 100, 1_000];
const ROUNDS: usize = 3;

pub(crate) fn section() -> String {
    let mut server = Remote::canned();
    format!("{}\n{}", stream(&server), look_up(&mut server))
}

fn stream(server: &Remote) -> String {
    let mut table =
        Table::new(&["pages of 100 streamed", "CPU per page", "wall per page", "allocated per page"]);
    let (runtime, client) = (runtime(), RefundClient::new(mattilda(server.text("http"))));
    for pages in PAGES {
        let payment = PaymentId::new(payment_of(pages)).unwrap();
        let cost = best(pages, || {
            let list = client.list(&payment);
            let count = runtime.block_on(list.try_fold(0, async |count, _| Ok(count + 1))).unwrap();
            assert_eq!(count, 100 * pages);
        });
        let each = pages as u32;
        let allocated = bytes(cost.allocated_bytes / pages as u64);
        table.row([number(pages as u64), time(cost.cpu / each), time(cost.wall / each), allocated]);
    }
    table.finish()
}

/// A `create` whose reference is the last one in the list: it finds the refund and sends no other.
fn look_up(server: &mut Remote) -> String {
    let mut table =
        Table::new(&["`create` that finds its reference among", "CPU", "CPU per refund", "requests"]);
    for pages in PAGES {
        let client = RefundClient::new(mattilda(server.text("http")));
        let payment = PaymentId::new(payment_of(pages)).unwrap();
        let reference = Reference::new(format!("rf-{pages:04}-000099")).unwrap();
        let amount = Money::new(4299, "MXN".parse().unwrap());
        let request = CreateRefund::new(payment, RefundAmount::Exact(amount), reference.clone());
        server.ask(json!({}));
        let (refund, cost) = spent(|| runtime().block_on(client.create(&request)).unwrap());
        assert_eq!(refund.reference.as_ref(), Some(&reference));
        let requests = server.ask(json!({}))["requests"].as_u64().unwrap();
        let count = 100 * pages as u64;
        table.row([number(count), time(cost.cpu), time(cost.cpu / count as u32), number(requests)]);
    }
    table.finish()
}

/// The lowest cost of some runs, more of them where a run is short.
fn best(pages: usize, mut work: impl FnMut()) -> Cost {
    work();
    let costs = (0..ROUNDS + 300 / pages).map(|_| spent(&mut work).1);
    costs
        .reduce(|one, other| Cost { cpu: one.cpu.min(other.cpu), wall: one.wall.min(other.wall), ..other })
        .unwrap()
}
