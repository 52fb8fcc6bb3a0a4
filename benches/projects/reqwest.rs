//! One provider by hand.
#[derive(Debug, serde::Deserialize)]
#[allow(dead_code)]
struct List {
    items: Vec<Refund>,
    next_cursor: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[allow(dead_code)]
struct Refund {
    id: String,
    status: String,
    currency: String,
    amount: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let payment = std::env::args().nth(1).unwrap_or_default();
    let url = format!("https://api.mattildapayments.com/transactions/{payment}/refunds");
    let response = reqwest::Client::new().get(url).bearer_auth(std::env::var("TOKEN")?).send().await?;
    let body = response.error_for_status()?.bytes().await?;
    println!("{:?}", serde_json::from_slice::<List>(&body)?);
    Ok(())
}
