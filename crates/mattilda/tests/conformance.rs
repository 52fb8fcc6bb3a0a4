//! Core's conformance kit on the adapter and the sandbox, in every generation of the API.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use async_trait::async_trait;
use refunds_core::{
    Currency, PaymentId, Reference, RefundProvider, RefundStatus, RefundTarget, Settings, TargetKind,
    testing::{Harness, On, Trouble},
};
use refunds_mattilda::{Mattilda, MattildaConfig};
use refunds_sandbox::{
    Call, Fault, FaultAction, Outcome, Sandbox,
    mattilda::{FieldSet, IdempotencyMode, TransactionSpec},
};

struct World {
    sandbox: Sandbox,
    settings: Settings,
}

async fn world(fields: FieldSet, mode: IdempotencyMode, more: &[(&str, &str)]) -> World {
    let sandbox = Sandbox::builder().settle_after_reads(None).start().await.unwrap();
    sandbox.mattilda().set_fields(fields);
    sandbox.mattilda().set_idempotency(mode);
    let settings = more
        .iter()
        .fold(sandbox.settings("mattilda").into_iter().collect::<Settings>(), |settings, (key, value)| {
            settings.with(*key, *value)
        });
    World { sandbox, settings }
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
        Arc::new(Mattilda::new(MattildaConfig::from_settings(&self.settings).unwrap()).unwrap())
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
            RefundStatus::Succeeded => Outcome::Succeeded,
            RefundStatus::Declined => Outcome::Declined,
            RefundStatus::Failed => Outcome::Failed,
            RefundStatus::Voided => Outcome::Voided,
            _ => return None,
        };
        Some(self.transaction(TransactionSpec::new(minor, "MXN").asynchronous(outcome)))
    }

    async fn settle(&self, _: &PaymentId) {
        self.sandbox.settle_all();
    }

    async fn gift_card(&self, minor: i64) -> Option<(PaymentId, RefundTarget)> {
        let payment = self.transaction(TransactionSpec::new(0, "MXN").gift_card(minor));
        let card = self.sandbox.mattilda().gift_card_redemptions(payment.as_str()).into_iter().next();
        Some((payment, RefundTarget::new(TargetKind::GiftCard, card)))
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
            On::Read => Call::Read,
            _ => return false,
        };
        let action = match trouble {
            Trouble::NoAnswer => FaultAction::DropBefore,
            Trouble::AnswerLost => FaultAction::ProcessThenDrop,
            Trouble::ErrorAfterwards => FaultAction::ProcessThenStatus(502),
            Trouble::ServerError => FaultAction::StatusOnly(503),
            Trouble::RateLimited => FaultAction::RateLimited { retry_after: Some(1) },
            Trouble::Unreadable => FaultAction::MalformedBody,
            Trouble::OtherAmount => FaultAction::AlteredAmount,
            Trouble::Unauthorized => FaultAction::Unauthorized,
            _ => return false,
        };
        self.sandbox.faults().add(Fault::on(call).nth(1).then(action));
        true
    }

    async fn heal(&self) {
        self.sandbox.faults().clear();
    }

    fn secrets(&self) -> Vec<String> {
        ["private_key", "webhook_secret"]
            .iter()
            .filter_map(|key| self.settings.get(key))
            .map(Into::into)
            .collect()
    }
}

mod newest {
    use super::*;
    refunds_core::conformance_tests!(world(FieldSet::Newest, IdempotencyMode::Ignored, &[]));
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
