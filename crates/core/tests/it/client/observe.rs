//! Reads and webhooks that settle what the journal did not know.

use std::{sync::Arc, time::Duration};

use refunds_core::{
    Error, ErrorKind, Journal as _, MemoryJournal, Notice, PageRequest, RefundClient, journal::Query,
    testing::SkippingClock,
};

use crate::client::scripted::{Scripted, Step, nok, request};

/// A client whose one refund was made, and whose response was lost without a trace.
async fn lost(provider: &Scripted, clock: &SkippingClock) -> (RefundClient, refunds_core::PaymentId) {
    let payment = provider.memory.captured(nok(1000));
    let client = provider.client().with_clock(Arc::new(clock.clone()));
    provider.read(Step::Pass).write(Step::Lose(Error::new(ErrorKind::Timeout, "no response")));
    for _ in 0..100 {
        provider.read(Step::Fail(Error::new(ErrorKind::Unavailable, "503")));
    }
    client.create(&request(&payment, 100, "a")).await.unwrap_err();
    provider.script(|script| script.reads.clear());
    (client, payment)
}

async fn unsettled(client: &RefundClient) -> usize {
    client.journal().entries(&Query::unsettled()).await.unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn any_read_that_shows_the_refund_settles_it() {
    for read in ["get", "list", "page", "wait", "notice"] {
        let provider = Scripted::new();
        let (client, payment) = lost(&provider, &SkippingClock::new()).await;
        assert_eq!(unsettled(&client).await, 1, "{read}");
        let id = client.provider().list_refunds(&payment, &PageRequest::default()).await.unwrap().items[0]
            .id
            .clone();
        match read {
            "get" => drop(client.get(&payment, &id).await.unwrap()),
            "list" => {
                let listed: Vec<_> =
                    futures_util::TryStreamExt::try_collect(client.list(&payment)).await.unwrap();
                assert_eq!(listed.len(), 1);
            }
            "page" => drop(client.list_page(&payment, &PageRequest::default()).await.unwrap()),
            "wait" => {
                let waited = client.wait_until_final(&payment, &id, Duration::from_secs(1)).await.unwrap();
                assert!(waited.is_final());
            }
            _ => {
                let mut notice = Notice::new("memory", payment.clone());
                notice.scope = Some(client.provider().scope());
                assert_eq!(client.observe(&notice).await.unwrap(), 1);
                assert_eq!(client.observe(&notice).await.unwrap(), 0, "once");
            }
        }
        assert_eq!(unsettled(&client).await, 0, "{read}");
        client.create(&request(&payment, 100, "a")).await.unwrap();
        assert_eq!(provider.calls("submit"), 1, "{read}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_another_account_settles_nothing() {
    let provider = Scripted::new();
    let (client, payment) = lost(&provider, &SkippingClock::new()).await;
    let mut notice = Notice::new("memory", payment);
    notice.scope = Some(refunds_core::Scope::new("memory", "another", ""));
    assert_eq!(client.observe(&notice).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(unsettled(&client).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_journal_sends_nothing() {
    let provider = Scripted::new();
    let journal = MemoryJournal::with_capacity(Arc::new(SkippingClock::new()), 1);
    let client = provider.client().with_journal(journal);
    let (one, other) = (provider.memory.captured(nok(1000)), provider.memory.captured(nok(1000)));
    provider.write(Step::Fail(Error::new(ErrorKind::Timeout, "no response")));
    client.create(&request(&one, 100, "a")).await.unwrap_err();
    // Unsettled entries are never forgotten, so there is no room.
    let error = client.create(&request(&other, 100, "b")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unavailable, false), "{error}");
    assert_eq!(provider.calls("submit"), 1);
}
