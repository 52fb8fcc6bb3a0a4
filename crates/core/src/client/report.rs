//! Reporting what calls do: the spans, the events that an observer receives too, and the observer.
//!
//! [The guide](crate::guide::observing) lists them, with the other events.

use std::{future::Future, time::Duration};

use tracing::{
    Instrument as _, Span,
    field::{Empty, display},
};

use super::{
    RefundClient,
    observer::{CallOutcome, Recovered, Resolved, Retried, Settled, Waited, Waiting},
};
use crate::{
    CreateRefund, ErrorKind, Operation, PaymentId, Reference, Refund, RefundId, RefundStatus, Result,
    clock::rounded,
};

/// The target of this crate's spans and events, so that filters do not depend on its files.
pub(super) const TARGET: &str = "refunds_core";

/// What a call to create or resolve a refund did, besides its result.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Attempts to submit.
    pub(super) attempts: u32,
    /// Whether it resolved a refund whose outcome was unknown at first.
    pub(super) began_unsettled: bool,
}

impl RefundClient {
    /// The span of a call to create or resolve a refund.
    pub(super) fn call_span(&self, request: &CreateRefund, is_resolve: bool) -> Span {
        let (provider, CreateRefund { payment_id, reference, .. }) = (self.adapter().name(), request);
        if is_resolve {
            tracing::info_span!(
                target: TARGET,
                "refund.resolve",
                provider,
                payment = %payment_id,
                %reference,
                outcome = Empty,
                refund = Empty,
            )
        } else {
            tracing::info_span!(
                target: TARGET,
                "refund.create",
                provider,
                payment = %payment_id,
                %reference,
                outcome = Empty,
                refund = Empty,
            )
        }
    }

    /// Reports the end of a call, within its `span`.
    pub(super) fn report_end(
        &self,
        span: &Span,
        request: &CreateRefund,
        is_resolve: bool,
        result: &Result<Refund>,
        tally: &Tally,
        elapsed: Duration,
    ) {
        let outcome = match result {
            Ok(refund) => CallOutcome::Refund { id: &refund.id, status: refund.status },
            Err(error) => {
                CallOutcome::Error { kind: error.kind(), may_have_applied: error.may_have_applied() }
            }
        };
        span.record("outcome", outcome.as_str());
        if let CallOutcome::Refund { id, .. } = outcome {
            span.record("refund", display(id));
        }
        span.in_scope(|| {
            let (attempts, elapsed_ms) = (tally.attempts, millis(elapsed));
            tracing::info!(target: TARGET, attempts, elapsed_ms, "the call ended");
        });
        let Some(observer) = &self.observer else { return };
        let (provider, payment, reference) = (self.adapter().name(), &request.payment_id, &request.reference);
        let is_known = !matches!(outcome, CallOutcome::Error { may_have_applied: true, .. });
        if tally.began_unsettled && is_known {
            observer.resolved(&Resolved { provider, payment, reference, outcome });
        }
        let attempts = tally.attempts;
        observer.settled(&Settled { provider, payment, reference, is_resolve, outcome, elapsed, attempts });
    }

    /// Makes a read in a span of its own.
    pub(super) async fn in_read_span<T>(
        &self,
        operation: Operation,
        payment: &PaymentId,
        read: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let span = tracing::debug_span!(
            target: TARGET,
            "refund.read",
            provider = self.adapter().name(),
            operation = operation.as_str(),
            %payment,
            outcome = Empty,
        );
        let result = read.instrument(span.clone()).await;
        span.record("outcome", result.as_ref().map_or_else(|error| error.kind().as_str(), |_| "ok"));
        result
    }

    /// Reports that the next attempt begins, `delay` after the attempt that failed.
    pub(super) fn report_retried(
        &self,
        operation: Operation,
        attempt: u32,
        kind: ErrorKind,
        delay: Duration,
    ) {
        tracing::debug!(
            target: TARGET,
            operation = operation.as_str(),
            attempt,
            kind = kind.as_str(),
            delay_ms = millis(delay),
            "trying again"
        );
        if let Some(observer) = &self.observer {
            let provider = self.adapter().name();
            observer.retried(&Retried { provider, operation, attempt, kind, delay });
        }
    }

    /// Reports that a refund whose outcome was unknown was found.
    pub(super) fn report_recovered(
        &self,
        payment: &PaymentId,
        reference: &Reference,
        refund: &RefundId,
        status: RefundStatus,
    ) {
        tracing::info!(
            target: TARGET,
            %payment,
            %reference,
            %refund,
            status = status.as_str(),
            "a refund whose outcome was unknown was found"
        );
        if let Some(observer) = &self.observer {
            let provider = self.adapter().name();
            observer.recovered(&Recovered { provider, payment, reference, refund, status });
        }
    }

    pub(super) fn report_waiting(&self, waiting: &Waiting) {
        let (what, until) = (waiting.what.as_str(), waiting.until);
        tracing::info!(target: TARGET, what, until = %rounded(until), "waiting");
        if let Some(observer) = &self.observer {
            observer.waiting(waiting);
        }
    }

    pub(super) fn report_waited(&self, waited: &Waited<'_>) {
        let (what, elapsed_ms) = (waited.what.as_str(), millis(waited.elapsed));
        tracing::info!(target: TARGET, what, elapsed_ms, "the wait ended");
        if let Some(observer) = &self.observer {
            observer.waited(waited);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
