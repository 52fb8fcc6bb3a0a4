//! Errors that do not tell the truth.

use async_trait::async_trait;
use refunds_core::{
    Error, ErrorKind, Page, PageRequest, Payment, PaymentId, Refund, RefundId, RefundProvider, Result,
    SubmitRefund, testing::MemoryProvider,
};

use crate::provider_kit::{
    mutant::{Mutation, TOKEN},
    mutations::mutation,
};

/// Errors as this fault tells them.
macro_rules! distorts {
    ($name:ident, |$error:ident| $distorted:expr) => {
        mutation!($name {
            async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
                memory.payment(id).await.map_err(|$error| $distorted)
            }
            async fn list(
                &self,
                memory: &MemoryProvider,
                id: &PaymentId,
                page: &PageRequest,
            ) -> Result<Page<Refund>> {
                memory.list_refunds(id, page).await.map_err(|$error| $distorted)
            }
            async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
                memory.get_refund(id, refund).await.map_err(|$error| $distorted)
            }
            async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
                memory.submit_refund(submit).await.map_err(|$error| $distorted)
            }
        });
    };
}

distorts!(TimeoutNotApplied, |error| if error.kind() == ErrorKind::Timeout {
    error.not_applied()
} else {
    error
});
distorts!(ServerErrorNotApplied, |error| if error.kind() == ErrorKind::Unavailable {
    error.not_applied()
} else {
    error
});
distorts!(GarbageNotApplied, |error| if error.kind() == ErrorKind::Protocol {
    error.not_applied()
} else {
    error
});
distorts!(TooManyApplied, |error| if error.kind() == ErrorKind::RateLimited {
    error.with_may_have_applied(true)
} else {
    error
});
distorts!(TooManyForGood, |error| if error.kind() == ErrorKind::RateLimited {
    error.with_retryable(false)
} else {
    error
});
distorts!(NeverSentApplied, |error| if error.kind() == ErrorKind::Transport {
    error.with_may_have_applied(true)
} else {
    error
});
distorts!(UnauthorizedForAWhile, |error| if error.kind() == ErrorKind::Unauthenticated {
    error.with_retryable(true)
} else {
    error
});
distorts!(EverythingIsOther, |error| if error.kind() == ErrorKind::NotFound {
    Error::new(ErrorKind::Other, "status 404")
} else {
    error
});
distorts!(LeaksInErrors, |error| if error.code() == Some("401") {
    error.with_source(format!("GET /payments with Authorization: Bearer {TOKEN}"))
} else {
    error
});
