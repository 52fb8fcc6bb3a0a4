//! Controls for tests: webhooks.

use std::{fmt, sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::time::sleep;

use super::{
    message::{Delivery, Message, Scheme, SignedRequest},
    mode::WebhookMode,
    outbox::Job,
    retry::Verdict,
    send::send,
    sign,
    target::is_loopback,
};
use crate::{
    clock::{earlier, later},
    world::World,
};

/// How often the queue is looked at, in real time.
const PACE: Duration = Duration::from_millis(50);

/// The webhooks of both providers.
///
/// A webhook is queued when something happens, and sent when a test delivers it. It is sent over real sockets, and to
/// loopback only: a webhook to any other host is queued and can be [taken](WebhookQueue::take), but is never sent.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let sandbox = refunds_sandbox::Sandbox::start().await?;
/// sandbox.mattilda().subscribe("http://127.0.0.1:8080/webhooks");
/// // … make refunds …
/// let deliveries = sandbox.webhooks().deliver_all().await; // advances the sandbox's clock through the retries
/// assert!(deliveries.is_empty() && sandbox.webhooks().pending() == 0);
/// # Ok(()) }
/// ```
///
/// # Assumptions
///
/// The providers document how often they try, but not when: the delays are the sandbox's own. Each attempt is signed
/// with its own time.
pub struct Webhooks {
    world: Arc<World>,
}

impl Webhooks {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// Sends everything that is due now on the sandbox's clock, one attempt each and one after the other, and returns
    /// the results. Webhooks lost by [`WebhookMode::Lose`] are not among them.
    ///
    /// If the future is dropped, webhooks without a response stay in the queue.
    pub async fn deliver(&self) -> Vec<Delivery> {
        self.world.catch_up();
        let mut batch = self.world.common.outbox.take(Some(self.world.common.now()));
        let mut deliveries = Vec::new();
        while let Some(job) = batch.peek() {
            if self.is_wanted(job) {
                let request = self.signed(job);
                let limit = self.time_limit(job);
                let response = send(&request, limit).await;
                if let Some(job) = batch.pop() {
                    deliveries.push(self.attempted(job, request, response));
                }
            } else {
                batch.pop();
            }
        }
        deliveries
    }

    /// Delivers until the queue is empty, and advances the sandbox's clock to each due time.
    ///
    /// The clock moves as with [`Sandbox::advance`](crate::Sandbox::advance): if a receiver is down, tokens expire and
    /// refunds settle in the meantime.
    pub async fn deliver_all(&self) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        loop {
            deliveries.extend(self.deliver().await);
            let Some(due) = self.next_due() else {
                return deliveries;
            };
            let now = self.world.common.now();
            if due > now {
                self.world.common.clock.advance((due - now).unsigned_abs());
            }
        }
    }

    /// Sends webhooks as they become due, one after the other, and reports every attempt. Runs until it is dropped.
    ///
    /// For sandboxes that people use: what is due by time happens without any request, too.
    pub async fn run(&self, mut report: impl FnMut(Delivery)) {
        loop {
            self.deliver().await.into_iter().for_each(&mut report);
            sleep(PACE).await;
        }
    }

    /// Whether webhooks to this URL are sent: plain HTTP to a loopback address, or to `localhost`.
    pub fn reaches(url: &str) -> bool {
        is_loopback(url)
    }

    /// How many webhooks are in the queue, due or not.
    pub fn pending(&self) -> usize {
        self.world.common.outbox.len()
    }

    /// When the next one is due, on the sandbox's clock.
    pub fn next_due(&self) -> Option<OffsetDateTime> {
        self.world.common.outbox.next_due()
    }

    /// The queue itself, to inspect requests instead of sending them.
    pub fn queue(&self) -> WebhookQueue<'_> {
        WebhookQueue { webhooks: self }
    }

    /// Adds a mode.
    pub fn add(&self, mode: WebhookMode) {
        self.world.common.outbox.add(mode);
    }

    /// Removes all modes.
    pub fn clear_modes(&self) {
        self.world.common.outbox.clear_modes();
    }

    /// Sets how long a receiver may take, in real time, instead of the providers' own 5 s (Mattilda), 10 s (Dintero's
    /// callbacks) and 60 s (its hooks).
    pub fn set_time_limit(&self, limit: Duration) {
        self.world.common.outbox.set_time_limit(limit);
    }

    /// Sends a taken request, even one that was changed or sent before, and returns the status. The queue is not
    /// involved.
    ///
    /// # Errors
    ///
    /// Why there was no response. A request to anything but plain HTTP on loopback is not sent.
    pub async fn send(&self, request: &SignedRequest) -> Result<u16, String> {
        let limit = self.world.common.outbox.time_limit();
        send(request, limit.unwrap_or(Scheme::Gr4vy.time_limit())).await
    }

    /// Whether the subscription still exists: it may have been deleted in the meantime.
    fn is_wanted(&self, job: &Job) -> bool {
        match &job.message.scheme {
            Scheme::Hook { subscription, .. } => self.world.dintero.is_subscribed(subscription),
            Scheme::Callback | Scheme::Gr4vy => true,
        }
    }

    fn time_limit(&self, job: &Job) -> Duration {
        self.world.common.outbox.time_limit().unwrap_or_else(|| job.message.scheme.time_limit())
    }

    fn attempted(&self, mut job: Job, request: SignedRequest, response: Result<u16, String>) -> Delivery {
        job.tried += 1;
        let attempt = job.tried;
        let now = self.world.common.now();
        let (status, error) = match response {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        // A URL that cannot be sent to now never can.
        let verdict = if is_loopback(&request.url) {
            job.message.scheme.verdict(status, attempt, job.since, now)
        } else {
            Verdict::Refused
        };
        if let Scheme::Hook { subscription, .. } = &job.message.scheme {
            self.world.dintero.hook_attempted(subscription, &request, status, verdict == Verdict::Exhausted);
        }
        let next_attempt = match verdict {
            Verdict::Again(due) => Some(due),
            Verdict::Accepted | Verdict::Refused | Verdict::Exhausted => None,
        };
        if let Some(due) = next_attempt {
            self.world.common.outbox.again(job, due);
        }
        let delivery = Delivery {
            provider: request.provider,
            url: request.url,
            delivery_id: request.delivery_id,
            event: request.event,
            attempt,
            status,
            error,
            next_attempt,
        };
        self.world.common.outbox.attempted(now, delivery.clone());
        delivery
    }

    /// The request of an attempt at this time.
    fn signed(&self, job: &Job) -> SignedRequest {
        let modes = self.world.common.outbox.modes();
        let mut at = self.world.common.now();
        for mode in &modes {
            match mode {
                WebhookMode::ClockAhead(by) => at = later(at, *by),
                WebhookMode::ClockBehind(by) => at = earlier(at, *by),
                _ => {}
            }
        }
        let wrong = modes.contains(&WebhookMode::WrongSecret);
        let secret = |right: &str| if wrong { format!("not {right}") } else { right.to_owned() };
        let mut request = self.written(&job.message, at.unix_timestamp(), secret);
        if modes.contains(&WebhookMode::TamperedBody) {
            tamper(&mut request.body);
        }
        request
    }

    fn written(&self, message: &Message, at: i64, secret: impl Fn(&str) -> String) -> SignedRequest {
        let dintero = &self.world.dintero;
        let mut request = SignedRequest {
            provider: message.scheme.provider(),
            method: message.method.to_owned(),
            url: message.url.clone(),
            headers: Vec::new(),
            body: message.body.to_vec(),
            delivery_id: message.delivery_id.clone(),
            event: message.event.clone(),
        };
        if !request.body.is_empty() {
            request = request.with("Content-Type", "application/json");
        }
        let id = &message.delivery_id;
        match &message.scheme {
            Scheme::Callback => {
                let secret = secret(&dintero.callback_secret());
                let url = message.url.parse().unwrap_or_default();
                let signature = sign::callback(&secret, at, dintero.account_id(), message.method, &url);
                request.with("event-delivery", id).with("Dintero-Signature", signature)
            }
            Scheme::Hook { secret: key, .. } => {
                let signature = key.as_deref().map(|key| sign::hook(&secret(key), &message.body));
                let request = request
                    .with("User-Agent", "Dintero-Hook/0c9ad03b")
                    .with("event", &message.event)
                    .with("event-delivery", id);
                match signature {
                    Some(signature) => request.with("event-signature", signature),
                    None => request,
                }
            }
            Scheme::Gr4vy => {
                let secrets: Vec<String> =
                    self.world.mattilda.webhook_secrets().iter().map(|right| secret(right)).collect();
                request
                    .with("X-Gr4vy-Webhook-ID", id)
                    .with("X-Gr4vy-Webhook-Timestamp", at.to_string())
                    .with("X-Gr4vy-Webhook-Signatures", sign::gr4vy(&secrets, at, &message.body))
            }
        }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").field("pending", &self.pending()).finish_non_exhaustive()
    }
}

/// The webhooks that have not been sent: see [`Webhooks::queue`].
#[derive(Debug, Clone, Copy)]
pub struct WebhookQueue<'a> {
    webhooks: &'a Webhooks,
}

impl WebhookQueue<'_> {
    /// Takes everything out of the queue, due or not, signed as if it were sent now, in the order of sending. Modes
    /// apply as they do to deliveries.
    ///
    /// Their URLs may be any, so verifiers can be tested with the public URLs of a shop.
    pub fn take(&self) -> Vec<SignedRequest> {
        self.webhooks.world.catch_up();
        let mut batch = self.webhooks.world.common.outbox.take(None);
        std::iter::from_fn(|| batch.pop()).map(|job| self.webhooks.signed(&job)).collect()
    }

    /// Empties the queue.
    pub fn clear(&self) {
        self.webhooks.world.common.outbox.clear();
    }
}

/// Changes one digit, so that JSON stays valid.
fn tamper(body: &mut [u8]) {
    if let Some(digit) = body.iter_mut().find(|byte| byte.is_ascii_digit()) {
        *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    }
}
