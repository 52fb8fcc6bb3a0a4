//! Waiting for a final status.

use std::time::Duration;

use super::{
    RefundClient,
    backoff::Backoff,
    next_step::{AfterRead, after_read},
};
use crate::{Operation, PaymentId, Refund, RefundId, Result};

/// The result of waiting for a final status.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum WaitOutcome {
    /// The status is final.
    Final(Refund),
    /// The timeout ended first; this is the refund as last read.
    TimedOut(Refund),
}

impl WaitOutcome {
    /// The refund as last read.
    #[must_use]
    pub fn refund(&self) -> &Refund {
        match self {
            Self::Final(refund) | Self::TimedOut(refund) => refund,
        }
    }

    /// Whether the status is final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Final(_))
    }
}

impl RefundClient {
    /// Reads a refund, with back-off, until its status is final or `timeout` ends.
    ///
    /// A bank may take days. To wait longer than minutes, store the refund, listen for webhooks and read it
    /// again later.
    ///
    /// # Errors
    ///
    /// A read that fails permanently, or no successful read before the timeout. Transient failures in between
    /// are retried.
    pub async fn wait_until_final(
        &self,
        payment: &PaymentId,
        refund: &RefundId,
        timeout: Duration,
    ) -> Result<WaitOutcome> {
        let polling = self.poll_until_final(payment, refund, self.deadline(timeout));
        self.in_read_span(Operation::WaitUntilFinal, payment, polling).await
    }

    async fn poll_until_final(
        &self,
        payment: &PaymentId,
        refund: &RefundId,
        deadline: Duration,
    ) -> Result<WaitOutcome> {
        let mut backoff = Backoff::new(&self.policy);
        let mut last = None;
        let mut failures = 0;
        loop {
            let call = self.adapter().get_refund(payment, refund);
            let (mut asked_to_wait, mut failed) = (Duration::ZERO, None);
            match self.attempt(Operation::WaitUntilFinal, deadline, call).await {
                Ok(refund) if refund.status.is_final() => {
                    self.note(payment, std::slice::from_ref(&refund)).await;
                    return Ok(WaitOutcome::Final(refund));
                }
                Ok(refund) => (last, failures) = (Some(refund), 0),
                Err(error) => {
                    let error = error.not_applied();
                    let over = self.time_left(deadline).is_zero();
                    match last {
                        Some(refund) if over => return Ok(WaitOutcome::TimedOut(refund)),
                        _ if over || after_read(&error) == AfterRead::Stop => return Err(error),
                        _ => {
                            asked_to_wait = error.retry_after().unwrap_or_default();
                            failed = Some(error.kind());
                        }
                    }
                }
            }
            let left = self.time_left(deadline);
            if left.is_zero() {
                // Only a successful read gets here without time left: errors returned above.
                if let Some(refund) = last {
                    return Ok(WaitOutcome::TimedOut(refund));
                }
            }
            let delay = backoff.next_delay().max(asked_to_wait).min(left);
            self.clock.sleep(delay).await;
            if let Some(kind) = failed.filter(|_| delay < left) {
                failures += 1;
                self.report_retried(Operation::WaitUntilFinal, failures, kind, delay);
            }
        }
    }
}
