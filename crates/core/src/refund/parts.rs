//! What a refund is made of.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::Money;

/// Why a refund was declined or failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundFailure {
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's text.
    pub message: Option<String>,
    /// Whether another refund (with another reference) is worth a try, where the provider tells.
    pub retry: Option<RetryAdvice>,
}

impl RefundFailure {
    /// A failure with what the provider tells of it.
    #[must_use]
    pub fn new(code: Option<String>, message: Option<String>, retry: Option<RetryAdvice>) -> Self {
        Self { code, message, retry }
    }
}

/// When a new refund may succeed where this one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryAdvice {
    /// Never.
    Never,
    /// After a while.
    Later,
    /// At once.
    Now,
}

/// What the money goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundTarget {
    /// The kind of instrument.
    #[serde(rename = "type")]
    pub kind: TargetKind,
    /// The provider's id of the instrument, where it has one.
    pub id: Option<String>,
}

impl RefundTarget {
    /// A target of `kind`.
    #[must_use]
    pub fn new(kind: TargetKind, id: Option<String>) -> Self {
        Self { kind, id }
    }
}

/// The kind of instrument that money goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TargetKind {
    /// The main payment method.
    PaymentMethod,
    /// A gift card that paid a part.
    GiftCard,
    /// Another one, by the provider's own word.
    #[serde(untagged)]
    Other(String),
}

/// An order line, or the part of one, that a refund covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundLine {
    /// The line's id in the order.
    pub id: String,
    /// How much of the refund is for it.
    pub amount: Money,
    /// How many of it; a number with decimals for goods by weight.
    #[serde(default)]
    pub quantity: Option<Number>,
    /// How sellers share in it, on marketplaces.
    #[serde(default)]
    pub payouts: Vec<Payout>,
}

impl RefundLine {
    /// `amount` for the line `id`.
    pub fn new(id: impl Into<String>, amount: Money) -> Self {
        Self { id: id.into(), amount, quantity: None, payouts: Vec::new() }
    }

    /// Sets how many of the line come back.
    #[must_use]
    pub fn with_quantity(mut self, quantity: impl Into<Number>) -> Self {
        self.quantity = Some(quantity.into());
        self
    }
}

/// How a line's money is taken back from the sellers it was paid out to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payout {
    /// The rule that decides it.
    pub rule_id: Option<String>,
    /// The kind of rule.
    pub rule_type: Option<String>,
    /// Who bears how much.
    pub destinations: Vec<PayoutDestination>,
}

impl Payout {
    /// A payout by a rule.
    #[must_use]
    pub fn new(
        rule_id: Option<String>,
        rule_type: Option<String>,
        destinations: Vec<PayoutDestination>,
    ) -> Self {
        Self { rule_id, rule_type, destinations }
    }
}

/// One seller's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PayoutDestination {
    /// The seller's payout destination.
    pub destination: String,
    /// How much.
    pub amount: Money,
}

impl PayoutDestination {
    /// `amount` from `destination`.
    pub fn new(destination: impl Into<String>, amount: Money) -> Self {
        Self { destination: destination.into(), amount }
    }
}

/// How the payment was made that a refund gives back from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentMethod {
    /// The payment service behind the provider.
    pub psp: Option<String>,
    /// That service's id of the payment.
    pub payment_id: Option<String>,
    /// The product, such as `bambora`.
    pub product: Option<String>,
    /// The kind of product, such as `bambora.creditcard`.
    pub product_type: Option<String>,
    /// The card, where it was one.
    pub card: Option<Card>,
}

/// A card, masked by the provider. `Debug` does not show the digits that are left.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Card {
    /// The brand, such as `Visa`.
    pub brand: Option<String>,
    /// The kind, such as `Credit`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The number as the provider masks it.
    pub masked_pan: Option<String>,
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card").field("brand", &self.brand).field("kind", &self.kind).finish_non_exhaustive()
    }
}
