//! The API: which request does what, and what is refused before the ledger is asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use refunds_core::serde_json::{self, Map, Value, json};

use super::ledger::{Refusal, Wanted};
use super::{API_KEY, Fault, Inside, lock};

pub(super) fn app(inside: Arc<Mutex<Inside>>) -> Router {
    Router::new().fallback(serve).with_state(inside)
}

async fn serve(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    // On a task of its own: what arrived is carried out, whether somebody still listens or not.
    tokio::spawn(handle(inside, request)).await.unwrap()
}

async fn handle(inside: Arc<Mutex<Inside>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 16).await.unwrap_or_default();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    lock(&inside).requests.push(target);
    if parts.headers.get("api-key").is_none_or(|key| key != API_KEY) {
        return refused((401, "bad_key", "no such key".to_owned(), None));
    }
    let writes = parts.method == Method::POST;
    let fault = lock(&inside).take_fault(writes);
    if let Some(Fault::Refuse(status, code)) = fault {
        return refused((status, code, "not now".to_owned(), None));
    }
    if writes {
        // Making a reversal takes a moment, in which the charge is busy.
        if !lock(&inside).busy.insert(parts.uri.path().to_owned()) {
            let text = "another reversal is being made".to_owned();
            return refused((409, "charge_busy", text, None));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut inside = lock(&inside);
    if writes {
        inside.busy.remove(parts.uri.path());
    }
    let more = i64::from(fault == Some(Fault::TellMore));
    let outcome = route(&mut inside, &parts.method, parts.uri.path(), parts.uri.query(), &body, more);
    match (outcome, fault) {
        (_, Some(Fault::Break(status))) => refused((status, "broken", "sorry".to_owned(), None)),
        (Ok((status, _)), Some(Fault::Garble)) => answer(status, r#"{"id": "rev-"#.to_owned()),
        (Ok((status, body)), _) => answer(status, body.to_string()),
        (Err(refusal), _) => refused(refusal),
    }
}

fn route(
    inside: &mut Inside,
    method: &Method,
    path: &str,
    query: Option<&str>,
    body: &[u8],
    more: i64,
) -> Result<(u16, Value), Refusal> {
    let unknown = |code| (404, code, "no such thing".to_owned(), None);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let ledger = &mut inside.ledger;
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["v2", "charges", id]) => {
            let charge = ledger.find_charge(id).ok_or_else(|| unknown("unknown_charge"))?;
            Ok((200, ledger.charge_json(charge)))
        }
        ("GET", ["v2", "charges", id, "reversals"]) => {
            ledger.find_charge(id).ok_or_else(|| unknown("unknown_charge"))?;
            let page = number(query, "page", 1, usize::MAX)?;
            let per_page = number(query, "per_page", 50, 100)?;
            let all: Vec<Value> =
                ledger.reversals_of(id).map(|one| ledger.reversal_json(one, more)).collect();
            let pages = all.len().div_ceil(per_page);
            let skipped = (page - 1).saturating_mul(per_page);
            let shown: Vec<Value> = all.into_iter().skip(skipped).take(per_page).collect();
            Ok((200, json!({"reversals": shown, "page": page, "pages": pages})))
        }
        ("GET", ["v2", "reversals", id]) => {
            let one = ledger.find_reversal(id).ok_or_else(|| unknown("unknown_reversal"))?;
            Ok((200, ledger.reversal_json(one, more)))
        }
        ("POST", ["v2", "charges", id, "reversals"]) => {
            let made = ledger.reverse(id, &wanted(body)?)?;
            Ok((201, ledger.reversal_json(&made, more)))
        }
        _ => Err(unknown("unknown_path")),
    }
}

fn number(query: Option<&str>, name: &'static str, default: usize, most: usize) -> Result<usize, Refusal> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    match pairs.into_iter().find(|(key, _)| *key == name) {
        None => Ok(default),
        Some((_, text)) => text
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| malformed(name, "no such number")),
    }
}

/// Checks the form of a request for a reversal.
fn wanted(body: &[u8]) -> Result<Wanted, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("", "no JSON"))?;
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let amount = text("amount").ok_or_else(|| malformed("amount", "missing"))?;
    let printable = |text: &String| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
    };
    let external_id =
        text("external_id").filter(printable).ok_or_else(|| malformed("external_id", "1 to 64"))?;
    let note = text("note");
    if note.as_ref().is_some_and(|note| note.chars().count() > 140) {
        return Err(malformed("note", "too long"));
    }
    let labels: Map<String, Value> = body["labels"].as_object().cloned().unwrap_or_default();
    let fits = |(key, value): (&String, &Value)| {
        key.chars().count() <= 20 && value.as_str().is_some_and(|value| value.chars().count() <= 100)
    };
    if labels.len() > 10 || !labels.iter().all(fits) {
        return Err(malformed("labels", "too many or too long"));
    }
    Ok(Wanted { amount, external_id, note, labels })
}

fn malformed(field: &'static str, text: &str) -> Refusal {
    (400, "malformed", text.to_owned(), Some(field))
}

fn refused((status, code, text, field): Refusal) -> Response {
    let mut error = json!({"code": code, "text": text});
    if let Some(field) = field {
        error["field"] = field.into();
    }
    let mut response = answer(status, json!({"errors": [error], "trace": "t-81c2"}).to_string());
    if status == 429 {
        response.headers_mut().insert("retry-after", axum::http::HeaderValue::from_static("2"));
    }
    response
}

fn answer(status: u16, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("application/json"));
    response
}
