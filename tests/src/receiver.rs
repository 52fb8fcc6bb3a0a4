//! A webhook receiver to copy: every provider on one route, with axum.
//!
//! - **The public URL.** Some signatures cover it (Dintero's callbacks do), and behind a proxy a server
//!   does not see it: neither scheme nor host are those that the provider called. So the origin is
//!   configured, not taken from the request. A proxy that rewrites the path breaks such a signature
//!   too: route by the path that the provider was given.
//! - **The body** is taken as bytes. JSON that was parsed and written again has another signature.
//! - **Answer first, read later.** Providers wait seconds. The handler verifies, writes the notice
//!   down and answers; a worker reads the refunds.
//! - **Twice is once.** Providers send again whatever was not answered in time. What was written down
//!   under the same delivery id is not written down again; and even if it were, `news` finds nothing
//!   new the second time. What the application books is keyed by refund, not by delivery.
//! - **Lost is healed.** Webhooks do get lost. Look at payments with open refunds now and then.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Path, Request, State},
    http::StatusCode,
    routing::any,
};
use refunds_core::{Clock, Notice, PaymentId, Refund, RefundClient, Result, WebhookRequest, webhook_status};

/// More than any webhook of these providers.
const MAX_BODY: usize = 1 << 20;

/// What the routes share. In an application, the books are its database.
#[derive(Debug)]
pub struct Receiver {
    clients: BTreeMap<String, RefundClient>,
    public_origin: String,
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    /// Deliveries that were written down: provider and delivery id. Keep them for as long as the
    /// provider may send again (Gr4vy: seven days).
    delivered: HashSet<(String, String)>,
    /// What there is to do.
    notices: VecDeque<Notice>,
    /// What is known of each payment.
    refunds: BTreeMap<(String, PaymentId), Vec<Refund>>,
    /// What was booked, in order: each change of each refund once.
    booked: Vec<Refund>,
}

impl Receiver {
    /// A receiver for the providers of `clients`, which the world reaches at `public_origin`, such
    /// as `https://shop.example`.
    #[must_use]
    pub fn new(clients: Vec<RefundClient>, public_origin: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let clients =
            clients.into_iter().map(|client| (client.provider().name().to_owned(), client)).collect();
        Self { clients, public_origin: public_origin.into(), clock, books: Mutex::default() }
    }

    /// The route to give to the providers: `/webhooks/dintero`, `/webhooks/mattilda`. Any method:
    /// Dintero's callbacks are GETs unless asked otherwise.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new().route("/webhooks/{provider}", any(receive)).with_state(self)
    }

    /// Writes a notice down, once for each delivery. In an application: one transaction with a
    /// unique key; a failure of it is answered with 503, and the provider sends it again.
    fn take_in(&self, notice: Notice) {
        let mut books = self.books();
        let new = match &notice.delivery_id {
            Some(id) => books.delivered.insert((notice.provider.clone(), id.clone())),
            None => true,
        };
        if new {
            books.notices.push_back(notice);
        }
    }

    /// The worker: reads what the notices are about and books what is new.
    ///
    /// # Errors
    ///
    /// A refund that can not be read; its notice is kept for the next time.
    pub async fn work(&self) -> Result<()> {
        loop {
            let Some(notice) = self.books().notices.front().cloned() else { return Ok(()) };
            self.look(&notice).await?;
            self.books().notices.pop_front();
        }
    }

    /// Looks at a payment: after a notice, and now and then without one.
    ///
    /// # Errors
    ///
    /// As [`RefundClient::refresh`].
    pub async fn look(&self, notice: &Notice) -> Result<()> {
        let Some(client) = self.clients.get(&notice.provider) else { return Ok(()) };
        let listing = client.refresh(notice).await?;
        let mut books = self.books();
        let books = &mut *books;
        let known = books.refunds.entry((notice.provider.clone(), notice.payment_id.clone())).or_default();
        for refund in listing.changes_since(known)? {
            known.retain(|before| before.id != refund.id);
            known.push(refund.clone());
            books.booked.push(refund);
        }
        Ok(())
    }

    /// Every change that was booked, in order.
    #[must_use]
    pub fn booked(&self) -> Vec<Refund> {
        self.books().booked.clone()
    }

    /// What is known of a payment's refunds.
    #[must_use]
    pub fn known(&self, provider: &str, payment: &PaymentId) -> Vec<Refund> {
        let key = (provider.to_owned(), payment.clone());
        self.books().refunds.get(&key).cloned().unwrap_or_default()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Path(provider): Path<String>,
    request: Request,
) -> StatusCode {
    let Some(client) = receiver.clients.get(&provider) else { return StatusCode::NOT_FOUND };
    let (parts, body) = request.into_parts();
    let body: Bytes = match to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(_) => return StatusCode::PAYLOAD_TOO_LARGE,
    };
    let request = WebhookRequest::from_parts(&parts, &receiver.public_origin, body, receiver.clock.now());
    let told = client.verify_webhook(&request).map(|notice| receiver.take_in(notice));
    StatusCode::from_u16(webhook_status(&told)).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}
