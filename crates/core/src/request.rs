//! Refund requests.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Money, PaymentId, Reference, RefundLine, RefundTarget, Result};

/// How much to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundAmount {
    /// This amount, greater than zero.
    Exact(Money),
    /// Everything that is left: captured minus refunded and pending. The client computes it from the payment
    /// right before it submits the refund, and submits it as an exact amount.
    Remaining,
}

/// A request for a refund, for [`RefundClient::create`](crate::RefundClient::create).
///
/// ```
/// use refunds_core::{CreateRefund, Money, Payment, PaymentId, Reference, RefundAmount};
///
/// let request = CreateRefund::new(
///     PaymentId::new("T11223344.9rQ2xW")?,
///     RefundAmount::Exact(Money::new(14950, "NOK".parse()?)),
///     Reference::new("rma-551")?,
/// )
/// .with_reason("one of two items returned");
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreateRefund {
    /// The payment to refund.
    pub payment_id: PaymentId,
    /// The amount.
    pub amount: RefundAmount,
    /// The caller's own key of this refund.
    pub reference: Reference,
    /// The reason. Some providers show it to the buyer or limit its length.
    #[serde(default)]
    pub reason: Option<String>,
    /// The order lines that it covers. Their sum must equal the amount.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// The target of the money, if not the main payment method.
    #[serde(default)]
    pub target: Option<RefundTarget>,
    /// Metadata to attach, at providers that support it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl CreateRefund {
    /// A refund of `amount` from `payment_id` under the caller's own `reference`.
    #[must_use]
    pub fn new(payment_id: PaymentId, amount: RefundAmount, reference: Reference) -> Self {
        Self {
            payment_id,
            amount,
            reference,
            reason: None,
            lines: Vec::new(),
            target: None,
            metadata: BTreeMap::new(),
        }
    }

    /// Sets the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds an order line that the refund covers.
    #[must_use]
    pub fn with_line(mut self, line: RefundLine) -> Self {
        self.lines.push(line);
        self
    }

    /// Sets the target of the money.
    #[must_use]
    pub fn with_target(mut self, target: RefundTarget) -> Self {
        self.target = Some(target);
        self
    }

    /// Adds metadata.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Checks the rules that hold for every provider: the reference is
    /// [valid in a request](Reference::is_valid_for_request), the amount is positive, and the lines add up to
    /// it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]; nothing was sent.
    pub fn validate(&self) -> Result<()> {
        self.reference.check_for_request()?;
        let RefundAmount::Exact(amount) = self.amount else {
            return self.lines_in_one_currency().map(drop);
        };
        if !amount.is_positive() {
            return Err(invalid(format!("the amount must be greater than zero, not {amount}")));
        }
        match self.lines_in_one_currency()? {
            Some(sum) if sum != amount => {
                Err(invalid(format!("the lines add up to {sum}, but the amount is {amount}")))
            }
            _ => Ok(()),
        }
    }

    fn lines_in_one_currency(&self) -> Result<Option<Money>> {
        let mut lines = self.lines.iter();
        let Some(first) = lines.next() else { return Ok(None) };
        let mut seen = vec![first.id.as_str()];
        let mut sum = first.amount;
        for line in lines {
            if seen.contains(&line.id.as_str()) {
                return Err(invalid("two lines have the same id"));
            }
            seen.push(&line.id);
            sum = sum.try_add(line.amount).map_err(|cause| {
                invalid("the lines' amounts cannot be added in one currency").with_source(cause)
            })?;
        }
        Ok(Some(sum))
    }
}

/// Shows neither the reason nor metadata values: they do not belong in a log.
impl fmt::Debug for CreateRefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateRefund")
            .field("payment_id", &self.payment_id)
            .field("amount", &self.amount)
            .field("reference", &self.reference)
            .field("lines", &self.lines)
            .field("target", &self.target)
            .field("metadata", &self.metadata.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_requests_are_valid() {
        let nok = "NOK".parse().unwrap();
        let sek = "SEK".parse().unwrap();
        let line = |id: &str, minor, currency| RefundLine::new(id, Money::new(minor, currency));
        for (minor, lines, ok) in [
            (1, vec![], true),
            (i64::MAX, vec![], true),
            (0, vec![], false),
            (-1, vec![], false),
            (300, vec![line("1", 100, nok), line("2", 200, nok)], true),
            (300, vec![line("1", 400, nok), line("gift", -100, nok)], true),
            (300, vec![line("1", 100, nok)], false),
            (300, vec![line("1", 100, nok), line("1", 200, nok)], false),
            (300, vec![line("1", 100, nok), line("2", 200, sek)], false),
            (300, vec![line("1", i64::MAX, nok), line("2", 301, nok)], false),
        ] {
            let mut request = CreateRefund::new(
                PaymentId::new("p").unwrap(),
                RefundAmount::Exact(Money::new(minor, nok)),
                Reference::new("r").unwrap(),
            );
            request.lines.clone_from(&lines);
            assert_eq!(request.validate().is_ok(), ok, "{minor} {lines:?}");
        }
    }

    #[test]
    fn a_reference_that_is_only_valid_for_reading_is_refused() {
        for text in ["rückgabe", " rma-551", &"r".repeat(256)] {
            let reference = Reference::from_provider(text).unwrap();
            for amount in
                [RefundAmount::Exact(Money::new(1, "NOK".parse().unwrap())), RefundAmount::Remaining]
            {
                let request = CreateRefund::new(PaymentId::new("p").unwrap(), amount, reference.clone());
                let error = request.validate().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{text:.40}");
                assert!(error.message().starts_with("the reference "), "{error}");
                assert!(!error.may_have_applied() && !error.message().contains(text), "{error}");
            }
        }
    }
}
