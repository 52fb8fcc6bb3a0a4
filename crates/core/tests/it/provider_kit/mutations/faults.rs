//! Errors that are not truthful.

use refunds_core::{
    Error, ErrorKind, Page, PageRequest, Payment, PaymentId, Refund, RefundId, RefundProvider, Result,
    SubmitRefund, testing::MemoryProvider,
};

use crate::provider_kit::{mutant::TOKEN, mutations::mutation};

/// Changes every error of one kind.
macro_rules! distorts {
    ($name:ident, $kind:ident, |$error:ident| $distorted:expr) => {
        mutation!($name {
            async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
                memory.payment(id).await.map_err(Self::distort)
            }
            async fn list(
                &self,
                memory: &MemoryProvider,
                id: &PaymentId,
                page: &PageRequest,
            ) -> Result<Page<Refund>> {
                memory.list_refunds(id, page).await.map_err(Self::distort)
            }
            async fn get(&self, memory: &MemoryProvider, id: &PaymentId, refund: &RefundId) -> Result<Refund> {
                memory.get_refund(id, refund).await.map_err(Self::distort)
            }
            async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
                memory.submit_refund(submit).await.map_err(Self::distort)
            }
        });

        impl $name {
            fn distort($error: Error) -> Error {
                if $error.kind() == ErrorKind::$kind { $distorted } else { $error }
            }
        }
    };
}

distorts!(TimeoutNotApplied, Timeout, |error| error.not_applied());
distorts!(ServerErrorNotApplied, Unavailable, |error| error.not_applied());
distorts!(GarbageNotApplied, Protocol, |error| error.not_applied());
distorts!(TooManyApplied, RateLimited, |error| error.with_may_have_applied(true));
distorts!(TooManyForGood, RateLimited, |error| error.with_retryable(false));
distorts!(NeverSentApplied, Transport, |error| error.with_may_have_applied(true));
distorts!(UnauthorizedForAWhile, Unauthenticated, |error| error.with_retryable(true));
distorts!(EverythingIsOther, NotFound, |error| Error::new(ErrorKind::Other, "status 404"));
distorts!(LeaksInErrors, Unauthenticated, |error| {
    error.with_source(format!("GET /payments with Authorization: Bearer {TOKEN}"))
});
