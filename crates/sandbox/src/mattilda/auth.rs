//! Bearer tokens that the merchant signs: signature, header, times, scopes and the merchant account.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Mattilda, error, key::SigningKey, route::EVERY_INSTRUMENT};
use crate::{
    api::Grant,
    lock::lock,
    wire::{Incoming, Reply},
};

const ACCOUNT_HEADER: &str = "x-gr4vy-merchant-account-id";
/// The year 5138 in seconds: a higher value is probably in milliseconds.
const LAST_SECOND: i64 = 100_000_000_000;

impl Mattilda {
    pub(super) fn check_access(
        &self,
        request: &Incoming,
        path: &str,
        ids: &[String],
    ) -> Result<Grant, Reply> {
        let scopes = request
            .bearer()
            .and_then(|token| check_token(token, &self.identity.key, self.common.now()))
            .ok_or_else(|| error::of_status(401))?;
        let holds = |resource: &str, right: &str| {
            scopes
                .iter()
                .any(|scope| *scope == format!("{resource}.{right}") || *scope == format!("*.{right}"))
        };
        // The scope for writing does not include reading.
        let right = if request.method == "POST" { "write" } else { "read" };
        if !holds("transactions", right) {
            return Err(error::of_status(403));
        }
        let account = request.header(ACCOUNT_HEADER).unwrap_or(&self.identity.default_account);
        let state = lock(&self.state);
        let transaction = ids.first().filter(|_| path == EVERY_INSTRUMENT);
        let transaction = transaction.and_then(|id| state.owned(id, account).ok());
        if transaction.is_some_and(|found| !found.gift_cards.is_empty()) && !holds("gift-cards", "write") {
            return Err(error::of_status(403));
        }
        if !state.merchant_accounts.contains(account) {
            return Err(error::not_found());
        }
        Ok(Grant { merchant_account: account.to_owned() })
    }
}

/// The scopes of a valid token. The response never says why a token is invalid.
fn check_token(token: &str, key: &SigningKey, now: OffsetDateTime) -> Option<Vec<String>> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header = decoded(header)?;
    let text =
        |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let has_our_header = text(&header, "alg")? == "ES512"
        && text(&header, "typ")? == "JWT"
        && text(&header, "kid")? == key.kid();
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !has_our_header || !key.verifies(message.as_bytes(), &signature) {
        return None;
    }
    let claims = decoded(claims)?;
    text(&claims, "iss")?;
    text(&claims, "jti").filter(|jti| !jti.is_empty())?;
    let now = now.unix_timestamp();
    let (nbf, exp) = (seconds(&claims, "nbf")?, seconds(&claims, "exp")?);
    if nbf > now || exp <= now {
        return None;
    }
    let scopes = claims.get("scopes").and_then(Value::as_array);
    let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
    Some(scopes.map(str::to_owned).collect())
}

fn decoded(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let time = claims.get(name)?.as_i64()?;
    (0..LAST_SECOND).contains(&time).then_some(time)
}
