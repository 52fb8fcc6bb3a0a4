//! A successful response.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use refunds_core::{Error, ErrorKind, Result};
use serde::Deserialize;

use crate::{failure::Context, redact, request_id::RequestId};

/// A response with a 2xx status and its whole body. `Debug` shows neither headers nor body.
#[derive(Clone)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request_id: RequestId,
    pub(crate) context: Context,
}

impl Response {
    /// The body, read as JSON. What is read may borrow from it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`], which names the field that is wrong and nothing of what the body
    /// holds. After a write it may have been applied.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        // Text that is checked as a whole need not be checked string by string.
        let read = match std::str::from_utf8(&self.body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(&self.body),
        };
        read.map_err(|_| {
            // Once more, with a record of where it is: failures are rare and may cost.
            let mut json = serde_json::Deserializer::from_slice(&self.body);
            match serde_path_to_error::deserialize::<_, T>(&mut json) {
                Err(fault) => {
                    let path = fault.path().to_string();
                    self.unreadable(&path, &fault.into_inner())
                }
                Ok(_) => self.protocol_error("the response continues after its JSON"),
            }
        })
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, if it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The provider's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.in_headers(&self.headers)
    }

    /// An error for a response that is not what is documented or requested; after a write
    /// it may have been applied. The message must hold nothing of the body but field names.
    #[must_use]
    pub fn protocol_error(&self, message: impl Into<String>) -> Error {
        self.error(ErrorKind::Protocol, message)
    }

    /// An error of `kind` caused by this response, with provider, operation and request id; after
    /// a write it may have been applied.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let error = self.context.error(kind, message, true);
        match self.request_id() {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }

    fn unreadable(&self, path: &str, fault: &serde_json::Error) -> Error {
        let place = format!("line {} column {}", fault.line(), fault.column());
        if fault.is_data() {
            let why = expectation(fault).map(|why| format!(": {why}")).unwrap_or_default();
            return self.protocol_error(format!(
                "the response's `{}` is not as documented{why} ({place})",
                redact(path)
            ));
        }
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or("not given");
        let what = if self.body.is_empty() {
            "is empty".to_owned()
        } else if fault.is_eof() {
            format!("is JSON that ends too early ({place})")
        } else {
            format!("is not JSON ({place})")
        };
        self.protocol_error(format!("the response {what}, content type: {}", redact(content_type)))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What should have been there, without what was: serde's own messages hold the value.
fn expectation(fault: &serde_json::Error) -> Option<String> {
    let text = fault.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        return Some(redact(text));
    }
    ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"]
        .iter()
        .any(|start| text.starts_with(start))
        .then(|| text.rsplit_once(", expected "))?
        .map(|(_, expected)| redact(&format!("expected {expected}")))
}
