//! What the admin port changes.

use refunds_sandbox::{EntryState, Outcome, mattilda::TransactionSpec};
use serde_json::json;

use crate::{
    common::{Admin, Dintero, Mattilda, read},
    receiver::Receiver,
};

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let (sandbox, admin) = Admin::start().await;
    let added = admin.post("/api/faults", json!({"rule": "submit:1:process-then-drop"})).await;
    assert_eq!(added, json!({"id": 1, "rule": "submit:1:process-then-drop"}));
    let at_one = json!({"rule": "any:every:status=503", "provider": "mattilda"});
    assert_eq!(admin.post("/api/faults", at_one).await["rule"], "mattilda/any:every:status=503");

    let mattilda = Mattilda::of(&sandbox);
    assert_eq!(mattilda.get("/refunds/1").send().await.unwrap().status(), 503);
    assert_eq!(Dintero::of(&sandbox).await.get("/transactions/1").send().await.unwrap().status(), 404);
    let listed = admin.get("/api/faults").await;
    let second = json!({"id": 2, "rule": "mattilda/any:every:status=503", "provider": "mattilda", "seen": 1, "hits": 1});
    assert_eq!((&listed["faults"][0]["hits"], &listed["faults"][1]), (&json!(0), &second));

    assert_eq!(admin.call("DELETE", "/api/faults/2", &json!({})).await, (200, json!({"removed": 1})));
    assert_eq!(admin.call("DELETE", "/api/faults/2", &json!({})).await.0, 404);
    assert_eq!(admin.call("DELETE", "/api/faults", &json!({})).await, (200, json!({"removed": 1})));
    assert_eq!(admin.get("/api/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn a_refund_is_settled_failed_or_voided_at_either_provider() {
    let (sandbox, admin) = Admin::start().await;
    sandbox.set_settle_after_reads(None);
    let (mattilda, dintero) = (Mattilda::of(&sandbox), Dintero::of(&sandbox).await);
    let of_mattilda =
        sandbox.mattilda().transaction(TransactionSpec::new(300, "MXN").asynchronous(Outcome::Succeeded));
    let of_dintero = sandbox.dintero().captured(300, "NOK");
    sandbox.dintero().set_asynchronous(&of_dintero, true);
    for _ in 0..3 {
        assert_eq!(read(mattilda.refund(&of_mattilda, &json!({"amount": 100}))).await.0, 201);
        assert_eq!(read(dintero.refund(&of_dintero, &json!({"amount": 100}))).await.0, 202);
    }
    for (payment, words) in
        [(&of_mattilda, ["succeeded", "failed", "voided"]), (&of_dintero, ["succeeded", "failed", "failed"])]
    {
        let ids: Vec<_> = sandbox.ledger().of(payment).map(|entry| entry.refund_id.clone()).collect();
        for ((id, verb), word) in ids.iter().zip(["settle", "fail", "void"]).zip(words) {
            let path = format!("/api/refunds/{id}/{verb}");
            assert_eq!(admin.post(&path, json!({})).await, json!({"id": id, "status": word}));
            let refusal = admin.refused(409, &path, json!({})).await;
            assert_eq!(refusal, format!("the refund is not pending: it is {word}"));
        }
        assert_eq!((sandbox.ledger().total_refunded(payment), sandbox.ledger().pending(payment)), (100, 0));
    }
    admin.refused(404, "/api/refunds/none/settle", json!({})).await;
}

#[tokio::test]
async fn everything_pending_is_settled_at_once() {
    let (sandbox, admin) = Admin::start().await;
    let payment =
        sandbox.mattilda().transaction(TransactionSpec::new(300, "MXN").asynchronous(Outcome::Declined));
    assert_eq!(read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await.0, 201);
    assert_eq!(admin.post("/api/settle", json!({})).await, json!({"settled": 1}));
    assert_eq!(sandbox.ledger().entries()[0].state, EntryState::Failed, "as its payment says");
    assert_eq!(admin.post("/api/settle", json!({})).await, json!({"settled": 0}));
}

#[tokio::test]
async fn payments_are_added() {
    let (sandbox, admin) = Admin::start().await;
    let body = json!({"provider": "dintero", "amount": 44_850, "currency": "NOK", "reference": "order-1"});
    let added = admin.post("/api/payments", body).await;
    assert_eq!(added["provider"], "dintero");
    let document = sandbox.dintero().transaction_json(added["id"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&document["merchant_reference"], &document["status"]),
        (&json!("order-1"), &json!("CAPTURED"))
    );

    let mattilda = Mattilda::of(&sandbox);
    for (asynchronous, outcome, status) in
        [(false, "succeeded", "succeeded"), (false, "declined", "declined"), (true, "failed", "processing")]
    {
        let body = json!({
            "provider": "mattilda", "amount": 100, "currency": "MXN", "captured": 60,
            "asynchronous": asynchronous, "outcome": outcome,
        });
        let payment = admin.post("/api/payments", body).await["id"].as_str().unwrap().to_owned();
        let (_, refund) = read(mattilda.refund(&payment, &json!({}))).await;
        assert_eq!((&refund["status"], &refund["amount"]), (&json!(status), &json!(60)));
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let (_sandbox, admin) = Admin::start().await;
    let payment = |change: serde_json::Value| {
        let mut body = json!({"provider": "mattilda", "amount": 1, "currency": "MXN"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        ("/api/payments", body)
    };
    for ((path, body), sentence) in [
        (("/api/faults", json!({"rule": "submit:1:explode"})), "not a valid fault rule"),
        (("/api/faults", json!({"rule": "any:1:silence", "extra": 1})), "unknown field `extra`"),
        (("/api/faults", json!({})), "missing field `rule`"),
        (("/api/faults", json!([])), "the body is not what this path expects"),
        (("/api/faults", json!({"rule": "any:1:silence", "provider": "other"})), "unknown provider"),
        (
            ("/api/faults", json!({"rule": "dintero/any:1:silence", "provider": "mattilda"})),
            "another provider",
        ),
        (payment(json!({"amount": 0})), "`amount` must be greater than zero"),
        (payment(json!({"amount": 1.5})), "invalid type: floating point"),
        (payment(json!({"captured": 2})), "`captured` must be"),
        (payment(json!({"currency": "kroner"})), "`currency` must be a code"),
        (payment(json!({"outcome": "gone"})), "unknown outcome"),
        (payment(json!({"id": "x"})), "unknown field `id`"),
        (("/api/settle", json!({"all": true})), "unknown field `all`"),
        (
            ("/api/trigger", json!({"event": "refund.exploded"})),
            "unknown event, expected one of: checkout_transaction",
        ),
    ] {
        let refusal = admin.refused(400, path, body.clone()).await;
        assert!(refusal.contains(sentence), "{path} {body}: {refusal}");
    }
    let (status, refusal) = admin.call("GET", "/api/requests?before=1", &json!(null)).await;
    assert_eq!((status, &refusal["error"]), (400, &json!("the only parameter is `after`, a whole number")));
}

#[tokio::test]
async fn webhooks_are_sent_on_request() {
    let (sandbox, admin) = Admin::start().await;
    let receiver = Receiver::start().await;
    let name = "refund.declined";
    admin.refused(409, "/api/trigger", json!({"event": name})).await;
    let payment = sandbox.mattilda().captured(100, "MXN");
    let (_, refund) = read(Mattilda::of(&sandbox).refund(&payment, &json!({}))).await;
    let refusal = admin.refused(409, "/api/trigger", json!({"event": name})).await;
    assert!(refusal.contains("nothing is subscribed"), "{refusal}");

    sandbox.mattilda().subscribe(receiver.url("/mattilda"));
    let sent = admin.post("/api/trigger", json!({"event": name, "refund": refund["id"]})).await;
    assert_eq!((&sent["queued"], &sent["deliveries"][0]["attempts"][0]["status"]), (&json!(1), &json!(200)));
    let got = receiver.got();
    assert_eq!((&got[0].json()["name"], &got[0].json()["target"]["id"]), (&json!(name), &refund["id"]));

    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(100, "NOK");
    sandbox.dintero().set_callback_url(&payment, receiver.url("/callback?report_event=REFUND"));
    sandbox.dintero().subscribe(receiver.url("/hook"), ["checkout_transaction"]);
    assert_eq!(read(dintero.refund(&payment, &json!({"amount": 100}))).await.0, 200);
    admin.post("/api/deliveries", json!({})).await;
    for (event, path) in [("REFUND", "/callback?"), ("checkout_transaction", "/hook")] {
        let before = receiver.got().len();
        admin.post("/api/trigger", json!({"event": event})).await;
        let got = receiver.got();
        assert_eq!(got.len(), before + 1);
        assert!(got[before].target.starts_with(path), "{event}: {}", got[before].target);
    }
    admin.refused(400, "/api/trigger", json!({"event": "REFUND", "refund": refund["id"]})).await;
    admin.refused(404, "/api/trigger", json!({"event": "REFUND", "refund": "none"})).await;
}
