//! From a webhook's notice to what the application books.

use refunds_core::{ErrorKind, Notice, RefundStatus, testing::Settling};

use crate::client::scripted::{Scripted, nok, request};

#[tokio::test(start_paused = true)]
async fn a_notice_leads_to_what_is_new_and_to_nothing_twice() {
    let mut provider = Scripted::new();
    provider.memory = provider.memory.with_settling(Settling::AfterReads(4));
    let client = provider.client();
    let payment = provider.memory.captured(nok(1000));
    client.create(&request(&payment, 100, "a")).await.unwrap();
    client.create(&request(&payment, 100, "b")).await.unwrap();
    let notice = Notice::new("memory", payment.clone());

    let mut known = Vec::new();
    let pending = client.refresh(&notice).await.unwrap();
    known.extend(pending.changes_since(&known).unwrap());
    assert_eq!(known.len(), 2, "two partial refunds of one amount are two");
    assert!(pending.changes_since(&known).unwrap().is_empty(), "a repeated delivery changes nothing");

    let mut settled = client.refresh(&notice).await.unwrap();
    while settled.refunds.iter().any(|refund| !refund.status.is_final()) {
        settled = client.refresh(&notice).await.unwrap();
    }
    let news = settled.changes_since(&known).unwrap();
    assert_eq!(news.len(), 2);
    assert!(news.iter().all(|refund| refund.status == RefundStatus::Succeeded));
    assert!(pending.changes_since(&news).unwrap().is_empty(), "what was read before is stale, not news");
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_another_provider_is_not_looked_into() {
    let provider = Scripted::new();
    let notice = Notice::new("elsewhere", provider.memory.captured(nok(1000)));
    assert_eq!(provider.client().refresh(&notice).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(provider.calls("list"), 0);
}
