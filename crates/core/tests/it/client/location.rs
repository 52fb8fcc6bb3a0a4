//! What was read to find the money serves the first overview, and none after a wait.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, Handover, Location, Overview, Page, PageRequest, Payment, PaymentId, Refund, RefundClient,
    RefundId, RefundProvider, Result, SubmitRefund, testing::MemoryProvider,
};

use crate::client::scripted::{nok, request};

/// Reads something to find the money, and takes its time to refund.
#[derive(Debug, Default)]
struct Located {
    memory: MemoryProvider,
    overviews: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl RefundProvider for Located {
    fn name(&self) -> &str {
        self.memory.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }
    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.memory.payment(payment).await
    }
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        self.memory.list_refunds(payment, page).await
    }
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        self.memory.get_refund(payment, refund).await
    }
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.memory.submit_refund(submit).await
    }
    async fn locate(&self, payment: &PaymentId) -> Result<Location> {
        Ok(Location::new(payment.clone()).with_handover(Handover::new("captures")))
    }
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        self.overviews.lock().unwrap().push("read again");
        self.memory.overview(payment).await
    }
    async fn overview_of(&self, payment: &PaymentId, location: &Location) -> Result<Overview> {
        let what = location.handover.as_ref().and_then(Handover::get::<&str>).unwrap();
        self.overviews.lock().unwrap().push(what);
        self.memory.overview(payment).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_wait_is_read_again() {
    let provider = std::sync::Arc::new(Located::default());
    let payment = provider.memory.captured(nok(1000));
    let client = RefundClient::new(std::sync::Arc::clone(&provider));
    let (first, second) = (request(&payment, 100, "rf-1"), request(&payment, 200, "rf-2"));
    let (first, second) = tokio::join!(client.create(&first), client.create(&second));
    assert_eq!((first.unwrap().amount, second.unwrap().amount), (nok(100), nok(200)));
    assert_eq!(*provider.overviews.lock().unwrap(), ["captures", "read again"]);
}
