//! The bodies of the two refund calls: validated strictly, with all errors reported at once.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    error::{self, Detail},
    options::ErrorShape,
};
use crate::wire::{Incoming, Reply};

const MAX_AMOUNT: i64 = 99_999_999;
const MAX_REASON: usize = 100;
const MAX_EXTERNAL_IDENTIFIER: usize = 300;

#[derive(Debug, Default)]
pub(super) struct CreateBody {
    /// `None` refunds everything that is left.
    pub(super) amount: Option<i64>,
    /// The redemption to refund; `None` is the payment method.
    pub(super) gift_card: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) external_identifier: Option<String>,
}

impl CreateBody {
    /// The body of one refund: an object, possibly an empty one.
    pub(super) fn one(request: &Incoming, shape: ErrorShape) -> Result<Self, Reply> {
        let known = ["amount", "target_type", "target_id", "reason", "external_identifier"];
        let body = request.json_object().ok_or_else(|| not_an_object(shape))?;
        Self::read(&body, &known, shape)
    }

    /// The body of refunding every instrument: an object, `null`, or nothing at all.
    pub(super) fn all(request: &Incoming, shape: ErrorShape) -> Result<Self, Reply> {
        if request.body.is_empty() || request.body.as_ref() == b"null" {
            return Ok(Self::default());
        }
        let body = request.json_object().ok_or_else(|| not_an_object(shape))?;
        Self::read(&body, &["reason", "external_identifier"], shape)
    }

    fn read(body: &Map<String, Value>, known: &[&str], shape: ErrorShape) -> Result<Self, Reply> {
        let mut details: Vec<Detail> = body
            .keys()
            .filter(|key| !known.contains(&key.as_str()))
            .map(|key| Detail::body(key, "Extra inputs are not permitted", "extra_forbidden"))
            .collect();
        let amount = kept(&mut details, check_amount(body));
        let reason = kept(&mut details, check_text(body, "reason", 0, MAX_REASON));
        let external_identifier =
            kept(&mut details, check_text(body, "external_identifier", 1, MAX_EXTERNAL_IDENTIFIER));
        let gift_card = kept(&mut details, check_target(body));
        if !details.is_empty() {
            return Err(error::invalid(&details, shape));
        }
        Ok(Self { amount, gift_card, reason, external_identifier })
    }
}

/// The value, or its error among the others.
fn kept<T>(details: &mut Vec<Detail>, read: Result<Option<T>, Detail>) -> Option<T> {
    read.map_err(|detail| details.push(detail)).ok().flatten()
}

/// A member that is present and not null.
fn given<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn check_amount(body: &Map<String, Value>) -> Result<Option<i64>, Detail> {
    let Some(value) = given(body, "amount") else { return Ok(None) };
    let wrong = |message, kind| Err(Detail::body("amount", message, kind));
    match value.as_i64() {
        Some(..0) => wrong("Input should be at least 0", "greater_than_equal"),
        Some(amount @ 0..=MAX_AMOUNT) => Ok(Some(amount)),
        Some(_) => wrong("Input should be at most 99999999", "less_than_equal"),
        None if value.is_u64() => wrong("Input should be at most 99999999", "less_than_equal"),
        None => wrong("Input should be a valid integer", "int_type"),
    }
}

fn check_text(
    body: &Map<String, Value>,
    name: &str,
    min: usize,
    max: usize,
) -> Result<Option<String>, Detail> {
    let Some(value) = given(body, name) else { return Ok(None) };
    let Some(text) = value.as_str() else {
        let message = "Input should be a valid string";
        return Err(Detail::body(name, message, "string_type"));
    };
    let length = text.chars().count();
    if length < min {
        let message = format!("String should have at least {min} character");
        return Err(Detail::body(name, message, "string_too_short"));
    }
    if length > max {
        let message = format!("String should have at most {max} characters");
        return Err(Detail::body(name, message, "string_too_long"));
    }
    Ok(Some(text.to_owned()))
}

/// The redemption's id if the target is a gift card. A payment method needs no id.
fn check_target(body: &Map<String, Value>) -> Result<Option<String>, Detail> {
    let id = given(body, "target_id");
    let uuid = id.and_then(Value::as_str).filter(|text| Uuid::try_parse(text).is_ok());
    if id.is_some() && uuid.is_none() {
        let message = "Input should be a valid UUID";
        return Err(Detail::body("target_id", message, "uuid_parsing"));
    }
    match body.get("target_type").map(Value::as_str) {
        None | Some(Some("payment-method")) => Ok(None),
        Some(Some("gift-card-redemption")) => match uuid {
            Some(id) => Ok(Some(id.to_owned())),
            None => Err(Detail::body("target_id", "Field required", "missing")),
        },
        Some(_) => {
            let message = "Input should be 'payment-method' or 'gift-card-redemption'";
            Err(Detail::body("target_type", message, "enum"))
        }
    }
}

fn not_an_object(shape: ErrorShape) -> Reply {
    let detail = Detail {
        location: "body",
        pointer: String::new(),
        message: "Input should be a valid JSON object".to_owned(),
        kind: "json_invalid",
    };
    error::invalid(&[detail], shape)
}
