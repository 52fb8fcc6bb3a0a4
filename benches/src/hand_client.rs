//! The calls that one writes for one provider alone, with reqwest and serde.

use serde::de::DeserializeOwned;

use crate::{
    bodies::{DINTERO_ACCOUNT, DINTERO_TRANSACTION},
    by_hand::{DinteroTransaction, MattildaList},
    clients::TOKEN,
};

/// A client for one server.
#[derive(Clone)]
pub(crate) struct HandClient {
    http: reqwest::Client,
    url: String,
}

impl HandClient {
    pub(crate) fn new(url: &str) -> Self {
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), url: url.to_owned() }
    }

    /// One page of a payment's refunds at Mattilda.
    pub(crate) async fn mattilda_page(&self, payment: &str, cursor: Option<&str>) -> MattildaList {
        let query = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        self.get(&format!("{}/transactions/{payment}/refunds{query}", self.url)).await
    }

    /// How many refunds all pages have.
    pub(crate) async fn mattilda_count(&self, payment: &str) -> usize {
        let mut page = self.mattilda_page(payment, None).await;
        let mut count = page.items.len();
        while let Some(cursor) = page.next_cursor.take() {
            page = self.mattilda_page(payment, Some(&cursor)).await;
            count += page.items.len();
        }
        count
    }

    /// A transaction of Dintero.
    pub(crate) async fn dintero_transaction(&self) -> DinteroTransaction {
        let url = &self.url;
        self.get(&format!("{url}/accounts/{DINTERO_ACCOUNT}/transactions/{DINTERO_TRANSACTION}")).await
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> T {
        let response = self.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        let body = response.error_for_status().unwrap().bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}
