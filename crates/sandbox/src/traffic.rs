//! Requests with their headers and bodies, redacted, for the admin port.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;

use crate::redact::{Redactor, Shown, shortened};

/// The oldest of more requests are forgotten.
const KEPT: usize = 1_000;

/// A request, and what became of it. Everything in it may be shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Exchange {
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) at: String,
    pub(crate) provider: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    #[serde(flatten)]
    pub(crate) answer: Answer,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(flatten)]
    pub(crate) body: Shown,
}

/// How a request was answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answer {
    #[serde(rename = "answer")]
    pub(crate) ending: Ending,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<String>,
}

/// What a client learned from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Nothing yet.
    Open,
    /// The response has been sent, perhaps only in part.
    Answered,
    /// The connection ended without a response.
    Dropped,
}

/// The newest requests.
#[derive(Debug, Default)]
pub(crate) struct Traffic(VecDeque<Exchange>);

impl Traffic {
    pub(crate) fn push(&mut self, exchange: Exchange) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(exchange);
    }

    pub(crate) fn update(&mut self, number: u64, change: impl FnOnce(&mut Exchange)) {
        if let Ok(at) = self.0.binary_search_by_key(&number, |exchange| exchange.number)
            && let Some(exchange) = self.0.get_mut(at)
        {
            change(exchange);
        }
    }

    /// The requests after this number, oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<Exchange> {
        self.0.iter().filter(|exchange| exchange.number > number).cloned().collect()
    }

    /// How each request was answered, by its number.
    pub(crate) fn answers(&self) -> HashMap<u64, Answer> {
        self.0.iter().map(|exchange| (exchange.number, exchange.answer.clone())).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The headers of a request as it names them, redacted.
pub(crate) fn headers(redactor: &Redactor, headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), shortened(redactor.header(name.as_str(), &shown(value.as_bytes()))))
        })
        .collect()
}

/// The body of a request, redacted.
pub(crate) fn body(redactor: &Redactor, headers: &HeaderMap, body: &Bytes) -> Shown {
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    redactor.body(content_type.unwrap_or_default(), body)
}
