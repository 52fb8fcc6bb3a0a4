//! The body of a request for a hook subscription.

use serde_json::{Map, Value};

use super::error;
use crate::{
    webhook::is_loopback,
    wire::{Incoming, Reply},
};

/// Every event that can be subscribed to.
const EVENTS: [&str; 41] = [
    "account_add",
    "account_update",
    "account_location_add",
    "account_location_update",
    "account_location_delete",
    "account_store_add",
    "account_store_update",
    "account_store_delete",
    "receipt_add",
    "receipt_update",
    "customer_add",
    "customer_update",
    "customer_delete",
    "customer_change_password",
    "token_add",
    "token_remove",
    "transaction",
    "wallet_transaction",
    "discount_add",
    "discount_update",
    "discount_delete",
    "discount_add_customers",
    "discount_customer_update",
    "shopping_draft_add",
    "shopping_draft_update",
    "shopping_draft_complete",
    "shopping_order_update",
    "shopping_order_event_add",
    "shopping_order_delete",
    "settlement_add",
    "location_add",
    "location_delete",
    "location_update",
    "cdd_case_update",
    "approval_payout_destination_update",
    "approval_payout_destination_delete",
    "checkout_authorization",
    "checkout_transaction",
    "checkout_token_add",
    "checkout_token_update",
    "checkout_token_delete",
];

/// A requested subscription.
pub(super) struct HookBody {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) insecure_ssl: i64,
    pub(super) events: Vec<String>,
    pub(super) active: bool,
}

impl HookBody {
    pub(super) fn read(request: &Incoming) -> Result<Self, Reply> {
        let body =
            request.json_object().ok_or_else(|| error::bad_request("The body must be a JSON object"))?;
        let config = body
            .get("config")
            .and_then(Value::as_object)
            .ok_or_else(|| error::invalid("config", "is required"))?;
        let url = config.get("url").and_then(Value::as_str).unwrap_or_default();
        // The provider refuses localhost. The sandbox must never send to any other host.
        if !is_loopback(url) {
            return Err(error::invalid("config.url", "must be plain HTTP on loopback in the sandbox"));
        }
        let kind = config.get("content_type").map_or(Some("application/json"), Value::as_str);
        if kind != Some("application/json") {
            return Err(error::invalid("config.content_type", "must be application/json"));
        }
        let insecure_ssl = config.get("insecure_ssl").map_or(Some(0), Value::as_i64);
        let insecure_ssl = insecure_ssl
            .filter(|flag| (0..=1).contains(flag))
            .ok_or_else(|| error::invalid("config.insecure_ssl", "must be 0 or 1"))?;
        let active = body.get("active").map_or(Some(true), Value::as_bool);
        let active = active.ok_or_else(|| error::invalid("active", "must be a boolean"))?;
        if body.contains_key("fields") || body.contains_key("exclude_fields") {
            return Err(error::invalid("fields", "the sandbox does not support field masks"));
        }
        Ok(Self {
            url: url.to_owned(),
            secret: secret(config)?,
            insecure_ssl,
            events: events(&body)?,
            active,
        })
    }
}

fn secret(config: &Map<String, Value>) -> Result<Option<String>, Reply> {
    let Some(secret) = config.get("secret") else {
        return Ok(None);
    };
    let text = |name: &str| secret.get(name).and_then(Value::as_str);
    match (text("type"), text("value")) {
        (Some("HMAC-SHA1"), Some(value)) if !value.is_empty() => Ok(Some(value.to_owned())),
        (Some("HMAC-SHA1"), _) => Err(error::invalid("config.secret.value", "is required")),
        (Some("AWS4-HMAC-SHA256" | "Authorization"), _) => {
            Err(error::invalid("config.secret.type", "the sandbox supports HMAC-SHA1 only"))
        }
        _ => Err(error::invalid("config.secret.type", "is unknown")),
    }
}

fn events(body: &Map<String, Value>) -> Result<Vec<String>, Reply> {
    let events = body
        .get("events")
        .and_then(Value::as_array)
        .filter(|events| !events.is_empty())
        .ok_or_else(|| error::invalid("events", "are required"))?;
    events
        .iter()
        .map(|event| match event.as_str() {
            Some(event) if EVENTS.contains(&event) => Ok(event.to_owned()),
            _ => Err(error::invalid("events", "names an unknown event")),
        })
        .collect()
}
