//! The wire: paths, tokens, keys, problems.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use refunds_core::{
    serde_json::{self, Value, json},
    testing::{Fault, FaultTarget},
};
use serde::Deserialize;

use super::{
    CLIENT_ID, CLIENT_SECRET, World,
    ledger::{NewReturn, Problem},
};

/// How long a submission takes. In that time its key is in progress.
const PROCESSING: Duration = Duration::from_millis(2);

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/v2/tokens", post(token))
        .route("/v2/payments/{payment}", get(payment))
        .route("/v2/payments/{payment}/returns", get(list).post(submit))
        .route("/v2/returns/{id}", get(find))
        .fallback(async || problem((404, "no_such_path")))
        .layer(from_fn_with_state(world.clone(), gate))
        .with_state(world)
}

/// Every request passes here. It is carried out in a task of its own: a client that hangs up does not stop it.
async fn gate(State(world): State<World>, request: Request, next: Next) -> Response {
    tokio::spawn(handle(world, request, next)).await.unwrap()
}

/// Logs the request, checks its token, and applies the fault that waits for it.
async fn handle(world: World, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let target = match request.method().as_str() {
        "POST" if path.ends_with("/returns") => Some(FaultTarget::Submit),
        "GET" => Some(FaultTarget::Read),
        _ => None,
    };
    let known = path == "/v2/tokens" || world.is_token(bearer(request.headers()).unwrap_or_default());
    let number = world.log(path);

    let mut response = match target.and_then(|target| world.take_fault(target)) {
        _ if !known => problem((401, "bad_token")),
        Some(Fault::Unauthorized) => {
            world.revoke_tokens();
            problem((401, "bad_token"))
        }
        Some(Fault::RateLimited) => ([("retry-after", "1")], problem((429, "slow_down"))).into_response(),
        Some(Fault::ServerError) => problem((503, "out_of_order")),
        Some(Fault::ErrorAfterwards) => {
            next.run(request).await;
            // As a load balancer in front of the provider reports it.
            (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response()
        }
        Some(Fault::Unreadable) => {
            next.run(request).await;
            "{\"return\": {\"id\":".into_response()
        }
        Some(Fault::OtherAmount) => one_unit_more(next.run(request).await).await,
        _ => next.run(request).await,
    };
    if let Ok(id) = HeaderValue::from_str(&format!("req-{number}")) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

async fn token(State(world): State<World>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
    if sent != Some(&*format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))))
        || body["grant"] != "client"
    {
        return problem((401, "bad_token"));
    }
    Json(json!({ "token": world.new_token(), "valid_seconds": 900 })).into_response()
}

async fn payment(State(world): State<World>, Path(payment): Path<String>) -> Response {
    match world.ledger().payment(&payment) {
        Ok(payment) => Json(json!({ "payment": payment })).into_response(),
        Err(name) => problem(name),
    }
}

#[derive(Deserialize)]
struct PageQuery {
    size: Option<usize>,
    after: Option<String>,
}

async fn list(
    State(world): State<World>,
    Path(payment): Path<String>,
    Query(page): Query<PageQuery>,
) -> Response {
    let size = page.size.unwrap_or(20).clamp(1, 50);
    match world.ledger().page(&payment, size, page.after.as_deref()) {
        Ok(page) => Json(page).into_response(),
        Err(name) => problem(name),
    }
}

async fn find(State(world): State<World>, Path(id): Path<String>) -> Response {
    match world.ledger().find(&id) {
        Ok(one) => Json(json!({ "return": one })).into_response(),
        Err(name) => problem(name),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    merchant_ref: String,
    amount: Amount,
    note: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    units: String,
    currency: String,
}

async fn submit(
    State(world): State<World>,
    Path(payment): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Response {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let Body { merchant_ref: reference, amount: Amount { units, currency }, note, labels } = body;
    if !world.begin(key) {
        return problem((409, "still_working"));
    }
    tokio::time::sleep(PROCESSING).await;
    let request = NewReturn { payment, reference, units, currency, note, labels };
    let submitted = world.ledger().submit(key, request);
    world.end(key);
    match submitted {
        Ok((status, body)) => {
            (StatusCode::from_u16(status).unwrap(), Json(json!({ "return": body }))).into_response()
        }
        Err(name) => problem(name),
    }
}

fn problem((status, name): Problem) -> Response {
    let body = json!({ "problem": { "name": name, "text": format!("This is {name}"), "fields": [] } });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The same response, with one minor unit more.
async fn one_unit_more(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    let units: i64 = body["return"]["amount"]["units"].as_str().unwrap().parse().unwrap();
    body["return"]["amount"]["units"] = json!((units + 1).to_string());
    (head.status, Json(body)).into_response()
}
