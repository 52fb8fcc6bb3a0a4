//! From the provider's webhook to the application's books, over sockets, with repeated, reordered and lost
//! deliveries: in the end the books match the ledger.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use refunds_core::{
    BoxFuture, Clock, Notice, PaymentId, RefundClient, RefundStatus, Settings, SystemClock,
    testing::MemoryProvider,
};
use refunds_sandbox::{EntryState, Outcome, Sandbox, WebhookMode, dintero, mattilda};
use refunds_tests::{receiver::Receiver, registry};
use time::OffsetDateTime;

/// The sandbox's time, which its deliveries are signed with.
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

/// How a provider notifies the shop.
#[derive(Clone, Copy, Debug)]
enum Channel {
    DinteroCallback,
    DinteroHook,
    Mattilda,
}

const CHANNELS: [Channel; 3] = [Channel::Mattilda, Channel::DinteroCallback, Channel::DinteroHook];

/// A shop with a webhook receiver.
struct World {
    sandbox: Arc<Sandbox>,
    client: RefundClient,
    receiver: Arc<Receiver>,
    address: SocketAddr,
    channel: Channel,
}

impl World {
    async fn new(channel: Channel) -> Self {
        let sandbox = Arc::new(Sandbox::start().await.unwrap());
        let name = if matches!(channel, Channel::Mattilda) { "mattilda" } else { "dintero" };
        let mut settings = sandbox.settings(name);
        // The sandbox's clock runs ahead here, so a token signed by the adapter would expire.
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

        let world = Self { sandbox, client, receiver, address, channel };
        match channel {
            Channel::DinteroCallback => {}
            Channel::DinteroHook => {
                world.sandbox.dintero().subscribe(world.url(), ["checkout_transaction"]);
            }
            Channel::Mattilda => drop(world.sandbox.mattilda().subscribe(world.url())),
        }
        world
    }

    fn url(&self) -> String {
        let path = match self.channel {
            Channel::DinteroCallback => "dintero?method=POST&report_event=REFUND&shop=a+b",
            Channel::DinteroHook => "dintero",
            Channel::Mattilda => "mattilda",
        };
        format!("http://{}/webhooks/{path}", self.address)
    }

    fn payment(&self, outcome: Outcome) -> PaymentId {
        let id = match self.channel {
            Channel::DinteroCallback => self.sandbox.dintero().transaction(
                dintero::TransactionSpec::new(10_000, "NOK").asynchronous(outcome).callback_url(self.url()),
            ),
            Channel::DinteroHook => self
                .sandbox
                .dintero()
                .transaction(dintero::TransactionSpec::new(10_000, "NOK").asynchronous(outcome)),
            Channel::Mattilda => self
                .sandbox
                .mattilda()
                .transaction(mattilda::TransactionSpec::new(10_000, "MXN").asynchronous(outcome)),
        };
        PaymentId::new(id).unwrap()
    }

    /// Two partial refunds of the same amount that the application does not know about: made in the back office,
    /// or by another process.
    async fn refund_twice(&self, payment: &PaymentId) {
        let currency = self.client.payment(payment).await.unwrap().currency();
        for reference in ["a", "b"] {
            let amount = refunds_core::RefundAmount::Exact(refunds_core::Money::new(100, currency));
            let request =
                refunds_core::CreateRefund::new(payment.clone(), amount, reference.parse().unwrap());
            self.client.create(&request).await.unwrap();
        }
    }

    /// Checks the application's books against the ledger.
    fn check_books(&self, payment: &PaymentId, case: &str) {
        let known = self.receiver.known(self.client.provider().name(), payment);
        let ledger = self.sandbox.ledger();
        let entries: Vec<_> = ledger.of(payment.as_str()).collect();
        assert_eq!(known.len(), entries.len(), "{case}: {known:?}");
        for entry in entries {
            let refund = known.iter().find(|refund| refund.id.as_str() == entry.refund_id);
            let refund = refund.unwrap_or_else(|| panic!("{case}: {} is not in the books", entry.refund_id));
            assert_eq!(refund.amount.minor_units(), entry.amount, "{case}");
            let moved = entry.state == EntryState::Moved;
            assert_eq!(refund.status == RefundStatus::Succeeded, moved, "{case}: {refund:?}");
            assert!(refund.status.is_final(), "{case}: {refund:?}");
        }
        // The final status of each refund was booked once, however often it was delivered.
        let booked = self.receiver.booked();
        let ends = booked.iter().filter(|refund| refund.payment_id == *payment && refund.status.is_final());
        assert_eq!(ends.count(), known.len(), "{case}: {booked:?}");
    }
}

#[tokio::test]
async fn the_books_match_the_ledger() {
    for channel in CHANNELS {
        for modes in [
            &[][..],
            &[WebhookMode::Twice],
            &[WebhookMode::Shuffled],
            &[WebhookMode::Twice, WebhookMode::Shuffled],
            &[WebhookMode::Early(Duration::from_secs(30))],
            &[WebhookMode::PendingFirst],
        ] {
            for outcome in [Outcome::Succeeded, Outcome::Failed] {
                let case = format!("{channel:?}, {modes:?}, {outcome:?}");
                let world = World::new(channel).await;
                for mode in modes {
                    world.sandbox.webhooks().add(mode.clone());
                }
                let payment = world.payment(outcome);
                world.refund_twice(&payment).await;
                world.sandbox.settle_all();
                let deliveries = world.sandbox.webhooks().deliver_all().await;
                assert!(!deliveries.is_empty(), "{case}: nothing was delivered");
                for delivery in &deliveries {
                    assert_eq!(delivery.status, Some(200), "{case}: {delivery:?}");
                }
                if modes.iter().any(|mode| matches!(mode, WebhookMode::Early(_))) {
                    // A change that reads do not show yet is found by reading again later.
                    world.receiver.work().await.unwrap();
                    world.sandbox.advance(Duration::from_secs(60));
                    let notice = Notice::new(world.client.provider().name().to_owned(), payment.clone());
                    world.receiver.read(&notice).await.unwrap();
                }
                world.receiver.work().await.unwrap();
                world.check_books(&payment, &case);
            }
        }
    }
}

#[tokio::test]
async fn a_lost_webhook_is_recovered_by_reading() {
    for channel in CHANNELS {
        let world = World::new(channel).await;
        for delivery in 1..=20 {
            world.sandbox.webhooks().add(WebhookMode::Lose(delivery));
        }
        let payment = world.payment(Outcome::Succeeded);
        world.refund_twice(&payment).await;
        world.sandbox.settle_all();
        world.sandbox.webhooks().deliver_all().await;
        world.receiver.work().await.unwrap();
        let name = world.client.provider().name();
        assert!(world.receiver.known(name, &payment).is_empty(), "{channel:?}: every delivery was lost");
        world.receiver.read(&Notice::new(name.to_owned(), payment.clone())).await.unwrap();
        world.check_books(&payment, &format!("{channel:?}"));
    }
}

#[tokio::test]
async fn a_webhook_without_a_valid_signature_is_refused() {
    for channel in CHANNELS {
        for mode in [
            WebhookMode::WrongSecret,
            WebhookMode::TamperedBody,
            WebhookMode::ClockAhead(Duration::from_secs(600)),
            WebhookMode::ClockBehind(Duration::from_secs(600)),
        ] {
            // A hook's signature does not cover a time, and a callback's does not cover the body, which is not read.
            let harmless = matches!(
                (channel, &mode),
                (Channel::DinteroHook, WebhookMode::ClockAhead(_) | WebhookMode::ClockBehind(_))
                    | (Channel::DinteroCallback, WebhookMode::TamperedBody)
            );
            let world = World::new(channel).await;
            world.sandbox.webhooks().add(mode.clone());
            let payment = world.payment(Outcome::Succeeded);
            world.refund_twice(&payment).await;
            world.sandbox.settle_all();
            for delivery in world.sandbox.webhooks().deliver().await {
                let status = if harmless { 200 } else { 400 };
                assert_eq!(delivery.status, Some(status), "{channel:?} {mode:?}: {delivery:?}");
            }
            world.receiver.work().await.unwrap();
            let name = world.client.provider().name();
            assert_eq!(world.receiver.known(name, &payment).is_empty(), !harmless, "{channel:?} {mode:?}");
        }
    }
}
