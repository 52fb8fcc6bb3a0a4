//! What the admin port shows.

use refunds_sandbox::{Outcome, Sandbox, mattilda::TransactionSpec};
use serde_json::{Value, json};

use crate::{
    common::{Admin, Dintero, Mattilda, read, start},
    receiver::{Receiver, Respond},
};

#[tokio::test]
async fn there_is_no_admin_port_unless_asked_for() {
    assert_eq!(start().await.admin_url(), None);
    let (sandbox, admin) = Admin::start().await;
    let port: u16 = admin.url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    assert!(Sandbox::builder().admin_port(port).start().await.is_err(), "taken");
    assert!(format!("{sandbox:?}").contains(&admin.url));
    sandbox.stop_listening().await;
    admin.get("/api/state").await;
    drop(sandbox);
    assert!(admin.client.get(&admin.url).send().await.is_err(), "it ends with the sandbox");
    let again = Sandbox::builder().admin_port(port).start().await.unwrap();
    assert_eq!(again.admin_url().unwrap(), admin.url);
}

#[tokio::test]
async fn the_index_lists_every_path() {
    let (_sandbox, admin) = Admin::start().await;
    let index = admin.get("/api").await;
    let paths = index["paths"].as_array().unwrap();
    assert!(
        paths.iter().any(|row| (&row["method"], &row["path"]) == (&json!("POST"), &json!("/api/trigger")))
    );
    for row in paths {
        let path = row["path"].as_str().unwrap().replace("{id}", "1");
        let (status, body) = match row["method"].as_str().unwrap() {
            "GET" if path == "/api/events" => continue,
            method => admin.call(method, &path, &json!({"surplus": 1})).await,
        };
        assert_ne!(status, 405, "{path}: {body}");
        let readme = include_str!("../../README.md");
        assert!(readme.contains(row["path"].as_str().unwrap()), "the README lacks {path}");
    }
    let (status, body) = admin.call("GET", "/api/other", &Value::Null).await;
    assert_eq!((status, body["error"].is_string()), (404, true));
    let response =
        admin.client.put(format!("{}/api/faults", admin.url)).json(&json!({})).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, POST, DELETE".parse().unwrap())
    );
}

#[tokio::test]
async fn the_state_shows_payments_and_the_life_of_their_refunds() {
    let (sandbox, admin) = Admin::start().await;
    sandbox.set_settle_after_reads(None);
    let mattilda = Mattilda::of(&sandbox);
    let spec = TransactionSpec::new(129_900, "MXN").gift_card(100).asynchronous(Outcome::Declined);
    let payment = sandbox.mattilda().transaction(spec);
    let body = json!({"amount": 29_900, "external_identifier": "rma-1"});
    let (_, made) = read(mattilda.refund(&payment, &body)).await;

    let shown = admin.get("/api/state").await["payments"][0].clone();
    assert_eq!(shown["captured"], json!({"minor": 130_000, "text": "1300.00 MXN"}));
    assert_eq!(
        (&shown["provider"], &shown["id"], &shown["currency"]),
        (&json!("mattilda"), &json!(payment), &json!("MXN"))
    );
    let sums =
        |shown: &Value| ["refunded", "pending", "left"].map(|sum| shown[sum]["minor"].as_i64().unwrap());
    assert_eq!(sums(&shown), [0, 29_900, 100_100]);
    let refund = &shown["refunds"][0];
    assert_eq!(
        (&refund["id"], &refund["reference"], &refund["status"]),
        (&made["id"], &json!("rma-1"), &json!("pending"))
    );
    assert_eq!(refund["amount"]["text"], "299.00 MXN");

    sandbox.settle_all();
    let shown = admin.get("/api/state").await["payments"][0].clone();
    assert_eq!(sums(&shown), [0, 0, 130_000]);
    let history = shown["refunds"][0]["history"].as_array().unwrap().clone();
    let words: Vec<_> = history.iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["pending", "declined"]);
    assert!(history.iter().all(|step| step["at"].as_str().unwrap().ends_with('Z')));
}

#[tokio::test]
async fn dinteros_payments_are_shown_with_what_is_left() {
    let (sandbox, admin) = Admin::start().await;
    let dintero = Dintero::of(&sandbox).await;
    let payment = sandbox.dintero().captured(44_850, "NOK");
    let (status, _) =
        read(dintero.refund(&payment, &json!({"amount": 14_950, "refund_reference": "rma-2"}))).await;
    assert_eq!(status, 200);
    let shown = admin.get("/api/state").await["payments"][0].clone();
    assert_eq!((&shown["left"]["text"], &shown["refunded"]["minor"]), (&json!("299.00 NOK"), &json!(14_950)));
    assert_eq!(shown["refunds"][0]["history"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&shown["refunds"][0]["status"], &shown["refunds"][0]["reference"]),
        (&json!("succeeded"), &json!("rma-2"))
    );
}

#[tokio::test]
async fn the_ledger_is_shown_beside_what_was_answered() {
    let (sandbox, admin) = Admin::start().await;
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    sandbox.faults().add("submit:1:process-then-drop".parse().unwrap());
    sandbox.faults().add("submit:1:process-late=1m".parse().unwrap());
    assert!(mattilda.refund(&payment, &json!({"amount": 10})).send().await.is_err());
    assert_eq!(read(mattilda.refund(&payment, &json!({"amount": 20}))).await.0, 201);

    let state = admin.get("/api/state").await;
    let ledger = state["ledger"].as_array().unwrap();
    let shown: Vec<_> = ledger
        .iter()
        .map(|entry| (&entry["amount"]["minor"], &entry["request"], &entry["answered"]))
        .collect();
    let lost = json!({"answer": "dropped", "status": null, "fault": "submit:1:process-then-drop"});
    let seen = json!({"answer": "answered", "status": 201, "fault": null});
    assert_eq!(shown, [(&json!(10), &json!(1), &lost), (&json!(20), &json!(2), &seen)]);
    assert_eq!(state["faults"][0]["hits"], 1);

    sandbox.faults().clear();
    sandbox.faults().add("submit:1:process-late=1m".parse().unwrap());
    assert!(mattilda.refund(&payment, &json!({"amount": 30})).send().await.is_err());
    sandbox.deliver_late();
    let late = admin.get("/api/state").await["ledger"][2].clone();
    assert_eq!(
        (&late["request"], &late["answered"]["answer"]),
        (&json!(3), &json!("dropped")),
        "a late one too"
    );
}

#[tokio::test]
async fn the_state_names_the_variables_and_holds_no_secret() {
    let (sandbox, admin) = Admin::start().await;
    sandbox.dintero().captured(1, "NOK");
    let mattilda = Mattilda::of(&sandbox);
    mattilda.get("/transactions/1").send().await.unwrap();
    Dintero::of(&sandbox).await;
    let state = admin.get("/api/state").await;
    let providers = state["providers"].as_array().unwrap();
    let names: Vec<_> = providers.iter().map(|provider| provider["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dintero", "mattilda"]);
    assert_eq!(providers[1]["api_url"], sandbox.mattilda().api_url());
    assert!(providers[0]["env"].as_array().unwrap().contains(&json!("DINTERO_CLIENT_SECRET")));
    let shown = [state.to_string(), admin.get("/api/requests").await.to_string()].concat();
    let secrets =
        sandbox.env().into_iter().filter(|(name, _)| name.contains("SECRET") || name.contains("KEY"));
    for (name, value) in secrets.chain([("token".to_owned(), mattilda.token.clone())]) {
        assert!(!shown.contains(&value), "{name}");
    }
}

#[tokio::test]
async fn deliveries_show_attempts_results_and_the_next_one() {
    let (sandbox, admin) = Admin::start().await;
    let receiver = Receiver::responding([Respond::Status(503)]).await;
    sandbox.mattilda().subscribe(receiver.url("/hooks?token=s3cret&shop=1"));
    let mattilda = Mattilda::of(&sandbox);
    let payment = sandbox.mattilda().captured(100, "MXN");
    assert_eq!(read(mattilda.refund(&payment, &json!({}))).await.0, 201);

    let one = |list: Value| list["deliveries"].as_array().unwrap().first().unwrap().clone();
    let queued = one(admin.get("/api/deliveries").await);
    assert_eq!((&queued["state"], &queued["attempts"]), (&json!("queued"), &json!([])));
    assert_eq!(queued["url"], receiver.url("/hooks?token=[redacted]&shop=1"));

    let sent = admin.post("/api/deliveries", json!({})).await;
    assert_eq!(sent["attempts"], 1);
    let failed = one(sent);
    assert_eq!((&failed["state"], &failed["attempts"][0]["status"]), (&json!("queued"), &json!(503)));
    assert!(failed["next"].is_string());

    sandbox.webhooks().deliver_all().await;
    let delivered = one(admin.get("/api/deliveries").await);
    assert_eq!((&delivered["state"], &delivered["next"]), (&json!("delivered"), &Value::Null));
    assert_eq!(
        (&delivered["attempts"][1]["attempt"], &delivered["attempts"][1]["status"]),
        (&json!(2), &json!(200))
    );
}
