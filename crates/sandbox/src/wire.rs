//! Requests and replies as plain values, so that a request can be processed at any time: at once, twice, or late.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::form::{self, decode_percent};

/// A complete request.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// Its number in the log.
    pub(crate) number: u64,
    pub(crate) method: String,
    /// As on the wire.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path's segments, decoded one by one, so that an encoded slash stays in its segment.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').skip(1).map(decode_percent).collect()
    }

    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form::decode(self.query.as_deref().unwrap_or_default())
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// User and password of HTTP Basic.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The body, if it is a JSON object and declared as JSON.
    pub(crate) fn json_object(&self) -> Option<Map<String, Value>> {
        let media_type = self.header("content-type")?.split(';').next()?.trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }
}

/// The reply to a request, or the refusal that ended its processing.
pub(crate) type Answer = Result<Reply, Reply>;

/// A response before any fault changes it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Whether it is stored for its idempotency key: a request that failed validation may be sent again.
    pub(crate) is_stored: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, "application/json", body.to_string())
    }

    pub(crate) fn raw(status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            headers: Vec::new(),
            body: body.into(),
            is_stored: true,
        }
    }

    pub(crate) fn not_stored(mut self) -> Self {
        self.is_stored = false;
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
