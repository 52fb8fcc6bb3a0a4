//! Dintero's errors.
//!
//! Dintero publishes no catalogue of codes, and what its samples show is not regular (a code with a
//! blank in it, none at all). So the HTTP status decides the kind, in `refunds-http`; code and message
//! are passed on as they came. See <https://docs.dintero.com/docs/checkout/error-handling>.

use refunds_core::{Error, ErrorKind, FieldError, Operation};
use refunds_http::{ErrorBody, ProviderError};
use serde_json::{Map, Value};

use crate::{NAME, wire::ErrorEnvelope};

/// Reads `{"error": {"code"?, "message", "errors"?}}`.
pub(crate) fn decode(response: &ErrorBody) -> Option<ProviderError> {
    let said = response.json::<ErrorEnvelope>()?.error.take()?;
    let mut error = ProviderError::new();
    if let Some(code) = said.code.as_deref() {
        error = error.with_code(code);
    }
    if let Some(message) = said.message.as_deref() {
        error = error.with_message(message);
    }
    Some(said.errors.list().iter().filter_map(detail).fold(error, ProviderError::with_detail))
}

/// One of `errors`, whose members are documented as "an object" and no further.
fn detail(error: &Map<String, Value>) -> Option<FieldError> {
    let first = |names: &[&str]| names.iter().find_map(|name| error.get(*name)?.as_str());
    let message = first(&["message", "description", "detail"])?;
    let field = first(&["path", "dataPath", "instancePath", "field", "property", "name"]).unwrap_or_default();
    Some(FieldError::new(field, message))
}

/// Something that is refused before a request is sent.
pub(crate) fn refused(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, message).with_provider(NAME).with_retryable(false).not_applied()
}

/// Names the operation where an error does not: those of tokens serve all of them.
pub(crate) fn in_context(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| error.in_context(NAME, operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_body_is_the_words_in_it_are_found() {
        let truncated = r#"{"error":{"code":"X","mess"#;
        for (body, code, message) in [
            (r#"{"error":{"code":"NOT_FOUND","message":"no"}}"#, Some("NOT_FOUND"), Some("no")),
            (r#"{"error":{"code":"NOT FOUND","message":"no"}}"#, Some("NOT FOUND"), Some("no")),
            (r#"{"error":{"message":"FORBIDDEN"}}"#, None, Some("FORBIDDEN")),
            (r#"{"error":{"code":7,"message":null}}"#, Some("7"), None),
            (r#"{"error":"plain text"}"#, None, Some("plain text")),
        ] {
            let said = decode(&ErrorBody::new(400, body)).unwrap();
            assert_eq!((said.code.as_deref(), said.message.as_deref()), (code, message), "{body}");
            assert_eq!((said.kind, said.retryable, said.may_have_applied), (None, None, None), "{body}");
        }
        for body in ["", "{}", "[]", "null", r#"{"error":[]}"#, "<html>502</html>", truncated] {
            assert!(decode(&ErrorBody::new(502, body)).is_none(), "{body}");
        }
    }

    #[test]
    fn fields_that_are_complained_about_are_named() {
        let body = r#"{"error":{"message":"m","errors":[
            {"path":"amount","message":"too much"}, {"dataPath":".items[0]","message":"x"}, {"message":"y"}, {}, 3
        ]}}"#;
        let said = decode(&ErrorBody::new(400, body)).unwrap();
        let details: Vec<_> =
            said.details.iter().map(|detail| (detail.field.as_str(), detail.message.as_str())).collect();
        assert_eq!(details, [("amount", "too much"), (".items[0]", "x"), ("", "y")]);
    }
}
