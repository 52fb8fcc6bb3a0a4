//! What the paths have in common: their base, and the scopes that they need.

use super::error;
use crate::wire::{Incoming, Reply};

/// The segments of a request's path after the base of the API.
pub(super) fn segments(request: &Incoming) -> Result<Vec<String>, Reply> {
    let mut segments = request.segments();
    let base = match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // The account-scoped base of the payments API, besides the one on the checkout host. A transaction's id
        // contains its account, so the account in the path has no effect.
        ["v1", "accounts", _, "payments", "transactions", ..] => 4,
        ["v1", ..] => 1,
        _ => return Err(error::not_found()),
    };
    segments.drain(..base);
    Ok(segments)
}

/// The scopes, any one of which is sufficient; none for the token itself.
pub(super) fn scopes(method: &str, path: &str) -> Option<[String; 2]> {
    let area = match path.split('/').collect::<Vec<_>>().as_slice() {
        [_, _, "auth", ..] => return None,
        ["accounts", _, "shopping", ..] => "shopping",
        ["accounts", _, "hooks", ..] => "hooks",
        _ => "checkout",
    };
    let right = if method == "GET" && path != "admin/signature" { "read" } else { "write" };
    Some([format!("admin:{area}"), format!("{right}:{area}")])
}
