//! Live events of the admin port.

use reqwest::Response;
use serde_json::{Value, json};

use crate::common::{Admin, Mattilda};

struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn of(admin: &Admin) -> Self {
        let response = admin.client.get(format!("{}/api/events", admin.url)).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { response, text: String::new() };
        assert_eq!(events.block().await, "retry: 1000", "it follows from now on");
        events
    }

    async fn block(&mut self) -> String {
        loop {
            if let Some((block, _)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text.drain(..block.len() + 2);
                return block;
            }
            let chunk = self.response.chunk().await.unwrap().unwrap_or_else(|| panic!("the stream ended"));
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn changed(&mut self) -> Value {
        let block = self.block().await;
        let data = block.strip_prefix("event: change\ndata: ").unwrap_or_else(|| panic!("{block}"));
        serde_json::from_str::<Value>(data).unwrap()["changed"].clone()
    }
}

#[tokio::test]
async fn each_change_is_reported() {
    let (sandbox, admin) = Admin::start().await;
    let mut events = Events::of(&admin).await;
    let mut others = Events::of(&admin).await;
    sandbox.mattilda().captured(100, "MXN");
    assert_eq!(events.changed().await, json!(["payments"]));
    assert_eq!(others.changed().await, json!(["payments"]), "to everybody");
    sandbox.faults().add("submit:1:status=503".parse().unwrap());
    assert_eq!(events.changed().await, json!(["faults"]));
    sandbox.dintero().captured(100, "NOK");
    assert_eq!(events.changed().await, json!(["payments"]));
    Mattilda::of(&sandbox).get("/refunds/1").send().await.unwrap();
    assert_eq!(events.changed().await, json!(["requests"]));
}

#[tokio::test]
async fn many_quick_changes_are_one_event() {
    let (sandbox, admin) = Admin::start().await;
    sandbox.mattilda().subscribe("http://127.0.0.1:1/");
    let mut events = Events::of(&admin).await;
    for _ in 0..500 {
        sandbox.mattilda().captured(100, "MXN");
    }
    sandbox.faults().clear();
    assert_eq!(events.changed().await, json!(["payments", "faults"]));
    let payment = sandbox.mattilda().captured(100, "MXN");
    assert_eq!(events.changed().await, json!(["payments"]), "nothing is left of the others");
    Mattilda::of(&sandbox).refund(&payment, &json!({})).send().await.unwrap();
    let changed = events.changed().await;
    assert!(changed.as_array().unwrap().contains(&json!("requests")), "{changed}");
}

#[tokio::test]
async fn the_stream_ends_with_the_sandbox() {
    let (sandbox, admin) = Admin::start().await;
    let mut events = Events::of(&admin).await;
    drop(sandbox);
    assert!(matches!(events.response.chunk().await, Err(_) | Ok(None)));
}
