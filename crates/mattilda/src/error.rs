//! What the provider says when it refuses: the codes that mean more than their status. The status of any
//! other refusal decides its kind, by `refunds_http::classify_status`.
//!
//! <https://docs.gr4vy.com/reference/errors/client-errors>,
//! <https://docs.gr4vy.com/reference/errors/server-errors>

use refunds_core::{Error, ErrorKind, FieldError, Operation};
use refunds_http::{ErrorBody, ProviderError};
use serde_json::Value;

use crate::NAME;

const METHOD_NOT_ALLOWED: u16 = 405;
const CONFLICT: &[u16] = &[409];
const REFUSED: &[u16] = &[400, 402, 409, 422];

/// Codes that say more than their status: with which statuses, what they mean, and whether the same
/// request may succeed later. All of them say that this request made nothing.
const CODES: [(&str, &[u16], ErrorKind, bool); 11] = [
    // The idempotency key is in use by a request that is under way.
    ("concurrent_request", CONFLICT, ErrorKind::Conflict, true),
    ("duplicate_record", CONFLICT, ErrorKind::Conflict, false),
    // The vocabulary that refunds have as their `error_code`.
    ("disputed_transaction", REFUSED, ErrorKind::NotRefundable, false),
    ("invalid_operation", REFUSED, ErrorKind::NotRefundable, false),
    ("refund_already_satisfied", REFUSED, ErrorKind::NotRefundable, false),
    ("refund_period_expired", REFUSED, ErrorKind::NotRefundable, false),
    ("unexpected_state", REFUSED, ErrorKind::NotRefundable, false),
    ("issuer_decline", REFUSED, ErrorKind::Declined, false),
    ("refused_transaction", REFUSED, ErrorKind::Declined, false),
    ("service_decline", REFUSED, ErrorKind::Declined, false),
    ("insufficient_service_permissions", REFUSED, ErrorKind::PermissionDenied, false),
];

/// Reads Gr4vy's envelope, `{"code", "message", "details": […]}`, and what shines through from the
/// framework below it, `{"detail": […]}` or `{"detail": "…"}`.
pub(crate) fn decode(response: &ErrorBody) -> ProviderError {
    // Whatever the body is: a method that is not allowed is an endpoint that this instance lacks.
    let mut error = ProviderError::new();
    if response.status == METHOD_NOT_ALLOWED {
        error = error.with_kind(ErrorKind::Unsupported).with_may_have_applied(false);
    }
    let Some(body) = response.json::<Value>() else { return error };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());

    if let Some(code) = text("code") {
        error = known(error, response.status, code).with_code(code);
    }
    if let Some(message) = text("message").or_else(|| text("detail")) {
        error = error.with_message(message);
    }
    error = list(&body, "details").iter().filter_map(detail).fold(error, ProviderError::with_detail);
    error = list(&body, "detail").iter().filter_map(validation).fold(error, ProviderError::with_detail);
    if let Some(resource) = text("resource_id") {
        error = error.with_detail(FieldError::new("resource_id", resource));
    }
    if error.message.is_none() && !error.details.is_empty() {
        error = error.with_message("the request is not valid");
    }
    error
}

/// What a code says beyond its status.
fn known(error: ProviderError, status: u16, code: &str) -> ProviderError {
    let row = CODES.iter().find(|row| row.0 == code && row.1.contains(&status));
    match row {
        // A refusal by this code: nothing was made by this request.
        Some((_, _, kind, retryable)) => {
            error.with_kind(*kind).with_retryable(*retryable).with_may_have_applied(false)
        }
        None => error,
    }
}

/// One of Gr4vy's `details`.
fn detail(detail: &Value) -> Option<FieldError> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
    let (location, pointer) = (text("location"), text("pointer"));
    let field = match location {
        "" | "body" | "unknown" => pointer.to_owned(),
        _ if pointer.is_empty() => location.to_owned(),
        _ => format!("{location}/{}", pointer.trim_start_matches('/')),
    };
    complaint(field, text("message"), text("type"))
}

/// One of the framework's. Its `input` and `ctx` repeat what was sent, and are left out.
fn validation(detail: &Value) -> Option<FieldError> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut path: Vec<_> = list(detail, "loc")
        .iter()
        .map(|step| step.as_str().map_or_else(|| step.to_string(), ToOwned::to_owned))
        .collect();
    if path.first().is_some_and(|first| first == "body") {
        // As Gr4vy's own pointers.
        path[0].clear();
    }
    complaint(path.join("/"), text("msg"), text("type"))
}

fn complaint(field: String, message: &str, code: &str) -> Option<FieldError> {
    let message = if message.is_empty() { code } else { message };
    (!field.is_empty() || !message.is_empty()).then(|| FieldError::new(field, message))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Something that is refused before a request is sent.
pub(crate) fn refused(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, message).with_provider(NAME).not_applied()
}

/// Names the operation where an error does not: those of tokens serve all of them.
pub(crate) fn in_context(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| error.in_context(NAME, operation)
}
