//! A session's callback: the options in its URL, and the URL that is called.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::document::text;
use crate::{
    clock::later,
    form,
    webhook::{Message, Scheme},
};

const LONGEST_DELAY: u64 = 60;
/// The allowed values of `report_event`.
const REPORTED: [&str; 3] = ["CAPTURE", "REFUND", "VOID"];

/// The callback about an event of this transaction and its due time, if the URL requests it.
///
/// The options stay in the called query, as in the documented example.
pub(super) fn callback(
    url: &str,
    document: &Map<String, Value>,
    event: &Value,
    delivery_id: String,
    now: OffsetDateTime,
) -> Option<(Message, OffsetDateTime)> {
    let url = url.split('#').next().unwrap_or_default();
    let options = Options(form::decode(url.split_once('?').map_or("", |(_, query)| query)));
    let kind = event.get("event")?.as_str()?;
    if !REPORTED.contains(&kind) || !options.all("report_event").any(|wanted| wanted == kind) {
        return None;
    }
    let mut appended = vec![
        ("transaction_id", text(document, "id")),
        (options.last("sid_parameter_name").unwrap_or("session_id"), text(document, "session_id")),
        ("merchant_reference", text(document, "merchant_reference")),
        // Documented as the time at which the transaction was created, for every event.
        ("time", text(document, "created_at")),
        ("event", kind),
        ("event_id", event.get("id").and_then(Value::as_str).unwrap_or_default()),
    ];
    appended.retain(|(_, value)| !value.is_empty());
    let appended: Vec<(String, String)> =
        appended.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let is_post = options.last("method").is_some_and(|method| method.eq_ignore_ascii_case("POST"));
    let delay = options.last("delay_callback").and_then(|delay| delay.parse().ok()).unwrap_or(0);
    let message = Message {
        scheme: Scheme::Callback,
        method: if is_post { "POST" } else { "GET" },
        url: format!("{url}{joint}{}", form::encode(&appended)),
        delivery_id,
        event: kind.to_owned(),
        body: if is_post { body(document, &options) } else { Bytes::new() },
    };
    Some((message, later(now, Duration::from_secs(u64::min(delay, LONGEST_DELAY)))))
}

fn body(document: &Map<String, Value>, options: &Options) -> Bytes {
    let mut document = document.clone();
    if options.all("includes").any(|wanted| wanted == "session") {
        let session = json!({
            "id": document.get("session_id"),
            "transaction_id": document.get("id"),
            "order": {"amount": document.get("amount"), "currency": document.get("currency")},
        });
        document.insert("session".to_owned(), session);
    }
    Value::Object(document).to_string().into()
}

/// The query of a callback URL.
struct Options(Vec<(String, String)>);

impl Options {
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }
}
