//! Answers that are about something else, or not exact.

use async_trait::async_trait;
use refunds_core::{
    Listing, Money, Overview, PageRequest, Payment, PaymentId, Refund, RefundProvider, Result, SubmitRefund,
    testing::MemoryProvider,
};

use crate::{
    faults::fault,
    liar::{Liar, Lie},
};

fault!(WrongName {
    fn tells(&self, mut refund: Refund) -> Refund {
        refund.provider = "Memory Ltd".into();
        refund
    }
});

fault!(DropsReference {
    fn tells(&self, mut refund: Refund) -> Refund {
        refund.reference = None;
        refund
    }
});

fault!(FloatsAmount {
    #[allow(
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "this is the fault"
    )]
    fn tells(&self, mut refund: Refund) -> Refund {
        let major = refund.amount.minor_units() as f64 / 100.0;
        refund.amount = Money::new((major * 100.0) as i64, refund.amount.currency());
        refund
    }
});

fault!(Takes101For100 {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut taken = submit.clone();
        if submit.amount.minor_units() == 100 {
            taken.amount = Money::new(101, submit.amount.currency());
        }
        memory.submit_refund(&taken).await
    }
});

fault!(EchoesAmount {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut refund = memory.submit_refund(submit).await?;
        refund.amount = submit.amount;
        Ok(refund)
    }
});

fault!(AssumesCurrency {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let currency = memory.payment(&submit.request.payment_id).await?.currency();
        let mut sent = submit.clone();
        sent.amount = Money::new(submit.amount.minor_units(), currency);
        let mut refund = memory.submit_refund(&sent).await?;
        refund.amount = Money::new(refund.amount.minor_units(), submit.amount.currency());
        Ok(refund)
    }
});

fault!(ForgetsSums {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        let told = memory.payment(id).await?;
        let nothing = Money::zero(told.currency());
        Payment::new("memory", id.clone(), told.captured, nothing, nothing)
    }
});

fault!(NeverVouches {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        let mut told = memory.payment(id).await?;
        told.complete = false;
        Ok(told)
    }
});

fault!(OverviewOfOnePage {
    async fn overview(&self, liar: &Liar, id: &PaymentId) -> Result<Overview> {
        let page = liar.list_refunds(id, &PageRequest::first()).await?;
        Ok(Overview::new(liar.payment(id).await?, Listing::whole(page.items)))
    }
});
