//! A refund that was found and that the journal could not store.

use std::time::Duration;

use async_trait::async_trait;
use refunds_core::{
    Error, ErrorKind, Idempotency, Journal, MemoryJournal, Policy, Result,
    journal::{
        About, Decision, Entry, Intended, IntentKey, IntentNumber, JournalTime, MoneyKey, NewIntent,
        Observed, Outcome, Purge, Query, Seen, Standing, Version,
    },
};

use crate::client::scripted::{Scripted, Step, nok, request};

/// A journal that stores nothing of what lists show. From its first failure on, lists are empty.
#[derive(Debug)]
struct NoObservations(MemoryJournal, Scripted);

#[async_trait]
impl Journal for NoObservations {
    async fn observe(&self, _: &MoneyKey, _: &[Seen], _: Option<Version>) -> Result<Observed> {
        self.1.script(|script| script.hide_refunds = true);
        Err(Error::new(ErrorKind::Unavailable, "the disk is full"))
    }

    async fn open(&self, about: &About) -> Result<Standing> {
        self.0.open(about).await
    }
    async fn intend(&self, intent: &NewIntent) -> Result<Intended> {
        self.0.intend(intent).await
    }
    async fn settle(&self, intent: &IntentKey, outcome: &Outcome) -> Result<()> {
        self.0.settle(intent, outcome).await
    }
    fn abandon(&self, intent: &IntentKey) {
        self.0.abandon(intent);
    }
    async fn wait(&self, money: &MoneyKey, since: Version, at_most: Duration) -> Result<()> {
        self.0.wait(money, since, at_most).await
    }
    async fn entries(&self, query: &Query) -> Result<Vec<Entry>> {
        self.0.entries(query).await
    }
    async fn decide(&self, money: &MoneyKey, number: IntentNumber, decision: &Decision) -> Result<()> {
        self.0.decide(money, number, decision).await
    }
    async fn purge(&self, what: &Purge) -> Result<u64> {
        self.0.purge(what).await
    }
    async fn now(&self) -> Result<JournalTime> {
        self.0.now().await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_found_is_never_sent_again_though_it_could_not_be_stored() {
    let provider = Scripted::new();
    provider.offers(|capabilities| capabilities.idempotency = Idempotency::None);
    provider.script(|script| script.steps = 2);
    let payment = provider.memory.captured(nok(1000));
    let lost = Error::new(ErrorKind::Unavailable, "the response was lost").with_may_have_applied(true);
    provider.write(Step::Lose(lost));
    let mut policy = Policy::default();
    policy.attempt_timeout = Duration::from_secs(1);
    policy.settle_timeout = Duration::from_secs(1);
    policy.resubmit_after = Duration::from_secs(1);
    let journal = NoObservations(MemoryJournal::new(), provider.clone());
    let client = provider.client().with_policy(policy).with_journal(journal);
    let refund = client.create(&request(&payment, 100, "a")).await.unwrap();
    assert!(refund.needs_completion());
    assert_eq!((provider.calls("submit"), provider.memory.moved(&payment)), (1, 100));
}
