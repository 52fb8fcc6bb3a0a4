//! The Mattilda side as records.

use std::io;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    Mattilda,
    identity::Identity,
    key::SigningKey,
    model::{Refund, Transaction},
};
use crate::{
    lock::lock,
    record::{self, Record},
    wire::Reply,
};

const IDENTITY: &str = "mattilda-credentials";
const TRANSACTION: &str = "mattilda-transaction";
const REFUND: &str = "mattilda-refund";
const KEY: &str = "mattilda-idempotency-key";

#[derive(Serialize, Deserialize)]
struct StoredIdentity {
    private_key: String,
    merchant_account: String,
    default_account: String,
    /// Oldest first.
    webhook_secrets: Vec<String>,
}

/// The response that a key repeats.
#[derive(Serialize, Deserialize)]
struct StoredKey {
    merchant_account: String,
    key: String,
    until: OffsetDateTime,
    status: u16,
    body: String,
}

/// The stored identity, if there is one.
pub(crate) fn stored_identity(records: &[Record]) -> io::Result<Option<Identity>> {
    let Some(stored) = record::one::<StoredIdentity>(records, IDENTITY)? else { return Ok(None) };
    Ok(Some(Identity {
        key: SigningKey::from_pem(&stored.private_key)?,
        merchant_account: stored.merchant_account,
        default_account: stored.default_account,
        webhook_secret: stored.webhook_secrets.last().cloned().unwrap_or_default(),
    }))
}

impl Mattilda {
    pub(crate) fn export(&self) -> Vec<Record> {
        let state = lock(&self.state);
        let identity = StoredIdentity {
            private_key: self.identity.key.pem().to_owned(),
            merchant_account: self.identity.merchant_account.clone(),
            default_account: self.identity.default_account.clone(),
            webhook_secrets: state.webhooks.secrets().to_vec(),
        };
        let mut records = vec![Record::of(IDENTITY, "mattilda", &identity)];
        let transactions = state.transactions.values();
        records.extend(transactions.map(|found| Record::of(TRANSACTION, &found.id, found)));
        records.extend(state.refunds.iter().map(|refund| Record::of(REFUND, &refund.id, refund)));
        for ((merchant_account, key), (until, reply)) in state.keys.kept() {
            let stored = StoredKey {
                merchant_account: merchant_account.clone(),
                key: key.clone(),
                until: *until,
                status: reply.status,
                body: String::from_utf8_lossy(&reply.body).into_owned(),
            };
            records.push(Record::of(KEY, format!("{merchant_account}/{key}"), &stored));
        }
        records
    }

    pub(crate) fn restore(&self, records: &[Record]) -> io::Result<()> {
        let mut state = lock(&self.state);
        if let Some(stored) = record::one::<StoredIdentity>(records, IDENTITY)? {
            state.webhooks.set_secrets(stored.webhook_secrets);
        }
        for (id, transaction) in record::all::<Transaction>(records, TRANSACTION)? {
            state.merchant_accounts.insert(transaction.spec.merchant_account.clone());
            state.transactions.insert(id, transaction);
        }
        let refunds = record::all::<Refund>(records, REFUND)?;
        state.refunds.extend(refunds.into_iter().map(|(_, refund)| refund));
        for (_, stored) in record::all::<StoredKey>(records, KEY)? {
            let reply = Reply::raw(stored.status, "application/json", stored.body);
            state.keys.restore((stored.merchant_account, stored.key), stored.until, reply);
        }
        Ok(())
    }
}
