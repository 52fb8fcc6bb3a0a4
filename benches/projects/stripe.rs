//! One provider with its SDK.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = stripe::Client::new(std::env::var("STRIPE_SECRET_KEY")?);
    println!("{:?}", stripe_core::refund::ListRefund::new().send(&client).await?);
    Ok(())
}
