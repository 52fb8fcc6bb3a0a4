//! What Quillpay says when it refuses, and the table of codes.

use refunds_core::{ErrorKind, FieldError};
use refunds_http::{ErrorBody, ProviderError};

use crate::wire::Refusals;

/// What a code means that Quillpay sends with one status.
#[derive(Clone, Copy, Debug)]
struct CodeMeaning {
    /// The status that it comes with. With another one it means nothing.
    status: u16,
    /// The code.
    code: &'static str,
    /// What went wrong.
    kind: ErrorKind,
    /// Whether the same request may succeed later.
    retryable: bool,
}

const fn row(status: u16, code: &'static str, kind: ErrorKind, retryable: bool) -> CodeMeaning {
    CodeMeaning { status, code, kind, retryable }
}

/// `PROVIDER.md`, "Errors". With none of them anything was made.
const CODES: [CodeMeaning; 11] = [
    row(400, "malformed", ErrorKind::InvalidRequest, false),
    row(401, "bad_key", ErrorKind::Unauthenticated, false),
    row(403, "not_allowed", ErrorKind::PermissionDenied, false),
    row(404, "unknown_charge", ErrorKind::NotFound, false),
    row(404, "unknown_reversal", ErrorKind::NotFound, false),
    row(409, "external_id_taken", ErrorKind::Conflict, false),
    row(409, "charge_busy", ErrorKind::Conflict, true),
    row(422, "too_much", ErrorKind::NotRefundable, false),
    row(422, "not_captured", ErrorKind::NotRefundable, false),
    row(422, "window_closed", ErrorKind::NotRefundable, false),
    row(429, "slow_down", ErrorKind::RateLimited, true),
];

/// Reads a refusal: of several complaints, the first one decides.
pub(crate) fn decode(answer: &ErrorBody) -> Option<ProviderError> {
    let wire: Refusals = answer.json()?;
    let first = wire.errors.first()?;
    let mut error = ProviderError::new().with_code(first.code.as_str());
    if let Some(text) = first.text.as_str() {
        error = error.with_message(text);
    }
    if let Some(trace) = wire.trace.as_str() {
        error = error.with_request_id(trace);
    }
    for refusal in &wire.errors {
        if let Some(field) = refusal.field.as_str() {
            let text = refusal.text.as_str().unwrap_or(&refusal.code);
            error = error.with_detail(FieldError::new(field, text));
        }
    }
    let known = CODES.iter().find(|row| row.status == answer.status && row.code == first.code);
    Some(match known {
        Some(row) => error.with_kind(row.kind).with_retryable(row.retryable).with_may_have_applied(false),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, code: &str) -> ProviderError {
        let body = format!(
            r#"{{"errors": [{{"code": "{code}", "text": "no", "field": "amount"}}], "trace": "t-81c2"}}"#
        );
        decode(&ErrorBody::new(status, body)).unwrap()
    }

    #[test]
    fn each_code_means_what_its_row_says() {
        for row in CODES {
            let error = read(row.status, row.code);
            assert_eq!(error.kind, Some(row.kind), "{row:?}");
            assert_eq!((error.retryable, error.may_have_applied), (Some(row.retryable), Some(false)));
            assert_eq!(error.code.as_deref(), Some(row.code));
            assert_eq!(error.request_id.as_deref(), Some("t-81c2"));
            assert_eq!(error.details, [FieldError::new("amount", "no")]);
        }
    }

    #[test]
    fn a_code_with_another_status_promises_nothing() {
        for (status, code) in [(503, "too_much"), (409, "window_closed"), (409, "other"), (500, "slow_down")]
        {
            let error = read(status, code);
            assert_eq!((error.kind, error.retryable, error.may_have_applied), (None, None, None), "{code}");
        }
    }

    #[test]
    fn odd_bodies_are_no_reason_to_panic() {
        for body in ["", "<html>", "[]", "{}", r#"{"errors": []}"#, r#"{"errors": [{"code": 7}]}"#] {
            assert!(decode(&ErrorBody::new(409, body)).is_none(), "{body}");
        }
        let loose = r#"{"errors": [{"code": "too_much", "text": 7, "field": null}], "trace": 9}"#;
        let error = decode(&ErrorBody::new(422, loose)).unwrap();
        assert_eq!((error.kind, error.request_id), (Some(ErrorKind::NotRefundable), None));
    }
}
