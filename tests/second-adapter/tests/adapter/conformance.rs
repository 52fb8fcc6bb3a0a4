//! The conformance kit, in three currencies, against the server.

use std::sync::Arc;
use std::time::Duration;

use refunds_core::http::Method;
use refunds_core::testing::{Harness, On, Trouble, run_all};
use refunds_core::{
    Currency, DEFAULT_WEBHOOK_TOLERANCE, PaymentId, Reference, RefundId, RefundProvider, RefundStatus,
    WebhookRequest, async_trait,
};
use refunds_http::ReqwestTransport;
use refunds_http::testing::{Cable, Cut};
use refunds_second_adapter::{NAME, QuillpayConfig};

use crate::server::{API_KEY, Charge, Fault, OLD_WEBHOOK_SECRET, Server, WEBHOOK_SECRET};
use crate::webhooks;

/// The server, and the cable to it, on which requests get lost.
struct World {
    server: Server,
    cable: Arc<Cable<ReqwestTransport>>,
    currency: Currency,
}

async fn world(currency: &str) -> World {
    let cable = Cable::over(ReqwestTransport::new(Duration::from_secs(5)));
    World { server: Server::start().await, cable: Arc::new(cable), currency: currency.parse().unwrap() }
}

impl World {
    /// A fresh charge, altered.
    fn charge(&self, minor: i64, alter: impl FnOnce(&mut Charge)) -> PaymentId {
        let mut inside = self.server.inside();
        let charge = inside.ledger.charge(self.currency.code(), self.currency.exponent(), minor);
        alter(charge);
        PaymentId::new(charge.id.clone()).unwrap()
    }
}

#[async_trait]
impl Harness for World {
    fn name(&self) -> &str {
        NAME
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = QuillpayConfig::from_settings(&self.server.settings()).unwrap();
        Arc::new(config.with_transport(Arc::clone(&self.cable) as _).build().unwrap())
    }

    fn currency(&self) -> Currency {
        self.currency
    }

    async fn captured(&self, minor: i64) -> PaymentId {
        self.charge(minor, |_| {})
    }

    async fn authorized(&self, minor: i64) -> Option<PaymentId> {
        Some(self.charge(minor, |charge| charge.authorized_only = true))
    }

    async fn slow(&self, minor: i64, end: RefundStatus) -> Option<PaymentId> {
        let end = match end {
            RefundStatus::Succeeded => "done",
            RefundStatus::Declined => "rejected",
            RefundStatus::Failed => "bounced",
            RefundStatus::Unknown => "parked",
            // Nobody can take a reversal back.
            _ => return None,
        };
        Some(self.charge(minor, |charge| (charge.at_once, charge.end) = ("queued", end)))
    }

    async fn settle(&self, payment: &PaymentId) {
        self.server.inside().ledger.settle(payment.as_str());
    }

    async fn reverse(&self, _: &PaymentId, refund: &RefundId) -> bool {
        self.server.inside().ledger.bounce(refund.as_str())
    }

    async fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        Some(webhooks::delivery(payment, refund, &[WEBHOOK_SECRET]))
    }

    fn webhook_tolerance(&self) -> Option<Duration> {
        // The time is that of the event, and the same body is tried again for three days.
        Some(Duration::from_secs(3 * 24 * 3600) + DEFAULT_WEBHOOK_TOLERANCE)
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        Some(self.server.inside().ledger.moved(payment.as_str()))
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        let inside = self.server.inside();
        let reversals = inside.ledger.reversals_of(payment.as_str());
        Some(reversals.filter(|one| one.external_id == reference.as_str()).count())
    }

    async fn inject(&self, trouble: Trouble, on: On) -> bool {
        let writes = on == On::Submit;
        let cut = |cut| {
            self.cable.cut(cut, move |request| (request.method() == Method::POST) == writes);
            true
        };
        let fault = match trouble {
            Trouble::NeverSent => return cut(Cut::Unplugged),
            Trouble::NoAnswer => return cut(Cut::RequestLost),
            Trouble::AnswerLost => return cut(Cut::AnswerLost),
            Trouble::ErrorAfterwards => Fault::Break(502),
            Trouble::ServerError => Fault::Refuse(503, "down"),
            Trouble::RateLimited => Fault::Refuse(429, "slow_down"),
            Trouble::Unreadable => Fault::Garble,
            Trouble::OtherAmount => Fault::TellMore,
            Trouble::Unauthorized => Fault::Refuse(401, "bad_key"),
            _ => return false,
        };
        self.server.inside().faults.push((writes, fault));
        true
    }

    async fn heal(&self) {
        self.cable.mend();
        self.server.inside().faults.clear();
    }

    fn secrets(&self) -> Vec<String> {
        [API_KEY, WEBHOOK_SECRET, OLD_WEBHOOK_SECRET].map(str::to_owned).to_vec()
    }

    async fn requests(&self) -> Option<Vec<String>> {
        Some(self.server.inside().requests.clone())
    }
}

mod in_kroner {
    refunds_core::conformance_tests!(super::world("NOK"));
}

mod in_yen {
    refunds_core::conformance_tests!(super::world("JPY"));
}

mod in_dinars {
    refunds_core::conformance_tests!(super::world("TND"));
}

/// All cases in one world, and that the kit shows everything it can.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_skipped() {
    let report = run_all(&world("NOK").await).await;
    println!("{report}");
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.skipped().collect::<Vec<_>>(), []);
}
