//! Memory: of a long stream, of clones, and of concurrent calls.

use std::process::Command;

use futures_util::{TryStreamExt as _, future::join_all};
use refunds_core::{PageRequest, PaymentId, RefundClient};

use crate::{
    bodies::payment_of,
    clients::{mattilda, runtime},
    process::{live_bytes, peak_resident},
    remote::Remote,
    table::{Table, bytes, verdict},
};

const PAGES: usize = 1_000;
const CLONES: usize = 10_000;
const CALLS: usize = 256;
const STREAM_GOAL: u64 = 4_000_000;

/// The hidden first argument of a process whose peak is measured.
pub(crate) const PEAK: &str = "peak";

pub(crate) fn section() -> String {
    let server = Remote::canned();
    let url = server.text("http");
    let mut table = Table::new(&["memory", "measured", "goal"]);
    let growth = in_process("stream", url);
    let goal = format!("≤ {}: {}", bytes(STREAM_GOAL), verdict(growth <= STREAM_GOAL));
    table.row(["100 000 refunds streamed: growth of the peak".to_owned(), bytes(growth), goal]);
    let each = in_process("calls", url) / CALLS as u64;
    table.row([format!("{CALLS} concurrent lists of 100: peak of each"), bytes(each), String::new()]);
    let provider = mattilda(url);
    let client = RefundClient::new(provider.clone());
    table.row(["one of 10 000 clones of the provider".to_owned(), bytes(clones(&provider)), String::new()]);
    table.row(["one of 10 000 clones of the client".to_owned(), bytes(clones(&client)), String::new()]);
    table.finish()
}

/// The bytes of one clone: the value itself and what it has on the heap.
fn clones<T: Clone>(value: &T) -> u64 {
    let before = live_bytes();
    let clones: Vec<T> = (0..CLONES).map(|_| value.clone()).collect();
    let each = (live_bytes() - before) / clones.len();
    each as u64
}

/// The peak has to be taken in a new process: it never goes back.
fn in_process(name: &str, url: &str) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap()).args([PEAK, name, url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Prints by how many bytes the peak of this process grows.
pub(crate) fn peak(name: &str, url: &str) {
    let client = RefundClient::new(mattilda(url));
    let (runtime, one) = (runtime(), PaymentId::new(payment_of(1)).unwrap());
    let first = PageRequest::default();
    let page = || client.list_page(&one, &first);
    for _ in 0..10 {
        assert_eq!(runtime.block_on(page()).unwrap().items.len(), 100);
    }
    let before = peak_resident();
    if name == "stream" {
        let list = client.list(&PaymentId::new(payment_of(PAGES)).unwrap());
        let count = runtime.block_on(list.try_fold(0, async |count, _| Ok(count + 1))).unwrap();
        assert_eq!(count, 100 * PAGES);
    } else {
        let pages = runtime.block_on(join_all((0..CALLS).map(|_| page())));
        assert!(pages.iter().all(|page| page.as_ref().unwrap().items.len() == 100));
    }
    println!("{}", peak_resident() - before);
}
