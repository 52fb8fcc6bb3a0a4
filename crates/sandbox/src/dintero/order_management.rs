//! Order Management: reading orders, and recording refunds on them. No money moves here.

use serde_json::{Map, Value, json};

use super::{
    Dintero, error,
    order::{Order, find, operation, sum},
    order_spec::{CaptureSpec, OrderSpec},
    route::List,
};
use crate::{
    clock::seconds_z,
    lock::lock,
    wire::{Incoming, Reply},
};

const MAX_ID: usize = 40;

impl Dintero {
    pub(super) fn add_order(&self, spec: OrderSpec) -> String {
        let common = &self.common;
        let id = spec.id.clone().unwrap_or_else(|| common.ids.uuid());
        let now = seconds_z(common.now());
        let amount = sum(&spec.lines);
        let items: Vec<Value> = spec
            .lines
            .iter()
            .map(|(line_id, amount)| {
                json!({
                    "line_id": line_id,
                    "id": format!("sku-{line_id}"),
                    "description": format!("Line {line_id}"),
                    "quantity": 1,
                    "gross_amount": amount,
                })
            })
            .collect();
        let document = json!({
            "id": id,
            "currency": spec.currency,
            "status": "open",
            "payment_status": "pending",
            "gross_amount": amount,
            "items": items,
            "events": [],
            "created_at": now,
            "created_by": self.credentials.client_id,
            "updated_at": now,
        });
        let captures = spec.captures.iter().map(|capture| self.capture(capture, &spec.lines)).collect();
        let authorization = operation(common, &self.credentials.client_id, &spec.lines);
        let order = Order {
            document,
            authorizations: vec![Value::Object(authorization)],
            captures,
            refunds: Vec::new(),
            before: None,
        };
        lock(&self.state).orders.insert(id.clone(), order);
        id
    }

    fn capture(&self, spec: &CaptureSpec, all: &[(i64, i64)]) -> Value {
        let lines = spec.lines.as_deref().unwrap_or(all);
        let mut capture = operation(&self.common, &self.credentials.client_id, lines);
        capture.insert("success".to_owned(), json!(spec.success));
        capture.insert("processed_by".to_owned(), json!(spec.processed_by));
        if let Some(details) = &spec.details {
            capture.insert("payment_details".to_owned(), details.clone());
        }
        Value::Object(capture)
    }

    pub(super) fn order(&self, id: &str) -> Reply {
        match lock(&self.state).orders.get(id) {
            Some(order) => Reply::json(200, &order.document),
            None => error::of_status(404),
        }
    }

    pub(super) fn order_list(&self, id: &str, list: List) -> Reply {
        let state = lock(&self.state);
        let Some(order) = state.orders.get(id) else {
            return error::of_status(404);
        };
        let body = match list {
            List::Authorizations => json!({"authorizations": order.authorizations}),
            List::Captures => json!({"captures": order.captures}),
            List::Refunds => json!({"refunds": order.seen(self.common.now())}),
        };
        Reply::json(200, &body)
    }

    pub(super) fn order_refund(&self, id: &str, refund: &str) -> Reply {
        let state = lock(&self.state);
        let order = state.orders.get(id);
        match order.and_then(|order| find(order.seen(self.common.now()), refund)) {
            Some(refund) => Reply::json(200, refund),
            None => error::of_status(404),
        }
    }

    pub(super) fn record(&self, request: &Incoming, id: &str) -> Reply {
        let mut state = lock(&self.state);
        let Some(order) = state.orders.get_mut(id) else {
            return error::of_status(404);
        };
        let Some(body) = request.json_object() else {
            return error::bad_request("The body must be a JSON object");
        };
        let lines = match order.read_lines(body.get("items")) {
            Ok(lines) => lines,
            Err(refused) => return refused,
        };
        let amount = sum(&lines);
        if amount > order.left() {
            return error::bad_request("The amount exceeds what is left on the order");
        }
        let mut refund = operation(&self.common, &self.credentials.client_id, &lines);
        if let Err(refused) = copy_optional(&body, &mut refund) {
            return refused;
        }
        let chosen = refund.get("id").and_then(Value::as_str).unwrap_or_default();
        if find(&order.refunds, chosen).is_some() {
            return error::of_status(409);
        }
        let refund = Value::Object(refund);
        order.push(&self.common, refund.clone());
        let shown = order.document.clone();
        self.announce_record(&mut state, &shown, &refund);
        Reply::json(200, &refund)
    }

    /// The refunds recorded on an order, as they are served.
    pub(super) fn records(&self, id: &str) -> Vec<Value> {
        let state = lock(&self.state);
        state.orders.get(id).map_or_else(Vec::new, |order| order.refunds.clone())
    }

    pub(super) fn set_records(&self, id: &str, refunds: Vec<Value>) {
        if let Some(order) = lock(&self.state).orders.get_mut(id) {
            order.refunds = refunds;
        }
    }
}

/// Copies the members of a record that the caller may choose, after checking them.
fn copy_optional(body: &Map<String, Value>, refund: &mut Map<String, Value>) -> Result<(), Reply> {
    type Check = fn(&Value) -> bool;
    const OPTIONAL: [(&str, Check); 7] = [
        ("id", is_id),
        ("success", Value::is_boolean),
        ("processed_at", Value::is_string),
        ("processed_by", Value::is_string),
        ("payment_details", Value::is_object),
        ("metadata", Value::is_object),
        ("authorization_id", is_id),
    ];
    for (name, fits) in OPTIONAL {
        let Some(value) = body.get(name) else {
            continue;
        };
        if !fits(value) {
            return Err(error::invalid(name, "has the wrong type"));
        }
        refund.insert(name.to_owned(), value.clone());
    }
    Ok(())
}

fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|id| !id.is_empty() && id.chars().count() <= MAX_ID)
}
