//! The wire: paths, tokens, keys, problems.

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use refunds_core::serde_json::{self, Value, json};
use serde::Deserialize;

use super::{
    CLIENT_ID, CLIENT_SECRET, Mishap, World,
    ledger::{Problem, Wanted},
};

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/v2/tokens", post(token))
        .route("/v2/payments/{payment}", get(payment))
        .route("/v2/payments/{payment}/returns", get(list).post(give_back))
        .route("/v2/returns/{id}", get(find))
        .fallback(async || problem((404, "no_such_path")))
        .layer(from_fn_with_state(world.clone(), gate))
        .with_state(world)
}

/// What every request goes through: it is written down, its token is checked, and where a mishap
/// waits for it, that happens.
async fn gate(State(world): State<World>, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let submission = request.method() == "POST" && path.ends_with("/returns");
    let read = request.method() == "GET";
    let known = path == "/v2/tokens" || world.is_token(bearer(request.headers()).unwrap_or_default());
    let number = world.log(path);

    let mishap = if submission || read { world.mishap(submission) } else { None };
    let mut response = match mishap {
        _ if !known => problem((401, "bad_token")),
        Some(Mishap::TokenRevoked) => {
            world.revoke_tokens();
            problem((401, "bad_token"))
        }
        Some(Mishap::TooMany) => ([("retry-after", "1")], problem((429, "slow_down"))).into_response(),
        Some(Mishap::DownBefore) => problem((503, "out_of_order")),
        Some(Mishap::DownAfterwards) => {
            next.run(request).await;
            // From a balancer in front, in its own words.
            (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response()
        }
        Some(Mishap::Garbage) => {
            next.run(request).await;
            "{\"return\": {\"id\":".into_response()
        }
        Some(Mishap::OneMore) => one_more(next.run(request).await).await,
        None => next.run(request).await,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    units: String,
    currency: String,
}

async fn give_back(
    State(world): State<World>,
    Path(payment): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Response {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let Body { merchant_ref: reference, amount: Amount { units, currency }, note } = body;
    match world.ledger().give_back(key, Wanted { payment, reference, units, currency, note }) {
        Ok((status, made)) => {
            (StatusCode::from_u16(status).unwrap(), Json(json!({ "return": made }))).into_response()
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

/// The same answer, over one minor unit more.
async fn one_more(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    let units: i64 = body["return"]["amount"]["units"].as_str().unwrap().parse().unwrap();
    body["return"]["amount"]["units"] = json!((units + 1).to_string());
    (head.status, Json(body)).into_response()
}
