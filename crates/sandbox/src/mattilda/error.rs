//! Gr4vy's error envelope, and that of `FastAPI`, which sometimes appears instead.

use serde_json::{Value, json};

use super::options::ErrorShape;
use crate::wire::Reply;

/// One error in a request.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) location: &'static str,
    /// A JSON pointer.
    pub(super) pointer: String,
    pub(super) message: String,
    /// Pydantic's error type.
    pub(super) kind: &'static str,
}

impl Detail {
    pub(super) fn body(field: &str, message: impl Into<String>, kind: &'static str) -> Self {
        Self { location: "body", pointer: format!("/{field}"), message: message.into(), kind }
    }

    fn in_envelope(&self) -> Value {
        let Self { location, pointer, message, kind } = self;
        json!({"location": location, "pointer": pointer, "message": message, "type": kind})
    }

    fn of_fastapi(&self) -> Value {
        json!({
            "loc": [self.location, self.pointer.trim_start_matches('/')],
            "msg": self.message,
            "type": self.kind,
        })
    }
}

pub(super) fn invalid(details: &[Detail], shape: ErrorShape) -> Reply {
    let reply = match shape {
        ErrorShape::Envelope => {
            let details = details.iter().map(Detail::in_envelope).collect();
            envelope(400, "bad_request", "Request failed validation", &details)
        }
        ErrorShape::Detail => {
            let details: Value = details.iter().map(Detail::of_fastapi).collect();
            Reply::json(422, &json!({"detail": details}))
        }
    };
    reply.not_stored()
}

/// A valid request that cannot be executed. The response is stored for its idempotency key.
pub(super) fn refused(message: &str) -> Reply {
    envelope(400, "bad_request", message, &json!([]))
}

pub(super) fn not_found() -> Reply {
    of_status(404)
}

pub(super) fn concurrent() -> Reply {
    envelope(
        409,
        "concurrent_request",
        "A request with this idempotency key is still being processed",
        &json!([]),
    )
}

pub(super) fn of_status(status: u16) -> Reply {
    let (code, message) = match status {
        400 => ("bad_request", "Generic error"),
        401 => ("unauthorized", "No valid API authentication found"),
        403 => ("forbidden", "Generic error"),
        404 => ("not_found", "The resource could not be found"),
        405 => ("method_not_allowed", "Method Not Allowed"),
        409 => ("duplicate_record", "Generic error"),
        413 => ("request_too_large", "Generic error"),
        425 => ("too_early", "Generic error"),
        429 => ("too_many_requests", "Generic error"),
        502 => ("bad_gateway", "Request could not be processed"),
        503 => ("service_unavailable", "Request could not be processed"),
        504 => ("gateway_timeout", "Request could not be processed"),
        _ => ("server_error", "Request could not be processed"),
    };
    envelope(status, code, message, &json!([])).not_stored()
}

fn envelope(status: u16, code: &str, message: &str, details: &Value) -> Reply {
    let mut body = json!({
        "type": "error",
        "code": code,
        "status": status,
        "message": message,
        "details": details,
    });
    if status == 409 {
        body["resource_id"] = Value::Null;
    }
    Reply::json(status, &body)
}
