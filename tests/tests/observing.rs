//! The guide's page of spans and events lists what the crates' sources contain and what a run emits.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use refunds_core::{
    ErrorKind, Money, Observer, PaymentId, RefundClient, RefundProvider, Retried, SubmitRefund,
    journal::Query,
    testing::{Fault, FaultTarget, MemoryProvider, SkippingClock},
};
use refunds_journal_sqlite::SqliteOptions;
use refunds_tests::{Shop, VARIANTS};
use rusqlite::Connection;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

const PAGE: &str = include_str!("../../crates/core/src/guide/observing.md");
/// The crates that the page is about, by folder.
const CRATES: [(&str, &str); 3] =
    [("core", "refunds_core"), ("http", "refunds_http"), ("journal-sqlite", "refunds_journal_sqlite")];
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
/// Happens over HTTP/2 alone, which the sandbox does not speak.
const NOT_RUN: &str = "the server did not take the request, which is sent again";

/// A row of the page's tables, without its explanation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    target: String,
    what: &'static str,
    level: String,
    name: String,
    fields: BTreeSet<String>,
}

fn rows_of_the_page() -> BTreeSet<Row> {
    let mut target = "";
    let mut rows = BTreeSet::new();
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            target = heading.trim_matches('`');
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let what = match cells.get(1) {
            Some(&"span") => "span",
            Some(&"event") => "event",
            _ => continue,
        };
        rows.insert(Row {
            target: target.to_owned(),
            what,
            level: cells[2].to_owned(),
            name: cells[3].trim_matches('`').to_owned(),
            fields: cells[4].split_whitespace().map(|field| field.trim_matches('`').to_owned()).collect(),
        });
    }
    rows
}

/// What the sources contain: each row without its fields.
fn rows_of_the_sources() -> BTreeSet<Row> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut rows = BTreeSet::new();
    for (folder, target) in CRATES {
        for file in sources(&root.join("crates").join(folder).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for call in text.split("tracing::").skip(1) {
                let Some((name, rest)) = call.split_once("!(") else { continue };
                let level = name.trim_end_matches("_span");
                if !LEVELS.contains(&level) {
                    continue;
                }
                let what = if name == level { "event" } else { "span" };
                assert!(rest.trim_start().starts_with("target: TARGET,"), "{}: {rest}", file.display());
                let name = rest.split('"').nth(1).unwrap().to_owned();
                let level = level.to_owned();
                rows.insert(Row { target: target.to_owned(), what, level, name, fields: BTreeSet::new() });
            }
        }
    }
    rows
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Keeps what a run emits.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Emitted>>);

#[derive(Default)]
struct Emitted {
    rows: BTreeSet<Row>,
    /// Events outside of a span of a call or a read.
    outside: Vec<String>,
    /// All values.
    text: Text,
}

#[derive(Default)]
struct Text {
    all: String,
    message: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = writeln!(self.all, "{field}={value:?}");
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

impl Emitted {
    fn insert(&mut self, what: &'static str, metadata: &Metadata<'_>, name: String) {
        let fields = metadata.fields().iter().map(|field| field.name().to_owned());
        self.rows.insert(Row {
            target: metadata.target().to_owned(),
            what,
            level: metadata.level().as_str().to_lowercase(),
            name,
            fields: fields.filter(|field| field != "message").collect(),
        });
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("refunds_") && metadata.target() != "refunds_tests"
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if is_ours(span.metadata()) {
            let mut emitted = self.0.lock().unwrap();
            emitted.insert("span", span.metadata(), span.metadata().name().to_owned());
            span.record(&mut emitted.text);
        }
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.0.lock().unwrap().text);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_ours(event.metadata()) {
            return;
        }
        let mut emitted = self.0.lock().unwrap();
        event.record(&mut emitted.text);
        let message = emitted.text.message.clone();
        let calls = context.event_scope(event).into_iter().flatten();
        let is_inside = calls.into_iter().any(|span| span.name().starts_with("refund."));
        if !is_inside && event.metadata().target() != "refunds_journal_sqlite" {
            emitted.outside.push(message.clone());
        }
        emitted.insert("event", event.metadata(), message);
    }
}

/// Locks the journal's file as soon as a retried request is about to be sent.
#[derive(Debug)]
struct LockOnRetry(Mutex<Connection>);

impl Observer for LockOnRetry {
    fn retried(&self, _: &Retried<'_>) {
        self.0.lock().unwrap().execute_batch("BEGIN IMMEDIATE").unwrap();
    }
}

fn nok(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

fn client(memory: &MemoryProvider) -> RefundClient {
    RefundClient::new(memory.clone()).with_clock(Arc::new(SkippingClock::new()))
}

/// Lost responses and requests, waits, failing reads, and two refunds with one reference.
async fn in_memory(shop: &Shop) {
    let memory = MemoryProvider::new();
    let payment = memory.captured(nok(1000));
    let client = client(&memory);
    memory.inject(Fault::ResponseLost, FaultTarget::Submit);
    let mut first = shop.request(&payment, 100, "a").with_reason("canary of kari@example.com");
    first.metadata.insert("canary".to_owned(), "canary".to_owned());
    client.create(&first).await.unwrap();
    for _ in 0..3 {
        memory.inject(Fault::ServerError, FaultTarget::Read);
    }
    client.create(&first).await.unwrap();

    memory.inject(Fault::NoResponse, FaultTarget::Submit);
    let error = client.create(&shop.request(&payment, 100, "b")).await.unwrap_err();
    client.create(&shop.request(&payment, 100, "c")).await.unwrap();
    client.resolve(error.unresolved().unwrap()).await.unwrap_err();

    let twice = SubmitRefund::new(shop.request(&payment, 100, "d"), nok(100));
    for _ in 0..2 {
        memory.submit_refund(&twice).await.unwrap();
    }
    client.create(&twice.request).await.unwrap_err();
}

/// A journal that cannot be written any more, and one whose clock was ahead.
async fn with_a_journal_on_disk(shop: &Shop) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let memory = MemoryProvider::new();
    let payment = memory.captured(nok(1000));
    let ahead = SkippingClock::new();
    ahead.advance(Duration::from_secs(3600));
    let options = SqliteOptions::new().with_busy_timeout(Duration::from_millis(1));
    client(&memory)
        .with_journal(options.clone().with_clock(Arc::new(ahead)).open(&path).unwrap())
        .create(&shop.request(&payment, 100, "a"))
        .await
        .unwrap();

    let journal = options.with_clock(Arc::new(SkippingClock::new())).open(&path).unwrap();
    let lock = LockOnRetry(Mutex::new(Connection::open(&path).unwrap()));
    let client = client(&memory).with_journal(journal).with_observer(lock);
    memory.inject(Fault::RateLimited, FaultTarget::Submit);
    let refund = client.create(&shop.request(&payment, 100, "b")).await.unwrap();
    assert_eq!(client.journal().entries(&Query::unsettled()).await.unwrap().len(), 1);
    client.get(&payment, &refund.id).await.unwrap();
}

/// Refused credentials and failing exchanges, and an order whose record fails.
async fn over_http() {
    let order = VARIANTS.into_iter().find(|variant| variant.orders).unwrap();
    let shop = Shop::open_variant(order, 7).await;
    let payment = shop.captured(1000);
    let client = shop.client();
    client.payment(&payment).await.unwrap();
    shop.sandbox.faults().add("orders:1:unauthorized".parse().unwrap());
    client.payment(&payment).await.unwrap();
    shop.sandbox.faults().add("record:every:status=500".parse().unwrap());
    let refund = client.create(&shop.request(&payment, 100, "a")).await.unwrap();
    assert!(refund.needs_completion());
    let missing = client.payment(&PaymentId::new("no-such-order").unwrap()).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_page_lists_every_span_and_event() {
    let collector = Collector::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(collector.clone())).unwrap();
    let page = rows_of_the_page();

    let names: BTreeSet<Row> =
        page.iter().map(|row| Row { fields: BTreeSet::new(), ..row.clone() }).collect();
    assert_eq!(rows_of_the_sources(), names);

    let shop = Shop::open("memory").await;
    in_memory(&shop).await;
    with_a_journal_on_disk(&shop).await;
    over_http().await;
    let emitted = collector.0.lock().unwrap();
    let run: BTreeSet<Row> = page.iter().filter(|row| row.name != NOT_RUN).cloned().collect();
    assert_eq!(emitted.rows, run);
    assert_eq!(emitted.outside, [""; 0], "events outside of a call's span");
    for private in ["canary", "kari"] {
        assert!(!emitted.text.all.contains(private), "{private}: {}", emitted.text.all);
    }
}
