//! Faults in what the journal relies on.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use refunds_core::{PaymentId, RefundProvider, Result, Scope, testing::MemoryProvider};

use crate::provider_kit::{
    mutant::{Mutation, TOKEN},
    mutations::mutation,
};

mutation!(IgnoresTheWindow, submit, |memory, submit| {
    let mut submit = submit.clone();
    submit.window = None;
    memory.submit_refund(&submit).await
});

mutation!(HidesWhatItSaysItShows, alter, |mut refund| {
    refund.reference = None;
    refund.with_unreported_reference()
});

mutation!(ShowsItsTokenAsTheAccount, scope, |memory| Scope::new(memory.name(), TOKEN, ""));

/// Another account each time.
#[derive(Default)]
pub(crate) struct ChangesItsAccount(AtomicU32);

#[async_trait]
impl Mutation for ChangesItsAccount {
    fn scope(&self, memory: &MemoryProvider) -> Scope {
        Scope::new(memory.name(), self.0.fetch_add(1, Ordering::SeqCst).to_string(), "")
    }
}

/// A payment requested after another one was requested three times in a row gets that one's money key.
#[derive(Default)]
pub(crate) struct SharesMoney(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    money: BTreeMap<PaymentId, PaymentId>,
    last: Option<PaymentId>,
    times: u32,
}

#[async_trait]
impl Mutation for SharesMoney {
    async fn money(&self, _: &MemoryProvider, id: &PaymentId) -> Result<PaymentId> {
        let mut asked = self.0.lock().unwrap();
        let before = asked.last.replace(id.clone()).filter(|last| last != id);
        if before.is_some() {
            let other = before.filter(|_| asked.times == 3).unwrap_or_else(|| id.clone());
            asked.money.entry(id.clone()).or_insert(other);
            asked.times = 0;
        }
        asked.times += 1;
        Ok(asked.money.get(id).unwrap_or(id).clone())
    }
}
