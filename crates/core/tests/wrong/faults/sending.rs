//! What the journal relies on, and wrong.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use refunds_core::{PaymentId, Refund, RefundProvider, Result, Scope, SubmitRefund, testing::MemoryProvider};

use crate::{
    faults::fault,
    liar::{Lie, TOKEN},
};

fault!(IgnoresTheWindow {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut submit = submit.clone();
        submit.window = None;
        memory.submit_refund(&submit).await
    }
});

fault!(HidesWhatItSaysItShows {
    fn tells(&self, mut refund: Refund) -> Refund {
        refund.reference = None;
        refund.with_hidden_reference()
    }
});

fault!(ShowsItsTokenAsTheAccount {
    fn scope(&self, memory: &MemoryProvider) -> Scope {
        Scope::new(memory.name(), TOKEN, "")
    }
});

/// Another account each time.
#[derive(Default)]
pub(crate) struct ChangesItsAccount(AtomicU32);

#[async_trait]
impl Lie for ChangesItsAccount {
    fn scope(&self, memory: &MemoryProvider) -> Scope {
        Scope::new(memory.name(), self.0.fetch_add(1, Ordering::SeqCst).to_string(), "")
    }
}

/// One money for every ten payments, in the order in which they are asked for.
#[derive(Default)]
pub(crate) struct SharesMoney(Mutex<Vec<PaymentId>>);

#[async_trait]
impl Lie for SharesMoney {
    async fn money(&self, _: &MemoryProvider, id: &PaymentId) -> Result<PaymentId> {
        let mut seen = self.0.lock().unwrap();
        let at = seen.iter().position(|known| known == id).unwrap_or_else(|| {
            seen.push(id.clone());
            seen.len() - 1
        });
        format!("money-{}", at / 10).parse()
    }
}
