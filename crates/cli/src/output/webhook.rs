//! Webhooks: what a notice is about, and the subscriptions.

use std::io::{self, Write};

use refunds_core::Notice;
use refunds_dintero::HookSubscription;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::{
    Format, csv, json,
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
    match format {
        Format::Table => write_notice(out, &document)?,
        Format::Json => json::pretty(out, &document)?,
        Format::Jsonl => json::line(out, &document)?,
        Format::Csv => write_csv(out, &document)?,
    }
    out.flush()
}

fn write_notice(out: &mut impl Write, notice: &Document<'_>) -> io::Result<()> {
    let mut rows = vec![("Verified", "yes".to_owned()), ("Provider", notice.provider.to_owned())];
    rows.push(("Payment", notice.payment_id.to_owned()));
    let mut row = |name, text: Option<&str>| rows.extend(text.map(|text| (name, text.to_owned())));
    row("Refund", notice.refund_id);
    row("Delivery", notice.delivery_id);
    row("Event", notice.event);
    row("Happened", notice.occurred_at.map(|time| when(Some(time))).as_deref());
    row("Respond with", Some(&format!("HTTP {}", notice.answer)));
    write(out, &pairs(rows, false))
}

fn write_csv(out: &mut impl Write, notice: &Document<'_>) -> io::Result<()> {
    let header = ["verified", "provider", "payment_id", "refund_id", "delivery_id", "event"];
    csv::record(out, header.into_iter().chain(["occurred_at", "answer"]))?;
    let text = |text: Option<&str>| csv::harmless(text.unwrap_or_default());
    csv::record(
        out,
        [
            notice.verified.to_string(),
            csv::harmless(notice.provider),
            csv::harmless(notice.payment_id),
            text(notice.refund_id),
            text(notice.delivery_id),
            text(notice.event),
            when(notice.occurred_at),
            notice.answer.to_string(),
        ],
    )
}

pub(crate) fn print_subscription(
    out: &mut impl Write,
    format: Format,
    subscription: &HookSubscription,
) -> io::Result<()> {
    match format {
        Format::Json => json::pretty(out, subscription)?,
        _ => write_subscriptions(out, format, std::slice::from_ref(subscription))?,
    }
    out.flush()
}

pub(crate) fn print_subscriptions(
    out: &mut impl Write,
    format: Format,
    subscriptions: &[HookSubscription],
) -> io::Result<()> {
    write_subscriptions(out, format, subscriptions)?;
    out.flush()
}

fn write_subscriptions(out: &mut impl Write, format: Format, list: &[HookSubscription]) -> io::Result<()> {
    match format {
        Format::Table if list.is_empty() => writeln!(out, "no subscriptions"),
        Format::Table => {
            let mut table = columns(&["ID", "ACTIVE", "SECRET", "CREATED", "EVENTS", "URL"], &[]);
            for subscription in list {
                add(
                    &mut table,
                    [
                        subscription.id.as_str(),
                        subscription.active.map_or("-", yes_or_no),
                        subscription.secret_type.as_deref().unwrap_or("none"),
                        &or_dash(when(subscription.created_at)),
                        &subscription.events.join(" "),
                        &subscription.url,
                    ],
                );
            }
            write(out, &table)
        }
        Format::Json => json::pretty(out, &list),
        Format::Jsonl => list.iter().try_for_each(|subscription| json::line(out, subscription)),
        Format::Csv => {
            csv::record(out, ["id", "url", "events", "active", "secret_type", "created_at", "updated_at"])?;
            list.iter().try_for_each(|subscription| {
                csv::record(
                    out,
                    [
                        csv::harmless(&subscription.id),
                        csv::harmless(&subscription.url),
                        csv::harmless(&subscription.events.join(" ")),
                        subscription.active.map(|active| active.to_string()).unwrap_or_default(),
                        csv::harmless(subscription.secret_type.as_deref().unwrap_or_default()),
                        when(subscription.created_at),
                        when(subscription.updated_at),
                    ],
                )
            })
        }
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
