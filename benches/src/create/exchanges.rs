//! What a refund sends, by the sandbox's log.

use refunds_core::RefundClient;
use serde_json::json;

use super::kinds::{KINDS, Kind};
use crate::{
    clients::runtime,
    remote::Remote,
    table::{Table, verdict},
};

/// The exchanges of each kind of refund: a table, and below it what they are.
pub(crate) fn table(sandbox: &mut Remote) -> String {
    let mut table = Table::new(&["create, with a new client", "exchanges", "goal", "in order"]);
    for kind in &KINDS {
        let requests = of(sandbox, kind);
        let count = requests.len() as u64;
        let goal = kind.goal.map(|goal| format!("≤ {goal}: {}", verdict(count <= goal))).unwrap_or_default();
        table.row([kind.name.to_owned(), count.to_string(), goal, requests.join("<br>")]);
    }
    table.finish()
}

/// How many exchanges each kind of refund takes.
pub(crate) fn counts() -> Vec<(&'static str, u64)> {
    let mut sandbox = Remote::sandbox();
    KINDS.iter().map(|kind| (kind.name, of(&mut sandbox, kind).len() as u64)).collect()
}

/// The exchanges of one refund with a client that has made no call before, without the request of a token.
fn of(sandbox: &mut Remote, kind: &Kind) -> Vec<String> {
    let client = RefundClient::new(kind.provider(sandbox));
    let payment = kind.payments(sandbox, 1).remove(0);
    sandbox.ask(json!({"do": "requests"}));
    kind.create(runtime(), &client, payment);
    let requests = sandbox.ask(json!({"do": "requests"}));
    let requests = requests.as_array().unwrap().iter().map(|request| request.as_str().unwrap());
    requests.filter(|request| !request.ends_with("/auth/token")).map(shape).collect()
}

/// A request line without ids: a segment with a digit is one, except for the version.
fn shape(request: &str) -> String {
    let is_id = |part: &str| part.len() > 2 && part.contains(|letter: char| letter.is_ascii_digit());
    let parts: Vec<&str> = request.split('/').map(|part| if is_id(part) { "…" } else { part }).collect();
    format!("`{}`", parts.join("/"))
}
