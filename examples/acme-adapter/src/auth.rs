//! Tokens: fetched here, kept and renewed by [`TokenCache`](refunds_http::TokenCache).

use std::time::Duration;

use refunds_core::{Operation, Result, async_trait, serde_json::json};
use refunds_http::{HttpClient, Request, Token, TokenSource};
use serde::Deserialize;

/// `POST /tokens`, by a client that sends the id and the secret as HTTP Basic.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    pub(crate) http: HttpClient,
}

#[async_trait]
impl TokenSource for TokenEndpoint {
    async fn fetch(&self) -> Result<Token> {
        // It moves no money: `read`.
        let request =
            Request::post(Operation::Configure).path("tokens").json(&json!({ "grant": "client" })).read();
        let wire: Wire = self.http.json(request).await?;
        Ok(Token::new(wire.token.into(), wire.valid_seconds.map(Duration::from_secs)))
    }
}

#[derive(Deserialize)]
struct Wire {
    token: String,
    valid_seconds: Option<u64>,
}
