//! Serving the admin port: which function answers which request.

use bytes::Bytes;
use http::{Response, request::Parts};
use serde_json::{Value, json};

use super::{
    control, deliveries,
    desk::Desk,
    events, page,
    reply::{self, Body, Refusal},
    routes::{Act, ROUTES, route},
    state,
};
use crate::form;

pub(super) async fn serve(desk: &Desk, head: &Parts, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    if method == "GET"
        && let Some(asset) = page::asset(path)
    {
        return Ok(reply::whole(200, asset.content_type, asset.text));
    }
    let (act, id) = route(method, path)?;
    // What the clock has made due is shown, and acted on.
    desk.world.catch_up();
    let ok = |value: &Value| Ok(reply::json(200, value));
    match act {
        Act::Index => ok(&index()),
        Act::State => ok(&state::state(desk)),
        Act::Requests => {
            let after = after(head.uri.query())?;
            ok(&json!({"requests": desk.world.log.after(after)}))
        }
        Act::Deliveries => ok(&json!({"deliveries": deliveries::list(desk)})),
        Act::Deliver => control::deliver(desk, body).await.and_then(|sent| ok(&sent)),
        Act::Events => Ok(events::stream(&desk.world.common.changes)),
        Act::ListFaults => ok(&json!({"faults": state::faults(desk)})),
        Act::AddFault => Ok(reply::json(201, &control::add_fault(desk, body)?)),
        Act::ClearFaults => ok(&json!({"removed": desk.world.faults.retain(|_| false)})),
        Act::RemoveFault => ok(&control::remove_fault(desk, &id)?),
        Act::EndRefund(outcome) => ok(&control::end_refund(desk, &id, outcome, body)?),
        Act::AddPayment => Ok(reply::json(201, &control::add_payment(desk, body)?)),
        Act::Settle => ok(&control::settle(desk, body)?),
        Act::Trigger => control::trigger(desk, body).await.and_then(|sent| ok(&sent)),
    }
}

fn index() -> Value {
    let rows = ROUTES.iter().map(|row| json!({"method": row.method, "path": row.path, "what": row.what}));
    json!({
        "what": "The admin API of refunds-sandbox. Bodies are JSON, and so are errors: {\"error\": \"…\"}. \
                 POST and DELETE need the header `Content-Type: application/json`.",
        "paths": rows.collect::<Vec<_>>(),
    })
}

/// The only parameter of the requests.
fn after(query: Option<&str>) -> Result<u64, Refusal> {
    let mut after = 0;
    for (name, value) in form::decode(query.unwrap_or_default()) {
        let number = value.parse().ok().filter(|_| name == "after");
        after = number.ok_or_else(|| Refusal::new(400, "the only parameter is `after`, a whole number"))?;
    }
    Ok(after)
}
