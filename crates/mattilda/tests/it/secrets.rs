//! Secrets and personal data, as canaries: they are sent where they belong, and shown nowhere.

use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::common::{PAYMENT, fixture, payment_id, refund_id, script, submit};
use refunds_core::{PageRequest, RefundProvider};
use refunds_http::testing::Reply;
use refunds_mattilda::{Mattilda, MattildaConfig};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn secrets_and_personal_data_are_shown_nowhere() {
    const TOKEN: &str = "canary-token-1f9a";
    const WEBHOOK: &str = "canary-webhook-77b0";
    let canaries = [TOKEN, WEBHOOK, "canary-name", "canary-mail", "4111111111111111", "canary-unknown"];

    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    let refund = json!({
        "id": crate::common::REFUND, "transaction_id": PAYMENT, "status": "failed", "currency": "MXN", "amount": 1299,
        "creator": { "id": "c-1", "name": "canary-name", "email_address": "canary-mail@example.com" },
        "raw_response_description": "card 4111 1111 1111 1111, 4111111111111111",
        "surprise": "canary-unknown",
    });
    let echo = json!({
        "code": TOKEN, "message": format!("Bearer {TOKEN} of canary-mail@example.com 4111111111111111"),
        "details": [{ "location": "header", "pointer": TOKEN, "message": format!("{TOKEN} 4111111111111111") }],
        "detail": [{ "loc": ["body"], "msg": "m", "input": "canary-unknown" }],
    });
    let transport = script([
        crate::common::reply(200, &refund),
        crate::common::reply(200, &json!({ "items": [refund] })),
        crate::common::reply(400, &echo),
        crate::common::reply(401, &echo),
        Reply::json(201, format!(r#"{{"id":5,"status":"{TOKEN}"}}"#)),
        Reply::json(201, format!(r#"{{"id":"{TOKEN}","status":"x","currency":"{TOKEN}","amount":1}}"#)),
    ]);
    let config = MattildaConfig::from_token(TOKEN).with_webhook_secret(WEBHOOK).with_transport(transport);
    let mut shown = vec![format!("{config:?}")];
    let adapter = Mattilda::new(config).unwrap();
    shown.push(format!("{adapter:?}"));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let one = adapter.get_refund(&payment_id(), &refund_id()).await.unwrap();
            shown.push(format!("{one:?}"));
            let reported = serde_json::to_string(&one).unwrap();
            assert!(!reported.contains("canary"), "{reported}");
            shown.push(format!(
                "{:?}",
                adapter.list_refunds(&payment_id(), &PageRequest::first()).await.unwrap()
            ));
            for _ in 0..4 {
                let error = adapter.submit_refund(&submit(1299)).await.unwrap_err();
                shown.push(format!("{error} {error:?} {error:#?} {:?}", error.details()));
            }
        });
    });
    assert!(log.text().contains("http.exchange"), "the log is on");
    shown.push(log.text());
    for text in shown {
        for canary in canaries {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
        assert!(!text.contains("4111 1111"), "{text}");
    }
}

#[test]
fn a_private_key_is_shown_nowhere() {
    let pem = fixture("test_key_p521.pem");
    let config =
        MattildaConfig::from_private_key(pem.clone()).with_api_url("https://user:canary@pay.example");
    let shown = format!("{config:?} {:?}", Mattilda::new(config.clone()).unwrap_err());
    let adapter = Mattilda::new(config.with_api_url("https://pay.example")).unwrap();
    let shown = format!("{shown} {adapter:?} {adapter:#?}");
    assert!(!shown.contains("canary") && !shown.contains("BEGIN"), "{shown}");
    for line in pem.lines().filter(|line| !line.contains('-') && !line.contains(' ')) {
        assert!(!shown.contains(line), "{shown}");
    }
}
