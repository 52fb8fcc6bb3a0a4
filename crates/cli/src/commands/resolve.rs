//! `refunds resolve`: finishing a create whose outcome was unknown.

use refunds_core::UnresolvedRefund;
use serde_json::Value;

use super::{Context, Result, create::interrupted_with};
use crate::{args::ResolveArgs, exit::Exit, failure::Failure, input, interrupt::interrupted, provider};

pub(super) async fn run(context: &mut Context, args: &ResolveArgs) -> Result<Exit> {
    let text = input::text(&args.file)?;
    let unresolved = find(&text)
        .ok_or_else(|| Failure::Usage(format!("there is no unresolved refund in {}", args.file.display())))?;
    let name = context.provider.as_deref().unwrap_or(&unresolved.provider);
    let client = provider::client(Some(name))?;
    let refund = tokio::select! {
        refund = client.resolve(&unresolved) => refund?,
        () = interrupted() => return Err(interrupted_with(unresolved).into()),
    };
    context.show_made(&refund)
}

/// The refund in whatever `create` printed: the object itself, or the error that holds it; alone,
/// or as the last line that is one of them.
fn find(text: &str) -> Option<UnresolvedRefund> {
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
    use refunds_core::{CreateRefund, PaymentId, Reference, RefundAmount};
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_create_printed_is_understood() {
        let request = CreateRefund::new(
            PaymentId::new("p-1").unwrap(),
            RefundAmount::Remaining,
            Reference::new("rma-551").unwrap(),
        );
        let unresolved = UnresolvedRefund::new("mattilda", request);
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
