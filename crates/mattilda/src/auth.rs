//! Tokens that the merchant signs: ES512, short-lived, and no wider than refunds need.
//!
//! <https://mattilda.mintlify.app/guides/api/jwts>

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use refunds_core::{Clock, Error, ErrorKind, Result};
use refunds_http::{Token, TokenSource};
use serde::Serialize;
use uuid::Uuid;

use crate::key::SigningKey;

const ISSUER: &str = concat!("refunds-mattilda/", env!("CARGO_PKG_VERSION"));
/// Write does not include read.
const SCOPES: [&str; 2] = ["transactions.read", "transactions.write"];
const LIFETIME: Duration = Duration::from_secs(300);
/// Seconds by which our clock may be ahead of the provider's.
const BACK_DATED: i64 = 10;

/// Signs a new token on every call; `refunds_http`'s cache calls it.
pub(crate) struct TokenSigner {
    key: SigningKey,
    clock: Arc<dyn Clock>,
}

impl TokenSigner {
    pub(crate) fn new(key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        Self { key, clock }
    }

    fn sign(&self) -> Result<String> {
        let header = format!(r#"{{"typ":"JWT","alg":"ES512","kid":"{}"}}"#, self.key.id());
        let now = self.clock.now().unix_timestamp();
        let claims = serde_json::to_vec(&Claims {
            iss: ISSUER,
            iat: now - BACK_DATED,
            nbf: now - BACK_DATED,
            exp: now.saturating_add_unsigned(LIFETIME.as_secs()),
            jti: Uuid::new_v4().to_string(),
            scopes: SCOPES,
        })
        .map_err(|cause| {
            Error::new(ErrorKind::Other, "a token's claims could not be written").with_source(cause)
        })?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

#[async_trait]
impl TokenSource for TokenSigner {
    async fn fetch(&self) -> Result<Token> {
        Ok(Token::new(self.sign()?.into(), Some(LIFETIME)))
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("key", &self.key).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims {
    iss: &'static str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    scopes: [&'static str; 2],
}
