//! What the process with the sandbox can be asked to do.

use refunds_sandbox::{Sandbox, dintero::OrderSpec};
use serde_json::{Value, json};

/// Makes payments (`mattilda`, `transaction`, `order`: how many), or lists the requests since the last time.
pub(crate) fn obey(sandbox: &Sandbox, command: &Value) -> Value {
    let (name, count) = (command["do"].as_str().unwrap(), command["count"].as_u64().unwrap_or_default());
    match name {
        "requests" => {
            let requests = sandbox.requests();
            sandbox.clear_requests();
            requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect()
        }
        "mattilda" => (0..count).map(|_| sandbox.mattilda().captured(AMOUNT, "MXN")).collect(),
        "transaction" => (0..count).map(|_| sandbox.dintero().captured(AMOUNT, "NOK")).collect(),
        "order" => (0..count).map(|_| order(sandbox)).collect(),
        other => json!({"error": format!("no command is called {other}")}),
    }
}

/// What each payment has captured. An order has it on two lines.
pub(crate) const AMOUNT: i64 = 44_850;
/// The first line of an order.
pub(crate) const LINE: i64 = 14_950;

fn order(sandbox: &Sandbox) -> String {
    let transaction = sandbox.dintero().captured(AMOUNT, "NOK");
    let order = OrderSpec::new("NOK").line(1, LINE).line(2, AMOUNT - LINE).captured_by(transaction);
    sandbox.dintero().order(order)
}
