//! Responses of the admin port, and refusals.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use serde::Serialize;
use serde_json::json;

/// On every response: nothing of another origin is loaded, nobody frames the page, and nothing is kept.
const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
];
const JSON: &str = "application/json";

pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A request that is refused, and why, in a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    allow: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), allow: None }
    }

    /// 405, with the methods that the path has.
    pub(super) fn method(allow: String) -> Self {
        let message = format!("this path has other methods: {allow}");
        Self { status: 405, message, allow: Some(allow) }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = json(self.status, &json!({"error": self.message}));
        if let Some(Ok(allow)) = self.allow.map(|allow| allow.parse()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

pub(super) fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    // Everything that is shown has text for keys, so it can be written.
    let text = serde_json::to_vec(body).unwrap_or_default();
    whole(status, JSON, text)
}

pub(super) fn whole(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    with_body(status, content_type, Full::new(body.into()).boxed_unsync())
}

pub(super) fn with_body(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    for (name, value) in HEADERS {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    response
}
