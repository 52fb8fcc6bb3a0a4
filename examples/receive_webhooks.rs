//! Receive webhooks with axum: verify, acknowledge, and read the refunds afterwards.

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    routing::any,
};
use refunds_core::{
    Clock as _, CreateRefund, Notice, RefundAmount, RefundClient, RefundStatus, Registry, SystemClock,
    WebhookRequest, webhook_status,
};
use refunds_mattilda::MattildaFactory;
use refunds_sandbox::{Outcome, Sandbox, mattilda::TransactionSpec};
use tokio::{net::TcpListener, sync::mpsc};

/// Larger than any webhook of these providers.
const MAX_BODY: usize = 1 << 20;

#[derive(Clone)]
struct Receiver {
    client: RefundClient,
    /// Some signatures cover the public URL, which a server behind a proxy does not see: configure it.
    public_origin: String,
    /// In production a durable queue, unique by the delivery id.
    notices: mpsc::Sender<Notice>,
}

async fn receive(State(receiver): State<Receiver>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    // The signature covers the raw bytes: do not parse them first.
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE };
    let request = WebhookRequest::from_parts(&parts, &receiver.public_origin, body, SystemClock.now());
    let notice = match receiver.client.verify_webhook(&request) {
        Ok(notice) => notice,
        Err(error) => {
            let status = webhook_status::<()>(&Err(error));
            return StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    // Store it and respond at once. If it cannot be stored, the provider sends it again.
    match receiver.notices.try_send(notice) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let registry = Registry::new().with(MattildaFactory);
    let settings = sandbox.settings("mattilda").into_iter().collect();
    let client = RefundClient::new(registry.build("mattilda", &settings)?);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let public_origin = format!("http://{}", listener.local_addr()?);
    let url = format!("{public_origin}/webhooks");
    let (notices, mut queue) = mpsc::channel(100);
    let receiver = Receiver { client: client.clone(), public_origin, notices };
    let routes = Router::new().route("/webhooks", any(receive)).with_state(receiver);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    sandbox.mattilda().subscribe(url);

    // A refund that the bank settles later.
    let transaction = TransactionSpec::new(129_900, "MXN").asynchronous(Outcome::Succeeded);
    let payment = sandbox.mattilda().transaction(transaction).parse()?;
    let request = CreateRefund::new(payment, RefundAmount::Remaining, "rma-551".parse()?);
    let mut known = vec![client.create(&request).await?];
    println!("created: {}", known[0].status);
    sandbox.settle_all();
    for delivery in sandbox.webhooks().deliver_all().await {
        println!("webhook {}: {:?}", delivery.event, delivery.status);
    }

    // The worker reads what changed. A repeated webhook changes nothing.
    while let Ok(notice) = queue.try_recv() {
        for refund in client.refresh(&notice).await?.changes_since(&known)? {
            println!("changed: {} is {}", refund.id, refund.status);
            known.retain(|before| before.id != refund.id);
            known.push(refund);
        }
    }
    assert_eq!(known[0].status, RefundStatus::Succeeded);
    Ok(())
}
