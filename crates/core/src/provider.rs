//! The trait that adapters implement.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{
    Capabilities, CreateRefund, Currency, Error, ErrorKind, Location, Mode, Notice, Operation, Overview,
    Page, PageRequest, Payment, PaymentId, Refund, RefundId, RefundList, Result, Scope, SubmitRefund,
    WebhookRequest, paging::collect_pages,
};

/// A payment provider's refund API, in normalized form.
///
/// Implement it to write an adapter; [the guide](crate::guide) shows how. Applications call
/// [`RefundClient`](crate::RefundClient) instead, which adds all behaviour: looking up a refund before it is
/// created, retries, paging, time limits.
///
/// # The contract
///
/// - **One call is one logical attempt.** No retry loop, no sleep, no policy. (Renewing a token and
///   repeating a request that was refused because of the old one is part of the attempt.)
/// - **Errors are accurate** about [what may have happened](Error::may_have_applied). An adapter that is
///   not sure keeps the conservative default of [`Error::new`].
/// - **A success is what the provider reported**: status, amount and currency come from its response, never
///   from the request. An unknown status word is [`RefundStatus::Unknown`](crate::RefundStatus::Unknown), not
///   an error.
/// - **The reference is sent and read back.** `submit_refund` sends
///   [`request.reference`](CreateRefund::reference) where the provider keeps it, `list_refunds` and
///   `get_refund` read it back. Where a response cannot contain it, mark the refund with
///   [`Refund::with_unreported_reference`].
/// - **Reads** move no money, so adapters need not set [`may_have_applied`](Error::may_have_applied) on
///   their errors: the client clears it.
/// - **Cancel safety.** Dropping a future leaves the adapter usable. It does not cancel a refund that was
///   already sent.
/// - Ids are sent as one percent-encoded path segment.
///
/// New operations are added as provided methods together with a capability, so existing adapters keep
/// compiling.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `RefundProvider`",
    label = "not a refund provider",
    note = "adapter crates implement it, and so does `Arc<dyn RefundProvider>`; to write an adapter, see `refunds_core::guide`"
)]
pub trait RefundProvider: Debug + Send + Sync {
    /// The provider's name in a registry and in its refunds.
    fn name(&self) -> &str;

    /// What the provider supports.
    fn capabilities(&self) -> Capabilities;

    /// The captured, refunded, pending and refundable amounts of a payment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the payment does not exist.
    async fn payment(&self, payment: &PaymentId) -> Result<Payment>;

    /// One page of a payment's refunds, whatever their status.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the payment does not exist. A payment without refunds returns an empty
    /// page.
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>>;

    /// One refund of a payment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the payment does not have this refund, even if another payment does.
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund>;

    /// Sends one refund request to the provider.
    ///
    /// It sends [`idempotency_key`](SubmitRefund::idempotency_key) if the provider accepts one. If the
    /// adapter declares [`Capabilities::send_window`], it checks [`window`](SubmitRefund::window) immediately
    /// before it sends the request that moves money.
    ///
    /// # Errors
    ///
    /// Any failure of the provider or the connection to it. If [`Error::may_have_applied`] is false, this
    /// call moved no money; if it is true, it may have moved money.
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund>;

    /// The account that refunds are paid from. It keeps test and live accounts apart in a
    /// [journal](crate::journal::Journal). It contains no secret and does not change when credentials do.
    ///
    /// The default contains only the provider's name. Override it if there can be more than one account or
    /// API.
    fn scope(&self) -> Scope {
        Scope::new(self.name(), "", "")
    }

    /// Whether the account moves real money, as far as the configuration shows it. For people, who see it
    /// before they confirm a refund; nothing depends on it.
    ///
    /// The default is [`Mode::Unknown`].
    fn mode(&self) -> Mode {
        Mode::Unknown
    }

    /// The canonical id of the money that refunds of the payment are paid from. Creating a refund locks this
    /// id. Payment ids that share the same money return the same id.
    ///
    /// The default returns the payment's own id in its [canonical spelling](PaymentId::canonical). Override
    /// it if the same money has more than one id, such as an order and the transaction that paid it. The id
    /// does not change over the payment's life.
    ///
    /// # Errors
    ///
    /// Any failure to determine the id. In that case nothing is sent.
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        Ok(payment.canonical())
    }

    /// The [money](Self::money), with what was read to find it. Creating a refund starts with this.
    ///
    /// The default reads nothing but the money. Override it if finding the money takes requests whose
    /// responses [`overview_of`](Self::overview_of) needs too. Between the two calls, other refunds may be
    /// made: pass nothing that shows refunds or what is left to refund.
    ///
    /// # Errors
    ///
    /// As [`money`](Self::money).
    async fn locate(&self, payment: &PaymentId) -> Result<Location> {
        self.money(payment).await.map(Location::new)
    }

    /// The currency of a payment.
    ///
    /// The default reads the payment. Override it if a single request tells the currency and the sums take
    /// more.
    ///
    /// # Errors
    ///
    /// As [`payment`](Self::payment).
    async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
        Ok(self.payment(payment).await?.currency())
    }

    /// Checks a request against the provider's limits before anything is sent, and parses the values of
    /// [options](Capabilities::options).
    ///
    /// What [`Capabilities::check`] refuses does not get here, nor what the client
    /// [drops](CreateRefund::with_line_if_supported). The client calls it with the rest of the caller's
    /// request and, if the amount is [`RefundAmount::Remaining`](crate::RefundAmount::Remaining), again with
    /// the exact amount. It does not run before a `submit_refund` that is called without the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] or [`ErrorKind::Unsupported`] if the provider is certain to refuse the
    /// request: an amount out of range, a reason that is too long.
    fn validate(&self, _request: &CreateRefund) -> Result<()> {
        Ok(())
    }

    /// A payment and all its refunds, read together.
    ///
    /// The default makes the two calls concurrently. Override it if one response contains both, or if the
    /// payment's sums require the refunds anyway.
    ///
    /// # Errors
    ///
    /// As [`payment`](Self::payment) and [`list_refunds`](Self::list_refunds).
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        let (payment, refunds) =
            futures_util::future::try_join(self.payment(payment), all_refunds(self, payment)).await?;
        Ok(Overview::new(payment, refunds))
    }

    /// As [`overview`](Self::overview), of a payment whose money was just [located](Self::locate).
    ///
    /// # Errors
    ///
    /// As [`overview`](Self::overview).
    async fn overview_of(&self, payment: &PaymentId, _location: &Location) -> Result<Overview> {
        self.overview(payment).await
    }

    /// Verifies a webhook's signature over the raw bytes and returns what it is about.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if the adapter does not verify webhooks, or the webhook is about something
    /// else; [`ErrorKind::Config`] without a secret; [`ErrorKind::Unauthenticated`] if the signature is
    /// invalid or its time is too far off; [`ErrorKind::Protocol`] if the signed content cannot be read.
    fn verify_webhook(&self, _request: &WebhookRequest) -> Result<Notice> {
        Err(Error::new(ErrorKind::Unsupported, "this adapter does not verify webhooks")
            .with_provider(self.name())
            .with_operation(Operation::VerifyWebhook))
    }
}

/// Reads all pages of a payment's refunds, one after the other, without retries.
///
/// It stops at 100 000 refunds and returns an incomplete list. Use it in adapters whose sums require the
/// refunds. Applications use [`RefundClient::list`](crate::RefundClient::list), which streams.
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

/// A pointer to a provider is a provider. Every method is forwarded; the lint proves it.
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
            fn mode(&self) -> Mode {
                (**self).mode()
            }
            async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
                (**self).money(payment).await
            }
            async fn locate(&self, payment: &PaymentId) -> Result<Location> {
                (**self).locate(payment).await
            }
            async fn currency(&self, payment: &PaymentId) -> Result<Currency> {
                (**self).currency(payment).await
            }
            fn validate(&self, request: &CreateRefund) -> Result<()> {
                (**self).validate(request)
            }
            async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
                (**self).overview(payment).await
            }
            async fn overview_of(&self, payment: &PaymentId, location: &Location) -> Result<Overview> {
                (**self).overview_of(payment, location).await
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

/// The trait is used behind `Arc<dyn …>` from any thread.
const _: fn() = || {
    fn holds<T: ?Sized + Send + Sync>() {}
    holds::<dyn RefundProvider>();
    holds::<Arc<dyn RefundProvider>>();
};
