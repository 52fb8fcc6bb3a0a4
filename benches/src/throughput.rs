//! Many tasks on one client, and how many tokens they request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use refunds_core::{BoxFuture, Clock, PageRequest, PaymentId, RefundClient, RefundProvider, SystemClock};
use serde_json::json;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

use crate::{
    bodies::{DINTERO_TRANSACTION, payment_of},
    clients::{dintero_with_clock, mattilda},
    hand_client::HandClient,
    process::{Cost, spent},
    remote::Remote,
    table::{Table, number, ratio, time, verdict},
};

const TASKS: [u32; 4] = [1, 16, 256, 1024];
const CALLS: u32 = 2048;
const ROUNDS: u32 = 3;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn section() -> String {
    let mut server = Remote::canned();
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    format!("{}\n{}", throughput(&runtime, &server), single_flight(&runtime, &mut server))
}

fn throughput(runtime: &Runtime, server: &Remote) -> String {
    let columns =
        ["tasks on one client", "calls per second", "CPU per call", "by hand, CPU per call", "ratio"];
    let mut table = Table::new(&columns);
    let client = RefundClient::new(mattilda(server.text("http")));
    let by_hand = HandClient::new(server.text("http"));
    for tasks in TASKS {
        let mut best: Option<[Cost; 2]> = None;
        for _ in 0..=ROUNDS {
            let ours = spent(|| run(runtime, tasks, &client, ours)).1;
            let theirs = spent(|| run(runtime, tasks, &by_hand, theirs)).1;
            let now = [ours, theirs];
            best = Some(best.map_or(now, |best| [0, 1].map(|at| best[at].best(now[at]))));
        }
        let [ours, theirs] = best.unwrap().map(|cost| cost.of_one(CALLS));
        let multiple = format!("{:.2}", ratio(ours.cpu, theirs.cpu));
        let rate = (1.0 / ours.wall.as_secs_f64()).round();
        table.row([tasks.to_string(), format!("{rate}"), time(ours.cpu), time(theirs.cpu), multiple]);
    }
    table.finish()
}

/// Makes all calls, the same number in each task.
fn run<C, F>(runtime: &Runtime, tasks: u32, client: &C, call: fn(C) -> F)
where
    C: Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    runtime.block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move {
                    for _ in 0..CALLS / tasks {
                        call(client.clone()).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn ours(client: RefundClient) {
    let payment = PaymentId::new(payment_of(1)).unwrap();
    assert_eq!(client.list_page(&payment, &PageRequest::default()).await.unwrap().items.len(), 100);
}

async fn theirs(client: HandClient) {
    assert_eq!(client.mattilda_page(&payment_of(1), None).await.items.len(), 100);
}

/// How many token requests arrive where many tasks need a token at once.
fn single_flight(runtime: &Runtime, server: &mut Remote) -> String {
    const MANY: usize = 1024;
    let clock = Arc::new(MovableClock::default());
    let provider = Arc::new(dintero_with_clock(server.text("http"), Arc::clone(&clock) as Arc<dyn Clock>));
    let mut table = Table::new(&["1024 tasks need a token", "token requests", "goal"]);
    for moment in ["at the start", "at its expiry"] {
        server.ask(json!({}));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..MANY).map(|_| tokio::spawn(read(Arc::clone(&provider)))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let counts = server.ask(json!({}));
        let tokens = counts["tokens"].as_u64().unwrap();
        assert_eq!(counts["requests"].as_u64().unwrap(), MANY as u64);
        table.row([moment.to_owned(), number(tokens), format!("1: {}", verdict(tokens == 1))]);
        clock.advance(DAY);
    }
    table.finish()
}

async fn read(provider: Arc<impl RefundProvider>) {
    let payment = PaymentId::new(DINTERO_TRANSACTION).unwrap();
    assert_eq!(provider.list_refunds(&payment, &PageRequest::default()).await.unwrap().items.len(), 100);
}

/// The system's clock, which can be set forward.
#[derive(Debug, Default)]
struct MovableClock(AtomicU64);

impl MovableClock {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    fn ahead(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for MovableClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic() + self.ahead()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}
