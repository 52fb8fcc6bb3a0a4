//! Answers that are about something else, or not exact.

use async_trait::async_trait;
use refunds_core::{
    Money, Overview, PageRequest, Payment, PaymentId, Refund, RefundList, RefundProvider, Result,
    SubmitRefund, testing::MemoryProvider,
};

use crate::provider_kit::{
    mutant::{MutantProvider, Mutation},
    mutations::mutation,
};

mutation!(WrongName {
    fn tells(&self, mut refund: Refund) -> Refund {
        refund.provider = "Memory Ltd".into();
        refund
    }
});

mutation!(DropsReference {
    fn tells(&self, mut refund: Refund) -> Refund {
        refund.reference = None;
        refund
    }
});

mutation!(FloatsAmount {
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

mutation!(Takes101For100 {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut taken = submit.clone();
        if submit.amount.minor_units() == 100 {
            taken.amount = Money::new(101, submit.amount.currency());
        }
        memory.submit_refund(&taken).await
    }
});

mutation!(EchoesAmount {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let mut refund = memory.submit_refund(submit).await?;
        refund.amount = submit.amount;
        Ok(refund)
    }
});

mutation!(AssumesCurrency {
    async fn submit(&self, memory: &MemoryProvider, submit: &SubmitRefund) -> Result<Refund> {
        let currency = memory.payment(&submit.request.payment_id).await?.currency();
        let mut sent = submit.clone();
        sent.amount = Money::new(submit.amount.minor_units(), currency);
        let mut refund = memory.submit_refund(&sent).await?;
        refund.amount = Money::new(refund.amount.minor_units(), submit.amount.currency());
        Ok(refund)
    }
});

mutation!(ForgetsSums {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        let reported = memory.payment(id).await?;
        let nothing = Money::zero(reported.currency());
        Payment::new("memory", id.clone(), reported.captured, nothing, nothing)
    }
});

mutation!(NeverVouches {
    async fn payment(&self, memory: &MemoryProvider, id: &PaymentId) -> Result<Payment> {
        let mut reported = memory.payment(id).await?;
        reported.complete = false;
        Ok(reported)
    }
});

mutation!(OverviewOfOnePage {
    async fn overview(&self, mutant: &MutantProvider, id: &PaymentId) -> Result<Overview> {
        let page = mutant.list_refunds(id, &PageRequest::first()).await?;
        Ok(Overview::new(mutant.payment(id).await?, RefundList::whole(page.items)))
    }
});
