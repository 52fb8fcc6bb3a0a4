//! Core's conformance kit on the adapter, over a socket.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Currency, PaymentId, Reference, RefundId, RefundProvider, RefundStatus, async_trait,
    testing::{Harness, On, Trouble},
};
use refunds_example_adapter::{Snorkelpay, SnorkelpayConfig};
use refunds_http::{
    BaseUrl, ReqwestTransport,
    testing::{Cable, Cut},
};

use crate::server::{self, Mishap, World};

struct Snorkel {
    world: World,
    base: BaseUrl,
    cable: Arc<Cable<ReqwestTransport>>,
}

async fn harness() -> Snorkel {
    let world = World::default();
    let base = BaseUrl::parse(&server::start(world.clone()).await, false).unwrap();
    let cable = Cable::over(ReqwestTransport::new(Duration::from_secs(5)));
    Snorkel { world, base, cable: Arc::new(cable) }
}

impl Snorkel {
    fn open(&self, captured: i64, later: Option<&'static str>) -> PaymentId {
        PaymentId::new(self.world.ledger().open(captured, "NOK", later)).unwrap()
    }
}

#[async_trait]
impl Harness for Snorkel {
    fn name(&self) -> &'static str {
        "snorkelpay"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = SnorkelpayConfig::new(self.base.clone(), server::CLIENT_ID, server::CLIENT_SECRET);
        Arc::new(Snorkelpay::new(config.with_transport(self.cable.clone())).unwrap())
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

    async fn inject(&self, trouble: Trouble, on: On) -> bool {
        let submission = on == On::Submit;
        let mishap = match trouble {
            // Below HTTP: the cable. Above: the server.
            Trouble::NeverSent => return self.cut(Cut::Unplugged, submission),
            Trouble::NoAnswer => return self.cut(Cut::RequestLost, submission),
            Trouble::AnswerLost => return self.cut(Cut::AnswerLost, submission),
            Trouble::ErrorAfterwards => Mishap::DownAfterwards,
            Trouble::ServerError => Mishap::DownBefore,
            Trouble::RateLimited => Mishap::TooMany,
            Trouble::Unreadable => Mishap::Garbage,
            Trouble::OtherAmount if submission => Mishap::OneMore,
            Trouble::Unauthorized => Mishap::TokenRevoked,
            _ => return false,
        };
        self.world.add_mishap(mishap, submission);
        true
    }

    async fn heal(&self) {
        self.cable.mend();
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
    fn cut(&self, cut: Cut, submission: bool) -> bool {
        self.cable.cut(cut, move |request| {
            let returns = request.method() == "POST" && request.uri().path().ends_with("/returns");
            if submission { returns } else { request.method() == "GET" }
        });
        true
    }
}

refunds_core::conformance_tests!(harness());
