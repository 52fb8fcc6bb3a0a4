//! Quillpay's payloads as they are. What money depends on is strict, all else may be anything.

use std::collections::BTreeMap;

use refunds_core::serde_json::Value;
use serde::{Deserialize, Serialize};

/// `GET /charges/{charge}`.
#[derive(Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) currency: String,
    pub(crate) state: String,
    pub(crate) captured: String,
    pub(crate) reversed: String,
    pub(crate) reversing: String,
    #[serde(default)]
    pub(crate) paid_with: Value,
    #[serde(default)]
    pub(crate) created: Value,
}

/// One reversal, wherever it stands.
#[derive(Deserialize)]
pub(crate) struct Reversal {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) amount: String,
    pub(crate) state: String,
    /// `None` where the answer has no such member.
    #[serde(default, deserialize_with = "refunds_http::present")]
    pub(crate) external_id: Option<Value>,
    #[serde(default)]
    pub(crate) note: Value,
    #[serde(default)]
    pub(crate) labels: Value,
    #[serde(default)]
    pub(crate) created: Value,
    #[serde(default)]
    pub(crate) changed: Value,
    #[serde(default)]
    pub(crate) refusal: Value,
}

/// `GET /charges/{charge}/reversals`.
#[derive(Deserialize)]
pub(crate) struct ReversalPage {
    pub(crate) reversals: Vec<Reversal>,
    pub(crate) page: u32,
    pub(crate) pages: u32,
}

/// `POST /charges/{charge}/reversals`.
#[derive(Serialize)]
pub(crate) struct NewReversal<'a> {
    pub(crate) amount: String,
    pub(crate) external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: &'a BTreeMap<String, String>,
}

/// What every refusal holds.
#[derive(Deserialize)]
pub(crate) struct Refusals {
    pub(crate) errors: Vec<Refusal>,
    #[serde(default)]
    pub(crate) trace: Value,
}

/// One entry of [`Refusals`].
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) text: Value,
    #[serde(default)]
    pub(crate) field: Value,
}

/// A webhook's body.
#[derive(Deserialize)]
pub(crate) struct WebhookBody {
    pub(crate) delivery: String,
    pub(crate) kind: String,
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) reversal: Value,
}

/// The part of a [`WebhookBody`] of the kind `reversal.changed` that says what it is about.
#[derive(Deserialize)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) charge: String,
}
