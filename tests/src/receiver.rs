//! A webhook receiver to copy: every provider on one route, with axum.
//!
//! - **The public URL.** Some signatures cover it (Dintero's callbacks do). A server behind a proxy does not
//!   see it: scheme and host differ from those that the provider called. So the origin is configured, not
//!   taken from the request. A proxy that rewrites the path breaks such a signature too: route by the path
//!   that the provider has.
//! - **The body** is read as bytes. JSON that was parsed and written again has another signature.
//! - **Respond first, read later.** Providers wait a few seconds. The handler verifies, stores the notice and
//!   responds; a worker reads the refunds.
//! - **Repeated deliveries count once.** Providers repeat every delivery without a timely response. A delivery
//!   id that is already stored is not stored again; even if it were, `changes_since` finds nothing the second
//!   time. Bookings are keyed by refund, not by delivery.
//! - **Lost deliveries are recovered.** Webhooks do get lost. Read payments with open refunds now and then.

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

/// Larger than any webhook of these providers.
const MAX_BODY: usize = 1 << 20;

/// The state of the routes. In an application, the books are its database.
#[derive(Debug)]
pub struct Receiver {
    clients: BTreeMap<String, RefundClient>,
    public_origin: String,
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    /// Stored deliveries: provider and delivery id. Keep them for as long as the provider may repeat them
    /// (Gr4vy: seven days).
    delivered: HashSet<(String, String)>,
    /// The work to do.
    notices: VecDeque<Notice>,
    /// The known refunds of each payment.
    refunds: BTreeMap<(String, PaymentId), Vec<Refund>>,
    /// The bookings in order: each change of each refund once.
    booked: Vec<Refund>,
}

impl Receiver {
    /// A receiver for the providers of `clients`, which they reach at `public_origin`, such as
    /// `https://shop.example`.
    #[must_use]
    pub fn new(clients: Vec<RefundClient>, public_origin: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let clients =
            clients.into_iter().map(|client| (client.provider().name().to_owned(), client)).collect();
        Self { clients, public_origin: public_origin.into(), clock, books: Mutex::default() }
    }

    /// The routes for the providers: `/webhooks/dintero`, `/webhooks/mattilda`. Any method: Dintero's callbacks
    /// are GETs unless configured otherwise.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new().route("/webhooks/{provider}", any(receive)).with_state(self)
    }

    /// Stores a notice, once for each delivery. In an application this is one transaction with a unique key;
    /// if it fails, respond with 503, and the provider repeats the delivery.
    fn store(&self, notice: Notice) {
        let mut books = self.books();
        let new = match &notice.delivery_id {
            Some(id) => books.delivered.insert((notice.provider.to_string(), id.clone())),
            None => true,
        };
        if new {
            books.notices.push_back(notice);
        }
    }

    /// The worker: reads the refunds that the notices are about, and books the changes.
    ///
    /// # Errors
    ///
    /// A refund that cannot be read; its notice is kept for the next run.
    pub async fn work(&self) -> Result<()> {
        loop {
            let Some(notice) = self.books().notices.front().cloned() else { return Ok(()) };
            self.read(&notice).await?;
            self.books().notices.pop_front();
        }
    }

    /// Reads the refunds of a payment: after a notice, and now and then without one.
    ///
    /// # Errors
    ///
    /// As [`RefundClient::refresh`].
    pub async fn read(&self, notice: &Notice) -> Result<()> {
        let Some(client) = self.clients.get(&*notice.provider) else { return Ok(()) };
        let refunds = client.refresh(notice).await?;
        let mut books = self.books();
        let books = &mut *books;
        let known =
            books.refunds.entry((notice.provider.to_string(), notice.payment_id.clone())).or_default();
        for refund in refunds.changes_since(known)? {
            known.retain(|before| before.id != refund.id);
            known.push(refund.clone());
            books.booked.push(refund);
        }
        Ok(())
    }

    /// Every booked change, in order.
    #[must_use]
    pub fn booked(&self) -> Vec<Refund> {
        self.books().booked.clone()
    }

    /// The known refunds of a payment.
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
    let stored = client.verify_webhook(&request).map(|notice| receiver.store(notice));
    StatusCode::from_u16(webhook_status(&stored)).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}
