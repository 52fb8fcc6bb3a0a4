//! Webhooks: what a notice is about, and the subscriptions.

use std::io::{self, Write};

use refunds_core::Notice;
use refunds_dintero::HookSubscription;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::{
    Format, csv, json,
    local::local,
    record::{self, Record},
    rows::when,
    table::{add, columns, or_dash, pairs, write, yes_or_no},
};

/// A notice and the status to respond with.
#[derive(Debug, Serialize)]
struct Document<'a> {
    verified: bool,
    provider: &'a str,
    payment_id: &'a str,
    refund_id: Option<&'a str>,
    delivery_id: Option<&'a str>,
    event: Option<&'a str>,
    #[serde(with = "time::serde::rfc3339::option")]
    occurred_at: Option<OffsetDateTime>,
    answer: u16,
}

pub(crate) fn print_notice(
    out: &mut impl Write,
    format: Format,
    notice: &Notice,
    answer: u16,
) -> io::Result<()> {
    let document = Document {
        verified: true,
        provider: &notice.provider,
        payment_id: notice.payment_id.as_str(),
        refund_id: notice.refund_id.as_ref().map(AsRef::as_ref),
        delivery_id: notice.delivery_id.as_deref(),
        event: notice.event.as_deref(),
        occurred_at: notice.occurred_at,
        answer,
    };
    record::one(out, format, &document, |out| write_notice(out, &document))
}

fn write_notice(out: &mut impl Write, notice: &Document<'_>) -> io::Result<()> {
    let mut rows = vec![("Verified", "yes".to_owned()), ("Provider", notice.provider.to_owned())];
    rows.push(("Payment", notice.payment_id.to_owned()));
    let mut row = |name, text: Option<&str>| rows.extend(text.map(|text| (name, text.to_owned())));
    row("Refund", notice.refund_id);
    row("Delivery", notice.delivery_id);
    row("Event", notice.event);
    row("Happened", notice.occurred_at.map(|time| local(Some(time))).as_deref());
    row("Respond with", Some(&format!("HTTP {}", notice.answer)));
    write(out, &pairs(rows, false))
}

impl Record for Document<'_> {
    const COLUMNS: &'static [&'static str] =
        &["verified", "provider", "payment_id", "refund_id", "delivery_id", "event", "occurred_at", "answer"];

    fn fields(&self) -> Vec<String> {
        let text = |text: Option<&str>| csv::harmless(text.unwrap_or_default());
        vec![
            self.verified.to_string(),
            csv::harmless(self.provider),
            csv::harmless(self.payment_id),
            text(self.refund_id),
            text(self.delivery_id),
            text(self.event),
            when(self.occurred_at),
            self.answer.to_string(),
        ]
    }
}

pub(crate) fn print_subscription(
    out: &mut impl Write,
    format: Format,
    subscription: &HookSubscription,
) -> io::Result<()> {
    record::one(out, format, subscription, |out| write_subscriptions(out, std::slice::from_ref(subscription)))
}

pub(crate) fn print_subscriptions(
    out: &mut impl Write,
    format: Format,
    subscriptions: &[HookSubscription],
) -> io::Result<()> {
    record::all(out, format, subscriptions, |out| write_subscriptions(out, subscriptions))
}

fn write_subscriptions(out: &mut impl Write, list: &[HookSubscription]) -> io::Result<()> {
    if list.is_empty() {
        return writeln!(out, "no subscriptions");
    }
    let mut table = columns(&["ID", "ACTIVE", "SECRET", "CREATED", "EVENTS", "URL"], &[]);
    for subscription in list {
        add(
            &mut table,
            [
                subscription.id.as_str(),
                subscription.active.map_or("-", yes_or_no),
                subscription.secret_type.as_deref().unwrap_or("none"),
                &or_dash(local(subscription.created_at)),
                &subscription.events.join(" "),
                &subscription.url,
            ],
        );
    }
    write(out, &table)
}

impl Record for HookSubscription {
    const COLUMNS: &'static [&'static str] =
        &["id", "url", "events", "active", "secret_type", "created_at", "updated_at"];

    fn fields(&self) -> Vec<String> {
        vec![
            csv::harmless(&self.id),
            csv::harmless(&self.url),
            csv::harmless(&self.events.join(" ")),
            self.active.map(|active| active.to_string()).unwrap_or_default(),
            csv::harmless(self.secret_type.as_deref().unwrap_or_default()),
            when(self.created_at),
            when(self.updated_at),
        ]
    }
}

/// What was done with a subscription: `deleted`, `pinged`.
pub(crate) fn print_done(out: &mut impl Write, format: Format, id: &str, done: &str) -> io::Result<()> {
    match format {
        Format::Table => {
            let rows = [("Subscription", id.to_owned()), ("Done", done.to_owned())];
            write(out, &pairs(rows, false))?;
        }
        Format::Json => json::pretty(out, &json!({"id": id, done: true}))?,
        Format::Jsonl => json::line(out, &json!({"id": id, done: true}))?,
        Format::Csv => {
            csv::record(out, ["id", done])?;
            csv::record(out, [csv::harmless(id).as_str(), "true"])?;
        }
    }
    out.flush()
}
