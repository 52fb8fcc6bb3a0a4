//! Core's conformance kit on the adapter, over a socket.

use std::{sync::Arc, time::Duration};

use acme_adapter::{Acme, AcmeConfig};
use refunds_core::{
    Currency, PaymentId, Reference, RefundId, RefundProvider, RefundStatus, async_trait,
    testing::{Fault, FaultTarget, Harness},
};
use refunds_http::{BaseUrl, ReqwestTransport, testing::FaultyTransport};

use crate::server::{self, Mishap, World};

struct Snorkel {
    world: World,
    base: BaseUrl,
    transport: Arc<FaultyTransport<ReqwestTransport>>,
}

async fn harness() -> Snorkel {
    let world = World::default();
    let base = BaseUrl::parse(&server::start(world.clone()).await, false).unwrap();
    let transport = FaultyTransport::over(ReqwestTransport::new(Duration::from_secs(5)));
    Snorkel { world, base, transport: Arc::new(transport) }
}

impl Snorkel {
    fn open(&self, captured: i64, later: Option<&'static str>) -> PaymentId {
        PaymentId::new(self.world.ledger().open(captured, "NOK", later)).unwrap()
    }
}

#[async_trait]
impl Harness for Snorkel {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = AcmeConfig::new(self.base.clone(), server::CLIENT_ID, server::CLIENT_SECRET);
        Arc::new(Acme::new(config.with_transport(self.transport.clone())).unwrap())
    }

    fn currency(&self) -> Currency {
        "NOK".parse().unwrap()
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.open(minor, None)
    }

    async fn authorized(&self, _: i64) -> Option<PaymentId> {
        Some(self.open(0, None))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        let end = match end {
            RefundStatus::Succeeded => "paid",
            RefundStatus::Declined => "refused",
            RefundStatus::Failed => "bounced",
            RefundStatus::Voided => "withdrawn",
            // A state that was added after the adapter was written.
            _ => "parked",
        };
        Some(self.open(minor, Some(end)))
    }

    async fn settle(&self, payment: &PaymentId) {
        self.world.ledger().settle(payment.as_str());
    }

    async fn reverse(&self, _: &PaymentId, refund: &RefundId) -> bool {
        self.world.ledger().bounce(refund.as_str())
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        Some(self.world.ledger().held(payment.as_str()))
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        Some(self.world.ledger().made(payment.as_str(), reference.as_str()))
    }

    async fn inject(&self, fault: Fault, on: FaultTarget) -> bool {
        let submission = on == FaultTarget::Submit;
        let mishap = match fault {
            // Below HTTP: the transport. Above: the server.
            Fault::NeverSent => return self.cut(Fault::NeverSent, submission),
            Fault::NoAnswer => return self.cut(Fault::NoAnswer, submission),
            Fault::AnswerLost => return self.cut(Fault::AnswerLost, submission),
            Fault::ErrorAfterwards => Mishap::DownAfterwards,
            Fault::ServerError => Mishap::DownBefore,
            Fault::RateLimited => Mishap::TooMany,
            Fault::Unreadable => Mishap::Garbage,
            Fault::OtherAmount if submission => Mishap::OneMore,
            Fault::Unauthorized => Mishap::TokenRevoked,
            _ => return false,
        };
        self.world.add_mishap(mishap, submission);
        true
    }

    async fn heal(&self) {
        self.transport.heal();
        self.world.clear_mishaps();
    }

    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.world.tokens();
        secrets.push(server::CLIENT_SECRET.to_owned());
        secrets
    }

    async fn requests(&self) -> Option<Vec<String>> {
        Some(self.world.requests())
    }
}

impl Snorkel {
    fn cut(&self, cut: Fault, submission: bool) -> bool {
        self.transport.inject(cut, move |request| {
            let returns = request.method() == "POST" && request.uri().path().ends_with("/returns");
            if submission { returns } else { request.method() == "GET" }
        });
        true
    }
}

refunds_core::conformance_tests!(harness());
