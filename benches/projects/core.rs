//! Core alone: an application with an adapter of its own.
use refunds_core::{PageRequest, RefundClient, Registry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = RefundClient::from_env(&Registry::new())?;
    let payment = std::env::args().nth(1).unwrap_or_default().parse()?;
    println!("{:?}", client.list_page(&payment, &PageRequest::default()).await?);
    Ok(())
}
