//! What a refusal says beyond its kind: that the reference is spent, and which lines there are.

use std::fmt::Write as _;

use super::Error;
use crate::{RefundLine, redact};

/// How many lines a message lists.
const MAX_LISTED: usize = 10;

impl Error {
    /// Whether another try needs a new reference: a refund with this reference was requested on other terms, or
    /// it was [declined](crate::ErrorKind::Declined) for good.
    ///
    /// If it is `true`, this call made no refund, and no outcome is unknown. While a refund
    /// [may have been made](Self::may_have_applied), it is `false`, even if the refund that was found differs
    /// from the request: first check at the provider what was made.
    ///
    /// Whether to try again is a new decision: the refund that has the reference may be the one that was meant.
    /// A refund that was *returned* as declined, failed or voided has spent its reference, too.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// use refunds_core::{CreateRefund, Money, Reference, RefundAmount, RefundClient};
    /// use refunds_core::testing::MemoryProvider;
    ///
    /// let nok = "NOK".parse()?;
    /// let provider = MemoryProvider::new();
    /// let payment = provider.captured(Money::new(44850, nok));
    /// let client = RefundClient::new(provider);
    /// let ask = |minor, reference| {
    ///     CreateRefund::new(payment.clone(), RefundAmount::Exact(Money::new(minor, nok)), reference)
    /// };
    /// client.create(&ask(14950, Reference::new("rma-551")?)).await?;
    ///
    /// let error = client.create(&ask(9900, Reference::new("rma-551")?)).await.unwrap_err();
    /// assert!(error.is_reference_spent() && !error.may_have_applied());
    /// client.create(&ask(9900, Reference::new("rma-552")?)).await?;
    /// # Ok::<(), refunds_core::Error>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_reference_spent(&self) -> bool {
        self.0.reference_spent && !self.0.may_have_applied && !self.0.retryable
    }

    /// States that the [reference is spent](Self::is_reference_spent). Errors of the kind
    /// [`Declined`](crate::ErrorKind::Declined) state it by default.
    ///
    /// For adapters: only if the provider certainly has a refund with this reference on other terms.
    #[must_use]
    pub fn with_reference_spent(mut self) -> Self {
        self.0.reference_spent = true;
        self
    }

    /// Adds the lines that can still be refunded to the message of an error about a line, by what is left of
    /// them: at most ten, then how many more there are.
    ///
    /// ```
    /// use refunds_core::{Error, ErrorKind, Money, RefundLine};
    ///
    /// let left = [RefundLine::new("1", Money::new(200, "NOK".parse()?))];
    /// let error = Error::new(ErrorKind::InvalidRequest, "unknown line `9`").with_refundable_lines(&left);
    /// assert_eq!(error.message(), "unknown line `9`; the lines that can be refunded are `1` (2.00 NOK left)");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_refundable_lines(mut self, left: &[RefundLine]) -> Self {
        let message = &mut self.0.message;
        if left.is_empty() {
            message.push_str("; nothing is left to refund of any line");
            return self;
        }
        for (at, line) in left.iter().take(MAX_LISTED).enumerate() {
            let before = if at == 0 { "; the lines that can be refunded are" } else { "," };
            let _ = write!(message, "{before} `{}` ({} left)", redact(&line.id), line.amount);
        }
        if let Some(more @ 1..) = left.len().checked_sub(MAX_LISTED) {
            let _ = write!(message, " and {more} more");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Money};

    #[test]
    fn when_a_reference_is_spent() {
        for (kind, by_default, if_stated) in [
            (ErrorKind::Declined, true, true),
            (ErrorKind::Conflict, false, true),
            (ErrorKind::NotRefundable, false, true),
            (ErrorKind::InvalidRequest, false, true),
            // A refund may have been made, or the same call may succeed.
            (ErrorKind::OutcomeUnknown, false, false),
            (ErrorKind::Protocol, false, false),
            (ErrorKind::RateLimited, false, false),
        ] {
            let error = Error::new(kind, "refused");
            assert_eq!(error.is_reference_spent(), by_default, "{kind}");
            assert_eq!(error.with_reference_spent().is_reference_spent(), if_stated, "{kind}");
        }
        let declined = Error::new(ErrorKind::Declined, "not now");
        assert!(!declined.clone().with_retryable(true).is_reference_spent());
        assert!(!declined.with_may_have_applied(true).is_reference_spent());
    }

    #[test]
    fn at_most_ten_lines_are_listed() {
        let nok = "NOK".parse().unwrap();
        for (count, end) in [
            (0, "; nothing is left to refund of any line"),
            (1, "; the lines that can be refunded are `1` (0.01 NOK left)"),
            (10, ", `10` (0.10 NOK left)"),
            (11, ", `10` (0.10 NOK left) and 1 more"),
            (500, ", `10` (0.10 NOK left) and 490 more"),
        ] {
            let lines: Vec<_> =
                (1..=count).map(|at| RefundLine::new(at.to_string(), Money::new(at, nok))).collect();
            let error = Error::new(ErrorKind::InvalidRequest, "no").with_refundable_lines(&lines);
            assert!(error.message().ends_with(end), "{error}");
        }
        let hostile = RefundLine::new("kari@example.com\u{1b}[2J", Money::new(-1, nok));
        let error = Error::new(ErrorKind::InvalidRequest, "no").with_refundable_lines(&[hostile]);
        assert!(!error.message().contains("kari") && !error.message().contains('\u{1b}'), "{error}");
        assert!(error.message().contains("-0.01 NOK left"), "{error}");
    }
}
