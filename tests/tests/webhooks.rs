//! From the provider's webhook to the application's books, over sockets, with doubles, disorder and
//! losses: in the end the books say what the ledger says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use refunds_core::{
    BoxFuture, Clock, Notice, PaymentId, RefundClient, RefundStatus, Settings, SystemClock,
    testing::MemoryProvider,
};
use refunds_sandbox::{EntryState, Outcome, Sandbox, WebhookMode, dintero, mattilda};
use refunds_tests::{receiver::Receiver, registry};
use time::OffsetDateTime;

/// The sandbox's time: its deliveries are signed by it.
#[derive(Debug)]
struct SandboxClock(Arc<Sandbox>);

impl Clock for SandboxClock {
    fn now(&self) -> OffsetDateTime {
        self.0.now()
    }
    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

/// How a provider can be made to tell.
#[derive(Clone, Copy, Debug)]
enum Way {
    DinteroCallback,
    DinteroHook,
    Mattilda,
}

const WAYS: [Way; 3] = [Way::Mattilda, Way::DinteroCallback, Way::DinteroHook];

/// A shop that listens.
struct World {
    sandbox: Arc<Sandbox>,
    client: RefundClient,
    receiver: Arc<Receiver>,
    address: SocketAddr,
    way: Way,
}

impl World {
    async fn new(way: Way) -> Self {
        let sandbox = Arc::new(Sandbox::start().await.unwrap());
        let name = if matches!(way, Way::Mattilda) { "mattilda" } else { "dintero" };
        let mut settings = sandbox.settings(name);
        // The sandbox's clock runs ahead of the adapter's here; a token of the adapter's own would age.
        if settings.remove("private_key").is_some() {
            settings.insert("token".into(), sandbox.mattilda().static_token().into());
        }
        let settings: Settings = settings.into_iter().collect();
        let provider = registry(MemoryProvider::new()).build(name, &settings).unwrap();
        let client = RefundClient::new(provider);

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Arc::new(SandboxClock(Arc::clone(&sandbox)));
        let receiver = Arc::new(Receiver::new(vec![client.clone()], format!("http://{address}"), clock));
        let routes = Arc::clone(&receiver).routes();
        tokio::spawn(async move { axum::serve(listener, routes).await });

        let world = Self { sandbox, client, receiver, address, way };
        match way {
            Way::DinteroCallback => {}
            Way::DinteroHook => {
                world.sandbox.dintero().subscribe(world.url(), ["checkout_transaction"]);
            }
            Way::Mattilda => drop(world.sandbox.mattilda().subscribe(world.url())),
        }
        world
    }

    fn url(&self) -> String {
        let path = match self.way {
            Way::DinteroCallback => "dintero?method=POST&report_event=REFUND&shop=a+b",
            Way::DinteroHook => "dintero",
            Way::Mattilda => "mattilda",
        };
        format!("http://{}/webhooks/{path}", self.address)
    }

    fn payment(&self, outcome: Outcome) -> PaymentId {
        let id = match self.way {
            Way::DinteroCallback => self.sandbox.dintero().transaction(
                dintero::TransactionSpec::new(10_000, "NOK").asynchronous(outcome).callback_url(self.url()),
            ),
            Way::DinteroHook => self
                .sandbox
                .dintero()
                .transaction(dintero::TransactionSpec::new(10_000, "NOK").asynchronous(outcome)),
            Way::Mattilda => self
                .sandbox
                .mattilda()
                .transaction(mattilda::TransactionSpec::new(10_000, "MXN").asynchronous(outcome)),
        };
        PaymentId::new(id).unwrap()
    }

    /// Two partial refunds of one amount, asked for behind the application's back: in the back
    /// office, or by another process.
    async fn refund_twice(&self, payment: &PaymentId) {
        let currency = self.client.payment(payment).await.unwrap().currency();
        for reference in ["a", "b"] {
            let amount = refunds_core::RefundAmount::Exact(refunds_core::Money::new(100, currency));
            let request =
                refunds_core::CreateRefund::new(payment.clone(), amount, reference.parse().unwrap());
            self.client.create(&request).await.unwrap();
        }
    }

    /// What the application knows, and what is true.
    fn compare(&self, payment: &PaymentId, case: &str) {
        let known = self.receiver.known(self.client.provider().name(), payment);
        let ledger = self.sandbox.ledger();
        let entries: Vec<_> = ledger.of(payment.as_str()).collect();
        assert_eq!(known.len(), entries.len(), "{case}: {known:?}");
        for entry in entries {
            let refund = known.iter().find(|refund| refund.id.as_str() == entry.refund_id);
            let refund = refund.unwrap_or_else(|| panic!("{case}: {} is not known", entry.refund_id));
            assert_eq!(refund.amount.minor_units(), entry.amount, "{case}");
            let moved = entry.state == EntryState::Moved;
            assert_eq!(refund.status == RefundStatus::Succeeded, moved, "{case}: {refund:?}");
            assert!(refund.status.is_final(), "{case}: {refund:?}");
        }
        // Each refund was booked with its end once, however often it was told.
        let booked = self.receiver.booked();
        let ends = booked.iter().filter(|refund| refund.payment_id == *payment && refund.status.is_final());
        assert_eq!(ends.count(), known.len(), "{case}: {booked:?}");
    }
}

#[tokio::test]
async fn the_books_say_what_the_ledger_says() {
    for way in WAYS {
        for modes in [
            &[][..],
            &[WebhookMode::Twice],
            &[WebhookMode::Shuffled],
            &[WebhookMode::Twice, WebhookMode::Shuffled],
            &[WebhookMode::Early(Duration::from_secs(30))],
            &[WebhookMode::PendingFirst],
        ] {
            for outcome in [Outcome::Succeeded, Outcome::Failed] {
                let case = format!("{way:?}, {modes:?}, {outcome:?}");
                let world = World::new(way).await;
                for mode in modes {
                    world.sandbox.webhooks().add(mode.clone());
                }
                let payment = world.payment(outcome);
                world.refund_twice(&payment).await;
                world.sandbox.settle_all();
                let deliveries = world.sandbox.webhooks().deliver_all().await;
                assert!(!deliveries.is_empty(), "{case}: nothing was told");
                for delivery in &deliveries {
                    assert_eq!(delivery.status, Some(200), "{case}: {delivery:?}");
                }
                if modes.iter().any(|mode| matches!(mode, WebhookMode::Early(_))) {
                    // News that reads do not show yet is found by looking again later.
                    world.receiver.work().await.unwrap();
                    world.sandbox.advance(Duration::from_secs(60));
                    let notice = Notice::new(world.client.provider().name(), payment.clone());
                    world.receiver.look(&notice).await.unwrap();
                }
                world.receiver.work().await.unwrap();
                world.compare(&payment, &case);
            }
        }
    }
}

#[tokio::test]
async fn a_lost_notice_is_healed_by_looking() {
    for way in WAYS {
        let world = World::new(way).await;
        for delivery in 1..=20 {
            world.sandbox.webhooks().add(WebhookMode::Lose(delivery));
        }
        let payment = world.payment(Outcome::Succeeded);
        world.refund_twice(&payment).await;
        world.sandbox.settle_all();
        world.sandbox.webhooks().deliver_all().await;
        world.receiver.work().await.unwrap();
        let name = world.client.provider().name();
        assert!(world.receiver.known(name, &payment).is_empty(), "{way:?}: nothing got through");
        world.receiver.look(&Notice::new(name, payment.clone())).await.unwrap();
        world.compare(&payment, &format!("{way:?}"));
    }
}

#[tokio::test]
async fn what_nobody_signed_is_not_believed() {
    for way in WAYS {
        for mode in [
            WebhookMode::WrongSecret,
            WebhookMode::TamperedBody,
            WebhookMode::ClockAhead(Duration::from_secs(600)),
            WebhookMode::ClockBehind(Duration::from_secs(600)),
        ] {
            // A hook's signature covers no time, and a callback's no body: which is never believed.
            let harmless = matches!(
                (way, &mode),
                (Way::DinteroHook, WebhookMode::ClockAhead(_) | WebhookMode::ClockBehind(_))
                    | (Way::DinteroCallback, WebhookMode::TamperedBody)
            );
            let world = World::new(way).await;
            world.sandbox.webhooks().add(mode.clone());
            let payment = world.payment(Outcome::Succeeded);
            world.refund_twice(&payment).await;
            world.sandbox.settle_all();
            for delivery in world.sandbox.webhooks().deliver().await {
                let status = if harmless { 200 } else { 400 };
                assert_eq!(delivery.status, Some(status), "{way:?} {mode:?}: {delivery:?}");
            }
            world.receiver.work().await.unwrap();
            let name = world.client.provider().name();
            assert_eq!(world.receiver.known(name, &payment).is_empty(), !harmless, "{way:?} {mode:?}");
        }
    }
}
