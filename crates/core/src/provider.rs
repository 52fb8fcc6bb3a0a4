//! The trait that adapters implement.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{
    Capabilities, CreateRefund, Error, ErrorKind, Notice, Operation, Overview, Page, PageRequest, Payment,
    PaymentId, Refund, RefundId, RefundList, Result, Scope, SubmitRefund, WebhookRequest,
    paging::collect_pages,
};

/// A payment provider's refunds, translated.
///
/// This is for those who write an adapter ([the guide](crate::guide) leads through it); applications call [`RefundClient`](crate::RefundClient),
/// which adds all behaviour: looking before a refund is made, retries, paging, time limits.
///
/// # The contract
///
/// - **One call is one logical attempt.** No retry loop, no sleep, no policy. (Renewing a token and
///   repeating a request that was refused for its old one is part of the attempt.)
/// - **Errors tell the truth** about [what may have happened](Error::may_have_applied). An adapter
///   that is not sure keeps the careful answer that [`Error::new`] gives.
/// - **A success is what the provider said**: status, amount and currency come from its answer,
///   never from the request. An unknown status word is
///   [`RefundStatus::Unknown`](crate::RefundStatus::Unknown), not an error.
/// - **The reference goes out and comes back.** `submit_refund` sends
///   [`request.reference`](CreateRefund::reference) where the provider keeps it, `list_refunds`
///   and `get_refund` read it back. Where an answer cannot tell it, say so with
///   [`Refund::with_unreported_reference`].
/// - **Reads** move nothing, so their errors need no care about
///   [`may_have_applied`](Error::may_have_applied): the client clears it.
/// - **Cancel safety.** A future that is dropped leaves the adapter usable. A refund that was sent
///   is not called back by it.
/// - Ids are sent as one percent-encoded path segment.
///
/// A new operation will join as a provided method together with a capability, so that adapters
/// keep compiling.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no refund provider",
    label = "this does not implement `RefundProvider`",
    note = "an adapter crate has one; an `Arc<dyn RefundProvider>` is one too; to write one, see `refunds_core::guide`"
)]
pub trait RefundProvider: Debug + Send + Sync {
    /// The name under which a registry knows it, and which its refunds carry.
    fn name(&self) -> &str;

    /// What the provider can do.
    fn capabilities(&self) -> Capabilities;

    /// What is captured, refunded, pending and left of a payment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] where there is no such payment.
    async fn payment(&self, payment: &PaymentId) -> Result<Payment>;

    /// One page of a payment's refunds, whatever became of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] where there is no such payment; a payment without refunds is an
    /// empty page.
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>>;

    /// One refund of a payment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] where the payment has no such refund, even if another payment has.
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund>;

    /// Asks the provider for a refund: one attempt.
    ///
    /// Sends [`idempotency_key`](SubmitRefund::idempotency_key) where the provider takes one, and asks
    /// [`window`](SubmitRefund::window) right before the bytes of the request that moves money leave, if
    /// it says so in its [capabilities](Capabilities::send_window).
    ///
    /// # Errors
    ///
    /// Whatever the provider, or the way to it, had against it. The money is untouched if and only
    /// if [`Error::may_have_applied`] is false.
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund>;

    /// The account that its refunds are made from: what keeps test and live accounts apart in a
    /// [journal](crate::journal::Journal). It holds no secret and does not change with the credentials.
    ///
    /// The provided method names the provider alone. Override it where there can be more than one
    /// account or API.
    fn scope(&self) -> Scope {
        Scope::new(self.name(), "", "")
    }

    /// The canonical id of what refunds of the payment take money from, and so of what creating one
    /// locks. Two payment ids that refund the same money have the same one.
    ///
    /// The provided method answers with the payment's own id, in its
    /// [canonical spelling](PaymentId::canonical). Override it where money goes by more than one id, such
    /// as an order and the transaction that paid it. The answer does not change over the payment's life.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being known; nothing is sent then.
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        Ok(payment.canonical())
    }

    /// Checks a request against the provider's limits, before anything is sent.
    ///
    /// The client calls it with the request as the caller made it, and where that was
    /// [`RefundAmount::Remaining`](crate::RefundAmount::Remaining), again with the exact amount. It does
    /// not come before a `submit_refund` that somebody calls without the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] or [`ErrorKind::Unsupported`] where the provider could only
    /// refuse it: an amount beyond its range, a reason that is too long.
    fn validate(&self, _request: &CreateRefund) -> Result<()> {
        Ok(())
    }

    /// A payment and all its refunds, read together: what creating a refund looks at.
    ///
    /// The provided method makes the two calls side by side. Override it where one answer holds
    /// both, or where the sums need the refunds anyway.
    ///
    /// # Errors
    ///
    /// As [`payment`](Self::payment) and [`list_refunds`](Self::list_refunds).
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        let (payment, refunds) =
            futures_util::future::try_join(self.payment(payment), all_refunds(self, payment)).await?;
        Ok(Overview::new(payment, refunds))
    }

    /// Verifies a webhook's signature over the raw bytes and says what it is about.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] unless the adapter does it, and for a webhook about something else;
    /// [`ErrorKind::Config`] without a secret; [`ErrorKind::Unauthenticated`] where the signature does
    /// not hold, or its time is too far off; [`ErrorKind::Protocol`] where what is signed can not be
    /// read.
    fn verify_webhook(&self, _request: &WebhookRequest) -> Result<Notice> {
        Err(Error::new(ErrorKind::Unsupported, "this adapter does not verify webhooks")
            .with_provider(self.name())
            .with_operation(Operation::VerifyWebhook))
    }
}

/// Reads all pages of a payment's refunds, one after the other, without retries.
///
/// It stops at 100 000 refunds and returns an incomplete list. Use it in adapters whose sums need the
/// refunds; applications use [`RefundClient::list`](crate::RefundClient::list), which streams.
///
/// # Errors
///
/// The first error of any page; no partial result is returned.
pub async fn all_refunds<P>(provider: &P, payment: &PaymentId) -> Result<RefundList>
where
    P: RefundProvider + ?Sized,
{
    collect_pages(|page| async move { provider.list_refunds(payment, &page).await }).await
}

/// Whatever points to a provider is one. Every method is forwarded; the lint proves it.
macro_rules! forward {
    ($($(#[$attr:meta])* impl<$p:ident> for $pointer:ty;)*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$p: RefundProvider + ?Sized> RefundProvider for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }
            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }
            async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
                (**self).payment(payment).await
            }
            async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
                (**self).list_refunds(payment, page).await
            }
            async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
                (**self).get_refund(payment, refund).await
            }
            async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
                (**self).submit_refund(submit).await
            }
            fn scope(&self) -> Scope {
                (**self).scope()
            }
            async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
                (**self).money(payment).await
            }
            fn validate(&self, request: &CreateRefund) -> Result<()> {
                (**self).validate(request)
            }
            async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
                (**self).overview(payment).await
            }
            fn verify_webhook(&self, request: &WebhookRequest) -> Result<Notice> {
                (**self).verify_webhook(request)
            }
        }
    )*};
}

forward! {
    impl<P> for &P;
    impl<P> for Box<P>;
    impl<P> for Arc<P>;
}

/// The trait is used behind `Arc<dyn …>`, from any thread.
const _: fn() = || {
    fn holds<T: ?Sized + Send + Sync>() {}
    holds::<dyn RefundProvider>();
    holds::<Arc<dyn RefundProvider>>();
};
