//! The parts of a refund.

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
    /// Whether another refund (with another reference) may succeed, if the provider reports that.
    pub retry: Option<RetryAdvice>,
}

impl RefundFailure {
    /// A failure as the provider reports it.
    #[must_use]
    pub fn new(code: Option<String>, message: Option<String>, retry: Option<RetryAdvice>) -> Self {
        Self { code, message, retry }
    }
}

/// When a new refund may succeed after this one failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryAdvice {
    /// Never.
    Never,
    /// Later.
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
    /// The provider's id of the instrument, if it has one.
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
    /// A gift card that paid part of the payment.
    GiftCard,
    /// Another kind, in the provider's own words.
    #[serde(untagged)]
    Other(String),
}

/// An order line, or part of one, that a refund covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundLine {
    /// The line's id in the order.
    pub id: String,
    /// The amount refunded for it.
    pub amount: Money,
    /// The quantity; a decimal number for goods sold by weight.
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

    /// Sets the returned quantity.
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
    /// How much each seller bears.
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

/// One seller's share.
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

/// How the refunded payment was made.
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
    /// The card, if the payment was made by card.
    pub card: Option<Card>,
}

/// A card, masked by the provider. `Debug` does not show the remaining digits.
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
