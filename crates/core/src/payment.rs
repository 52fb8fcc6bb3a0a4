//! A payment and what can still be refunded.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{Currency, Extra, Money, PaymentId, RefundLine, Result};

/// A payment: its status and the sums that matter for refunds.
///
/// ```
/// use refunds_core::{Money, Payment, PaymentId};
///
/// let nok = "NOK".parse()?;
/// let amount = |minor| Money::new(minor, nok);
/// let payment = Payment::new("memory", PaymentId::new("p-1")?, amount(44850), amount(10000), amount(4850))?;
/// assert_eq!(payment.refundable, amount(30000));
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    /// The provider's name in the registry.
    pub provider: Cow<'static, str>,
    /// The provider's id of the payment.
    pub id: PaymentId,
    /// The provider's own status of the payment, if it has one.
    #[serde(default)]
    pub provider_status: Option<String>,
    /// The captured amount.
    pub captured: Money,
    /// The refunded amount.
    pub refunded: Money,
    /// The amount of refunds that are pending or whose status is unknown.
    pub pending: Money,
    /// What is left to refund, never below zero.
    pub refundable: Money,
    /// Whether these sums are complete. `false` if the provider may have refunds that it did not list: then
    /// less may be left than [`refundable`](Self::refundable) says.
    pub complete: bool,
    /// The order lines that can still be refunded, each by what is left of it; empty where the provider does
    /// not report all of them. After refunds without lines, they may add up to more than
    /// [`refundable`](Self::refundable).
    #[serde(default)]
    pub refundable_lines: Vec<RefundLine>,
    /// Everything else that the provider reports, under its own names.
    #[serde(default)]
    pub extra: Extra,
}

/// Shows only the names of extra fields.
impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("provider", &self.provider)
            .field("id", &self.id)
            .field("provider_status", &self.provider_status)
            .field("captured", &self.captured)
            .field("refunded", &self.refunded)
            .field("pending", &self.pending)
            .field("refundable", &self.refundable)
            .field("complete", &self.complete)
            .field("refundable_lines", &self.refundable_lines)
            .field("extra", &self.extra)
            .finish()
    }
}

impl Payment {
    /// A payment with these sums; `refundable` is computed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) if the currencies differ or a sum overflows 64
    /// bits.
    pub fn new(
        provider: impl Into<Cow<'static, str>>,
        id: PaymentId,
        captured: Money,
        refunded: Money,
        pending: Money,
    ) -> Result<Self> {
        let refundable = captured.remaining_after(refunded.try_add(pending)?)?;
        Ok(Self {
            provider: provider.into(),
            id,
            provider_status: None,
            captured,
            refunded,
            pending,
            refundable,
            complete: true,
            refundable_lines: Vec::new(),
            extra: Extra::new(),
        })
    }

    /// Sets the lines that can still be refunded, by what is left of each. Lines without anything left are
    /// dropped, and all of them if nothing is [refundable](Self::refundable): set the sums first.
    ///
    /// ```
    /// use refunds_core::{Money, Payment, PaymentId, RefundLine};
    ///
    /// let nok = "NOK".parse()?;
    /// let amount = |minor| Money::new(minor, nok);
    /// let payment = Payment::new("memory", PaymentId::new("p-1")?, amount(300), amount(100), amount(0))?
    ///     .with_refundable_lines([RefundLine::new("1", amount(0)), RefundLine::new("2", amount(200))]);
    /// assert_eq!(payment.refundable_lines, [RefundLine::new("2", amount(200))]);
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_refundable_lines(mut self, left: impl IntoIterator<Item = RefundLine>) -> Self {
        let is_left = self.refundable.is_positive();
        self.refundable_lines = left.into_iter().filter(|line| is_left && !line.amount.is_zero()).collect();
        self
    }

    /// The payment's currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.captured.currency()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_do_not_add_up_are_not_applied() {
        let amount = |minor, code: &str| Money::new(minor, code.parse().unwrap());
        let id = || PaymentId::new("p-1").unwrap();
        for (refunded, pending) in [
            (amount(1, "SEK"), amount(0, "SEK")),
            (amount(1, "NOK"), amount(0, "SEK")),
            (amount(i64::MAX, "NOK"), amount(1, "NOK")),
        ] {
            let error = Payment::new("test", id(), amount(5, "NOK"), refunded, pending).unwrap_err();
            assert!(!error.may_have_applied(), "{error}");
        }
    }
}
