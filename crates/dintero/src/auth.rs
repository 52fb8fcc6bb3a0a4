//! Access tokens: client credentials in, a bearer token for one account out.

use std::time::Duration;

use async_trait::async_trait;
use refunds_core::{Error, Operation, Result};
use refunds_http::{HttpClient, Request, Token, TokenSource};

use crate::wire::{TokenBody, TokenResponse};

/// Dintero's [token endpoint](https://docs.dintero.com/api-reference/authenticate/get-token).
///
/// The audience names the production API whatever host is called, and one token serves both hosts.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    http: HttpClient,
    account_id: String,
    audience: String,
}

impl TokenEndpoint {
    /// `http` is at the API's base and sends the client's id and secret.
    pub(crate) fn new(http: HttpClient, account_id: &str) -> Self {
        Self {
            http,
            account_id: account_id.to_owned(),
            audience: format!("https://api.dintero.com/v1/accounts/{account_id}"),
        }
    }

    async fn ask(&self) -> Result<Token> {
        let request = Request::post(Operation::Configure)
            .read()
            .paths(["accounts", &self.account_id, "auth", "token"])
            .json(&TokenBody { grant_type: "client_credentials", audience: &self.audience });
        let response = self.http.send(request).await?;
        let token: TokenResponse = response.json()?;
        if token.access_token.is_empty() {
            return Err(response.protocol_error("the response's `access_token` is empty"));
        }
        Ok(Token::new(token.access_token.into(), token.expires_in.map(Duration::from_secs)))
    }
}

#[async_trait]
impl TokenSource for TokenEndpoint {
    async fn fetch(&self) -> Result<Token> {
        self.ask().await.map_err(|error: Error| {
            let message = format!("no access token: {}", error.message());
            error.with_message(message)
        })
    }
}
