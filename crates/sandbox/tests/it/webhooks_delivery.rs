//! The queue and delivery, for any provider.

use std::{sync::Mutex, time::Duration};

use refunds_sandbox::{
    Call, Delivery, FaultAction, FaultRule, Outcome, Provider, Sandbox, Webhooks, mattilda::TransactionSpec,
};
use serde_json::json;

use crate::{
    common::{Dintero, Mattilda, read, start},
    receiver::{Receiver, Respond},
};

#[tokio::test]
async fn ids_of_refunds_are_the_same_with_and_without_webhooks() {
    let mut ids = Vec::new();
    for subscribed in [false, true] {
        let sandbox = Sandbox::builder().seed(7).start().await.unwrap();
        if subscribed {
            sandbox.mattilda().subscribe("http://127.0.0.1:1/");
        }
        let payment = sandbox.mattilda().captured(100, "MXN");
        for _ in 0..2 {
            read(Mattilda::of(&sandbox).refund(&payment, &json!({"amount": 1}))).await;
        }
        let ledger = sandbox.ledger();
        ids.push(ledger.entries().iter().map(|entry| entry.refund_id.clone()).collect::<Vec<_>>());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_lost_response_is_reported_by_webhook_and_a_late_refund_late() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    let payment = sandbox.mattilda().captured(100, "MXN");
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenDrop));
    let late = FaultAction::ProcessLate(Duration::from_secs(60));
    sandbox.faults().add(FaultRule::on(Call::Submit).nth(2).then(late));
    assert!(mattilda.refund(&payment, &json!({"amount": 1})).send().await.is_err());
    assert_eq!(sandbox.webhooks().pending(), 1);
    assert!(mattilda.refund(&payment, &json!({"amount": 1})).send().await.is_err());
    assert_eq!(sandbox.webhooks().pending(), 1);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(sandbox.webhooks().pending(), 2);
}

#[tokio::test]
async fn what_the_clock_settles_is_delivered() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_settle_after_reads(None);
    sandbox.set_settle_after(Some(Duration::from_secs(60)));
    let shop = Receiver::start().await;
    sandbox.dintero().subscribe(shop.url("/"), ["checkout_transaction"]);
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(100, "NOK");
    sandbox.dintero().set_asynchronous(&payment, true);
    read(dintero.refund(&payment, &json!({"amount": 100}))).await;
    assert_eq!(sandbox.webhooks().deliver_all().await.len(), 1, "initiated");
    sandbox.advance(Duration::from_secs(60));
    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!((deliveries.len(), deliveries[0].provider), (1, Provider::Dintero));
    assert_eq!(shop.got()[1].json()["transaction"]["status"], "REFUNDED");
}

#[tokio::test]
async fn a_receiver_that_was_down_gets_the_webhook_later() {
    let sandbox = start().await;
    let down = sandbox.refused_url().unwrap();
    let up = Receiver::start().await;
    sandbox.mattilda().subscribe(&down);
    sandbox.mattilda().subscribe(up.url("/"));
    let payment = sandbox.mattilda().captured(100, "MXN");
    read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
    let deliveries = sandbox.webhooks().deliver().await;
    let statuses: Vec<_> = deliveries.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [None, Some(200)], "one does not stop the other");
    assert_eq!((sandbox.webhooks().pending(), up.got().len()), (1, 1));
    assert_eq!(sandbox.webhooks().next_due(), deliveries[0].next_attempt);
}

#[tokio::test]
async fn a_cancelled_delivery_stays_in_the_queue() {
    let sandbox = start().await;
    let shop = Receiver::responding([Respond::Status(200), Respond::Silence]).await;
    sandbox.mattilda().subscribe(shop.url("/"));
    let payment = sandbox.mattilda().captured(100, "MXN");
    for _ in 0..3 {
        read(Mattilda::of(&sandbox).refund(&payment, &json!({"amount": 1}))).await;
    }
    let second_came = async {
        while shop.got().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = sandbox.webhooks().deliver() => panic!("the second is never answered"),
        () = second_came => {}
    }
    assert_eq!(sandbox.webhooks().pending(), 2);
    let attempts: Vec<_> =
        sandbox.webhooks().deliver().await.iter().map(|delivery| delivery.attempt).collect();
    assert_eq!(attempts, [1, 1]);
}

#[tokio::test]
async fn a_taken_request_can_be_replayed_and_forged() {
    let sandbox = start().await;
    let shop = Receiver::responding([Respond::Status(200), Respond::Status(400)]).await;
    sandbox.mattilda().subscribe(shop.url("/"));
    let payment = sandbox.mattilda().captured(100, "MXN");
    read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
    let mut request = sandbox.webhooks().queue().take().remove(0);
    assert_eq!(sandbox.webhooks().send(&request).await, Ok(200));
    request.body.extend(b" ");
    assert_eq!(sandbox.webhooks().send(&request).await, Ok(400));
    let got = shop.got();
    let signature = |at: usize| got[at].header("x-gr4vy-webhook-signatures").to_owned();
    assert_eq!(signature(0), signature(1));
    assert_eq!(got[1].body.len(), got[0].body.len() + 1);
    "http://shop.example/".clone_into(&mut request.url);
    assert!(sandbox.webhooks().send(&request).await.is_err());
}

#[tokio::test]
async fn a_shop_that_reads_during_the_delivery_finds_the_refund() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    // The sandbox itself is as good a receiver as any: it answers 404 to a path that it does not have.
    sandbox.mattilda().subscribe(format!("{}/refunds", mattilda.url));
    let payment = sandbox.mattilda().captured(100, "MXN");
    read(mattilda.refund(&payment, &json!({}))).await;
    sandbox.clear_requests();
    let deliveries = sandbox.webhooks().deliver().await;
    assert_eq!((deliveries[0].status, sandbox.requests()[0].path.as_str()), (Some(404), "/refunds"));
}

/// For sandboxes that people use: nobody calls `deliver`, and no request makes what is due happen.
#[tokio::test]
async fn webhooks_are_sent_in_the_background_as_they_become_due() {
    let sandbox = start().await;
    let shop = Receiver::start().await;
    sandbox.mattilda().subscribe(shop.url("/"));
    let spec = TransactionSpec::new(100, "MXN").asynchronous(Outcome::Succeeded);
    let payment = sandbox.mattilda().transaction(spec.settles_after(Duration::from_millis(1)));
    read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
    let deliveries = Mutex::new(Vec::new());
    let both = async {
        while deliveries.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = sandbox.webhooks().run(|delivery| deliveries.lock().unwrap().push(delivery)) => {}
        ended = tokio::time::timeout(Duration::from_secs(20), both) => ended.expect("both are delivered"),
    }
    let deliveries = deliveries.into_inner().unwrap();
    assert!(deliveries.iter().all(Delivery::is_accepted), "{deliveries:?}");
    let events: Vec<&str> = deliveries.iter().map(|delivery| delivery.event.as_str()).collect();
    assert_eq!(events, ["refund.pending", "refund.succeeded"]);
    assert_eq!(shop.got().len(), 2);
    assert!(Webhooks::reaches(&shop.origin) && !Webhooks::reaches("https://shop.example/hooks"));
}
