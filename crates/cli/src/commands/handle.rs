//! The handle of a refund whose outcome is unknown: from the journal, or from what `create` printed.

use refunds_core::{CreateRefund, RefundAmount, UnresolvedRefund, journal::Entry};
use serde_json::Value;

/// The handle of an entry. Only a settled entry may lack its request.
pub(super) fn of_entry(entry: &Entry) -> UnresolvedRefund {
    let amount = RefundAmount::Exact(entry.amount);
    let bare = || CreateRefund::new(entry.payment.clone(), amount, entry.reference.clone());
    entry.unresolved(&entry.request.clone().unwrap_or_else(bare))
}

/// The handle in what `create` printed: the object itself or the error with it, as the whole text or
/// the last such line.
pub(super) fn find(text: &str) -> Option<UnresolvedRefund> {
    let whole = unresolved(text);
    whole.or_else(|| text.lines().rev().find_map(unresolved))
}

fn unresolved(text: &str) -> Option<UnresolvedRefund> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    let object = match document.pointer_mut("/error/unresolved") {
        Some(member) => member.take(),
        None => document,
    };
    serde_json::from_value(object).ok()
}

#[cfg(test)]
mod tests {
    use refunds_core::{PaymentId, Reference, Scope};
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_create_prints_is_understood() {
        let request = CreateRefund::new(
            PaymentId::new("p-1").unwrap(),
            RefundAmount::Remaining,
            Reference::new("rma-551").unwrap(),
        );
        let unresolved = UnresolvedRefund::new(Scope::new("mattilda", "", ""), request);
        let bare = serde_json::to_string(&unresolved).unwrap();
        let pretty = serde_json::to_string_pretty(&unresolved).unwrap();
        let error = json!({"error": {"kind": "outcome_unknown", "unresolved": unresolved}}).to_string();
        for text in [
            bare.clone(),
            pretty,
            error.clone(),
            format!("error: it is not known …\n  next: keep the line below\n{bare}\n"),
            format!("INFO refunds_core: a log line\n{error}\n\n"),
        ] {
            assert_eq!(find(&text).as_ref(), Some(&unresolved), "{text}");
        }
        for text in ["", "{}", "null", "nonsense", r#"{"error":{"kind":"not_found"}}"#] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
