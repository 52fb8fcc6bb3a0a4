//! The payloads, as they are.
//!
//! What money depends on is typed, and missing or misshapen it makes an answer unreadable. The rest
//! is a [`Value`] that nothing can go wrong with: a note of an odd type is no reason to lose sight of
//! a refund.

use refunds_core::{Money, serde_json::Value};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(crate) struct PaymentAnswer {
    pub(crate) payment: Payment,
}

#[derive(Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) captured: Amount,
    pub(crate) returned: Amount,
    pub(crate) in_flight: Amount,
    pub(crate) state: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct ReturnAnswer {
    pub(crate) r#return: Return,
}

#[derive(Deserialize)]
pub(crate) struct ReturnList {
    pub(crate) returns: Vec<Return>,
    pub(crate) page: Page,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) size: Option<Value>,
    /// Strict: one that is misread cuts the list short.
    pub(crate) after: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Return {
    pub(crate) id: String,
    pub(crate) payment: String,
    pub(crate) state: String,
    pub(crate) amount: Amount,
    /// `None` where the answer has no such member, JSON's null where it says that there is none.
    #[serde(default, deserialize_with = "refunds_http::present")]
    pub(crate) merchant_ref: Option<Value>,
    pub(crate) note: Option<Value>,
    pub(crate) made_at: Option<Value>,
    pub(crate) changed_at: Option<Value>,
    pub(crate) bank_trace: Option<Value>,
    pub(crate) channel: Option<Value>,
    pub(crate) clerk: Option<Value>,
    pub(crate) why: Option<Value>,
}

#[derive(Serialize)]
pub(crate) struct NewReturn<'a> {
    pub(crate) merchant_ref: &'a str,
    pub(crate) amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'a str>,
}

/// Minor units as a string, and the currency.
#[derive(Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) units: String,
    pub(crate) currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { units: money.minor_units().to_string(), currency: money.currency().code().to_owned() }
    }
}
