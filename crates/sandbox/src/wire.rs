//! A request and a reply as plain values, so that a reply can be worked out at any time: at once, twice, or late.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::fault::Call;

/// A request that was read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
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

    /// The path's segments, decoded one by one, so that an encoded slash stays inside its segment.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').skip(1).map(decoded).collect()
    }

    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        self.query
            .as_deref()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let plain = |text: &str| decoded(&text.replace('+', " "));
                (plain(name), plain(value))
            })
            .collect()
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

    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
        })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An answer before anything happens to it on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Whether an idempotency key keeps it: what failed validation may be sent again.
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

/// What a checked request may act for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    /// Mattilda's merchant account.
    pub(crate) merchant_account: String,
}

/// One provider's API. Everything here is synchronous: no lock is ever held over an `await`.
pub(crate) trait Api: Send + Sync {
    /// Which calls of an application this request may be, for faults to match.
    fn calls(&self, request: &Incoming) -> Vec<Call>;

    /// Checks route, credentials and scope.
    fn admit(&self, request: &Incoming) -> Result<Grant, Reply>;

    /// Does what was asked for.
    fn answer(&self, request: &Incoming, grant: &Grant) -> Reply;

    /// An error in the provider's own envelope.
    fn error(&self, status: u16) -> Reply;

    /// Settles what the clock has made due.
    fn settle_due(&self);

    /// Takes the request's idempotency key as being in flight; true when that is news.
    fn begin(&self, _request: &Incoming, _grant: &Grant) -> bool {
        false
    }

    /// The key is no longer in flight.
    fn end(&self, _request: &Incoming, _grant: &Grant) {}
}
