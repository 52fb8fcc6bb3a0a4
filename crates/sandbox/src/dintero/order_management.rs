//! Order Management: reading orders, and recording refunds on them. No money moves here.

use serde_json::{Map, Value, json};

use super::{
    Dintero, State, error,
    order::{Order, find, operation, sum},
    order_spec::{CaptureSpec, OrderSpec},
};
use crate::{
    clock::seconds_z,
    lock::lock,
    wire::{Answer, Incoming, Reply},
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

    pub(super) fn order(&self, _: &Incoming, ids: &[String]) -> Answer {
        Ok(Reply::json(200, &lock(&self.state).order(&ids[1])?.document))
    }

    /// The list that the last segment names.
    pub(super) fn order_list(&self, request: &Incoming, ids: &[String]) -> Answer {
        let mut state = lock(&self.state);
        let order = state.order(&ids[1])?;
        let name = request.segments().pop().unwrap_or_default();
        let list = match name.as_str() {
            "authorizations" => &order.authorizations,
            "captures" => &order.captures,
            _ => order.seen(self.common.now()),
        };
        Ok(Reply::json(200, &json!({name: list})))
    }

    pub(super) fn order_refund(&self, _: &Incoming, ids: &[String]) -> Answer {
        let mut state = lock(&self.state);
        let seen = state.order(&ids[1])?.seen(self.common.now());
        find(seen, &ids[2]).map(|refund| Reply::json(200, refund)).ok_or_else(error::not_found)
    }

    pub(super) fn record(&self, request: &Incoming, ids: &[String]) -> Answer {
        let mut state = lock(&self.state);
        let order = state.order(&ids[1])?;
        let body = request.json_object().ok_or_else(error::not_an_object)?;
        let lines = order.read_lines(body.get("items"))?;
        if sum(&lines) > order.left() {
            return Err(error::bad_request("The amount exceeds what is left on the order"));
        }
        let mut refund = operation(&self.common, &self.credentials.client_id, &lines);
        copy_optional(&body, &mut refund)?;
        let chosen = refund.get("id").and_then(Value::as_str).unwrap_or_default();
        if find(&order.refunds, chosen).is_some() {
            return Err(error::of_status(409));
        }
        let refund = Value::Object(refund);
        order.push(&self.common, refund.clone());
        let shown = order.document.clone();
        self.announce_record(&mut state, &shown, &refund);
        Ok(Reply::json(200, &refund))
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

impl State {
    fn order(&mut self, id: &str) -> Result<&mut Order, Reply> {
        self.orders.get_mut(id).ok_or_else(error::not_found)
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
