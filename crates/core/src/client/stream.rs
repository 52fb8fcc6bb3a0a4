//! A payment's refunds as a stream.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::stream;

use super::RefundClient;
use crate::{PageRequest, PaymentId, Refund, Result, paging::Pager};

/// The refunds of a payment as they arrive, page by page, without duplicates.
///
/// It keeps one page in memory, plus sixteen bytes for every id. It ends after the first error. After it has
/// ended, [`is_complete`](Self::is_complete) says whether the list was complete.
pub struct RefundStream {
    items: Pin<Box<dyn Stream<Item = Result<Refund>> + Send>>,
    complete: Arc<AtomicBool>,
}

impl RefundStream {
    /// Whether the stream returned all refunds: false until it has ended, after an error, and if the
    /// provider's paging did not reach the end of the list.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }
}

impl Stream for RefundStream {
    type Item = Result<Refund>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.as_mut().poll_next(context)
    }
}

impl fmt::Debug for RefundStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefundStream").field("complete", &self.is_complete()).finish_non_exhaustive()
    }
}

impl RefundClient {
    /// A payment's refunds as a stream. Each page is read when needed, with retries.
    ///
    /// ```
    /// # #[cfg(feature = "testing")]
    /// # async fn example(client: refunds_core::RefundClient, payment: refunds_core::PaymentId)
    /// # -> refunds_core::Result<()> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut refunds = client.list(&payment);
    /// while let Some(refund) = refunds.try_next().await? {
    ///     println!("{} {}", refund.id, refund.amount);
    /// }
    /// if !refunds.is_complete() {
    ///     eprintln!("the provider may have more");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, payment: &PaymentId) -> RefundStream {
        let complete = Arc::new(AtomicBool::new(false));
        let walk = Walk {
            client: self.clone(),
            payment: payment.clone(),
            pager: Pager::new(PageRequest::first()),
            ready: VecDeque::new(),
            complete: Arc::clone(&complete),
        };
        RefundStream { items: Box::pin(stream::try_unfold(walk, Walk::step)), complete }
    }
}

struct Walk {
    client: RefundClient,
    payment: PaymentId,
    pager: Pager,
    ready: VecDeque<Refund>,
    complete: Arc<AtomicBool>,
}

impl Walk {
    async fn step(mut self) -> Result<Option<(Refund, Self)>> {
        loop {
            if let Some(refund) = self.ready.pop_front() {
                return Ok(Some((refund, self)));
            }
            let Some(request) = self.pager.request() else {
                self.complete.store(self.pager.is_complete(), Ordering::Release);
                return Ok(None);
            };
            let page = self.client.list_page(&self.payment, request).await?;
            self.ready.extend(self.pager.accept(page));
        }
    }
}
