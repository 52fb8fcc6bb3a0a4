//! Fetching a token. [`TokenCache`](refunds_http::TokenCache) keeps and renews it.

use std::time::Duration;

use refunds_core::{Operation, Result, async_trait, serde_json::json};
use refunds_http::{HttpClient, Request, Token, TokenSource};

use crate::wire;

/// `POST /tokens`, by a client that sends the id and the secret as HTTP Basic.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    pub(crate) http: HttpClient,
}

#[async_trait]
impl TokenSource for TokenEndpoint {
    async fn fetch(&self) -> Result<Token> {
        // `read`: this POST moves no money.
        let request =
            Request::post(Operation::Configure).path("tokens").json(&json!({ "grant": "client" })).read();
        let wire: wire::Token = self.http.json(request).await?;
        Ok(Token::new(wire.token.into(), wire.valid_seconds.map(Duration::from_secs)))
    }
}
