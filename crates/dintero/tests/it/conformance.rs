//! The conformance kit of core, on transactions and on orders of the sandbox.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Currency, PaymentId, Reference, RefundId, RefundLine, RefundProvider, RefundStatus, WebhookRequest,
    testing::{Fault, FaultTarget, Harness},
};
use refunds_dintero::Dintero;
use refunds_http::{ReqwestTransport, testing::FaultyTransport};
use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Sandbox,
    dintero::{Decline, ErrorType, OrderSpec, TransactionSpec},
};
use serde_json::json;

mod transactions {
    use super::*;
    refunds_core::conformance_tests!(world(Kind::Transactions));
}

/// A refund of an order is two steps: the transaction is refunded, and that is recorded.
mod orders {
    use super::*;
    refunds_core::conformance_tests!(world(Kind::Orders));
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Transactions,
    Orders,
}

async fn world(kind: Kind) -> World {
    let sandbox = Sandbox::start().await.unwrap();
    if kind == Kind::Orders {
        sandbox.dintero().subscribe("https://shop.example/hooks", ["shopping_order_event_add"]);
    }
    let transport = Arc::new(FaultyTransport::over(ReqwestTransport::new(Duration::from_secs(5))));
    World { sandbox, kind, behind: Mutex::default(), unknown: Mutex::default(), transport }
}

struct World {
    sandbox: Sandbox,
    kind: Kind,
    /// The transactions behind the orders.
    behind: Mutex<BTreeMap<String, String>>,
    /// Payments whose refunds end in an unknown word.
    unknown: Mutex<BTreeSet<PaymentId>>,
    transport: Arc<FaultyTransport<ReqwestTransport>>,
}

impl World {
    fn add(&self, spec: TransactionSpec, minor: i64) -> PaymentId {
        self.add_with_lines(spec, &[(1, minor)], true)
    }

    /// A transaction, and where orders are refunded the order that it paid.
    fn add_with_lines(&self, spec: TransactionSpec, lines: &[(i64, i64)], captured: bool) -> PaymentId {
        let spec = spec.callback_url("https://shop.example/callback?report_event=REFUND&shop=a+b");
        let side = self.sandbox.dintero();
        let transaction = side.transaction(spec);
        if self.kind == Kind::Transactions {
            return crate::common::payment(&transaction);
        }
        let order = OrderSpec::new("NOK");
        let mut order = lines.iter().fold(order, |order, (id, minor)| order.line(*id, *minor));
        if captured {
            order = order.captured_by(&transaction);
        }
        let order = side.order(order);
        self.behind.lock().unwrap().insert(order.clone(), transaction);
        crate::common::payment(&order)
    }

    /// The transaction whose money it is.
    fn transaction(&self, payment: &PaymentId) -> String {
        let behind = self.behind.lock().unwrap().get(payment.as_str()).cloned();
        behind.unwrap_or_else(|| payment.to_string())
    }
}

#[async_trait]
impl Harness for World {
    fn name(&self) -> &'static str {
        "dintero"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = crate::common::config(&self.sandbox).with_transport(Arc::clone(&self.transport) as _);
        Arc::new(Dintero::new(config.with_timeout(Duration::from_secs(2))).unwrap())
    }

    fn currency(&self) -> Currency {
        "NOK".parse().unwrap()
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.add(TransactionSpec::new(minor, "NOK"), minor)
    }

    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        let spec = TransactionSpec::new(minor, "NOK").authorized_only();
        Some(self.add_with_lines(spec, &[(1, minor)], false))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        let (outcome, kind) = match end {
            RefundStatus::Succeeded | RefundStatus::Unknown => (Outcome::Succeeded, ErrorType::Error),
            RefundStatus::Declined => (Outcome::Declined, ErrorType::Declined),
            RefundStatus::Failed => (Outcome::Failed, ErrorType::Error),
            _ => return None,
        };
        let spec = TransactionSpec::new(minor, "NOK").declines(Decline::new(kind));
        let payment = self.add(spec.asynchronous(outcome), minor);
        if end == RefundStatus::Unknown {
            self.unknown.lock().unwrap().insert(payment.clone());
        }
        Some(payment)
    }

    async fn settle(&self, payment: &PaymentId) {
        self.sandbox.settle_all();
        if self.unknown.lock().unwrap().contains(payment) {
            crate::common::change_events(&self.sandbox, &self.transaction(payment), |events| {
                events.last_mut().unwrap()["event"] = json!("REFUND_UNDER_REVIEW");
            });
        }
    }

    async fn reverse(&self, payment: &PaymentId, _refund: &RefundId) -> bool {
        crate::common::change_events(&self.sandbox, &self.transaction(payment), crate::common::reverse_last);
        true
    }

    async fn lines(&self, minor: i64) -> Option<(PaymentId, Vec<RefundLine>)> {
        let (first, second) = (minor / 3, minor - minor / 3);
        let spec = TransactionSpec::new(minor, "NOK").line("1", first).line("2", second);
        let payment = self.add_with_lines(spec, &[(1, first), (2, second)], true);
        Some((payment, vec![crate::common::line("1", first), crate::common::line("2", second)]))
    }

    /// Records are written line by line.
    fn lines_of(&self, minor: i64) -> Vec<RefundLine> {
        if self.kind == Kind::Orders { vec![crate::common::line("1", minor)] } else { Vec::new() }
    }

    /// Of a transaction the callback: of the two kinds, the one with a time. Of an order the hook.
    async fn webhook(&self, payment: &PaymentId, _refund: &RefundId) -> Option<WebhookRequest> {
        let mut sent = self.sandbox.webhooks().queue().take();
        let about = |text: &str| text.contains(payment.as_str());
        sent.retain(|sent| {
            about(&sent.url) || sent.url.ends_with("/hooks") && about(&String::from_utf8_lossy(&sent.body))
        });
        let sent = sent.pop()?;
        let now = self.sandbox.now();
        Some(WebhookRequest::new(sent.method, sent.url, sent.headers, sent.body, now))
    }

    /// A hook is signed without a time.
    fn webhook_tolerance(&self) -> Option<Duration> {
        (self.kind == Kind::Transactions).then_some(refunds_core::DEFAULT_WEBHOOK_TOLERANCE)
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        let ledger = self.sandbox.ledger();
        let transaction = self.transaction(payment);
        Some(ledger.total_refunded(&transaction) + ledger.pending(&transaction))
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        Some(self.sandbox.ledger().by_reference(&self.transaction(payment), reference.as_str()))
    }

    async fn inject(&self, fault: Fault, on: FaultTarget) -> bool {
        let call = match on {
            FaultTarget::Submit => Call::Submit,
            FaultTarget::Read if self.kind == Kind::Orders => Call::List,
            FaultTarget::Read => Call::Payment,
            _ => return false,
        };
        let action = match fault {
            Fault::NeverSent => {
                let submit = on == FaultTarget::Submit;
                self.transport.inject(Fault::NeverSent, move |request| {
                    let refund = request.uri().path().ends_with("/refund");
                    if submit { refund } else { request.method() == http::Method::GET }
                });
                return true;
            }
            Fault::NoResponse => FaultAction::DropBefore,
            Fault::ResponseLost => FaultAction::ProcessThenReset,
            Fault::ErrorAfterwards => FaultAction::ProcessThenStatus(502),
            Fault::ServerError => FaultAction::StatusOnly(503),
            Fault::RateLimited => FaultAction::RateLimited { retry_after: Some(1) },
            Fault::Unreadable => FaultAction::MalformedBody,
            Fault::OtherAmount if on == FaultTarget::Submit => {
                let sum = json!(14_951);
                FaultAction::Rewrite { pointer: "/events/-1/amount".to_owned(), value: sum }
            }
            Fault::Unauthorized => FaultAction::Unauthorized,
            _ => return false,
        };
        self.sandbox.faults().add(FaultRule::on(call).nth(1).then(action));
        true
    }

    async fn heal(&self) {
        self.sandbox.faults().clear();
        self.transport.heal();
    }

    fn secrets(&self) -> Vec<String> {
        let settings: BTreeMap<String, String> = self.sandbox.settings("dintero");
        let secret = |(key, value): (String, String)| key.ends_with("secret").then_some(value);
        settings.into_iter().filter_map(secret).collect()
    }

    async fn requests(&self) -> Option<Vec<String>> {
        let path = |request: refunds_sandbox::RecordedRequest| {
            let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", request.path)
        };
        Some(self.sandbox.requests().into_iter().map(path).collect())
    }
}
