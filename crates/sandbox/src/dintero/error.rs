//! Dintero's error envelope: `{"error":{"code"?,"message","errors"?}}`.

use serde_json::json;

use crate::wire::Reply;

/// A refusal with a message. Dintero documents no list of codes, so most errors have none.
pub(super) fn bad_request(message: impl Into<String>) -> Reply {
    Reply::json(400, &json!({"error": {"message": message.into()}}))
}

pub(super) fn not_an_object() -> Reply {
    bad_request("The body must be a JSON object")
}

/// An invalid field of a request.
pub(super) fn invalid(field: &str, message: &str) -> Reply {
    Reply::json(
        400,
        &json!({"error": {
            "code": "BAD_REQUEST",
            "message": format!("{field}: {message}"),
            "errors": [{"path": field, "message": message}],
        }}),
    )
}

pub(super) fn not_found() -> Reply {
    of_status(404)
}

pub(super) fn of_status(status: u16) -> Reply {
    let (code, message) = match status {
        400 => (None, "BAD_REQUEST"),
        401 => (None, "AccessForbidden"),
        403 => (None, "FORBIDDEN"),
        404 => (Some("NOT FOUND"), "The resource could not be found"),
        405 => (None, "Method not allowed"),
        409 => (Some("CONFLICT"), "Conflict"),
        413 => (None, "The request is too large"),
        429 => (None, "Too many requests"),
        503 => (None, "The payment processor is temporarily unavailable"),
        _ => (None, "Unexpected error"),
    };
    let body = match code {
        Some(code) => json!({"error": {"code": code, "message": message}}),
        None => json!({"error": {"message": message}}),
    };
    Reply::json(status, &body)
}
