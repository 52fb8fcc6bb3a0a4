//! Error responses: `PROVIDER.md`, "Problems".

use refunds_core::{ErrorKind, FieldError};
use refunds_http::{ErrorBody, ProviderError};
use serde::Deserialize;

/// Names that say more than their status: the kind, and whether the same request may succeed later.
const PROBLEMS: [(u16, &str, ErrorKind, bool); 6] = [
    (409, "key_taken", ErrorKind::Conflict, false),
    (409, "still_working", ErrorKind::Conflict, true),
    (422, "not_captured", ErrorKind::NotRefundable, false),
    (422, "too_much", ErrorKind::NotRefundable, false),
    (422, "too_old", ErrorKind::NotRefundable, false),
    (422, "bank_refused", ErrorKind::Declined, false),
];

/// Reads the envelope; `None` if the response has none, and the status alone decides.
pub(crate) fn decode(response: &ErrorBody) -> Option<ProviderError> {
    let Envelope { problem } = response.json()?;
    let row = PROBLEMS.iter().find(|row| row.0 == response.status && row.1 == problem.name);
    let mut error = ProviderError::new();
    if let Some((_, _, kind, retryable)) = row {
        // Acme documents for each of these that nothing was done.
        error = error.with_kind(*kind).with_retryable(*retryable).with_may_have_applied(false);
    }
    if let Some(text) = problem.text {
        error = error.with_message(text);
    }
    let fields = problem.fields.into_iter().map(|field| FieldError::new(field.at, field.text));
    Some(fields.fold(error.with_code(problem.name), ProviderError::with_detail))
}

#[derive(Deserialize)]
struct Envelope {
    problem: Problem,
}

#[derive(Deserialize)]
struct Problem {
    name: String,
    text: Option<String>,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    at: String,
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_name_counts_only_with_its_own_status() {
        for (status, name, want) in [
            (409, "key_taken", Some((ErrorKind::Conflict, false, false))),
            (409, "still_working", Some((ErrorKind::Conflict, true, false))),
            (422, "too_much", Some((ErrorKind::NotRefundable, false, false))),
            (422, "bank_refused", Some((ErrorKind::Declined, false, false))),
            // Not documented: the status alone decides, and a 5xx may have been done.
            (503, "too_much", None),
            (422, "bad_weather", None),
        ] {
            let body = format!(r#"{{"problem": {{"name": "{name}"}}}}"#);
            let error = decode(&ErrorBody::new(status, body)).unwrap();
            let decoded = error.kind.map(|kind| {
                (kind, error.retryable.unwrap_or_default(), error.may_have_applied.unwrap_or(true))
            });
            assert_eq!(decoded, want, "{status} {name}");
            assert_eq!(error.code.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_body_without_the_envelope_is_left_to_the_status() {
        for body in ["", "<html>", "{}", r#"{"problem": "none"}"#, "\u{0}"] {
            assert!(decode(&ErrorBody::new(502, body)).is_none(), "{body:?}");
        }
    }
}
