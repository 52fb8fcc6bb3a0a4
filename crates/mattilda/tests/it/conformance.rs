//! Core's conformance kit on the adapter and the sandbox, in every generation of the API.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Currency, PaymentId, Reference, RefundId, RefundProvider, RefundStatus, RefundTarget, Settings,
    TargetKind, WebhookRequest,
    testing::{Fault, FaultTarget, Harness},
};
use refunds_http::{ReqwestTransport, testing::FaultyTransport};
use refunds_mattilda::{Mattilda, MattildaConfig};
use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Sandbox,
    mattilda::{FieldSet, IdempotencyMode, TransactionSpec},
};

struct World {
    sandbox: Sandbox,
    settings: Settings,
    /// Payments whose refunds end in an unknown word.
    unknown: Mutex<BTreeSet<PaymentId>>,
    transport: Arc<FaultyTransport<ReqwestTransport>>,
}

async fn world(fields: FieldSet, mode: IdempotencyMode, more: &[(&str, &str)]) -> World {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    sandbox.mattilda().set_fields(fields);
    sandbox.mattilda().set_idempotency(mode);
    sandbox.mattilda().subscribe("https://shop.example/webhooks");
    let settings = more
        .iter()
        .fold(sandbox.settings("mattilda").into_iter().collect::<Settings>(), |settings, (key, value)| {
            settings.with(*key, *value)
        });
    let transport = Arc::new(FaultyTransport::over(ReqwestTransport::new(Duration::from_secs(5))));
    World { sandbox, settings, unknown: Mutex::default(), transport }
}

impl World {
    fn transaction(&self, spec: TransactionSpec) -> PaymentId {
        PaymentId::new(self.sandbox.mattilda().transaction(spec)).unwrap()
    }
}

#[async_trait]
impl Harness for World {
    fn name(&self) -> &'static str {
        "mattilda"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = MattildaConfig::from_settings(&self.settings).unwrap();
        Arc::new(Mattilda::new(config.with_transport(Arc::clone(&self.transport) as _)).unwrap())
    }

    fn currency(&self) -> Currency {
        "MXN".parse().unwrap()
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.transaction(TransactionSpec::new(minor, "MXN"))
    }

    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        Some(self.transaction(TransactionSpec::new(minor, "MXN").authorized_only()))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        let outcome = match end {
            RefundStatus::Succeeded | RefundStatus::Unknown => Outcome::Succeeded,
            RefundStatus::Declined => Outcome::Declined,
            RefundStatus::Failed => Outcome::Failed,
            RefundStatus::Voided => Outcome::Voided,
            _ => return None,
        };
        let payment = self.transaction(TransactionSpec::new(minor, "MXN").asynchronous(outcome));
        if end == RefundStatus::Unknown {
            self.unknown.lock().unwrap().insert(payment.clone());
        }
        Some(payment)
    }

    async fn settle(&self, payment: &PaymentId) {
        if !self.unknown.lock().unwrap().contains(payment) {
            return self.sandbox.settle_all();
        }
        for (call, pointer) in [(Call::Get, "/status"), (Call::List, "/items/0/status")] {
            let value = "under_review".into();
            let action = FaultAction::Rewrite { pointer: pointer.to_owned(), value };
            self.sandbox.faults().add(FaultRule::on(call).then(action));
        }
    }

    async fn gift_card(&self, minor: i64) -> Option<(PaymentId, RefundTarget)> {
        let payment = self.transaction(TransactionSpec::new(0, "MXN").gift_card(minor));
        let card = self.sandbox.mattilda().gift_card_redemptions(payment.as_str()).into_iter().next();
        Some((payment, RefundTarget::new(TargetKind::GiftCard, card)))
    }

    async fn webhook(&self, _payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        let mut sent = self.sandbox.webhooks().queue().take();
        sent.retain(|sent| String::from_utf8_lossy(&sent.body).contains(refund.as_str()));
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

    async fn inject(&self, fault: Fault, on: FaultTarget) -> bool {
        let call = match on {
            FaultTarget::Submit => Call::Submit,
            FaultTarget::Read => Call::Read,
            _ => return false,
        };
        let action = match fault {
            Fault::NeverSent => {
                let method = if on == FaultTarget::Submit { "POST" } else { "GET" };
                self.transport.inject(Fault::NeverSent, move |request| request.method() == method);
                return true;
            }
            Fault::NoResponse => FaultAction::DropBefore,
            Fault::ResponseLost => FaultAction::ProcessThenDrop,
            Fault::ErrorAfterwards => FaultAction::ProcessThenStatus(502),
            Fault::ServerError => FaultAction::StatusOnly(503),
            Fault::RateLimited => FaultAction::RateLimited { retry_after: Some(1) },
            Fault::Unreadable => FaultAction::MalformedBody,
            Fault::OtherAmount => FaultAction::AlteredAmount,
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
        ["private_key", "webhook_secret"]
            .iter()
            .filter_map(|key| self.settings.get(key))
            .map(Into::into)
            .collect()
    }

    async fn requests(&self) -> Option<Vec<String>> {
        let path = |request: refunds_sandbox::RecordedRequest| {
            let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", request.path)
        };
        Some(self.sandbox.requests().into_iter().map(path).collect())
    }
}

mod newest {
    use super::*;
    refunds_core::conformance_tests!(world(FieldSet::Newest, IdempotencyMode::Ignored, &[]));
}

mod newest_with_a_key_that_is_vouched_for {
    use super::*;
    refunds_core::conformance_tests!(world(
        FieldSet::Newest,
        IdempotencyMode::Honoured,
        &[("idempotency_key", "honoured")]
    ));
}

mod documented {
    use super::*;
    refunds_core::conformance_tests!(world(FieldSet::Documented, IdempotencyMode::Ignored, &[]));
}

mod documented_with_a_key_that_is_vouched_for {
    use super::*;
    refunds_core::conformance_tests!(world(
        FieldSet::Documented,
        IdempotencyMode::Honoured,
        &[("idempotency_key", "honoured")]
    ));
}
