//! Responding to a request, with any fault that applies: a response or a broken connection.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    api::{Api, Grant},
    body::WireBody,
    fault::{Call, FaultAction},
    log::Ticket,
    provider::Provider,
    response::{Hangup, into_response, with_body},
    socket::Line,
    wire::{Incoming, Reply},
    world::{Due, World},
};

const HTML: &str =
    "<!doctype html><html><head><title>Gateway</title></head><body><h1>Gateway</h1></body></html>";

pub(crate) async fn respond(
    world: &World,
    provider: Provider,
    line: &Line,
    ticket: Ticket,
    request: Incoming,
) -> Result<Response<WireBody>, Hangup> {
    world.catch_up();
    world.count_request();
    let calls = world.api(provider).calls(&request);
    if let Err(wait) = world.rates.pass(provider, world.common.now()) {
        world.log.responded(ticket, 429);
        return into_response(limited(world.api(provider).error(429), &calls, wait));
    }
    let dice = &world.common.ids;
    let fault = world.faults.next(provider, &calls, &request, dice);
    let response = match fault {
        None => into_response(world.process(provider, &request)),
        Some((name, action)) => {
            world.log.faulted(ticket, name);
            act(world, provider, line, request, action).await
        }
    };
    match &response {
        Ok(sent) => world.log.responded(ticket, sent.status().as_u16()),
        Err(Hangup) => world.log.hung_up(ticket),
    }
    response
}

/// The refusal of a request above the rate limit.
fn limited(reply: Reply, calls: &[Call], wait: Duration) -> Reply {
    if !calls.contains(&Call::Token) {
        return reply;
    }
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    reply.with("retry-after", seconds.to_string())
}

async fn act(
    world: &World,
    provider: Provider,
    line: &Line,
    request: Incoming,
    action: FaultAction,
) -> Result<Response<WireBody>, Hangup> {
    let api = world.api(provider);
    let process = || world.process(provider, &request);
    match action {
        FaultAction::Latency(time) => {
            let reply = process();
            let flight = InFlight::begin(api, &request);
            sleep(time).await;
            drop(flight);
            into_response(reply)
        }
        FaultAction::DropBefore => Err(Hangup),
        FaultAction::ResetBefore => {
            line.reset();
            Err(Hangup)
        }
        FaultAction::ProcessThenDrop => {
            process();
            Err(Hangup)
        }
        FaultAction::ProcessThenReset => {
            process();
            line.reset();
            Err(Hangup)
        }
        FaultAction::ProcessThenStatus(status) => {
            process();
            into_response(api.error(status))
        }
        FaultAction::StatusOnly(status) => into_response(api.error(status)),
        FaultAction::ProcessLate(delay) => {
            let due = world.due_in(delay);
            defer(world, provider, request, due)
        }
        FaultAction::ProcessLateAfter(count) => defer(world, provider, request, Due::AfterRequests(count)),
        FaultAction::TruncatedBody => {
            let reply = process();
            let body = WireBody::truncated(&reply.body);
            with_body(reply, body)
        }
        FaultAction::MalformedBody => {
            let mut reply = process();
            reply.body = broken(&reply.body);
            into_response(reply)
        }
        FaultAction::HtmlBody => {
            let status = process().status;
            into_response(Reply::raw(status, "text/html; charset=utf-8", HTML))
        }
        FaultAction::EndlessBody => {
            let reply = process();
            with_body(reply, WireBody::Endless { opened: false })
        }
        FaultAction::SlowDrip(every) => {
            let reply = process();
            let body = WireBody::drip(reply.body.clone(), every);
            with_body(reply, body)
        }
        FaultAction::Silence => pending().await,
        FaultAction::ProcessThenSilence => {
            process();
            let _flight = InFlight::begin(api, &request);
            pending().await
        }
        FaultAction::Unauthorized => into_response(api.error(401)),
        FaultAction::RateLimited { retry_after } => {
            let reply = api.error(429);
            into_response(match retry_after {
                Some(seconds) => reply.with("retry-after", seconds.to_string()),
                None => reply,
            })
        }
        FaultAction::DuplicateDelivery => {
            let first = process();
            process();
            into_response(first)
        }
        FaultAction::WrongContentType => {
            let mut reply = process();
            "text/plain; charset=utf-8".clone_into(&mut reply.content_type);
            into_response(reply)
        }
        FaultAction::Redirect(to) => into_response(Reply::raw(307, "", "").with("location", to)),
        FaultAction::AlteredAmount => into_response(rewritten(process(), alter_amount)),
        FaultAction::Rewrite { pointer, value } => {
            into_response(rewritten(process(), |body| rewrite(body, &pointer, value)))
        }
        FaultAction::DetailBody(status) => into_response(Reply::json(status, &detail())),
        FaultAction::ErrorBody { status, content_type, body } => {
            into_response(Reply::raw(status, content_type, body))
        }
    }
}

/// Credentials are checked on arrival: a request without valid ones is refused now, not later.
fn defer(
    world: &World,
    provider: Provider,
    request: Incoming,
    due: Due,
) -> Result<Response<WireBody>, Hangup> {
    match world.api(provider).admit(&request) {
        Ok(grant) => {
            world.defer(provider, request, grant, due);
            Err(Hangup)
        }
        Err(refused) => into_response(refused),
    }
}

/// A processed request whose response is still on its way: another request with the same idempotency key gets a
/// conflict. Also ends when the client disconnects.
struct InFlight<'a> {
    api: &'a dyn Api,
    request: &'a Incoming,
    grant: Grant,
}

impl<'a> InFlight<'a> {
    fn begin(api: &'a dyn Api, request: &'a Incoming) -> Option<Self> {
        let grant = api.admit(request).ok()?;
        api.begin(request, &grant).then_some(Self { api, request, grant })
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.api.end(self.request, &self.grant);
    }
}

fn broken(body: &Bytes) -> Bytes {
    let mut broken = body.to_vec();
    match broken.iter().position(|byte| *byte == b':') {
        Some(colon) => broken.insert(colon, b','),
        None => broken.extend(b"{,"),
    }
    broken.into()
}

fn rewritten(mut reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    if let Ok(mut body) = serde_json::from_slice(&reply.body) {
        change(&mut body);
        reply.body = body.to_string().into();
    }
    reply
}

/// Changes the amount of the refund in the response: at Dintero, that of the newest event.
fn alter_amount(body: &mut Value) {
    let one_more = |amount: Option<&mut Value>| {
        if let Some(amount) = amount
            && let Some(value) = amount.as_i64()
        {
            *amount = json!(value.saturating_add(1));
        }
    };
    if let Some(events) = body.get_mut("events").and_then(Value::as_array_mut) {
        one_more(events.last_mut().and_then(|event| event.get_mut("amount")));
    } else if body.get("amount").is_some() {
        one_more(body.get_mut("amount"));
    } else {
        for list in ["items", "refunds"] {
            let items = body.get_mut(list).and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                one_more(item.get_mut("amount"));
            }
        }
    }
}

/// Sets the value at a JSON pointer; the last step may add a member.
fn rewrite(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for step in pointer.split('/').skip(1) {
        let next = match place {
            Value::Array(items) => {
                let at = match step {
                    "-1" => items.len().checked_sub(1),
                    _ => step.parse().ok(),
                };
                at.and_then(|at| items.get_mut(at))
            }
            Value::Object(members) => Some(members.entry(step).or_insert(Value::Null)),
            _ => None,
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    *place = value;
}

fn detail() -> Value {
    json!({"detail": [{
        "loc": ["body", "amount"],
        "msg": "Input should be a valid integer",
        "type": "int_type",
    }]})
}
