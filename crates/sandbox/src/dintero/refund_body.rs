//! The body of a refund, checked by the specification.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error;
use crate::wire::{Incoming, Reply};

pub(super) struct RefundBody {
    pub(super) amount: i64,
    pub(super) reference: Option<String>,
    pub(super) items: Vec<Value>,
    pub(super) metadata: Map<String, Value>,
}

impl RefundBody {
    pub(super) fn read(request: &Incoming, needs_items: bool) -> Result<Self, Reply> {
        let body = request.json_object().ok_or_else(|| error::bad_request("The body must be JSON"))?;
        let amount = int32("amount", body.get("amount"))?;
        if amount <= 0 {
            return Err(error::invalid("amount", "must be positive"));
        }
        optional_text("reason", body.get("reason"))?;
        let reference = optional_text("refund_reference", body.get("refund_reference"))?;
        let items = read_items(body.get("items"), amount)?;
        if needs_items && items.is_empty() {
            return Err(error::invalid("items", "are required by this product"));
        }
        Ok(Self { amount, reference, items, metadata: read_metadata(body.get("metadata"))? })
    }
}

/// A JSON integer that fits in 32 bits. Neither `100.0` nor `"100"` is one.
fn int32(field: &str, value: Option<&Value>) -> Result<i64, Reply> {
    let value = value.ok_or_else(|| error::invalid(field, "is required"))?;
    let number = value.as_i64().ok_or_else(|| error::invalid(field, "must be an integer"))?;
    i32::try_from(number).map(i64::from).map_err(|_| error::invalid(field, "must fit in 32 bits"))
}

fn optional_text(field: &str, value: Option<&Value>) -> Result<Option<String>, Reply> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(error::invalid(field, "must be a string")),
    }
}

fn read_items(value: Option<&Value>, amount: i64) -> Result<Vec<Value>, Reply> {
    let items = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(error::invalid("items", "must be a list")),
    };
    let mut seen = HashSet::new();
    let mut sum = 0_i64;
    for item in items {
        let Some(line_id) = item.get("line_id").and_then(Value::as_str) else {
            return Err(error::invalid("items.line_id", "must be a string"));
        };
        if !seen.insert(line_id) {
            return Err(error::invalid("items.line_id", "must be unique"));
        }
        sum = sum.saturating_add(int32("items.amount", item.get("amount"))?);
    }
    if !items.is_empty() && sum != amount {
        return Err(error::invalid("items", "must add up to the amount"));
    }
    Ok(items.clone())
}

fn read_metadata(value: Option<&Value>) -> Result<Map<String, Value>, Reply> {
    let metadata = match value {
        None => return Ok(Map::new()),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(error::invalid("metadata", "must be an object")),
    };
    for (key, value) in metadata {
        if !key.starts_with("ext_") || key.chars().count() > 128 {
            return Err(error::invalid("metadata", "keys begin with ext_ and have at most 128 characters"));
        }
        let fits = value.as_str().is_some_and(|text| text.chars().count() <= 256);
        if !fits {
            return Err(error::invalid("metadata", "values are strings of at most 256 characters"));
        }
    }
    Ok(metadata.clone())
}
