//! Errors that every journal reports in the same words.

use super::key::{About, Scope};
use crate::{Error, PaymentId};

/// The error of a payment whose refunds are journalled under another money id.
#[must_use]
pub fn other_money(about: &About, money: &PaymentId) -> Error {
    Error::config(format!(
        "refunds of payment {} are journalled as taking money from {money}, but now take it from {}: \
         the paying transaction or the adapter's configuration changed; resolve them with the previous configuration",
        about.payment, about.money.id
    ))
}

/// The error of a payment that has unsettled refunds at another origin of the API.
#[must_use]
pub fn other_origin(scope: &Scope, other: &Scope) -> Error {
    Error::config(format!(
        "the payment has unsettled refunds in the journal at {}, but this client calls {}: configure the \
         former URL and resolve them first",
        other.origin(),
        scope.origin()
    ))
}
