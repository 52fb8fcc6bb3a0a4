//! Bearer tokens for one account, issued for client credentials.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Dintero, error, route::scopes};
use crate::{
    clock::later,
    lock::lock,
    wire::{Answer, Incoming, Reply},
};

pub(super) const DEFAULT_LIFETIME: Duration = Duration::from_secs(14_400);
pub(super) const DEFAULT_SCOPES: [&str; 3] = ["admin:checkout", "admin:shopping", "admin:hooks"];

impl Dintero {
    pub(super) fn token(&self, request: &Incoming, ids: &[String]) -> Answer {
        let account = &ids[0];
        if !is_account_id(account) {
            return Err(error::invalid("aid", "must be P or T and eight digits"));
        }
        let own = &self.credentials;
        let known = request.basic().is_some_and(|(id, secret)| {
            id == own.client_id && secret == own.client_secret && *account == own.account_id
        });
        if !known {
            return Err(error::of_status(401));
        }
        let body = request.json_object().ok_or_else(error::not_an_object)?;
        if body.get("grant_type").and_then(Value::as_str) != Some("client_credentials") {
            return Err(error::invalid("grant_type", "must be client_credentials"));
        }
        match body.get("audience").and_then(Value::as_str) {
            Some(audience) if is_audience(audience, account) => Ok(self.issue()),
            Some(_) => Err(error::of_status(401)),
            None => Err(error::invalid("audience", "is required")),
        }
    }

    fn issue(&self) -> Reply {
        let token = format!("sandbox.{}", self.common.ids.base62(43));
        let mut state = lock(&self.state);
        let lifetime = state.token_lifetime;
        let expires = later(self.common.now(), lifetime);
        state.tokens.insert(token.clone(), expires);
        let body = json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": lifetime.as_secs(),
        });
        Reply::json(200, &body)
    }

    pub(super) fn check_access(&self, request: &Incoming, path: &str, ids: &[String]) -> Result<(), Reply> {
        let Some(scopes) = scopes(&request.method, path) else { return Ok(()) };
        let state = lock(&self.state);
        let expires = request.bearer().and_then(|token| state.tokens.get(token));
        if expires.is_none_or(|expires| *expires <= self.common.now()) {
            return Err(error::of_status(401));
        }
        let own = &self.credentials.account_id;
        let elsewhere = path.starts_with("accounts/") && ids.first() != Some(own);
        let has_scope = scopes.iter().any(|scope| state.scopes.contains(scope));
        if elsewhere || !has_scope {
            return Err(error::of_status(403));
        }
        Ok(())
    }

    pub(super) fn forget_tokens(&self) {
        lock(&self.state).tokens.clear();
    }
}

/// The audience is the production host, whichever host is called. Dintero's own SDK also uses the form with the account
/// as the user.
fn is_audience(audience: &str, account: &str) -> bool {
    let plain = format!("https://api.dintero.com/v1/accounts/{account}");
    let with_user = format!("https://{account}@api.dintero.com/v1/accounts/{account}");
    audience == plain || audience == with_user
}

pub(super) fn is_account_id(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['P', 'T']) else {
        return false;
    };
    digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
