//! The conformance kit of core, on transactions of the sandbox.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use refunds_core::{
    Currency, PaymentId, Reference, RefundId, RefundLine, RefundProvider, RefundStatus, WebhookRequest,
    testing::{Harness, On, Trouble},
};
use refunds_dintero::Dintero;
use refunds_http::{Body, Limits, ReqwestTransport, Transport, TransportError, TransportErrorKind};
use refunds_sandbox::{
    Call, Fault, FaultAction, Outcome, Sandbox,
    dintero::{Decline, TransactionSpec},
};
use serde_json::json;

refunds_core::conformance_tests!(harness());

async fn harness() -> Transactions {
    let sandbox = Sandbox::start().await.unwrap();
    Transactions { sandbox, refusing: Arc::default() }
}

struct Transactions {
    sandbox: Sandbox,
    refusing: Arc<Refusing>,
}

/// Which requests find no connection: the next refund, the next read.
#[derive(Debug, Default)]
struct Refusing {
    submit: AtomicBool,
    read: AtomicBool,
}

/// The real transport, but for requests that find no connection.
#[derive(Debug)]
struct Wire {
    inner: ReqwestTransport,
    refusing: Arc<Refusing>,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Body>, TransportError> {
        let flag = if request.uri().path().ends_with("/refund") {
            Some(&self.refusing.submit)
        } else {
            (request.method() == http::Method::GET).then_some(&self.refusing.read)
        };
        if flag.is_some_and(|flag| flag.swap(false, Ordering::SeqCst)) {
            return Err(TransportError::unsent(TransportErrorKind::Connect));
        }
        self.inner.send(request, limits).await
    }
}

impl Transactions {
    fn add(&self, spec: TransactionSpec) -> PaymentId {
        let spec = spec.callback_url("https://shop.example/callback?report_event=REFUND&shop=a+b");
        common::payment(&self.sandbox.dintero().transaction(spec))
    }
}

#[async_trait]
impl Harness for Transactions {
    fn name(&self) -> &'static str {
        "dintero"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let inner = ReqwestTransport::new(Duration::from_secs(5));
        let wire = Wire { inner, refusing: Arc::clone(&self.refusing) };
        let config = common::config(&self.sandbox).with_transport(Arc::new(wire));
        Arc::new(Dintero::new(config.with_timeout(Duration::from_secs(2))).unwrap())
    }

    fn currency(&self) -> Currency {
        "NOK".parse().unwrap()
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.add(TransactionSpec::new(minor, "NOK"))
    }

    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        Some(self.add(TransactionSpec::new(minor, "NOK").authorized_only()))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        let (outcome, kind) = match end {
            RefundStatus::Succeeded => (Outcome::Succeeded, "ERROR"),
            RefundStatus::Declined => (Outcome::Declined, "DECLINED"),
            RefundStatus::Failed => (Outcome::Failed, "ERROR"),
            _ => return None,
        };
        let spec = TransactionSpec::new(minor, "NOK").declines(Decline::new(kind));
        Some(self.add(spec.asynchronous(outcome)))
    }

    async fn settle(&self, _payment: &PaymentId) {
        self.sandbox.settle_all();
    }

    async fn reverse(&self, payment: &PaymentId, refund: &RefundId) -> bool {
        let Some(mut document) = self.sandbox.dintero().transaction_json(payment.as_str()) else {
            return false;
        };
        let events = document["events"].as_array_mut().unwrap();
        let mut event = events.last().unwrap().clone();
        event["id"] = json!("reversal");
        event["success"] = json!(false);
        event["request_id"] = json!("reversal");
        event["correlation_request_id"] = json!(refund.as_str());
        events.push(event);
        self.sandbox.dintero().insert_transaction_json(document);
        true
    }

    async fn lines(&self, minor: i64) -> Option<(PaymentId, Vec<RefundLine>)> {
        let (first, second) = (minor / 3, minor - minor / 3);
        let spec = TransactionSpec::new(minor, "NOK").line("1", first).line("2", second);
        Some((self.add(spec), vec![common::line("1", first), common::line("2", second)]))
    }

    /// The callback: of the two kinds, the one with a time.
    async fn webhook(&self, payment: &PaymentId, _refund: &RefundId) -> Option<WebhookRequest> {
        let mut sent = self.sandbox.webhooks().queue().take();
        sent.retain(|sent| sent.url.contains(payment.as_str()));
        let sent = sent.pop()?;
        let now = self.sandbox.now();
        Some(WebhookRequest::new(sent.method, sent.url, sent.headers, sent.body, now))
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        let ledger = self.sandbox.ledger();
        Some(ledger.total_refunded(payment.as_str()) + ledger.pending(payment.as_str()))
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        Some(self.sandbox.ledger().by_reference(payment.as_str(), reference.as_str()))
    }

    async fn inject(&self, trouble: Trouble, on: On) -> bool {
        let call = match on {
            On::Submit => Call::Submit,
            On::Read => Call::Payment,
            _ => return false,
        };
        let action = match trouble {
            Trouble::NeverSent => {
                let flag = if on == On::Submit { &self.refusing.submit } else { &self.refusing.read };
                flag.store(true, Ordering::SeqCst);
                return true;
            }
            Trouble::NoAnswer => FaultAction::DropBefore,
            Trouble::AnswerLost => FaultAction::ProcessThenReset,
            Trouble::ErrorAfterwards => FaultAction::ProcessThenStatus(502),
            Trouble::ServerError => FaultAction::StatusOnly(503),
            Trouble::RateLimited => FaultAction::RateLimited { retry_after: Some(1) },
            Trouble::Unreadable => FaultAction::MalformedBody,
            Trouble::OtherAmount if on == On::Submit => {
                let sum = json!(14_951);
                FaultAction::Rewrite { pointer: "/events/-1/amount".to_owned(), value: sum }
            }
            Trouble::Unauthorized => FaultAction::Unauthorized,
            _ => return false,
        };
        self.sandbox.faults().add(Fault::on(call).nth(1).then(action));
        true
    }

    async fn heal(&self) {
        self.sandbox.faults().clear();
        self.refusing.submit.store(false, Ordering::SeqCst);
        self.refusing.read.store(false, Ordering::SeqCst);
    }

    fn secrets(&self) -> Vec<String> {
        let settings: BTreeMap<String, String> = self.sandbox.settings("dintero");
        let secret = |(key, value): (String, String)| key.ends_with("secret").then_some(value);
        settings.into_iter().filter_map(secret).collect()
    }

    async fn requests(&self) -> Option<Vec<String>> {
        // Without what the adapter itself puts behind an id, so that `id/` on the wire is a hostile one.
        let path = |request: refunds_sandbox::RecordedRequest| {
            let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", request.path.strip_suffix("/refund").unwrap_or(&request.path))
        };
        Some(self.sandbox.requests().into_iter().map(path).collect())
    }
}
