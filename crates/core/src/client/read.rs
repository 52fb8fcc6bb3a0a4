//! Reads: retried within the policy, since they move no money.

use std::{future::Future, time::Duration};

use super::{
    RefundClient,
    backoff::Backoff,
    next_step::{AfterRead, after_read},
};
use crate::{Error, Operation, Result};

impl RefundClient {
    /// Makes a read, and retries transient failures.
    pub(super) async fn read<T, F>(&self, operation: Operation, call: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.read_until(operation, self.deadline(self.policy.total_timeout), call).await
    }

    /// As [`read`](Self::read), until `deadline`.
    pub(super) async fn read_until<T, F>(
        &self,
        operation: Operation,
        deadline: Duration,
        mut call: impl FnMut() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut backoff = Backoff::new(&self.policy);
        let mut attempts = 1;
        loop {
            // A read moves no money, whatever the conservative default of its error says.
            let error = match self.attempt(operation, deadline, call()).await {
                Ok(value) => return Ok(value),
                Err(error) => error.not_applied(),
            };
            if after_read(&error) == AfterRead::Stop || attempts >= self.policy.max_attempts {
                return Err(error);
            }
            let Some(delay) = self.pause(&error, &mut backoff, deadline).await else { return Err(error) };
            self.report_retried(operation, attempts, error.kind(), delay);
            attempts += 1;
        }
    }

    /// Waits before the next attempt, for the provider's `retry_after` or the back-off. Returns how long, or
    /// `None` at once if that would exceed `deadline`.
    async fn pause(&self, error: &Error, backoff: &mut Backoff, deadline: Duration) -> Option<Duration> {
        let delay = backoff.next_delay().max(error.retry_after().unwrap_or_default());
        if delay >= self.time_left(deadline) {
            return None;
        }
        self.clock.sleep(delay).await;
        Some(delay)
    }
}
