//! The conformance kit on the adapter, over a socket, in currencies with two decimals, none and three,
//! and in one whose units at Acme are not ISO 4217's.

use std::{sync::Arc, time::Duration};

use acme_adapter::{Acme, AcmeConfig};
use refunds_core::{
    Currency, DEFAULT_WEBHOOK_TOLERANCE, PaymentId, Reference, RefundId, RefundProvider, RefundStatus,
    WebhookRequest, async_trait,
    testing::{Fault, FaultTarget, Harness, run_all},
};
use refunds_http::{BaseUrl, ReqwestTransport, testing::FaultyTransport};

use crate::{
    server::{self, World},
    webhook,
};

const WEBHOOK_SECRET: &str = "whs-only-this-test-knows";
const PREVIOUS_WEBHOOK_SECRET: &str = "whs-the-one-before-it";

struct AcmeHarness {
    world: World,
    base: BaseUrl,
    currency: Currency,
    transport: Arc<FaultyTransport<ReqwestTransport>>,
}

async fn harness(currency: &str) -> AcmeHarness {
    let world = World::default();
    let base = BaseUrl::parse(&server::start(world.clone()).await, false).unwrap();
    let transport = Arc::new(FaultyTransport::over(ReqwestTransport::new(Duration::from_secs(5))));
    AcmeHarness { world, base, currency: currency.parse().unwrap(), transport }
}

impl AcmeHarness {
    fn open(&self, captured: i64, end: Option<&'static str>) -> PaymentId {
        let units = captured * self.whole();
        PaymentId::new(self.world.ledger().open(units, self.currency.code(), end)).unwrap()
    }

    fn whole(&self) -> i64 {
        server::ledger::whole(self.currency.code())
    }
}

#[async_trait]
impl Harness for AcmeHarness {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn provider(&self) -> Arc<dyn RefundProvider> {
        let config = AcmeConfig::new(self.base.clone(), server::CLIENT_ID, server::CLIENT_SECRET);
        let config = config
            .with_webhook_secret(WEBHOOK_SECRET)
            .with_webhook_secret(PREVIOUS_WEBHOOK_SECRET)
            .with_transport(self.transport.clone());
        Arc::new(Acme::new(config).unwrap())
    }

    fn currency(&self) -> Currency {
        self.currency
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
            // A state that Acme added after the adapter was written.
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

    async fn webhook(&self, payment: &PaymentId, refund: &RefundId) -> Option<WebhookRequest> {
        Some(webhook::delivery(payment, refund, &[WEBHOOK_SECRET]))
    }

    fn webhook_tolerance(&self) -> Option<Duration> {
        // The time is that of the change, and Acme repeats the same body for three days.
        Some(Duration::from_secs(3 * 24 * 3600) + DEFAULT_WEBHOOK_TOLERANCE)
    }

    async fn moved(&self, payment: &PaymentId) -> Option<i64> {
        Some(self.world.ledger().held(payment.as_str()) / self.whole())
    }

    async fn made(&self, payment: &PaymentId, reference: &Reference) -> Option<usize> {
        Some(self.world.ledger().made(payment.as_str(), reference.as_str()))
    }

    async fn inject(&self, fault: Fault, target: FaultTarget) -> bool {
        let submission = target == FaultTarget::Submit;
        match fault {
            // Below HTTP: the transport.
            Fault::NeverSent | Fault::NoResponse | Fault::ResponseLost => {
                self.transport.inject(fault, move |request| {
                    let returns = request.method() == "POST" && request.uri().path().ends_with("/returns");
                    if submission { returns } else { request.method() == "GET" }
                });
                true
            }
            Fault::OtherAmount if !submission => false,
            // Above it: the server.
            _ => {
                self.world.add_fault(fault, target);
                true
            }
        }
    }

    async fn heal(&self) {
        self.transport.heal();
        self.world.clear_faults();
    }

    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.world.tokens();
        secrets.extend([server::CLIENT_SECRET, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET].map(str::to_owned));
        secrets
    }

    async fn requests(&self) -> Option<Vec<String>> {
        Some(self.world.requests())
    }
}

mod in_kroner {
    refunds_core::conformance_tests!(super::harness("NOK"));
}

mod in_yen {
    refunds_core::conformance_tests!(super::harness("JPY"));
}

mod in_kronur {
    refunds_core::conformance_tests!(super::harness("ISK"));
}

mod in_dinars {
    refunds_core::conformance_tests!(super::harness("TND"));
}

/// Acme may leave references out, so the kit cannot require them. It shows everything else.
#[tokio::test(flavor = "multi_thread")]
async fn only_reported_references_are_not_shown_by_the_kit() {
    let report = run_all(&harness("NOK").await).await;
    println!("{report}");
    assert!(report.is_ok(), "{report}");
    let skipped: Vec<_> = report.skipped().collect();
    assert!(matches!(skipped[..], [(case, _)] if case.contains("references")), "{skipped:?}");
}
