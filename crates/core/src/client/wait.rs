//! Following a refund to its end.

use std::time::Duration;

use super::{
    RefundClient,
    backoff::Backoff,
    next_step::{AfterRead, after_read},
};
use crate::{Operation, PaymentId, Refund, RefundId, Result};

/// How a wait for a final status ended.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum WaitOutcome {
    /// The status is final.
    Final(Refund),
    /// The time was over first; this is how the refund stood when it was last seen.
    TimedOut(Refund),
}

impl WaitOutcome {
    /// The refund as it was last seen.
    #[must_use]
    pub fn refund(&self) -> &Refund {
        match self {
            Self::Final(refund) | Self::TimedOut(refund) => refund,
        }
    }

    /// The refund as it was last seen.
    #[must_use]
    pub fn into_refund(self) -> Refund {
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
    /// Reads a refund, with back-off, until its status is final or `timeout` is over.
    ///
    /// Days may pass until a bank is done: for more than minutes, store the refund, listen to
    /// webhooks and look again later.
    ///
    /// # Errors
    ///
    /// A read that fails in a way that does not pass, or with no answer at all until the time was
    /// over. Reads that fail in between are tried again.
    pub async fn wait_until_final(
        &self,
        payment: &PaymentId,
        refund: &RefundId,
        timeout: Duration,
    ) -> Result<WaitOutcome> {
        let deadline = self.deadline(timeout);
        let mut backoff = Backoff::new(&self.policy);
        let mut last = None;
        loop {
            let call = self.adapter().get_refund(payment, refund);
            let mut asked_to_wait = Duration::ZERO;
            match self.attempt(Operation::WaitUntilFinal, deadline, call).await {
                Ok(refund) if refund.status.is_final() => {
                    self.note(payment, std::slice::from_ref(&refund)).await;
                    return Ok(WaitOutcome::Final(refund));
                }
                Ok(refund) => last = Some(refund),
                Err(error) => {
                    let error = error.not_applied();
                    let over = self.time_left(deadline).is_zero();
                    match last {
                        Some(refund) if over => return Ok(WaitOutcome::TimedOut(refund)),
                        _ if over || after_read(&error) == AfterRead::Stop => return Err(error),
                        _ => asked_to_wait = error.retry_after().unwrap_or_default(),
                    }
                }
            }
            let left = self.time_left(deadline);
            if left.is_zero() {
                // The time can only be over after an answer: errors at the end returned above.
                if let Some(refund) = last {
                    return Ok(WaitOutcome::TimedOut(refund));
                }
            }
            self.clock.sleep(backoff.next_delay().max(asked_to_wait).min(left)).await;
        }
    }
}
