//! The provider's id of a request, which its support asks for.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::redact;

/// Where providers usually put it.
const USUAL_HEADERS: [&str; 7] = [
    "request-id",
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-correlation-id",
    "x-trace-id",
    "cf-ray",
];
const MAX_LEN: usize = 128;
const MIN_SECRET: usize = 6;

/// Finds the id of one request when it is asked for: to be sure that it may be shown takes as long as all
/// else of a call, and most calls need no id.
#[derive(Clone)]
pub(crate) struct RequestId {
    own: Option<HeaderName>,
    sent: SentSecrets,
    found: OnceLock<Option<Box<str>>>,
}

/// The secrets of a request, in case the response repeats them.
#[derive(Clone)]
pub(crate) struct SentSecrets(Vec<HeaderValue>);

impl RequestId {
    /// `own` is the header in which this provider sends it.
    pub(crate) fn new(own: Option<&HeaderName>, sent: SentSecrets) -> Self {
        Self { own: own.cloned(), sent, found: OnceLock::new() }
    }

    /// The secrets of the request.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.sent.texts()
    }

    /// The id in a response's headers, in the provider's own one or else in a usual one, if it is one to
    /// show.
    pub(crate) fn in_headers(&self, headers: &HeaderMap) -> Option<&str> {
        let find = || {
            let mut texts = self
                .own
                .iter()
                .map(HeaderName::as_str)
                .chain(USUAL_HEADERS)
                .filter_map(|name| headers.get(name)?.to_str().ok())
                .peekable();
            texts.peek()?;
            let secrets = self.sent.texts();
            texts.find(|text| is_request_id(text, &secrets)).map(Into::into)
        };
        self.found.get_or_init(find).as_deref()
    }
}

impl SentSecrets {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(headers.values().filter(|value| value.is_sensitive()).cloned().collect())
    }

    /// The values of sensitive headers, with and without a scheme, and the password of HTTP Basic.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for value in &self.0 {
            let Ok(text) = value.to_str() else { continue };
            secrets.push(text.to_owned());
            let Some((scheme, secret)) = text.split_once(' ') else { continue };
            secrets.push(secret.to_owned());
            if scheme == "Basic"
                && let Some(plain) =
                    STANDARD.decode(secret).ok().and_then(|plain| String::from_utf8(plain).ok())
                && let Some((_, password)) = plain.split_once(':')
            {
                secrets.push(password.to_owned());
            }
        }
        secrets.retain(|secret| secret.len() >= MIN_SECRET);
        secrets
    }
}

/// Whether a text may be shown as the id of a request.
pub(crate) fn is_request_id(text: &str, secrets: &[String]) -> bool {
    !text.is_empty()
        && text.len() <= MAX_LEN
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !secrets.iter().any(|secret| text.contains(secret.as_str()))
        && redact(text) == text
}
